"""Orders that meet each other: a start that is clicked twice, a cancel in a drain, a resume after everybody died."""

import asyncio
import os
import signal

import pytest

from shared.ground.ids import CampaignId
from shared.ledger.states import JobState
from tests.invariants import check_never_twice
from tests.world import World, addresses

pytestmark = pytest.mark.processes

JOBS = 600
REACHED = {JobState.ACCEPTED, JobState.DELIVERED, JobState.READ}
SLOW = {"latency_ms": [200, 500]}  # so that there is something on the wire at any moment


async def clicked(w: World, campaign: CampaignId, move: str) -> int:
    async with w.http.post(f"{w.supervisor.endpoints.api}/v1/campaigns/{campaign}/{move}") as answer:
        return answer.status


async def test_a_start_that_is_clicked_five_times_at_once_starts_once_with_two_dialers(world):
    async with world(scale={"dialer": 2, "sender": 2}) as w:
        campaign = await w.campaign(addresses(JOBS))
        statuses = await asyncio.gather(*(clicked(w, campaign, "start") for _ in range(5)))
        assert set(statuses) <= {202, 409}
        assert 202 in statuses
        hints = w.publisher()
        for _ in range(5):
            await hints.split(campaign)
        await w.finished(campaign)

        jobs, provider = await w.check(campaign)
        check_never_twice(provider)
        assert len(provider.requests) == len(jobs) == JOBS


async def test_a_campaign_that_is_cancelled_while_its_sender_drains_has_no_job_left_over(world):
    async with world(rate=200, script=SLOW) as w:
        campaign = await w.campaign(addresses(JOBS))
        await w.ask(campaign, "start")
        await w.reaches(campaign, JOBS // 4)
        os.kill(w.supervisor.pids["sender"], signal.SIGTERM)
        await w.ask(campaign, "cancel")

        async def is_at_rest() -> bool:
            reading = await w.reading(campaign)
            return reading is not None and not reading.counts[JobState.LEASED] + reading.counts[JobState.SENDING]

        await w.until(is_at_rest, 30, "nothing is on its way")
        await w.settled()
        jobs, provider = await w.check(campaign)
        check_never_twice(provider)
        states = [job.state for job in jobs]
        assert set(states) <= {*REACHED, JobState.CANCELLED}, "a drain leaves nothing unknown"
        assert states.count(JobState.CANCELLED) == JOBS - len(provider.accepted)


async def test_a_campaign_that_is_resumed_after_everybody_died_sends_exactly_the_rest(world):
    async with world(rate=200) as w:
        campaign = await w.campaign(addresses(JOBS))
        await w.ask(campaign, "start")
        await w.reaches(campaign, JOBS // 4)
        await w.ask(campaign, "pause")
        await asyncio.gather(*(w.kill(name) for name in ("sender", "dialer", "janitor", "consumer", "webhook", "web")))
        await w.kill("state")
        await w.until(w.is_up, 30, "everybody is back")
        await w.ask(campaign, "resume")
        await w.finished(campaign)

        jobs, provider = await w.check(campaign)
        check_never_twice(provider)
        unknown = {job.contact for job in jobs if job.state is JobState.UNCONFIRMED}
        print(f"{len(unknown)} unconfirmed")
        assert {job.state for job in jobs} <= {*REACHED, JobState.UNCONFIRMED}
        assert set(addresses(JOBS)) - provider.accepted.keys() <= unknown
