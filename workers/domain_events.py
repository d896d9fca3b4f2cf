"""Domain events over the broker: the port of `shared.ground.domain_events` on kombu. Owns the exchange `oriel.events`.

A topic exchange: a listener binds a queue of its own, with the event's type as routing key (`oriel.#` for all). A Redis
broker drops events without a bound queue, and an event is as durable as the broker. Over HTTP all of it can be read at
any time.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from celery import Celery
from structlog.stdlib import BoundLogger, get_logger

from config import queues
from shared.ground import telemetry
from shared.ground.domain_events import DomainEvent
from shared.ground.errors import BackendUnavailable

CONTENT_TYPE = "application/cloudevents+json"

log: BoundLogger = get_logger(__name__)


class BrokerPublisher:
    """kombu's publishing blocks, so a thread of its own does it."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="events")

    async def publish(self, events: Sequence[DomainEvent]) -> None:
        """*Raises*: BackendUnavailable after some or none were published; the caller may publish all of them again."""
        if not events:
            return
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._publish, list(events))
        except Exception as error:  # kombu passes on any exception of its transport
            log.warning("events_not_published", kind=type(error).__name__, events=len(events))
            raise BackendUnavailable("the broker did not take the events") from error
        for event in events:
            telemetry.DOMAIN_EVENTS.labels(event.type.value).inc()

    def close(self) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _publish(self, events: Sequence[DomainEvent]) -> None:
        with self._app.producer_or_acquire() as producer:
            for event in events:
                producer.publish(
                    event.to_json().encode(),
                    exchange=queues.DOMAIN_EVENTS,
                    routing_key=event.type.value,
                    declare=[queues.DOMAIN_EVENTS],
                    content_type=CONTENT_TYPE,
                    content_encoding="utf-8",
                    retry=True,
                    retry_policy=self._app.conf.task_publish_retry_policy,
                )
