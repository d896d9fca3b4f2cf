"""Campaigns side by side: of one sender, of two, and to the same person."""

import pytest

from shared.senders.limits.pacers import PAIR_SECONDS
from tests.invariants import check_never_twice, closest_pair_s
from tests.world import addresses

pytestmark = pytest.mark.processes

JOBS = 400
SHARED = 60  # contacts of both campaigns of one sender
LATE_S = 0.5  # on a busy machine; a slot is used 20 ms late at most (sending.slot_tolerance_ms)


async def test_three_campaigns_two_senders_and_some_who_are_in_two(world):
    async with world(senders=("clinic", "lab")) as w:
        one = await w.campaign(addresses(JOBS))
        two = await w.campaign(addresses(JOBS, first=JOBS - SHARED))
        three = await w.campaign(addresses(JOBS), sender="lab")
        for campaign in (one, two, three):
            await w.ask(campaign, "start")
        await w.finished(one, two, three)

        for campaign in (one, two, three):
            jobs, provider = await w.check(campaign)
            check_never_twice(provider)
            assert len(provider.messages) == len(jobs) == JOBS
        closest = closest_pair_s(await w.journal())
        print(f"the closest pair: {closest:.3f} s apart")
        assert closest >= PAIR_SECONDS - LATE_S
