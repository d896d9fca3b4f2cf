"""Lua scripts of a package, run in one pipelined round trip. Owns loading and NOSCRIPT; no script's meaning.

*Effects*: a script that the server has lost (restart, failover) is loaded and run again. Every script here is safe to
repeat, because redis-py repeats a call whose reply was lost.
"""

import functools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha1
from importlib import resources

from redis.asyncio import Redis
from redis.exceptions import (
    ClusterDownError,
    MasterDownError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from shared.ground.coalesce import Coalescer
from shared.ground.errors import BackendUnavailable

OUTAGE = (BackendUnavailable, RedisConnectionError, RedisTimeoutError, OSError)  # raised while the store is away
# The reply of a server that is out of memory, has become a replica, cannot write its disk or runs a long script. It did not
# execute the command, and the state passes: the caller must try again, or the outcome that it records would be lost.
REFUSALS = (OutOfMemoryError, ReadOnlyError, ClusterDownError, MasterDownError, TryAgainError)
REFUSAL_WORDS = ("MISCONF", "BUSY", "NOREPLICAS")
Arg = str | int | bytes
Reply = int | bytes | list["Reply"] | None


@dataclass(frozen=True, slots=True)
class Durability:
    """How a write becomes durable before its caller goes on.

    wait_aof: append `WAITAOF 1 <replicas> <timeout_ms>` to each round trip; False for a server with `appendfsync always`.
    """

    wait_aof: bool = False
    replicas: int = 0
    timeout_ms: int = 1_000


@dataclass(frozen=True, slots=True)
class Call:
    script: str
    keys: Sequence[str]
    args: Sequence[Arg]


class Scripts:
    """*Shape*: `package` holds a `<name>.lua` for each name, and may hold a `prelude.lua` that is prepended to each."""

    def __init__(self, redis: Redis, package: str, names: Sequence[str], durability: Durability | None = None) -> None:
        folder = resources.files(package)
        prelude = folder / "prelude.lua"
        head = prelude.read_text("utf-8") + "\n" if prelude.is_file() else ""
        self._redis = redis
        self._sources = {name: head + (folder / f"{name}.lua").read_text("utf-8") for name in names}
        self._digests = {
            name: sha1(text.encode(), usedforsecurity=False).hexdigest() for name, text in self._sources.items()
        }
        self._durability = durability or Durability()
        self._runs: Coalescer[Call, Reply] = Coalescer(self.run_all)
        self._quick_runs: Coalescer[Call, Reply] = Coalescer(functools.partial(self.run_all, durable=False))

    async def run(self, script: str, keys: Sequence[str], args: Sequence[Arg], durable: bool = True) -> Reply:
        """Run one script. Concurrent calls share a round trip.

        durable: wait for the disk as `Durability` says.
        *Raises*: BackendUnavailable: the script did not run, or its reply was lost; trying again is safe.
        """
        return await (self._runs if durable else self._quick_runs).submit(Call(script, keys, args))

    async def run_all(self, calls: Sequence[Call], durable: bool = True) -> list[Reply | BaseException]:
        """Run scripts in one round trip with one disk flush. Returns the replies in order; a failed call's is its error."""
        try:
            replies = await self._pipeline(calls, durable)
            lost = [index for index, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
            if lost:
                await self._load({calls[index].script for index in lost})
                again = await self._pipeline([calls[index] for index in lost], durable)
                for index, reply in zip(lost, again, strict=True):
                    replies[index] = reply
        except (RedisConnectionError, RedisTimeoutError, OSError) as error:
            raise BackendUnavailable(f"the state store did not answer ({type(error).__name__})") from error
        return replies

    async def _pipeline(self, calls: Sequence[Call], durable: bool) -> list[Reply | BaseException]:
        async with self._redis.pipeline(transaction=False) as pipe:
            for call in calls:
                pipe.evalsha(self._digests[call.script], len(call.keys), *call.keys, *call.args)
            must_wait = durable and self._durability.wait_aof
            if must_wait:
                pipe.execute_command("WAITAOF", 1, self._durability.replicas, self._durability.timeout_ms)
            replies = await pipe.execute(raise_on_error=False)
        if must_wait:
            _check_on_disk(replies.pop(), self._durability)
        return [_translate_outage(reply) for reply in replies]

    async def _load(self, names: set[str]) -> None:
        for name in names:
            await self._redis.script_load(self._sources[name])


@contextmanager
def outage() -> Iterator[None]:
    """A block of plain Redis commands. *Raises*: BackendUnavailable for every error of Redis inside the block."""
    try:
        yield
    except (RedisError, OSError) as error:
        raise BackendUnavailable(f"the state store did not answer ({type(error).__name__})") from error


async def wait_on_disk(redis: Redis, durability: Durability) -> None:
    """Wait until the writes of this client's plain commands are on disk. *Raises*: BackendUnavailable."""
    if durability.wait_aof:
        waited = await redis.execute_command("WAITAOF", 1, durability.replicas, durability.timeout_ms)  # type: ignore[no-untyped-call]
        _check_on_disk(waited, durability)


def _check_on_disk(reply: Reply | BaseException, durability: Durability) -> None:
    if isinstance(reply, BaseException):
        raise BackendUnavailable(f"WAITAOF was refused: {reply}; is appendonly on?") from reply
    if not isinstance(reply, list) or reply[0] != 1 or int_reply(reply[1]) < durability.replicas:
        raise BackendUnavailable("the write is not on disk in time")


def _translate_outage(reply: Reply | BaseException) -> Reply | BaseException:
    if isinstance(reply, ResponseError) and not (isinstance(reply, REFUSALS) or str(reply).startswith(REFUSAL_WORDS)):
        return reply  # a fault in the script: a second try would fail as well
    if isinstance(reply, RedisError):
        return BackendUnavailable(f"the state store did not answer ({type(reply).__name__})")
    return reply


def text(reply: object) -> str:
    """A bulk reply as text."""
    return reply.decode() if isinstance(reply, bytes) else str(reply)


def fields_of(reply: Mapping[bytes | str, bytes | str]) -> dict[str, str]:
    """A hash's fields as text."""
    return {text(name): text(value) for name, value in reply.items()}


def int_reply(reply: object) -> int:
    """An integer reply, whether it came as an integer or as a bulk string."""
    if isinstance(reply, (int, bytes, str)):
        return int(reply)
    raise TypeError(f"an integer was expected, not {type(reply).__name__}")


def items(reply: Reply) -> list[Reply]:
    """An array reply."""
    if isinstance(reply, list):
        return reply
    raise TypeError(f"an array was expected, not {type(reply).__name__}")
