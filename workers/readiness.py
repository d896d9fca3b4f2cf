"""Readiness checks for `/readyz`: does the state store answer, and does it keep what it answers? Synchronous, with a short
timeout of its own.
"""

from collections.abc import Callable

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import NoPermissionError, RedisError, ResponseError
from redis.retry import Retry

from config.loading import Settings
from shared.ground import telemetry
from shared.ground.lua import text
from shared.ground.persistence import CONFIG_KEYS, Persistence, judge_persistence
from workers.ops import Warned

ASK_S = 1.0
ONCE_MORE = Retry(NoBackoff(), 1)  # a connection that is half-open is found out by the first try; both fit into a probe


def make_store_check(settings: Settings) -> Callable[[], str | None]:
    """A check that returns None if the store answers; a sentence with the remedy if it does not; and `Warned` if it may
    lose what it answered. *Effects*: the gauge of durability follows the server, whose configuration may change.
    """
    client = Redis.from_url(
        settings.state.url or "", socket_timeout=ASK_S, socket_connect_timeout=ASK_S, retry=ONCE_MORE
    )

    def check() -> str | None:
        try:
            found = _ask(client)
        except (RedisError, OSError) as error:
            return f"the state store does not answer ({type(error).__name__}): check [state] url and the server"
        telemetry.STORE_DURABLE.set(found.is_durable)
        return Warned(found.warning) if found.warning is not None else None

    return check


def _ask(client: Redis) -> Persistence:
    try:
        info = client.info()
    except NoPermissionError:
        info = {}
    try:
        config = {text(name): text(value) for name, value in client.config_get(*CONFIG_KEYS).items()}
    except ResponseError:  # managed servers hide CONFIG
        config = None
    return judge_persistence(config, info)
