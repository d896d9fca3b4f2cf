"""`kill -9` of every process of ours, at any moment: nobody twice, nobody lost, every sum right."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest

from shared.ground.ids import CampaignId
from shared.ledger.states import JobState
from tests.invariants import check_callbacks_answered, check_never_twice, snapshot
from tests.world import IN_FLIGHT, World, addresses

pytestmark = pytest.mark.processes

JOBS = 2_000
DEATHS = {"sender": 2, "dialer": 2, "consumer": 2, "webhook": 2, "janitor": 2, "web": 1}
SLEEPY = 600
SILENT = {"callbacks": {"enabled": False}}


async def havoc(world: World, campaign: CampaignId, jobs: int, deaths: Sequence[str]) -> None:
    """Each of `deaths` at a moment of its own, measured in contacts reached; several may be down at once."""
    moments = sorted(world.chance.uniform(0.02, 0.9) * jobs for _ in deaths)
    async with asyncio.TaskGroup() as tasks:
        for moment, name in zip(moments, deaths, strict=True):
            await world.reaches(campaign, int(moment))
            tasks.create_task(world.kill(name))


async def test_every_process_is_killed_in_turn(world):
    async with world() as w:
        campaign = await w.campaign(addresses(JOBS))
        deaths = [name for name, times in DEATHS.items() for _ in range(times)]
        w.chance.shuffle(deaths)
        await w.ask(campaign, "start")
        await havoc(w, campaign, JOBS, deaths)
        await w.finished(campaign)

        jobs, provider = await w.check(campaign)
        check_never_twice(provider)
        check_callbacks_answered(provider)
        unconfirmed = [job for job in jobs if job.state is JobState.UNCONFIRMED]
        print(f"{len(unconfirmed)} unconfirmed after {DEATHS['sender']} kills of the sender")
        assert len(unconfirmed) <= IN_FLIGHT * DEATHS["sender"]
        assert len(jobs) == JOBS


# A parcel of one job is a message of its own: 200 of them take a busy machine more than the usual two seconds.
@pytest.mark.parametrize(("jobs_per_message", "unopened_s"), [(1, 5), (100, 2)])
async def test_what_one_kill_leaves_unknown(world, jobs_per_message, unopened_s):
    """No status comes to help: what was on the wire stays unknown, is named, and is no more than the limit."""
    timing = {"parcel_unopened_seconds": unopened_s}
    async with world(rate=200, jobs_per_message=jobs_per_message, timing=timing, script=SILENT) as w:
        jobs_count = 300
        campaign = await w.campaign(addresses(jobs_count))
        await w.ask(campaign, "start")
        await havoc(w, campaign, jobs_count, ["sender"])
        await w.finished(campaign)

        jobs, provider = await w.check(campaign)
        check_never_twice(provider)
        states = Counter(job.state for job in jobs)
        unconfirmed = [job for job in jobs if job.state is JobState.UNCONFIRMED]
        reached = sum(job.contact in provider.accepted for job in unconfirmed)
        print(f"{len(unconfirmed)} unconfirmed, {reached} of them had reached the provider")
        assert len(unconfirmed) <= IN_FLIGHT
        assert (await w.named(campaign, JobState.UNCONFIRMED)).keys() == {job.contact for job in unconfirmed}
        assert states.keys() <= {JobState.ACCEPTED, JobState.UNCONFIRMED}
        assert all(job.attempt == 1 for job in jobs)


async def test_a_sender_that_slept_does_nothing_a_second_time(world):
    """Its leases were given to another meanwhile; what it wakes up with is too old to be sent."""
    async with world(rate=150, scale={"sender": 2}) as w:
        campaign = await w.campaign(addresses(SLEEPY))
        await w.ask(campaign, "start")
        await w.reaches(campaign, SLEEPY // 4)
        with w.asleep("sender"):
            held = (await snapshot(w.redis, campaign)).leases.keys()

            async def are_gone() -> bool:
                return not held & (await snapshot(w.redis, campaign)).leases.keys()

            slept_s = await w.until(are_gone, 20, "what the sleeper held was given to another")
        await w.finished(campaign)

        jobs, provider = await w.check(campaign)
        check_never_twice(provider)
        unconfirmed = [job for job in jobs if job.state is JobState.UNCONFIRMED]
        print(f"{len(unconfirmed)} unconfirmed after a sleep of {slept_s:.1f} s")
        assert len(unconfirmed) <= IN_FLIGHT
        assert len(provider.requests) >= SLEEPY - len(unconfirmed)
