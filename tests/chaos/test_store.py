"""The store is killed while it is written to: what it acknowledged it still knows, and what came meanwhile was kept."""

from collections import Counter

import pytest

from shared.ledger.states import JobState
from tests.invariants import check_callbacks_answered, check_never_twice, funnel_told
from tests.world import IN_FLIGHT, addresses

pytestmark = pytest.mark.processes

JOBS = 1_000
SPOOLED = 40  # webhooks that come while the store is away


async def test_the_store_dies_twice(world):
    async with world(rate=300) as w:
        campaign = await w.campaign(addresses(JOBS))
        await w.ask(campaign, "start")

        await w.reaches(campaign, int(JOBS * w.chance.uniform(0.1, 0.4)))
        await w.kill("state")
        await w.reaches(campaign, int(JOBS * w.chance.uniform(0.5, 0.7)))
        spool = w.data_dir / "spool"

        async def are_spooled() -> bool:
            return len(list(spool.glob("*.entry"))) >= SPOOLED

        with w.store_away():
            away_s = await w.until(are_spooled, 10, "webhooks are spooled while the store is away")
        back_s = await w.until(lambda: w.is_ready("state"), 20, "the store is back")
        ready_s = await w.until(w.is_up, 20, "everybody is ready again")
        print(
            f"away for {away_s:.2f} s, back {back_s:.2f} s after it was allowed to be; all ready {ready_s:.2f} s later"
        )
        await w.finished(campaign)

        jobs, provider = await w.check(campaign)
        check_never_twice(provider)
        check_callbacks_answered(provider)
        assert all(c.http_status == 204 for callbacks in provider.callbacks.values() for c in callbacks)
        counts = Counter(job.state for job in jobs)
        unconfirmed = counts.pop(JobState.UNCONFIRMED, 0)
        print(f"unconfirmed: {unconfirmed}")
        assert unconfirmed <= 2 * IN_FLIGHT
        assert counts == funnel_told(provider)
