"""Never faster than allowed, as the provider sees it: any second at all, with two senders, and while they are killed."""

import pytest

from tests.invariants import check_never_twice, speed
from tests.world import addresses, sender_address

pytestmark = pytest.mark.processes

CAP = 80
HEADROOM = 0.92  # ten processes on two cores send up to 70 ms late: `rate_headroom` is what absorbs that
JOBS = 1_000
UNDISTURBED = 500  # contacts, before the first kill
MIN_USED = 0.85


async def test_no_second_holds_more_than_the_cap(world):
    async with world(rate=CAP, headroom=HEADROOM, scale={"sender": 2}, script={"rate_limit_per_second": None}) as w:
        campaign = await w.campaign(addresses(JOBS))
        await w.ask(campaign, "start")
        await w.reaches(campaign, UNDISTURBED)
        quiet = speed(await w.journal(), sender_address(), CAP)
        for name in ("sender", "dialer", "sender.2", "janitor"):
            await w.kill(name)
        await w.finished(campaign)

        whole = speed(await w.journal(), sender_address(), CAP)
        print(f"undisturbed: {quiet}; with kills: {whole}")
        _, provider = await w.check(campaign)
        check_never_twice(provider)
        assert whole.most <= CAP
        assert quiet.used >= MIN_USED
