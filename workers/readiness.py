"""Readiness checks for `/readyz`: does the state store answer? Synchronous, with a short timeout of its own."""

from collections.abc import Callable

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from config.loading import Settings

ASK_S = 1.0
ONCE_MORE = Retry(NoBackoff(), 1)  # a connection that is half-open is found out by the first try; both fit into a probe


def make_store_check(settings: Settings) -> Callable[[], str | None]:
    """A check that returns None if the store answers, else a sentence with the remedy."""
    client = Redis.from_url(
        settings.state.url or "", socket_timeout=ASK_S, socket_connect_timeout=ASK_S, retry=ONCE_MORE
    )

    def check() -> str | None:
        try:
            client.ping()
        except (RedisError, OSError) as error:
            return f"the state store does not answer ({type(error).__name__}): check [state] url and the server"
        return None

    return check
