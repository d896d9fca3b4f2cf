"""The same promises with RabbitMQ as the broker: quorum queues, confirms, and a store of our own."""

import pytest

from shared.ledger.states import JobState
from tests.invariants import check_never_twice
from tests.world import IN_FLIGHT, addresses

pytestmark = [pytest.mark.processes, pytest.mark.rabbitmq]

JOBS = 300


async def test_a_campaign_and_a_kill(world, rabbitmq):
    async with world(broker=rabbitmq) as w:
        campaign = await w.campaign(addresses(JOBS))
        await w.ask(campaign, "start")
        await w.reaches(campaign, JOBS // 3)
        await w.kill("sender")
        await w.finished(campaign)

        jobs, provider = await w.check(campaign)
        check_never_twice(provider)
        unconfirmed = [job for job in jobs if job.state is JobState.UNCONFIRMED]
        print(f"{len(unconfirmed)} unconfirmed")
        assert len(unconfirmed) <= IN_FLIGHT
        assert len(jobs) == JOBS
