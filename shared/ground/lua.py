"""Lua scripts of a package, run in one pipelined round trip. Owns loading and NOSCRIPT; no script's meaning.

*Effects*: a script that the server has lost (restart, failover) is loaded and run again. Every script here is safe to
repeat, because redis-py repeats a call whose reply was lost.
"""

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha1
from importlib import resources

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
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

from shared.ground import keys
from shared.ground.coalesce import Coalescer
from shared.ground.errors import BackendUnavailable

OUTAGE = (BackendUnavailable, RedisConnectionError, RedisTimeoutError, OSError)  # raised while the store is away
# The reply of a server that is out of memory, has become a replica, cannot write its disk or runs a long script. It did not
# execute the command, and the state passes: the caller must try again, or the outcome that it records would be lost.
REFUSALS = (OutOfMemoryError, ReadOnlyError, ClusterDownError, MasterDownError, TryAgainError)
REFUSAL_WORD = re.compile(
    r"(?:^|caused error: \(.)(MISCONF|BUSY|NOREPLICAS)\b"
)  # redis-py quotes a pipeline's command first
DISK_PROBE_MS = 60_000  # the small write before a WAITAOF means nothing afterwards
Arg = str | int | bytes
Command = tuple[Arg, ...]
Reply = int | bytes | list["Reply"] | None


@dataclass(frozen=True, slots=True)
class Durability:
    """How a write becomes durable before its caller goes on. `shared.ground.persistence` judges what a server needs.

    wait_aof: append `WAITAOF 1 <replicas> <timeout_ms>` to each round trip; False for a server with `appendfsync always`.
    timeout_ms: longer than the second between two fsyncs of `everysec`, and the fsync itself.
    """

    wait_aof: bool = False
    replicas: int = 0
    timeout_ms: int = 2_500


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

    async def run_every(self, calls: Sequence[Call]) -> list[Reply]:
        """As `run_all`, where none may fail. *Raises*: the error of the first that did; the others have been run."""
        return [succeeded(reply) for reply in await self.run_all(calls)] if calls else []

    async def write_all(self, commands: Sequence[Command]) -> list[Reply | BaseException]:
        """As `run_all`, of plain commands: where they are safe to repeat and decide nothing, a script costs four times as
        much. Each one's second word is its key.
        """
        try:
            return await self._commands(commands, durable=True, key=str(commands[0][1]) if commands else "")
        except (RedisConnectionError, RedisTimeoutError, OSError) as error:
            raise BackendUnavailable(f"the state store did not answer ({type(error).__name__})") from error

    async def _pipeline(self, calls: Sequence[Call], durable: bool) -> list[Reply | BaseException]:
        commands = [("EVALSHA", self._digests[call.script], len(call.keys), *call.keys, *call.args) for call in calls]
        return await self._commands(commands, durable, calls[0].keys[0] if calls else "")

    async def _commands(self, commands: Sequence[Command], durable: bool, key: str = "") -> list[Reply | BaseException]:
        """key: one of theirs, in whose slot the disk is asked."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for command in commands:
                pipe.execute_command(*command)
            must_wait = durable and self._durability.wait_aof
            if must_wait:
                _ask_for_the_disk(pipe, key, self._durability)
            replies = await pipe.execute(raise_on_error=False)
        if must_wait:
            _check_on_disk(replies.pop(), self._durability)
            replies.pop()
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


def _ask_for_the_disk(pipe: Pipeline, key: str, durability: Durability) -> None:
    """Append WAITAOF to a round trip, so that it speaks of the connection that wrote.

    WAITAOF waits for the last write of its own connection, and confirms at once if there was none. A script that is
    repeated over a new connection, since its reply was lost, writes nothing: it finds its own work. So a small write goes
    before the question; once that write is on disk, everything before it is.
    """
    pipe.set(keys.disk_probe(key), "", px=DISK_PROBE_MS)
    pipe.execute_command("WAITAOF", 1, durability.replicas, durability.timeout_ms)


def succeeded(reply: Reply | BaseException) -> Reply:
    """*Raises*: the reply, if it is an error."""
    if isinstance(reply, BaseException):
        raise reply
    return reply


def _check_on_disk(reply: Reply | BaseException, durability: Durability) -> None:
    if isinstance(reply, BaseException):
        raise BackendUnavailable(f"WAITAOF was refused: {reply}; is appendonly on?") from reply
    if not isinstance(reply, list) or reply[0] != 1 or int_reply(reply[1]) < durability.replicas:
        raise BackendUnavailable("the write is not on disk in time")


def is_refusal(error: ResponseError) -> bool:
    """Whether the server executed nothing for a reason that passes: full memory or disk, a replica, a long script."""
    return isinstance(error, REFUSALS) or REFUSAL_WORD.search(str(error)) is not None


def describe_refusal(error: ResponseError) -> str:
    """The server's word for it; its whole text may quote a command, which holds what is private."""
    word = REFUSAL_WORD.search(str(error))
    return word[1] if word else type(error).__name__


def _translate_outage(reply: Reply | BaseException) -> Reply | BaseException:
    if isinstance(reply, ResponseError) and not is_refusal(reply):
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
