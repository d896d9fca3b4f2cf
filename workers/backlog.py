"""The backlog of one broker queue, watched from outside its reader: does anybody read while messages wait there?

Owns a connection and a thread of its own. Messages that RabbitMQ has given to a dead reader do not count as waiting, so
heartbeats must find that reader out. This is the last line of defence: a reader that is connected, turns, raises no error
and receives nothing looks healthy to every other check.
"""

import threading
from collections.abc import Callable
from typing import Any

from kombu import Connection, Queue
from kombu.exceptions import ChannelError
from kombu.transport import virtual
from structlog.stdlib import BoundLogger, get_logger

from workers.ops import Progress

LOOK_S = 3.0
DEAF_S = 9.0  # a queue that holds messages, and a reader that has room and received none of them for so long

log: BoundLogger = get_logger(__name__)


class Backlog:
    """Beats `queue <name>` while the queue is read, is empty, or cannot be asked.

    is_reading: whether the reader is connected, reads this queue, and has room for a message.
    """

    def __init__(
        self, connect: Callable[[], Connection], queue: Queue, progress: Progress, is_reading: Callable[[], bool]
    ) -> None:
        self._connect = connect
        self._queue = queue
        self._progress = progress
        self._is_reading = is_reading
        self._name = f"queue {queue.name}"
        self._connection: Connection | None = None
        self._channel: Any = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"backlog {queue.name}", daemon=True)

    def start(self) -> None:
        self._progress.watch(self._name, DEAF_S)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def note_received(self) -> None:
        """The reader received a message. From any thread."""
        self._progress.beat(self._name)

    def look(self) -> None:
        """How long the broker takes to answer is no silence of the reader."""
        with self._progress.uncounted(self._name):
            is_unread = self._is_reading() and self._holds_messages()
        if not is_unread:
            self._progress.beat(self._name)

    def _run(self) -> None:
        while not self._stopped.wait(LOOK_S):
            self.look()
        self._disconnect()

    def _holds_messages(self) -> bool:
        """False also where nobody can say: a broker that is away is no fault of the reader."""
        try:
            if self._connection is None:
                self._connection = self._connect()
            return self._count(self._connection) > 0
        except Exception as error:  # noqa: BLE001 (kombu passes on any exception of its transport)
            log.debug("backlog_unknown", queue=self._queue.name, kind=type(error).__name__)
            self._disconnect()
            return False

    def _count(self, connection: Connection) -> int:
        """Over one channel: kombu pings Redis for each new one, which was a fifth of an idle consumer's processor time."""
        if self._channel is None:
            self._channel = connection.channel()
        try:
            return int(self._channel.queue_declare(self._queue.name, passive=True).message_count)
        except (ChannelError, *connection.channel_errors):
            # Redis keeps no empty list. On RabbitMQ the queue was deleted: its reader is told, and declares it again.
            if not isinstance(self._channel, virtual.Channel):
                self._channel = None  # RabbitMQ closes a channel with that answer
            return 0

    def _disconnect(self) -> None:
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            connection.release()
