"""Readiness checks for `/readyz`: does the state store answer, and does it keep what it answers? Synchronous, with a short
timeout of its own.

PING alone decides whether the store answers. INFO and CONFIG GET tell how durable it is: where they are slow, the last
verdict stands.
"""

from collections.abc import Callable
from contextlib import suppress

from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.connection import parse_url
from redis.exceptions import NoPermissionError, RedisError, ResponseError
from redis.retry import Retry

from config.loading import Settings
from shared.ground import telemetry
from shared.ground.lua import text
from shared.ground.persistence import CONFIG_KEYS, Persistence, judge_persistence
from workers.ops import Warned
from workers.wiring.state_store import read_url_options

PING_S, PING_TRIES = 1.0, 2  # a connection that is half-open is found out by the first try
DESCRIBE_S = 0.4  # for INFO, and for CONFIG GET: with two PINGs 2.8 s, and a probe gives up after 3 s


def make_store_check(settings: Settings) -> Callable[[], str | None]:
    """A check that returns None if the store answers; a sentence with the remedy if it does not; and `Warned` if it may
    lose what it answered. *Effects*: the gauge of durability follows the server, whose configuration may change.

    *Raises*: ConfigurationError.
    """
    deciding = connect_briefly(settings, PING_S, PING_TRIES)
    describing = connect_briefly(settings, DESCRIBE_S, 1)
    last: Persistence | None = None

    def check() -> str | None:
        nonlocal last
        try:
            _ping(deciding)
        except (RedisError, OSError) as error:
            return f"the state store does not answer ({type(error).__name__}): check [state] url and the server"
        with suppress(RedisError, OSError):
            last = _describe(describing)
            telemetry.STORE_DURABLE.set(last.is_durable)
        return Warned(last.warning) if last is not None and last.warning is not None else None

    return check


def connect_briefly(settings: Settings, answer_s: float, tries: int) -> Redis:
    """A client with a patience of its own whatever the URL says. *Raises*: ConfigurationError."""
    pool = ConnectionPool(
        **{
            **read_url_options(settings, parse_url),
            "socket_timeout": answer_s,
            "socket_connect_timeout": answer_s,
            "retry": Retry(NoBackoff(), tries - 1),
            "decode_responses": False,
        }
    )
    return Redis.from_pool(pool)


def _ping(client: Redis) -> None:
    """A server that refuses it is there: its user may not, or it executes nothing for a time."""
    with suppress(ResponseError):
        client.ping()


def _describe(client: Redis) -> Persistence:
    try:
        info = client.info()
    except NoPermissionError:
        info = {}
    try:
        config = {text(name): text(value) for name, value in client.config_get(*CONFIG_KEYS).items()}
    except ResponseError:  # managed servers hide CONFIG
        config = None
    return judge_persistence(config, info)
