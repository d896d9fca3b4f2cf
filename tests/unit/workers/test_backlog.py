"""A reader that receives nothing while its queue holds messages is noticed; one that is busy, cut off or idle is not."""

from collections.abc import Mapping

import pytest
from kombu import Connection, Producer

from config import queues
from workers.backlog import DEAF_S, Backlog
from workers.ops import Progress

QUEUE = queues.task_queues(quorum=False)[0]


class Reader:
    def __init__(self, connect) -> None:
        self.seconds = 0.0
        self.has_room = True
        self.progress = Progress(lambda: self.seconds)
        self.progress.watch(f"queue {QUEUE.name}", DEAF_S)
        self.backlog = Backlog(connect, QUEUE, self.progress, lambda: self.has_room)

    def is_deaf_after(self, seconds: float) -> bool:
        self.seconds += seconds
        self.backlog.look()
        return bool(self.progress.find_stuck())


@pytest.fixture
def connection():
    with Connection("memory://") as connection:
        QUEUE(connection.channel()).declare()
        yield connection
        QUEUE(connection.channel()).purge()


def put(connection: Connection) -> None:
    Producer(connection).publish({}, exchange="", routing_key=QUEUE.name)


def test_a_reader_that_receives_nothing_though_messages_wait_is_deaf(connection):
    reader = Reader(connection.clone)
    put(connection)

    assert not reader.is_deaf_after(DEAF_S - 1)
    assert reader.is_deaf_after(2)


def test_a_reader_that_receives_is_not_deaf_however_long_the_queue_is(connection):
    reader = Reader(connection.clone)
    put(connection)
    reader.is_deaf_after(DEAF_S - 1)

    reader.backlog.note_received()

    assert not reader.is_deaf_after(2)


@pytest.mark.parametrize("answers", [True, False])
def test_a_broker_that_is_slow_to_answer_makes_nobody_deaf(connection, answers):
    """The reader is not asked while the broker is: its watchdog looks each second, and would end it."""
    looks: list[Mapping[str, str]] = []

    def connect() -> Connection:
        reader.seconds += DEAF_S * 3
        looks.append(reader.progress.find_stuck())
        if not answers:
            raise TimeoutError
        return connection.clone()

    reader = Reader(connect)
    put(connection)

    assert not reader.is_deaf_after(DEAF_S - 1)
    assert looks == [{}]
    assert reader.is_deaf_after(2) is answers, "what it was silent before counts, if messages wait"


def test_a_message_that_comes_while_the_broker_is_asked_is_received(connection):
    def connect() -> Connection:
        reader.seconds += DEAF_S - 1
        reader.backlog.note_received()
        return connection.clone()

    reader = Reader(connect)
    put(connection)

    assert not reader.is_deaf_after(DEAF_S - 1)
    assert not reader.is_deaf_after(DEAF_S - 1)


def test_a_look_opens_no_channel_of_its_own(connection, monkeypatch):
    """On Redis each new one asks for a ping: a fifth of what an idle consumer cost."""
    opened, channel = [], Connection.channel

    def counted(self):
        opened.append(self)
        return channel(self)

    monkeypatch.setattr(Connection, "channel", counted)
    reader = Reader(connection.clone)
    for _ in range(3):
        reader.backlog.look()
    put(connection)
    opened.clear()
    assert reader.is_deaf_after(DEAF_S + 1)
    assert opened == []


def test_an_empty_queue_makes_nobody_deaf(connection):
    assert not Reader(connection.clone).is_deaf_after(DEAF_S * 3)


def test_a_reader_without_room_is_not_deaf(connection):
    reader = Reader(connection.clone)
    put(connection)
    reader.has_room = False

    assert not reader.is_deaf_after(DEAF_S * 3)


def test_a_broker_that_is_away_makes_nobody_deaf():
    def away() -> Connection:
        raise ConnectionRefusedError

    assert not Reader(away).is_deaf_after(DEAF_S * 3)
