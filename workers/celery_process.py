"""A Celery worker around its tasks: logs, the event loop, the ops port, the drain. Owns the order of Celery's signals, and
the one `process` that the tasks' modules share.

SIGTERM: Celery's soft shutdown does nothing for the threads pool, so `worker_shutting_down` stops new sends; requests on
the wire are finished, other jobs go back to the ledger, and Celery's warm shutdown waits for exactly that.
"""

import os
import sys
import threading
from typing import Any

from celery import Celery, bootsteps, signals
from structlog.stdlib import BoundLogger, get_logger

from config import queues
from config.loading import Settings
from config.logs import configure_logging
from shared.ground import telemetry
from shared.ground.errors import OrielError
from workers.app import app, settings
from workers.loop_thread import LoopThread
from workers.ops import OpsServer, Progress, start_ops_server
from workers.readiness import make_store_check
from workers.wiring.installation import Installation

LOOP_SILENCE_S = 20.0
DRAIN_S = 25.0  # then the process exits, even if store or broker are away; unsettled jobs are left as after a kill

log: BoundLogger = get_logger(__name__)


class CeleryProcess:
    """One worker process of `app`. Opens nothing before Celery's signal that this is a worker."""

    def __init__(self, app: Celery, settings: Settings) -> None:
        self._settings = settings
        self._progress = Progress()
        self.loop = LoopThread(settings, app, lambda: self._progress.beat("engine"), self._consumed)
        self._ops: OpsServer | None = None
        self.name = os.environ.get("ORIEL_PROCESS", "celery")
        self._consuming = threading.Event()
        app.steps["consumer"].add(_consumer_pulse(self._progress, self._consuming))
        signals.setup_logging.connect(self._set_up_logging, weak=False)
        signals.worker_init.connect(self._open, weak=False)
        signals.worker_shutting_down.connect(self._drain, weak=False)
        signals.worker_shutdown.connect(self._close, weak=False)

    @property
    def installation(self) -> Installation:
        return self.loop.installation

    def _set_up_logging(self, **_: Any) -> None:
        configure_logging(self.name, self._settings.logging, self._settings.secret_values())

    def _open(self, **_: Any) -> None:
        self._progress.watch("engine", LOOP_SILENCE_S)
        self._progress.watch("broker", queues.BROKER_SILENCE_S)
        try:
            opened = self.loop.start()
            self.loop.run(opened.senders.pacers.create_buckets())
            checks = {"state": make_store_check(self._settings), "broker": self._broker_check}
            self._ops = start_ops_server(self._settings.ops.listen, self.name, self._progress, checks)
        except OrielError as error:
            log.exception("worker_not_started", remedy=str(error))
            sys.exit(1)
        telemetry.IN_FLIGHT.set_function(lambda: opened.senders.permits.total - opened.senders.permits.free)

    def _consumed(self) -> list[str]:
        """The queues of this worker, while it consumes."""
        return list(app.amqp.queues.consume_from) if self._consuming.is_set() else []

    def _broker_check(self) -> str | None:
        return None if self._consuming.is_set() else "the worker does not consume from the broker: check [broker] url"

    def _drain(self, **_: Any) -> None:
        last_resort = threading.Timer(DRAIN_S, os._exit, args=[1])
        last_resort.daemon = True
        last_resort.start()
        self.loop.call_soon(self.installation.outbound.sending.drain)
        self.loop.call_soon(self.installation.conversations.dispatching.drain)

    def _close(self, **_: Any) -> None:
        self.loop.stop()
        if self._ops is not None:
            self._ops.close()


def _consumer_pulse(progress: Progress, consuming: threading.Event) -> type[bootsteps.StartStopStep]:
    class ConsumerPulse(bootsteps.StartStopStep):  # type: ignore[misc]  # celery ships no types
        """Beats on the consumer's own timer: a worker can be connected and consume nothing."""

        requires = ("celery.worker.consumer.tasks:Tasks",)

        def start(self, parent: Any) -> None:
            parent.timer.call_repeatedly(1.0, lambda: progress.beat("broker"))
            consuming.set()

        def stop(self, _parent: Any) -> None:
            consuming.clear()

    return ConsumerPulse


process = CeleryProcess(app, settings)
