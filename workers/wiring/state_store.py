"""A client of the state store, the installation's secret, and the check of the store's durability.

Owns the connection, and that it packs in C (`quick_pipeline`): in Python, packing a settlement takes as long as making its
request to the provider; in C it takes a sixth.
Source: redis-py 8.1, `redis/asyncio/connection.py`: only synchronous connections pack with hiredis.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from redis.asyncio import BlockingConnectionPool, Connection, Redis, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.client import Pipeline
from redis.asyncio.connection import AbstractConnection, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import BusyLoadingError, NoPermissionError, RedisError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from structlog.stdlib import BoundLogger, get_logger

from config.loading import Settings
from shared.ground import keys, telemetry
from shared.ground.errors import BackendUnavailable, ConfigurationError
from shared.ground.lua import OUTAGE, Durability, describe_refusal, is_refusal, text
from shared.ground.persistence import CONFIG_KEYS, judge_persistence
from workers.wiring.quick_pipeline import QuickPipeline, pack, pack_all

CONNECTIONS = 32  # of one process: group commit needs two or three, reading pages needs the rest

log: BoundLogger = get_logger(__name__)


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
        return [pack(args)]

    def pack_commands(self, commands: Iterable[Iterable[Any]]) -> list[bytes]:
        return [pack_all(commands)]


class StoreRefuses(ResponseError, BackendUnavailable):  # noqa: N818 (named like BackendUnavailable)
    """The server is there and executes nothing: its disk or its memory is full, or it has become a replica."""


class StateStore(Redis):
    """A refusal that passes is an outage, as for scripts: a loop that survives outages survives a full disk, too."""

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        with _refusals():
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        return _Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)


class _Pipeline(QuickPipeline):
    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        with _refusals():
            return await super().execute(raise_on_error)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except ResponseError as error:
        if is_refusal(error):
            raise StoreRefuses(f"the state store executes nothing ({describe_refusal(error)})") from None
        raise


class TellingSslConnection(TellingConnection, SSLConnection):
    """For `rediss://`."""


class TellingSocketConnection(TellingConnection, UnixDomainSocketConnection):
    """For `unix://`."""


CONNECTION_CLASSES = {SSLConnection: TellingSslConnection, UnixDomainSocketConnection: TellingSocketConnection}
"""By redis-py's class for the URL's scheme."""


def state_store(settings: Settings, tries: int, answer_s: float) -> Redis:
    """A client of the state store. A call whose answer was lost is repeated silently: every script allows it.

    The options in the URL prevail over ours, but for those on which the program relies. *Raises*: ConfigurationError.
    """
    options = read_url_options(settings, parse_url)
    connection_class = CONNECTION_CLASSES.get(options.pop("connection_class", None), PackingConnection)
    defaults = {
        "socket_timeout": answer_s,
        "socket_connect_timeout": 2,
        "health_check_interval": 30,
        "max_connections": CONNECTIONS,
        "timeout": 10,  # seconds that a caller waits for a free connection
    }
    fixed = {
        "retry": Retry(ExponentialBackoff(cap=1.0, base=0.02), tries),
        "retry_on_error": [RedisConnectionError, RedisTimeoutError, BusyLoadingError],
        "decode_responses": False,
    }
    if connection_class is not TellingSocketConnection:  # a socket file has no network to keep alive
        options.setdefault("socket_keepalive", True)
    pool = BlockingConnectionPool(**{**defaults, **options, **fixed, "connection_class": connection_class})
    _check_options(pool)
    return StateStore.from_pool(pool)


def read_url_options(settings: Settings, parse: Callable[[str], Mapping[str, Any]]) -> dict[str, Any]:
    """What redis-py reads in [state] url. parse: its `parse_url`. *Raises*: ConfigurationError, without the URL's text."""
    if settings.state.url is None:
        raise ConfigurationError("no state store is configured: start `oriel up`, or set [state] url")
    try:
        return dict(parse(settings.state.url))
    except ValueError:
        raise ConfigurationError("[state] url: its port, or a value after its `?`, is none that Redis has") from None


def _check_options(pool: BlockingConnectionPool) -> None:
    """An option that redis-py does not have would fail at the first command, in every process. Opens no connection."""
    try:
        pool.connection_class(**pool.connection_kwargs)
    except TypeError:
        raise ConfigurationError("[state] url: after its `?` is an option that redis-py does not have") from None


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
    """Whether a write must wait for the disk, by the server's own word. *Raises*: BackendUnavailable."""
    try:
        found = judge_persistence(await _read_config(redis), await _read_info(redis))
    except (RedisError, OSError) as error:
        raise BackendUnavailable(f"the state store did not answer ({type(error).__name__})") from error
    telemetry.STORE_DURABLE.set(found.is_durable)
    if found.warning is not None:
        log.warning("state_store_not_as_it_should_be", proof=found.proof.value, remedy=found.warning)
    return found.durability


async def _read_info(redis: Redis) -> dict[str, object]:
    try:
        return dict(await redis.info())
    except NoPermissionError:  # a user with `-@dangerous`
        return {}


async def _read_config(redis: Redis) -> dict[str, str] | None:
    try:
        return {text(name): text(value) for name, value in (await redis.config_get(*CONFIG_KEYS)).items()}
    except ResponseError:  # managed servers hide CONFIG
        return None
