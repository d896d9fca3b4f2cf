"""Never after no: opt-outs come in while a campaign runs at full speed. Runs alone: it measures how long they take."""

import asyncio
import time

import pytest

from shared.ledger.states import JobState
from tests.invariants import check_never_twice
from tests.people import Said, people, refused
from tests.world import addresses

pytestmark = pytest.mark.processes

JOBS, RATE, REFUSERS, BY_API = 720, 120, 60, 30  # half of what two slow cores carry with all processes on them
APPLIED_S = 1.0  # after our 200, by promise 6
ON_ITS_WAY_S = 1.0  # a mark that was granted before may still leave for so long


async def test_nobody_is_written_to_after_a_no(world):
    """Opt-outs by webhook and by API while the campaign runs at full speed; each at a moment of its own."""
    async with world(rate=RATE) as w:
        everybody = addresses(JOBS)
        campaign = await w.campaign(everybody)
        refusers = w.chance.sample(everybody[JOBS // 6 :], REFUSERS + BY_API)
        by_word, by_api = refusers[:REFUSERS], refusers[REFUSERS:]
        answered: dict[str, float] = {}

        async def says_no(number: int, address: str) -> None:
            await asyncio.sleep(w.chance.uniform(0, 0.9) * JOBS / RATE)
            answered[address] = (await people(w).write(Said(number, address, "STOP"))).answered_at

        async def is_said_no_for(address: str) -> None:
            await asyncio.sleep(w.chance.uniform(0, 0.9) * JOBS / RATE)
            await w._post("/v1/opt-outs", 200, json={"contact": address, "source": "agent"})
            answered[address] = time.time()

        await w.ask(campaign, "start")
        async with asyncio.TaskGroup() as tasks:
            for number, address in enumerate(by_word):
                tasks.create_task(says_no(number, address))
            for address in by_api:
                tasks.create_task(is_said_no_for(address))
        await w.finished(campaign)

        jobs, provider = await w.check(campaign)
        check_never_twice(provider)
        late = {r.to: r.at - answered[r.to] for r in provider.requests if r.to in answered and r.at > answered[r.to]}
        spared = [job for job in jobs if job.state is JobState.SUPPRESSED]
        print(
            f"{len(spared)} of {len(refusers)} spared; written to after our answer, by seconds: {sorted(late.values())}"
        )
        assert all(await asyncio.gather(*(refused(w, address) for address in refusers)))
        assert {job.contact for job in spared} <= set(refusers)
        assert spared, "the campaign was over before anybody could refuse"
        assert all(late.get(address, 0.0) <= ON_ITS_WAY_S for address in by_api)
        assert all(late.get(address, 0.0) <= APPLIED_S + ON_ITS_WAY_S for address in by_word)
