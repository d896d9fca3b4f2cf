"""The checks behind `/readyz`: the state store answers, and is safe. Synchronous, each with a short timeout."""

from collections.abc import Callable

from redis import Redis
from redis.exceptions import RedisError

from config.loading import Settings

ASK_S = 2.0


def store_check(settings: Settings) -> Callable[[], str | None]:
    """None when it answers; else what to do."""
    client = Redis.from_url(settings.state.url or "", socket_timeout=ASK_S, socket_connect_timeout=ASK_S)

    def check() -> str | None:
        try:
            client.ping()
        except (RedisError, OSError) as error:
            return f"the state store does not answer ({type(error).__name__}): check [state] url and the server"
        return None

    return check
