"""Celery's and kombu's connections to the broker: how often a lost one is tried again. Owns no message.

kombu waits 2 s longer after each failed try, up to 30 s: a worker would read nothing for half a minute after its broker
has come back. Here a try follows within 2 s, for publishers, consumers and workers alike.
"""

from collections.abc import Callable
from typing import Any

from celery.app.amqp import AMQP
from kombu import Connection

FIRST_PAUSE_S, MORE_S, MAX_PAUSE_S = 0.2, 0.3, 2.0  # a hundred processes make 50 tries a second at most


class BrokerConnection(Connection):  # type: ignore[misc]  # kombu ships no types
    """*Effects*: connects as kombu's own does, with shorter pauses."""

    def _ensure_connection(
        self,
        errback: Callable[..., Any] | None = None,
        max_retries: int | None = None,
        interval_start: float = FIRST_PAUSE_S,
        interval_step: float = MORE_S,
        interval_max: float = MAX_PAUSE_S,
        **options: Any,
    ) -> Any:
        return super()._ensure_connection(errback, max_retries, interval_start, interval_step, interval_max, **options)


class BrokerAmqp(AMQP):  # type: ignore[misc]  # celery ships no types
    """For `Celery(amqp=…)`: every connection of the application is a BrokerConnection."""

    Connection = BrokerConnection
    BrokerConnection = BrokerConnection
