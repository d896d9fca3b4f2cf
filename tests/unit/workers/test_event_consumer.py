"""The consumer of events over a broker that breaks: nothing stays in hand that would keep it from reading on."""

from collections.abc import Sequence

import pytest
from kombu import Connection, Producer
from kombu.exceptions import MessageStateError

from config import queues
from shared.ground.errors import BackendUnavailable
from shared.ground.ids import EntryId
from workers.event_consumer import EventConsumer
from workers.ops import Progress

QUEUE = queues.event_queues(quorum=False)[1]


class Broker:
    """kombu's own broker in memory, and a consumer that is turned by hand."""

    def __init__(self, connection: Connection) -> None:
        self.applied: list[EntryId] = []
        self.consumer = EventConsumer(connection, QUEUE, self.applied.extend, Progress())
        self._connection = connection

    def publish(self, *entries: str) -> None:
        producer = Producer(self._connection)
        producer.publish({"v": 1, "entries": entries}, exchange="", routing_key=QUEUE.name, declare=[QUEUE])

    def connect(self):
        """A new channel with a consumer on it, as after a loss."""
        channel = self._connection.channel()
        for one in self.consumer.get_consumers(type(None), channel):
            one.consume()
        return channel


@pytest.fixture
def broker():
    with Connection("memory://", transport_options={"polling_interval": 0.01}) as connection:
        made = Broker(connection)
        yield made
        QUEUE(connection.channel()).purge()


def test_after_an_acknowledgement_that_failed_the_consumer_reads_on(broker):
    broker.publish("e1")
    lost = broker.connect()
    broker._connection.drain_events(timeout=1)
    for message, _ in broker.consumer._round:
        message.channel = None  # as of a connection that was reset between the reading and the acknowledgement

    with pytest.raises(MessageStateError):
        broker.consumer.on_iteration()
    lost.close()
    broker.connect()
    broker.publish("e2")
    broker._connection.drain_events(timeout=1)
    broker.consumer.on_iteration()

    assert broker.applied[-1:] == ["e2"]


def test_messages_of_a_lost_channel_are_not_acknowledged_on_the_next(broker):
    broker.publish("e1")
    broker.connect()
    broker._connection.drain_events(timeout=1)

    broker.connect()
    broker.consumer.on_iteration()

    assert broker.applied == []  # the broker delivers them again


def test_entries_are_tried_again_while_the_store_is_away(broker, monkeypatch):
    monkeypatch.setattr("workers.event_consumer.AGAIN_S", 0.0)
    tries = 0

    def apply(entries: Sequence[EntryId]) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise BackendUnavailable("away")
        broker.applied.extend(entries)

    broker.consumer._apply_entries = apply
    broker.publish("e1")
    broker.connect()
    broker._connection.drain_events(timeout=1)
    broker.consumer.on_iteration()

    assert (tries, broker.applied) == (3, ["e1"])


def test_hints_that_wait_at_the_broker_are_applied_in_one_round(broker):
    rounds: list[list[EntryId]] = []
    broker.consumer._apply_entries = lambda entries: rounds.append(list(entries))
    for number in range(5):
        broker.publish(f"e{number}")
    channel = broker.connect()
    broker.consumer.on_consume_ready(broker._connection, channel, [])
    broker._connection.drain_events(timeout=1)
    broker.consumer.on_iteration()

    assert rounds == [["e0", "e1", "e2", "e3", "e4"]]
