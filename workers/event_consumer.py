"""One queue of events: takes hints in rounds, applies the entries they name, acknowledges. Owns no entry.

A hint is acknowledged after its entries are applied; the janitor repeats lost hints, because the journal has every entry.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from kombu import Connection, Consumer, Queue
from kombu.message import Message
from kombu.mixins import ConsumerMixin
from kombu.utils.limits import TokenBucket
from structlog.stdlib import BoundLogger, get_logger

from config import queues
from shared.ground.ids import EntryId
from shared.ground.lua import OUTAGE
from workers.ops import Progress

PREFETCHED = 32  # hints in hand
TOGETHER = 128  # entries applied at a time: one flush of the ledger; more would keep the loop from a contact's STOP
GATHER_S = (
    0.01  # a round waits so long for its next hint: a broker gives one at a time, and applying one takes as long as ten
)
AGAIN_S = 0.5  # between two tries while the store is away
CONNECTIONS_PER_S, AT_ONCE = 1, 5  # a broker that ends every connection is not asked more often

Apply = Callable[[Sequence[EntryId], Callable[[], None]], None]
"""Applies entries and returns when they are applied. Calls its second argument every second while that goes on.

*Raises*: OUTAGE, or what a bad entry raises.
"""

log: BoundLogger = get_logger(__name__)


class EventConsumer(ConsumerMixin):  # type: ignore[misc]  # kombu ships no types
    """One queue, in rounds: take the broker's messages, apply their entries, acknowledge.

    Its loop is watched while it is connected. Before, its sockets' timeouts bound each try, and tries follow each other.
    """

    def __init__(self, connection: Connection, queue: Queue, apply: Apply, progress: Progress) -> None:
        self.connection = connection
        self.restart_limit = TokenBucket(CONNECTIONS_PER_S, capacity=AT_ONCE)
        self._queue = queue
        self._apply_entries = apply
        self._progress = progress
        self._round: list[tuple[Message, list[EntryId]]] = []
        self._stopped = threading.Event()
        self._is_applying = False
        self._connection: Connection | None = None
        self.is_connected = False
        self.on_received: Callable[[], None] = lambda: None

    @property
    def queue(self) -> Queue:
        return self._queue

    def get_consumers(self, _consumer: type[Consumer], channel: Any) -> list[Consumer]:
        """For a new channel. The messages of the last one can be acknowledged no more: the broker delivers them again."""
        self._progress.watch(self._queue.name, queues.BROKER_SILENCE_S)
        self._round.clear()
        return [
            Consumer(
                channel, [self._queue], callbacks=[self._take], accept=["json"], prefetch_count=PREFETCHED,
                on_decode_error=self._reject_undecodable,
            )
        ]  # fmt: skip

    def has_room(self) -> bool:
        """Whether a message that waits in the queue would be received now."""
        return self.is_connected and not self._is_applying

    def on_consume_ready(self, connection: Connection, _channel: Any, _consumers: list[Consumer], **_: Any) -> None:
        self._connection = connection
        self.is_connected = True

    @contextmanager
    def establish_connection(self) -> Iterator[Connection]:
        """A broken connection is dropped without a farewell: on a half-open one RabbitMQ's would take seconds."""
        connection = self.create_connection()
        connection.ensure_connection(self.on_connection_error, self.connect_max_retries)
        try:
            try:
                yield connection
            finally:
                self._note_disconnected()
        except connection.connection_errors:
            connection.collect(socket_timeout=queues.BROKER_ANSWER_S)
            raise
        connection.release()

    def _note_disconnected(self) -> None:
        self._progress.forget(self._queue.name)
        self._connection = None
        self.is_connected = False

    def on_iteration(self) -> None:
        self._progress.beat(self._queue.name)
        self._fill_round()
        self._apply_round()

    def _fill_round(self) -> None:
        """With the hints that wait at the broker: the entries of a round are applied at the same time."""
        with suppress(TimeoutError):
            while self._connection is not None and 0 < len(self._round) < PREFETCHED:
                self._connection.drain_events(timeout=GATHER_S)

    def on_connection_error(self, exc: Exception, interval: float) -> None:
        log.warning("broker_away", kind=type(exc).__name__, again_in_s=interval)

    def stop(self) -> None:
        self._stopped.set()
        self.should_stop = True

    def _take(self, body: Any, message: Message) -> None:
        self.on_received()
        entries = body.get("entries") if isinstance(body, dict) else None
        if not isinstance(entries, list):
            self._reject_undecodable(message, ValueError("no entries"))
            return
        self._round.append((message, [EntryId(str(entry)) for entry in entries]))
        if sum(len(ids) for _, ids in self._round) >= TOGETHER:
            self._apply_round()

    def _reject_undecodable(self, message: Message, error: Exception) -> None:
        """No entry is lost: all are in the journal, and the janitor hints them again."""
        log.warning("hint_undecodable", kind=type(error).__name__)
        message.reject()

    def _apply_round(self) -> None:
        """Whatever happens, no message stays in hand: an acknowledgement that failed once would fail at every turn."""
        messages, self._round = self._round, []
        entries = [entry for _, ids in messages for entry in ids]
        slices = [entries[start : start + TOGETHER] for start in range(0, len(entries), TOGETHER)]
        if all(self._apply(some) for some in slices):
            for message, _ in messages:
                message.ack()

    def _apply(self, entries: Sequence[EntryId]) -> bool:
        """Retries until it is done. False only if the process stops."""
        self._is_applying = True
        try:
            return self._apply_until_done(entries)
        finally:
            self._is_applying = False

    def _apply_until_done(self, entries: Sequence[EntryId]) -> bool:
        while not self._stopped.is_set():
            self._progress.beat(self._queue.name)
            try:
                self._apply_entries(entries, self._show_life)
                return True
            except OUTAGE as error:
                log.warning("entries_not_applied", kind=type(error).__name__, entries=len(entries))
                self._stopped.wait(AGAIN_S)
            except Exception:  # a bad entry stays in the journal and in the metric; the others go on
                log.exception("entry_not_applied")
                return True
        return False

    def _show_life(self) -> None:
        """While a round is applied nobody reads: without our heartbeats RabbitMQ would end the connection after 4 to 6 s,
        and deliver the round again. kombu's `heartbeat_check` would end it as well: it wants to have read the broker's.
        """
        self._progress.beat(self._queue.name)
        connection = self._connection
        if connection is not None and connection.supports_heartbeats and connection.connected:
            with suppress(*connection.connection_errors):  # the acknowledgement finds out, too
                connection.connection.send_heartbeat()
