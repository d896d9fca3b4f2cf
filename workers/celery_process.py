"""A Celery worker around its tasks: logs, the event loop, the ops port, the drain. Owns the order of Celery's signals, and
the one `process` that the tasks' modules share.

SIGTERM: Celery's soft shutdown does nothing for the threads pool, so `worker_shutting_down` stops new sends; requests on
the wire are finished, other jobs go back to the ledger, and Celery's warm shutdown waits for exactly that.
"""

import os
import sys
import threading
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from celery import Celery, bootsteps, signals
from celery.worker.state import active_requests, reserved_requests
from structlog.stdlib import BoundLogger, get_logger

from config import queues
from config.loading import Settings
from config.logs import configure_logging
from shared.ground import telemetry
from shared.ground.errors import OrielError
from workers.app import app, settings
from workers.backlog import Backlog
from workers.loop_thread import LoopThread
from workers.ops import OpsServer, Progress, start_ops_server
from workers.readiness import make_store_check
from workers.watchdog import Watchdog
from workers.wiring.installation import Installation

LOOP_SILENCE_S = 20.0
UNREAD_S = 3.0  # the consumer's timer beats each second
WIRE_LOOK_S = 0.05
DRAIN_S = 25.0  # then the process exits, even if store or broker are away; unsettled jobs are left as after a kill

log: BoundLogger = get_logger(__name__)


class CeleryProcess:
    """One worker process of `app`. Opens nothing before Celery's signal that this is a worker."""

    def __init__(self, app: Celery, settings: Settings) -> None:
        self._settings = settings
        self._app = app
        self._progress = Progress()
        self.loop = LoopThread(settings, app, lambda: self._progress.beat("engine"), self._read_queues)
        self._watchdog = Watchdog(self._progress, self._finish)
        self._backlogs: list[Backlog] = []
        self._ops: OpsServer | None = None
        self.name = os.environ.get("ORIEL_PROCESS", "celery")
        self._consuming = threading.Event()
        app.steps["consumer"].add(_consumer_pulse(self._progress, self._consuming))
        signals.setup_logging.connect(self._set_up_logging, weak=False)
        signals.worker_init.connect(self._open, weak=False)
        signals.worker_ready.connect(self._watch, weak=False)
        signals.task_received.connect(self._note_received, weak=False)
        signals.worker_shutting_down.connect(self._drain, weak=False)
        signals.worker_shutdown.connect(self._close, weak=False)

    @property
    def installation(self) -> Installation:
        return self.loop.installation

    def _set_up_logging(self, **_: Any) -> None:
        configure_logging(self.name, self._settings.logging, self._settings.secret_values())

    def _open(self, **_: Any) -> None:
        """Celery sets up its logs after this signal: without ours, an error would show the values of all variables.

        The watchdog starts once the loop beats: a store that hangs is waited for longer than the loop may be silent.
        """
        self._set_up_logging()
        self._progress.watch("engine", LOOP_SILENCE_S)
        try:
            opened = self.loop.start()
            self._watchdog.start()
            self.loop.run(opened.senders.pacers.create_buckets())
            checks = {"state": make_store_check(self._settings), "broker": self._broker_check}
            self._ops = start_ops_server(self._settings.ops.listen, self.name, self._progress, checks)
        except OrielError as error:
            log.error("worker_not_started", kind=type(error).__name__, remedy=str(error))  # noqa: TRY400 (says it all)
            sys.exit(1)
        telemetry.IN_FLIGHT.set_function(lambda: opened.senders.permits.total - opened.senders.permits.free)

    def _watch(self, **_: Any) -> None:
        """Once the worker consumes."""
        self._backlogs = [
            Backlog(self._app.connection_for_read, queue, self._progress, partial(self._has_room, queue.name))
            for queue in self._app.amqp.queues.consume_from.values()
        ]
        for backlog in self._backlogs:
            backlog.start()

    def _note_received(self, **_: Any) -> None:
        for backlog in self._backlogs:
            backlog.note_received()

    def _has_room(self, queue: str) -> bool:
        """An operator may have told the worker to leave a queue (`celery control cancel_consumer`)."""
        is_read = self._consuming.is_set() and queue in self._app.amqp.queues.consume_from
        return is_read and len(reserved_requests) < self._settings.sending.threads

    def _read_queues(self) -> tuple[str, ...]:
        return () if self._broker_check() else tuple(self._app.amqp.queues.consume_from)

    def _broker_check(self) -> str | None:
        if not self._consuming.is_set():
            return "the worker does not consume from the broker: check [broker] url"
        silence = self._progress.silence("broker") or 0.0
        if silence > UNREAD_S:
            return f"the worker has not read from the broker for {silence:.0f} s: it reconnects, or is started anew"
        return None

    def _finish(self, stuck: Mapping[str, str]) -> None:
        """Before the watchdog ends the process: what is on the wire is finished, what waits goes back to the ledger."""
        if "engine" in stuck:
            return
        self._begin_drain()
        ends = time.monotonic() + DRAIN_S
        while len(active_requests) and time.monotonic() < ends:
            time.sleep(WIRE_LOOK_S)

    def _drain(self, **_: Any) -> None:
        self._watchdog.stop()
        last_resort = threading.Timer(DRAIN_S, os._exit, args=[1])
        last_resort.daemon = True
        last_resort.start()
        self._begin_drain()

    def _begin_drain(self) -> None:
        self.loop.call_soon(self.installation.outbound.sending.drain)
        self.loop.call_soon(self.installation.conversations.dispatching.drain)

    def _close(self, **_: Any) -> None:
        for backlog in self._backlogs:
            backlog.stop()
        self.loop.stop()
        if self._ops is not None:
            self._ops.close()


def _consumer_pulse(progress: Progress, consuming: threading.Event) -> type[bootsteps.StartStopStep]:
    class ConsumerPulse(bootsteps.StartStopStep):  # type: ignore[misc]  # celery ships no types
        """Beats on the consumer's own timer: a worker can be connected and consume nothing.

        While it is not connected nothing is watched: its sockets' timeouts bound each try, and tries follow each other.
        """

        requires = ("celery.worker.consumer.tasks:Tasks",)

        def start(self, parent: Any) -> None:
            progress.watch("broker", queues.BROKER_SILENCE_S)
            consuming.set()
            parent.timer.call_repeatedly(1.0, self._beat)

        def _beat(self) -> None:
            if consuming.is_set():
                progress.beat("broker")

        def stop(self, _parent: Any) -> None:
            consuming.clear()
            progress.forget("broker")

    return ConsumerPulse


process = CeleryProcess(app, settings)
