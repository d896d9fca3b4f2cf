"""People who are few do not wait behind people who are many: a campaign of ten beside a large one of the same sender."""

import time

import pytest

from tests.world import addresses

pytestmark = pytest.mark.processes

LARGE, SMALL, RATE = 3_000, 10, 100
DELAY_S = 2.0  # for the first of the ten and the last, from the answer to its start
SHARED = 2  # of the ten; the large campaign has written to them, or will: their pair waits for 6 s and holds up nobody


async def test_a_campaign_of_ten_is_done_within_two_seconds_of_its_start(world):
    async with world(rate=RATE, jobs_per_message=200) as w:
        large = await w.campaign(addresses(LARGE))
        small = await w.campaign([*addresses(SMALL - SHARED, first=8_000), *addresses(SHARED)])
        await w.ask(large, "start")
        await w.reaches(large, 3 * RATE)
        await w.ask(small, "start")
        began = time.time()
        await w.reaches(small, SMALL, 30)
        await w.ask(large, "cancel")

        sent = [request for request in (await w.seen(small)).requests if request.to not in addresses(SHARED)]
        waited = sorted(request.at - began for request in sent)
        print(f"the first of {len(sent)} after {waited[0]:.2f} s, the last after {waited[-1]:.2f} s")
        assert len(sent) == SMALL - SHARED
        assert waited[-1] <= DELAY_S
