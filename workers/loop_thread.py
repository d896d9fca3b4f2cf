"""One event loop in a thread of its own, for a process whose framework has threads (Celery, kombu). Owns that thread
and the installation on its loop; callers give it work.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Collection, Coroutine
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import AsyncExitStack, suppress
from typing import Any, TypeVar

import uvloop
from celery import Celery

from config.loading import Settings
from shared.ground.ids import new_token
from shared.ground.lua import OUTAGE
from workers.domain_events import BrokerPublisher
from workers.garbage_collection import freeze_startup_objects
from workers.hints import BrokerHints
from workers.wiring.installation import Installation, installation

LIVENESS_S = 3.0
BEAT_S = 2.0  # between two proofs of life to the store
BEAT_AGAIN_S = 0.5  # after one that failed: within 6 s without any, a worker counts as dead
TURN_S = 1.0  # between two proofs of life

Result = TypeVar("Result")


class LoopThread:
    """Start it once; `run` may be called from any thread.

    on_loop: called every 2 s on the loop, as a proof of life.
    read_queues: the broker's queues that this process reads at present; campaigns name those that nobody reads.
    """

    def __init__(
        self,
        settings: Settings,
        app: Celery,
        on_loop: Callable[[], None] = lambda: None,
        read_queues: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self._settings = settings
        self.read_queues = read_queues
        self._app = app
        self._on_loop = on_loop
        self._stack = AsyncExitStack()
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="loop", daemon=True)
        self._pulse: Future[None] | None = None
        self.hints = BrokerHints(app)
        self.publisher = BrokerPublisher(app)
        self.worker = new_token("w")  # this process, in the nonces of its leases
        self._installation: Installation | None = None

    def start(self) -> Installation:
        """*Raises*: ConfigurationError; BackendUnavailable."""
        self._thread.start()
        opened = self.run(self._stack.enter_async_context(installation(self._settings, self.hints, self.publisher)))
        self._installation = opened
        freeze_startup_objects()
        self._pulse = self.submit(self._beat())
        return opened

    @property
    def installation(self) -> Installation:
        if self._installation is None:
            raise RuntimeError("the loop was not started")
        return self._installation

    def run(self, work: Awaitable[Result]) -> Result:
        """Wait, in this thread, for work that happens on the loop."""
        return self.submit(_awaiting(work)).result()

    def run_for(
        self, work: Awaitable[Result], seconds: float, meanwhile: Callable[[], None], done: Callable[[], int]
    ) -> Result:
        """As `run`. meanwhile: called every second, as the calling thread's proof of life, until the work has stood still
        for `seconds`.  done: how many steps of the work are done; while it grows, the work goes on.
        """
        future, silent, steps = self.submit(_awaiting(work)), 0, done()
        while silent < seconds:
            with suppress(FutureTimeout):
                return future.result(TURN_S)
            if future.done():
                break
            silent, steps = (silent + 1, steps) if done() == steps else (0, done())
            meanwhile()
        return future.result()

    def submit(self, work: Coroutine[Any, Any, Result]) -> "Future[Result]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def call_soon(self, call: Callable[[], None]) -> None:
        """Safe from a signal handler."""
        self._loop.call_soon_threadsafe(call)

    def stop(self) -> None:
        if self._pulse is not None:
            self._pulse.cancel()
        self.run(self._stack.aclose())
        self.hints.close()
        self.publisher.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    async def _beat(self) -> None:
        """The store's answer is not waited for longer than 3 s: a store that hangs is no fault of this loop."""
        while True:
            self._on_loop()
            rest_s = BEAT_AGAIN_S
            with suppress(*OUTAGE):  # includes TimeoutError
                async with asyncio.timeout(LIVENESS_S):
                    await self.installation.upkeep.liveness.beat(self.worker, self.read_queues())
                rest_s = BEAT_S
            await asyncio.sleep(rest_s)


async def _awaiting(work: Awaitable[Result]) -> Result:
    return await work
