"""The consumer: kombu consumers of provider events, one a queue. A hint names journal entries, which it applies.

Thin on purpose: `shared.inbound.receiving` applies an entry. A hint is acknowledged after that; the janitor repeats lost
hints, because the journal has every entry.
"""

import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from kombu import Connection, Consumer, Queue
from kombu.message import Message
from kombu.mixins import ConsumerMixin
from structlog.stdlib import BoundLogger, get_logger

from config import queues
from config.loading import Settings
from config.logs import configure_logging
from shared.ground.errors import BackendUnavailable, OrielError
from shared.ground.ids import EntryId
from shared.ground.lua import OUTAGE
from workers.app import app, settings
from workers.loop_thread import LoopThread
from workers.ops import Progress, start_ops_server
from workers.readiness import make_store_check

PREFETCHED = 32  # hints in hand
TOGETHER = 128  # entries applied at a time: one flush of the ledger; more would keep the loop from a contact's STOP
AGAIN_S = 0.5  # between two tries while the store is away

log: BoundLogger = get_logger(__name__)


class EventConsumer(ConsumerMixin):  # type: ignore[misc]  # kombu ships no types
    """One queue, in rounds: take the broker's messages, apply their entries, acknowledge."""

    def __init__(self, connection: Connection, queue: Queue, loop: LoopThread, progress: Progress) -> None:
        self.connection = connection
        self._queue = queue
        self._loop = loop
        self._progress = progress
        self._round: list[tuple[Message, list[EntryId]]] = []
        self._stopped = threading.Event()
        progress.watch(queue.name, queues.BROKER_SILENCE_S)

    def get_consumers(self, _consumer: type[Consumer], channel: Any) -> list[Consumer]:
        return [
            Consumer(
                channel, [self._queue], callbacks=[self._take], accept=["json"], prefetch_count=PREFETCHED,
                on_decode_error=self._reject_undecodable,
            )
        ]  # fmt: skip

    def on_iteration(self) -> None:
        self._progress.beat(self._queue.name)
        self._apply_round()

    def on_connection_error(self, exc: Exception, interval: float) -> None:
        self._progress.beat(self._queue.name)
        self._round.clear()  # they cannot be acknowledged any more; the broker delivers them again
        log.warning("broker_away", kind=type(exc).__name__, again_in_s=interval)

    def stop(self) -> None:
        self._stopped.set()
        self.should_stop = True

    def _take(self, body: Any, message: Message) -> None:
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
        if not self._round:
            return
        entries = [entry for _, ids in self._round for entry in ids]
        slices = [entries[start : start + TOGETHER] for start in range(0, len(entries), TOGETHER)]
        if all(self._apply(some) for some in slices):
            for message, _ in self._round:
                message.ack()
        self._round.clear()

    def _apply(self, entries: Sequence[EntryId]) -> bool:
        """Retries until it is done. False only if the process stops."""
        while not self._stopped.is_set():
            self._progress.beat(self._queue.name)
            try:
                self._loop.run(self._loop.installation.inbound.receiving.apply(entries))
                return True
            except OUTAGE as error:
                log.warning("entries_not_applied", kind=type(error).__name__, entries=len(entries))
                self._stopped.wait(AGAIN_S)
            except Exception:  # a bad entry stays in the journal and in the metric; the others go on
                log.exception("entry_not_applied")
                return True
        return False


def run(settings: Settings) -> None:
    """Until SIGTERM or SIGINT. *Raises*: ConfigurationError; BackendUnavailable at start."""
    progress = Progress()
    progress.watch("engine", 20)
    loop = LoopThread(settings, app, lambda: progress.beat("engine"))
    loop.start()
    ops = start_ops_server(settings.ops.listen, "consumer", progress, {"state": make_store_check(settings)})
    with ExitStack() as connections:
        consumers = [
            EventConsumer(connections.enter_context(app.connection_for_read()), queue, loop, progress)
            for queue in queues.event_queues(quorum=queues.is_rabbitmq(settings.broker.url or ""))
        ]
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: _stop(consumers))
        _run_all(consumers)
    loop.stop()
    ops.close()


def _run_all(consumers: Sequence[EventConsumer]) -> None:
    """One thread a queue: contacts' messages do not wait behind statuses. A consumer that fails stops the others."""
    first, *others = consumers
    threads = [
        threading.Thread(target=_run, args=[one, consumers], name=f"consumer-{n}") for n, one in enumerate(others)
    ]
    for thread in threads:
        thread.start()
    _run(first, consumers)
    for thread in threads:
        thread.join()


def _run(consumer: EventConsumer, consumers: Sequence[EventConsumer]) -> None:
    try:
        consumer.run()
    finally:
        _stop(consumers)


def _stop(consumers: Sequence[EventConsumer]) -> None:
    for consumer in consumers:
        consumer.stop()


def main() -> None:
    configure_logging("consumer", settings.logging, settings.secret_values())
    try:
        run(settings)
    except BackendUnavailable as error:
        log.warning("consumer_not_started", remedy=str(error))
        sys.exit(1)
    except OrielError as error:
        sys.stderr.write(f"oriel consumer: {error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
