"""A client of the state store, the installation's secret, and the check of the store's durability.

Owns the connection, and its packing in C: in Python, packing a settlement takes as long as making its request to the
provider; in C it takes a sixth.
Source: redis-py 8.1, `redis/asyncio/connection.py`: only synchronous connections pack with hiredis.
"""

import secrets
from collections.abc import Callable, Iterable
from typing import Any

from redis.asyncio import BlockingConnectionPool, Connection, Redis, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.connection import AbstractConnection, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.connection import HiredisRespSerializer
from redis.exceptions import BusyLoadingError, RedisError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from structlog.stdlib import BoundLogger, get_logger

from config.loading import Settings
from shared.ground import keys
from shared.ground.errors import BackendUnavailable, ConfigurationError
from shared.ground.lua import OUTAGE, Durability

CONNECTIONS = 32  # of one process: group commit needs two or three, reading pages needs the rest

log: BoundLogger = get_logger(__name__)
_pack: Callable[..., list[bytes]] = HiredisRespSerializer().pack


class TellingConnection(AbstractConnection):
    """A lost connection is a ConnectionError, which is tried again and is an outage at the end.

    uvloop raises RuntimeError ("the handler is closed") for a write to a connection that was reset while it was idle.
    redis-py passes that on, so a caller would take it for a fault of the program.
    """

    async def send_packed_command(self, *args: Any, **options: Any) -> None:
        try:
            await super().send_packed_command(*args, **options)
        except RuntimeError as error:
            raise RedisConnectionError(f"the connection was lost: {error}") from error

    async def read_response(self, *args: Any, **options: Any) -> Any:
        try:
            return await super().read_response(*args, **options)
        except RuntimeError as error:
            raise RedisConnectionError(f"the connection was lost: {error}") from error


class PackingConnection(TellingConnection, Connection):
    """For `redis://`. Over TLS or a unix socket, redis-py itself packs."""

    def pack_command(self, *args: Any) -> list[bytes]:
        return _pack(*args)

    def pack_commands(self, commands: Iterable[Iterable[Any]]) -> list[bytes]:
        return [b"".join([_pack(*command)[0] for command in commands])]


class TellingSslConnection(TellingConnection, SSLConnection):
    """For `rediss://`."""


class TellingUnixConnection(TellingConnection, UnixDomainSocketConnection):
    """For `unix://`."""


def state_store(settings: Settings, tries: int, answer_s: float) -> Redis:
    """A client of the state store. A call whose answer was lost is repeated silently: every script allows it."""
    if settings.state.url is None:
        raise ConfigurationError("no state store is configured: start `oriel up`, or set [state] url")
    options: dict[str, Any] = dict(parse_url(settings.state.url))
    kind = options.pop("connection_class", None)
    if kind is UnixDomainSocketConnection:
        options["connection_class"] = TellingUnixConnection
    else:
        options["connection_class"] = TellingSslConnection if kind is SSLConnection else PackingConnection
        options["socket_keepalive"] = True
    pool = BlockingConnectionPool(  # a caller waits up to 10 s for a free connection
        **options,
        retry=Retry(ExponentialBackoff(cap=1.0, base=0.02), tries),
        retry_on_error=[RedisConnectionError, RedisTimeoutError, BusyLoadingError],
        socket_timeout=answer_s,
        socket_connect_timeout=2,
        health_check_interval=30,
        max_connections=CONNECTIONS,
        timeout=10,
    )
    return Redis.from_pool(pool)


async def installation_secret(redis: Redis, settings: Settings) -> bytes:
    """The configured secret, else the one that the first process has put into the store."""
    if settings.secret:
        return settings.secret[0].get_secret_value().encode()
    try:
        await redis.set(keys.secret(), secrets.token_bytes(32), nx=True)
        kept = await redis.get(keys.secret())
    except OUTAGE as error:
        raise BackendUnavailable(f"the state store did not answer ({type(error).__name__})") from error
    if not isinstance(kept, bytes):
        raise BackendUnavailable("the state store keeps no installation secret")
    return kept


async def durability_of(redis: Redis) -> Durability:
    """Whether a write must wait for the disk, by the server's configuration. *Raises*: BackendUnavailable."""
    try:
        config = await _persistence(redis)
    except (RedisError, OSError) as error:
        raise BackendUnavailable(f"the state store did not answer ({type(error).__name__})") from error
    if config.get("appendonly") != "yes":
        log.warning("state_store_not_durable", remedy="set `appendonly yes` on the server of [state] url")
        return Durability(wait_aof=False)
    return Durability(wait_aof=config.get("appendfsync") != "always")


async def _persistence(redis: Redis) -> dict[str, str]:
    try:
        return {str(name): str(value) for name, value in (await redis.config_get("append*")).items()}
    except ResponseError:  # managed servers hide CONFIG
        info = await redis.info("persistence")
        return {"appendonly": "yes" if info.get("aof_enabled") else "no", "appendfsync": "unknown"}
