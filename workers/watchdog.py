"""The watchdog of a process: ends it when one of its loops stands still, so that whoever supervises it starts it anew.

Owns the decision and the end. `ops.Progress` knows which loops are silent; each process says what must be finished first.
Nothing is lost by such an end: what was on the wire is finished or stays unconfirmed, all else goes back to the ledger.
"""

import faulthandler
import os
import threading
import time
from collections.abc import Callable, Mapping

from structlog.stdlib import BoundLogger, get_logger

from workers.ops import Progress

LOOK_S = 1.0
LOOKS = 3  # in a row: after a suspension of the machine every loop is late, and beats again within a second
EXIT_STUCK = 3

log: BoundLogger = get_logger(__name__)


def end_process(status: int) -> None:
    """At once. Python's own end would wait for the threads, and one of them hangs."""
    os._exit(status)


class Watchdog:
    """`start` it once, in a thread of its own: it needs no loop of the process.

    finish: called before the end, from the watchdog's thread; it takes its time (seconds) and must return.
    """

    def __init__(
        self,
        progress: Progress,
        finish: Callable[[Mapping[str, str]], None] = lambda _: None,
        end: Callable[[int], None] = end_process,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._progress = progress
        self._finish = finish
        self._end = end
        self._pause = pause
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self.run, name="watchdog", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """For a process that ends on purpose: its loops may stop one after the other."""
        self._stopped.set()

    def run(self) -> None:
        looks = 0
        while not self._stopped.is_set() and looks < LOOKS:
            self._pause(LOOK_S)
            looks = looks + 1 if self._progress.find_stuck() else 0
        if not self._stopped.is_set():
            self._bite()

    def _bite(self) -> None:
        stuck = dict(self._progress.find_stuck())
        log.critical("process_stuck", loops=stuck, remedy="it ends itself now; its supervisor starts it anew")
        faulthandler.dump_traceback(all_threads=True)  # files and lines only: no value of a variable
        try:
            self._finish(stuck)
        except Exception as error:  # noqa: BLE001 (it ends in any case)
            log.warning("not_finished", kind=type(error).__name__)
        self._end(EXIT_STUCK)
