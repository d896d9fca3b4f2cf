"""A hint is a hint: twice, thrice, to two workers at once, or long after its time, it does nothing a second time."""

import asyncio
from contextlib import suppress

import pytest

from shared.ground import keys
from shared.ground.ids import EntryId, LeaseId, SenderId
from shared.ground.lua import text
from shared.ledger.states import JobState
from tests.invariants import check_never_twice
from tests.world import World, addresses

pytestmark = pytest.mark.processes

JOBS = 800
COPIES = 2  # beside the one that was sent


class Echo:
    """Repeats every message that the installation can be seen to have sent."""

    def __init__(self, world: World, campaign) -> None:
        self.leases: set[str] = set()
        self.repeated = 0
        self._world = world
        self._hints = world.publisher()
        self._campaign = campaign

    async def run(self) -> None:
        while True:
            await self._round()

    async def _round(self) -> None:
        world, campaign = self._world, self._campaign
        leases = {text(lease) for lease in await world.redis.hkeys(keys.leases(campaign))}
        await self.send_all(leases - self.leases)
        self.leases |= leases
        await asyncio.gather(
            self._hints.release(SenderId("clinic")),
            self._hints.split(campaign),
            self._repeat_events(),
            asyncio.sleep(0.02),
        )

    async def _repeat_events(self) -> None:
        entries = [text(entry) for entry in await self._world.redis.zrange(keys.journal_ages(), 0, 99)]
        if entries:
            await self._hints.apply("status", [EntryId(entry) for entry in entries])

    async def send_all(self, leases) -> None:
        for lease in sorted(leases):
            for _ in range(COPIES):
                await self._hints.send(self._campaign, LeaseId(lease))
                self.repeated += 1


async def test_every_message_comes_three_times(world):
    async with world(jobs_per_message=50, scale={"sender": 2, "dialer": 2}) as w:
        campaign = await w.campaign(addresses(JOBS))
        echo = Echo(w, campaign)
        repeating = asyncio.create_task(echo.run())
        await w.ask(campaign, "start")
        await w.finished(campaign)
        repeating.cancel()
        with suppress(asyncio.CancelledError):
            await repeating

        await echo.send_all(echo.leases)  # long after their time
        await w.queues_empty()
        await w.settled()

        jobs, provider = await w.check(campaign)
        check_never_twice(provider)
        print(
            f"{echo.repeated} copies of {len(echo.leases)} parcels; {await w.metric('sender', 'oriel_parcels_total')}"
        )
        assert len(provider.requests) == JOBS
        assert {job.state for job in jobs} <= {JobState.ACCEPTED, JobState.DELIVERED, JobState.READ}
        stale = [await w.metric(name, "oriel_parcels_total") for name in ("sender", "sender.2")]
        assert sum(metrics['{outcome="stale"}'] for metrics in stale) >= echo.repeated
