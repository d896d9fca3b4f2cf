"""The same promises with RabbitMQ as the broker: quorum queues, confirms, and a store of our own."""

import threading
import time

import pytest
from kombu import Producer

from config import queues
from shared.ledger.states import JobState
from tests.invariants import check_never_twice
from tests.world import IN_FLIGHT, addresses
from workers.broker_connection import BrokerConnection
from workers.event_consumer import EventConsumer
from workers.ops import Progress

pytestmark = [pytest.mark.processes, pytest.mark.rabbitmq]

JOBS = 300
HEARTBEAT_S = 2
LONG_S = 6 * HEARTBEAT_S  # RabbitMQ ends a connection that is silent for two or three heartbeats


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


def test_a_round_that_takes_longer_than_the_heartbeat_is_applied_once(rabbitmq):
    """Nobody reads meanwhile: the broker would deliver it again and again, and it would never be acknowledged."""
    queue, applied = queues.event_queues(quorum=True)[1], []
    begun, done = threading.Event(), threading.Event()

    def apply(entries, show_life) -> None:
        applied.extend(entries)
        begun.set()
        for _ in range(LONG_S if "e1" in entries else 0):
            time.sleep(1)
            show_life()
        if "e2" in entries:
            done.set()

    def publish(entry) -> None:
        hint = {"v": 1, "entries": [entry]}
        Producer(other.channel()).publish(hint, exchange="", routing_key=queue.name, declare=[queue])

    with BrokerConnection(rabbitmq) as other:
        consumer = EventConsumer(BrokerConnection(rabbitmq, heartbeat=HEARTBEAT_S), queue, apply, Progress())
        running = threading.Thread(target=consumer.run, daemon=True)
        running.start()
        publish("e1")
        assert begun.wait(LONG_S)
        publish("e2")
        assert done.wait(2 * LONG_S)
        consumer.stop()
        running.join(10)
    assert applied == ["e1", "e2"]
