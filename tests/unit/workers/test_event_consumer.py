"""The consumer of events over a broker that breaks: nothing stays in hand that would keep it from reading on."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from types import SimpleNamespace

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
        self.seconds = 0.0
        self.progress = Progress(lambda: self.seconds)
        self.consumer = EventConsumer(connection, QUEUE, lambda entries, _: self.applied.extend(entries), self.progress)
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

    def apply(entries: Sequence[EntryId], _show_life: Callable[[], None]) -> None:
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
    broker.consumer._apply_entries = lambda entries, _: rounds.append(list(entries))
    for number in range(5):
        broker.publish(f"e{number}")
    channel = broker.connect()
    broker.consumer.on_consume_ready(broker._connection, channel, [])
    broker._connection.drain_events(timeout=1)
    broker.consumer.on_iteration()

    assert rounds == [["e0", "e1", "e2", "e3", "e4"]]


# ── while it connects ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_broker_that_takes_long_to_connect_to_makes_nobody_stuck(broker, monkeypatch):
    """A try may take 4 s and its handshake as long again: the watchdog would end the process, and begin the wait anew."""
    found = []

    def ensure(_connection: Connection, *_: object) -> None:
        broker.seconds += 10 * queues.BROKER_SILENCE_S
        found.append((dict(broker.progress.find_stuck()), broker.consumer.has_room()))

    with broker.consumer.establish_connection() as connection:
        broker.consumer.on_consume_ready(connection, broker.connect(), [])
        assert broker.consumer.has_room()
    monkeypatch.setattr(Connection, "ensure_connection", ensure)
    with broker.consumer.establish_connection():
        assert found == [({}, False)]


def test_a_consumer_that_is_connected_and_stands_still_is_stuck(broker):
    with broker.consumer.establish_connection():
        broker.connect()
        broker.seconds += queues.BROKER_SILENCE_S + 1
        assert set(broker.progress.find_stuck()) == {QUEUE.name}


@pytest.mark.parametrize("lost", [True, False])
def test_a_consumer_that_has_lost_or_left_its_broker_is_not_watched(broker, lost):
    with suppress(ConnectionResetError), broker.consumer.establish_connection():
        broker.connect()
        if lost:
            raise ConnectionResetError
    broker.seconds += 100 * queues.BROKER_SILENCE_S
    assert not broker.progress.find_stuck()


# ── while it applies ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("is_lost", [False, True])
def test_a_round_that_takes_long_shows_the_broker_that_its_reader_lives(broker, is_lost):
    """RabbitMQ ends a connection that is silent for two heartbeats, and delivers the round again: it never ended."""
    sent: list[float] = []

    def send_heartbeat() -> None:
        sent.append(broker.seconds)
        if is_lost:
            raise ConnectionResetError

    def apply(entries: Sequence[EntryId], show_life: Callable[[], None]) -> None:
        for _ in range(60):
            broker.seconds += 1
            show_life()
        broker.applied.extend(entries)

    amqp = SimpleNamespace(
        supports_heartbeats=True,
        connected=True,
        connection_errors=(OSError,),
        connection=SimpleNamespace(send_heartbeat=send_heartbeat),
    )
    broker.consumer._apply_entries = apply
    broker.publish("e1")
    channel = broker.connect()
    broker._connection.drain_events(timeout=1)
    broker.consumer.on_consume_ready(amqp, channel, [])
    broker.consumer._apply_round()

    assert sent == [float(second) for second in range(1, 61)]
    assert not broker.progress.find_stuck()
    assert broker.applied == ["e1"]
