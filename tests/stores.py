"""The two stores that contract tests run on, and how time passes in each.

fakeredis reads a clock that the test moves. A real server's clock cannot be moved; there, every instant that is stored
is moved back instead, which is the same seen from inside.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Protocol, Self

import pytest
from fakeredis import FakeAsyncRedis, FakeServer
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError

from shared.ground.clock import utc_now
from shared.ground.lua import int_reply, text

START = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
ZSETS_OF_MS = (":due", ":deadlines", ":unconfirmed", ":ages")
COLLECTIONS = {"zset": "zrange", "hash": "hgetall", "list": "lrange", "set": "smembers", "string": "get"}


class Clock:
    """Now, as fakeredis and the use cases see it; microseconds are exact."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()

    def travel(self, by: timedelta) -> None:
        self.now += by


class Store(Protocol):
    """name: for messages."""

    name: str
    redis: Redis

    def now(self) -> datetime: ...

    async def travel(self, by: timedelta) -> None:
        """Everything in the store becomes older by that much."""
        ...


class FakeStore:
    name = "fakeredis"

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.redis: Redis = FakeAsyncRedis(server=FakeServer())
        self.redis.set_retry(Retry(NoBackoff(), 1))

    def now(self) -> datetime:
        return self._clock()

    async def travel(self, by: timedelta) -> None:
        self._clock.travel(by)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.redis.aclose()


class ValkeyStore:
    name = "valkey"

    def __init__(self, url: str) -> None:
        self.redis: Redis = Redis.from_url(url)

    def now(self) -> datetime:
        return utc_now()

    async def travel(self, by: timedelta) -> None:
        keys = [key async for key in self.redis.scan_iter(count=1_000)]
        for key in keys:
            await self._age(key.decode(), by)

    async def _age(self, key: str, by: timedelta) -> None:
        by_ms, by_us = by // timedelta(milliseconds=1), by // timedelta(microseconds=1)
        if key.endswith(ZSETS_OF_MS):
            scores = self.redis.zscan_iter(key)
            members: dict[bytes, float] = {member: score - by_ms async for member, score in scores}
            await self.redis.zadd(key, members)
        elif ":bucket:" in key:
            await self.redis.set(key, int_reply(await self.redis.get(key)) - by_us, keepttl=True)
        elif ":session:" in key:
            await self._age_fields(key, ("last", "expires"), by_ms)
        elif ":message:" in key:
            await self._age_fields(key, ("due", "marked"), by_ms)
        elif ":throttle:" in key:
            await self._age_fields(key, ("changed", "until"), by_us)
        elif key.endswith(":ledger"):
            await self._age_fields(key, ("deadline_ms",), by_ms)
        left_ms = await self.redis.pttl(key)
        if left_ms >= 0:
            await self.redis.pexpire(key, max(0, left_ms - by_ms))

    async def _age_fields(self, key: str, names: Sequence[str], by: int) -> None:
        """by: in the unit of these fields."""
        for name in names:
            if await self.redis.hget(key, name):
                await self.redis.hincrby(key, name, -by)

    async def __aenter__(self) -> Self:
        await self.redis.flushdb()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.redis.flushdb()
        await self.redis.aclose()


@contextmanager
def lost_answers(times: int) -> Iterator[None]:
    """The next round trips are done by the server, and the connection breaks before their answers are there.

    redis-py then makes the same call again by itself, without a word.
    """
    left = [times]

    def losing(execute: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
        async def executed(pipe: Pipeline, *args: object) -> object:
            was_watching = pipe.watching
            reply = await execute(pipe, *args)
            if left[0]:
                left[0] -= 1
                pipe.watching = was_watching  # what it is while an answer is awaited
                raise RedisConnectionError("the answer was lost")
            return reply

        return executed

    with pytest.MonkeyPatch.context() as patch:
        for name in ("_execute_transaction", "_execute_pipeline"):
            patch.setattr(Pipeline, name, losing(getattr(Pipeline, name)))
        yield


@dataclass
class Broken:
    refused: int = 0


@contextmanager
def broken_store() -> Iterator[Broken]:
    """Nobody answers: every round trip fails before it leaves, as when redis-py has tried often enough."""
    broken = Broken()

    async def away(*_: object, **__: object) -> object:
        broken.refused += 1
        raise RedisConnectionError("nobody answers")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Redis, "execute_command", away)
        patch.setattr(Pipeline, "execute", away)
        yield broken


class Crash(BaseException):
    """The process is gone: nobody catches this."""


@dataclass
class Counted:
    calls: int = 0


@contextmanager
def crash_at(call: int, *, done: bool = False) -> Iterator[Counted]:
    """The process is killed at the n-th round trip: before it left, or once the server has done it."""
    counted = Counted()

    def fatal(execute: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
        async def executed(*args: object, **options: object) -> object:
            counted.calls += 1
            is_last = counted.calls == call
            if is_last and not done:
                raise Crash
            reply = await execute(*args, **options)
            if is_last:
                raise Crash
            return reply

        return executed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Redis, "execute_command", fatal(Redis.execute_command))
        patch.setattr(Pipeline, "execute", fatal(Pipeline.execute))
        yield counted


async def dump(redis: Redis) -> dict[bytes, object]:
    """Everything in the store, to compare with: key → value."""
    contents: dict[bytes, object] = {}
    async for key in redis.scan_iter():
        kind = text(await redis.type(key))
        read = getattr(redis, COLLECTIONS[kind])
        contents[key] = await (read(key, 0, -1) if kind == "list" else _read(read, kind, key))
    return contents


async def _read(read: Callable[..., Awaitable[object]], kind: str, key: bytes) -> object:
    return await (read(key, 0, -1, withscores=True) if kind == "zset" else read(key))


async def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait for a condition; fails when it does not come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("what was waited for did not happen")
        await asyncio.sleep(0)
