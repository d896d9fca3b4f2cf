"""The same promises with RabbitMQ as the broker: quorum queues, confirms, and a store of our own."""

import os
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from kombu import Connection

from config import queues
from shared.ledger.states import JobState
from tests.invariants import check_never_twice
from tests.world import IN_FLIGHT, addresses

pytestmark = [pytest.mark.processes, pytest.mark.rabbitmq]

DEFAULT_URL = "amqp://guest:guest@127.0.0.1:5672//"
JOBS = 300


@pytest.fixture
def rabbitmq() -> Iterator[str]:
    """Its URL, with none of our queues in it before and after: leftovers would be harmless, and are not ours to leave."""
    url = os.environ.get("ORIEL_TEST_RABBITMQ_URL", DEFAULT_URL)
    if not is_listening(url):
        missing = "there is no RabbitMQ: start one, or name it by ORIEL_TEST_RABBITMQ_URL"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    forget(url)
    yield url
    forget(url)


def is_listening(url: str) -> bool:
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 5672), 2).close()
    except OSError:
        return False
    return True


def forget(url: str) -> None:
    with Connection(url) as connection, connection.channel() as channel:
        for queue in (*queues.task_queues(quorum=True), *queues.event_queues(quorum=True)):
            channel.queue_delete(queue.name)
        for exchange in (queues.TASKS, queues.HINTS):
            channel.exchange_delete(exchange.name)


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
