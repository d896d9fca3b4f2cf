"""Hints over the broker: the port of `shared.ground.hints` on Celery and kombu. Owns publishing; a lost hint is harmless.

kombu's publishing blocks, so a thread of its own does it. While the broker is away each publication takes seconds: for a
second after a failure the others are given up at once, or they would queue up here, and the tick repeats them.
A release that already waits there, or for its gap, is not published again: senders have work for a second, so a gap of
0.1 s leaves none of them idle.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from celery import Celery
from kombu import Queue
from kombu.exceptions import OperationalError
from structlog.stdlib import BoundLogger, get_logger

from config import queues
from shared.ground import telemetry
from shared.ground.ids import CampaignId, ContactId, EntryId, LeaseId, SenderId

VERSION = 1  # of the messages; releases n and n+1 of Oriel run side by side
AWAY_S = 1.0  # after a failed publication
RELEASE_GAP_S = 0.1  # between two releases of one sender: without it, parcels of one job would cost a release each

log: BoundLogger = get_logger(__name__)


class BrokerAway(Exception):  # noqa: N818 (a reason to wait, not a fault)
    """The broker did not take a publication within the last second."""


class BrokerHints:
    """*Raises*: nothing: the janitor's tick repeats a hint that the broker did not take."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hints")
        self._releasing: set[SenderId] = set()
        self._released_at: dict[SenderId, float] = {}
        self._away_until = 0.0
        self._later: set[asyncio.Task[None]] = set()
        quorum = queues.is_rabbitmq(app.conf.broker_url)
        self._away_errors = (OperationalError, OSError, *app.connection_for_write().connection_errors)
        self._events = {queue.name: queue for queue in queues.event_queues(quorum=quorum)}

    async def split(self, campaign: CampaignId) -> None:
        await self._publish_task("dialer.split_campaign", queues.DIALER, {"campaign": campaign})

    async def release(self, sender: SenderId) -> None:
        """At once, or 0.1 s after the last release of this sender. Returns without waiting for that."""
        if sender in self._releasing:
            return
        self._releasing.add(sender)
        loop = asyncio.get_running_loop()
        at = self._released_at.get(sender, 0.0) + RELEASE_GAP_S
        if at > loop.time():
            loop.call_at(at, self._release_later, sender)
        else:
            await self._release(sender)

    def _release_later(self, sender: SenderId) -> None:
        task = asyncio.create_task(self._release(sender))
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _release(self, sender: SenderId) -> None:
        self._released_at[sender] = asyncio.get_running_loop().time()

        def publish() -> None:
            self._releasing.discard(sender)
            self._send_task("dialer.release", queues.DIALER, {"sender": sender})

        await self._run_off_loop(queues.DIALER, publish)

    async def send(self, campaign: CampaignId, lease: LeaseId) -> None:
        await self._publish_task("sender.send_jobs", queues.SEND_BULK, {"campaign": campaign, "lease": lease})

    async def dispatch(self, contact: ContactId, sender: SenderId) -> None:
        await self._publish_task("replier.send_messages", queues.SEND_REPLY, {"contact": contact, "sender": sender})

    async def apply(self, event_class: str, entries: Sequence[EntryId]) -> None:
        queue = self._events[queues.event_queue_name(event_class)]
        await self._run_off_loop(queue.name, lambda: self._publish(queue, {"v": VERSION, "entries": list(entries)}))

    def close(self) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)

    async def _publish_task(self, name: str, queue: str, kwargs: dict[str, Any]) -> None:
        await self._run_off_loop(queue, lambda: self._send_task(name, queue, kwargs))

    def _send_task(self, name: str, queue: str, kwargs: dict[str, Any]) -> None:
        with self._unless_away():
            self._app.send_task(name, kwargs=kwargs, queue=queue, ignore_result=True)

    def _publish(self, queue: Queue, body: dict[str, Any]) -> None:
        with self._unless_away(), self._app.producer_or_acquire() as producer:
            producer.publish(
                body,
                exchange="",  # leads to the queue of that name, as Celery does it: no binding that could be lost
                routing_key=queue.name,
                declare=[queue],
                serializer="json",
                retry=True,
                retry_policy=self._app.conf.task_publish_retry_policy,
            )

    @contextmanager
    def _unless_away(self) -> Iterator[None]:
        """A hint that cannot be published for a reason of its own says nothing of the broker: the next ones are tried."""
        if time.monotonic() < self._away_until:
            raise BrokerAway
        try:
            yield
        except self._away_errors:
            self._away_until = time.monotonic() + AWAY_S
            raise

    async def _run_off_loop(self, queue: str, publish: Callable[[], None]) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, publish)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 (kombu passes on any exception of its transport; a hint may be lost)
            telemetry.HINTS_LOST.labels(queue).inc()
            log.warning("hint_lost", queue=queue, kind=type(error).__name__)
