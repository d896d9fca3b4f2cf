"""`kill -9` of every process of ours, at any moment: nobody twice, nobody lost, every sum right."""

import asyncio

import pytest

from shared.ledger.states import JobState
from tests.invariants import check_callbacks_answered, check_never_twice
from tests.world import IN_FLIGHT, World, addresses

pytestmark = pytest.mark.processes

JOBS = 2_000
MORTALS = ("sender", "dialer", "consumer", "webhook", "janitor")


async def havoc(world: World, campaign, deaths) -> None:
    """Each of `deaths` at a moment of its own, measured in contacts reached; several may be down at once."""
    moments = sorted(world.chance.uniform(0.02, 0.9) * JOBS for _ in deaths)
    async with asyncio.TaskGroup() as tasks:
        for moment, name in zip(moments, deaths, strict=True):
            await world.reaches(campaign, int(moment))
            tasks.create_task(world.kill(name))


async def test_every_process_is_killed_in_turn(world):
    async with world() as w:
        campaign = await w.campaign(addresses(JOBS))
        deaths = [name for name in MORTALS for _ in range(2)]
        w.chance.shuffle(deaths)
        await w.ask(campaign, "start")
        await havoc(w, campaign, deaths)
        await w.finished(campaign, seconds=60)

        jobs, provider = await w.check(campaign)
        check_never_twice(provider)
        check_callbacks_answered(provider)
        unconfirmed = [job for job in jobs if job.state is JobState.UNCONFIRMED]
        print(f"unconfirmed: {len(unconfirmed)} after {deaths.count('sender')} kills of the sender")
        assert len(unconfirmed) <= IN_FLIGHT * deaths.count("sender")
        assert len(jobs) == JOBS
