"""The consumer: a kombu consumer of provider events. Hints come in, journal entries are applied.

Thin on purpose: what applying means is in `shared.receiving`. A hint is acknowledged once its entries are applied; one
that is lost is repeated by the janitor, because the journal is the truth.
"""

import signal
import sys
import threading
from collections.abc import Sequence
from typing import Any

from kombu import Connection, Consumer
from kombu.message import Message
from kombu.mixins import ConsumerMixin
from structlog.stdlib import BoundLogger, get_logger

from config import queues
from config.logs import configure_logging
from config.settings import Settings
from shared.errors import BackendUnavailable, OrielError
from shared.ids import EntryId
from shared.lua import OUTAGE
from workers.app import app, settings
from workers.checks import store_check
from workers.engine import Engine
from workers.ops import Progress, start_ops_server

PREFETCHED = 32  # hints in hand: what one round applies together
AGAIN_S = 0.5  # between two tries while the store is away

log: BoundLogger = get_logger(__name__)


class EventConsumer(ConsumerMixin):  # type: ignore[misc]  # kombu ships no types
    """Rounds: take what the broker has, apply it in one go, acknowledge."""

    def __init__(self, connection: Connection, engine: Engine, progress: Progress, *, quorum: bool) -> None:
        self.connection = connection
        self._engine = engine
        self._progress = progress
        self._quorum = quorum
        self._round: list[tuple[Message, list[EntryId]]] = []
        self._stopped = threading.Event()

    def get_consumers(self, _consumer: type[Consumer], channel: Any) -> list[Consumer]:
        return [
            Consumer(
                channel, [queue], callbacks=[self._take], accept=["json"], prefetch_count=PREFETCHED,
                on_decode_error=self._undecodable,
            )
            for queue in queues.event_queues(quorum=self._quorum)
        ]  # fmt: skip

    def on_iteration(self) -> None:
        self._progress.beat("broker")
        self._apply_round()

    def on_connection_error(self, exc: Exception, interval: float) -> None:
        self._progress.beat("broker")
        self._round.clear()  # they cannot be acknowledged any more; the broker gives them again
        log.warning("broker_away", kind=type(exc).__name__, again_in_s=interval)

    def stop(self) -> None:
        self._stopped.set()
        self.should_stop = True

    def _take(self, body: Any, message: Message) -> None:
        entries = body.get("entries") if isinstance(body, dict) else None
        if not isinstance(entries, list):
            self._undecodable(message, ValueError("no entries"))
            return
        self._round.append((message, [EntryId(str(entry)) for entry in entries]))
        if len(self._round) >= PREFETCHED:
            self._apply_round()

    def _undecodable(self, message: Message, error: Exception) -> None:
        """The entries themselves are in the journal: the janitor hints them again."""
        log.warning("hint_undecodable", kind=type(error).__name__)
        message.reject()

    def _apply_round(self) -> None:
        if not self._round:
            return
        entries = [entry for _, ids in self._round for entry in ids]
        if self._apply(entries):
            for message, _ in self._round:
                message.ack()
        self._round.clear()

    def _apply(self, entries: Sequence[EntryId]) -> bool:
        """Until it is done; False only when the process stops."""
        while not self._stopped.is_set():
            self._progress.beat("broker")
            try:
                self._engine.run(self._engine.installation.receiving.apply(entries))
                return True
            except OUTAGE as error:
                log.warning("entries_not_applied", kind=type(error).__name__, entries=len(entries))
                self._stopped.wait(AGAIN_S)
            except Exception:  # one that nobody can apply stays in the journal and in the metric, and stops no other
                log.exception("entry_not_applied")
                return True
        return False


def run(settings: Settings) -> None:
    """Until SIGTERM or SIGINT. *Raises*: ConfigurationError; BackendUnavailable at start."""
    progress = Progress()
    progress.watch("engine", 20)
    progress.watch("broker", 30)
    engine = Engine(settings, app, lambda: progress.beat("engine"))
    engine.start()
    ops = start_ops_server(settings.ops.listen, "consumer", progress, {"state": store_check(settings)})
    with app.connection_for_read() as connection:
        consumer = EventConsumer(connection, engine, progress, quorum=queues.is_rabbitmq(settings.broker.url or ""))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: consumer.stop())
        consumer.run()
    engine.stop()
    ops.close()


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
