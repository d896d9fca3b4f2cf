"""The consumer: kombu consumers of provider events, one a queue. A hint names journal entries, which it applies.

Thin on purpose: `workers.event_consumer` takes hints, and `shared.inbound.receiving` applies an entry.
"""

import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from structlog.stdlib import BoundLogger, get_logger

from config import queues
from config.loading import Settings
from config.logs import configure_logging
from shared.ground.errors import BackendUnavailable, OrielError
from shared.ground.ids import EntryId
from workers.app import app, settings
from workers.backlog import Backlog
from workers.event_consumer import Apply, EventConsumer
from workers.loop_thread import LoopThread
from workers.ops import Progress, start_ops_server
from workers.readiness import make_store_check
from workers.watchdog import Watchdog

log: BoundLogger = get_logger(__name__)


APPLY_S = 120.0  # without any event applied: the store's client tries for about a minute
LOOP_SILENCE_S = 20.0
# On Redis: an event is acknowledged once it is applied, so a dead consumer's are restored, an hour later. kombu looks for
# them after so many reads of 1 s that brought nothing; a look at each was half of an idle consumer's processor time.
ACKNOWLEDGED = {"ack_emulation": True, "visibility_timeout": 3600, "unacked_restore_throttle": 10}


def run(settings: Settings) -> None:
    """Until SIGTERM or SIGINT. *Raises*: ConfigurationError; BackendUnavailable at start."""
    progress, consumers = Progress(), list[EventConsumer]()
    progress.watch("engine", LOOP_SILENCE_S)
    loop = LoopThread(settings, app, lambda: progress.beat("engine"), lambda: _read_queues(consumers))
    loop.start()
    checks = {"state": make_store_check(settings), "broker": lambda: _check_broker(consumers)}
    ops = start_ops_server(settings.ops.listen, "consumer", progress, checks)
    with ExitStack() as kept:
        on_rabbitmq = queues.is_rabbitmq(settings.broker.url or "")
        options = {} if on_rabbitmq else ACKNOWLEDGED
        for queue in queues.event_queues(quorum=on_rabbitmq):
            # Without a heartbeat of its own, a half-open connection to RabbitMQ would be read for ever.
            connection = kept.enter_context(
                app.connection_for_read(heartbeat=app.conf.broker_heartbeat, transport_options=options)
            )
            consumers.append(EventConsumer(connection, queue, _applying(loop), progress))
            backlog = Backlog(app.connection_for_read, queue, progress, consumers[-1].has_room)
            consumers[-1].on_received = backlog.note_received
            backlog.start()
            kept.callback(backlog.stop)
        asked = threading.Event()
        _on_signals(asked, consumers)
        watchdog = Watchdog(progress)
        watchdog.start()
        _run_all(consumers)
        watchdog.stop()
    loop.stop()
    ops.close()
    if not asked.is_set():
        raise BackendUnavailable("a queue's consumer failed")  # the log has its error; the process is started anew


def _on_signals(asked: threading.Event, consumers: Sequence[EventConsumer]) -> None:
    def stop(*_: object) -> None:
        asked.set()
        _stop(consumers)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def _applying(loop: LoopThread) -> Apply:
    def apply(entries: Sequence[EntryId], show_life: Callable[[], None]) -> None:
        applied = 0

        def count() -> None:
            nonlocal applied
            applied += 1

        work = loop.installation.inbound.receiving.apply(entries, count)
        loop.run_for(work, APPLY_S, show_life, lambda: applied)

    return apply


def _read_queues(consumers: Sequence[EventConsumer]) -> list[str]:
    return [consumer.queue.name for consumer in consumers if consumer.is_connected]


def _check_broker(consumers: Sequence[EventConsumer]) -> str | None:
    unread = [consumer.queue.name for consumer in consumers if not consumer.is_connected]
    return f"{', '.join(unread)} is not read from the broker: check [broker] url" if unread or not consumers else None


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
        log.warning("consumer_ended", remedy=str(error))
        sys.exit(1)
    except OrielError as error:
        sys.stderr.write(f"oriel consumer: {error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
