"""Lua scripts of a package, run as one pipelined round trip. Owns loading and NOSCRIPT; knows no script's meaning.

*Effects*: a script that the server has forgotten (restart, failover) is loaded again and only then run; every script
here is safe to repeat, because redis-py repeats a call whose answer was lost.
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

OUTAGE = (BackendUnavailable, RedisConnectionError, RedisTimeoutError, OSError)  # what a store that is away raises
# A server that is full, a replica by now, without its disk or busy says so as the error of a command. Nothing was decided,
# and it passes: an outcome that is being recorded must be recorded again, not given up.
REFUSALS = (OutOfMemoryError, ReadOnlyError, ClusterDownError, MasterDownError, TryAgainError)
REFUSAL_WORDS = ("MISCONF", "BUSY", "NOREPLICAS")
Arg = str | int | bytes
Reply = int | bytes | list["Reply"] | None


@dataclass(frozen=True, slots=True)
class Durability:
    """How a write becomes durable before it counts.

    wait_aof: append WAITAOF 1 <replicas> to each round trip; False where the server runs `appendfsync always`.
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
    """*Shape*: `package` holds `<name>.lua` and, if `prelude`, a `prelude.lua` that goes before each."""

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
        """What is run at the same time goes together. *Raises*: BackendUnavailable; nothing was decided, or its answer
        was lost (asking again is safe).
        """
        return await (self._runs if durable else self._quick_runs).submit(Call(script, keys, args))

    async def run_all(self, calls: Sequence[Call], durable: bool = True) -> list[Reply | BaseException]:
        """One round trip, one disk flush. Answers in order; a call that failed by itself is answered with its error."""
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
        return [_outage_raised(reply) for reply in replies]

    async def _load(self, names: set[str]) -> None:
        for name in names:
            await self._redis.script_load(self._sources[name])


@contextmanager
def outage() -> Iterator[None]:
    """For calls that are no scripts. *Raises*: BackendUnavailable for a store that is away."""
    try:
        yield
    except (RedisError, OSError) as error:
        raise BackendUnavailable(f"the state store did not answer ({type(error).__name__})") from error


async def wait_on_disk(redis: Redis, durability: Durability) -> None:
    """For writes that are no scripts: resolves once what this client wrote is on disk. *Raises*: BackendUnavailable."""
    if durability.wait_aof:
        waited = await redis.execute_command("WAITAOF", 1, durability.replicas, durability.timeout_ms)  # type: ignore[no-untyped-call]
        _check_on_disk(waited, durability)


def _check_on_disk(reply: Reply | BaseException, durability: Durability) -> None:
    if isinstance(reply, BaseException):
        raise BackendUnavailable(f"WAITAOF was refused: {reply}; is appendonly on?") from reply
    if not isinstance(reply, list) or reply[0] != 1 or int_reply(reply[1]) < durability.replicas:
        raise BackendUnavailable("the write is not on disk in time")


def _outage_raised(reply: Reply | BaseException) -> Reply | BaseException:
    if isinstance(reply, ResponseError) and not (isinstance(reply, REFUSALS) or str(reply).startswith(REFUSAL_WORDS)):
        return reply  # a script's own fault: the same again would fail again
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
