"""Pause and cancel are heard within a second, at full speed; resume sends exactly the rest."""

import time

import pytest

from shared.ledger.states import JobState
from tests.invariants import check_never_twice
from tests.world import addresses

pytestmark = pytest.mark.processes

JOBS = 1_600
SILENCE_S = 1.0


async def test_pause_resume_cancel(world):
    async with world(rate=1_000, jobs_per_message=200) as w:
        campaign = await w.campaign(addresses(JOBS))
        await w.ask(campaign, "start")
        await w.reaches(campaign, JOBS // 4)

        paused_at = await stopped(w, campaign, "pause")
        before = await w.seen(campaign)
        last = max(request.at for request in before.requests)
        print(f"the last request came {last - paused_at:+.3f} s after pause was answered; {len(before.requests)} sent")
        assert last <= paused_at + SILENCE_S
        assert len(before.requests) < JOBS

        await w.ask(campaign, "resume")
        await w.reaches(campaign, JOBS * 3 // 4)
        cancelled_at = await stopped(w, campaign, "cancel")
        await w.settled()
        jobs, provider = await w.check(campaign)
        last = max(request.at for request in provider.requests)
        print(f"the last request came {last - cancelled_at:+.3f} s after cancel was answered")
        assert last <= cancelled_at + SILENCE_S
        check_never_twice(provider)
        assert len(provider.requests) < JOBS
        states = [job.state for job in jobs]
        assert states.count(JobState.CANCELLED) == JOBS - len(provider.requests)


async def test_resume_sends_exactly_the_rest(world):
    async with world(rate=600) as w:
        campaign = await w.campaign(addresses(JOBS // 2))
        await w.ask(campaign, "start")
        for part in (0.2, 0.5, 0.7):
            await w.reaches(campaign, int(JOBS // 2 * part))
            await stopped(w, campaign, "pause")
            await w.ask(campaign, "resume")
        await w.finished(campaign)

        jobs, provider = await w.check(campaign)
        check_never_twice(provider)
        assert len(provider.requests) == JOBS // 2
        assert all(job.attempt == 1 for job in jobs)


async def stopped(w, campaign, move: str) -> float:
    """When it was answered; returns once nothing is on its way, and a second has passed in which to be wrong."""
    await w.ask(campaign, move)
    at = time.time()

    async def is_silent() -> bool:
        reading = await w.reading(campaign)
        assert reading is not None
        on_the_way = reading.counts[JobState.LEASED] + reading.counts[JobState.SENDING]
        return on_the_way == 0 and time.time() > at + SILENCE_S

    await w.until(is_silent, 15, "nothing is on its way")
    return at
