"""The course that every contestant runs: the same provider over real HTTP, the same bytes, one finish.

Owns the provider's process and what a turn is; how a message gets to the provider is each contestant's own.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.benchmarks.processes import started
from tests.reading import object_from

TURN_S = 240.0  # the slowest turn on a busy machine; whoever takes longer has stopped
LOOK_AGAIN_S = 0.05


@dataclass(frozen=True)
class Turn:
    """seconds: from the start signal to the last acceptance, or to what comes after it.  spent_us: processor time of a
    message, by process.  provider_us: the provider's own.  provider_share: of a core, while messages came.  import_s: what
    Oriel took before to admit the base; a rival's publishing is part of its turn.
    """

    contestant: str
    messages: int
    seconds: float
    spent_us: Mapping[str, int]
    provider_us: float
    provider_share: float
    import_s: float = 0.0

    @property
    def rate(self) -> float:
        return self.messages / self.seconds

    @property
    def rate_with_import(self) -> float:
        return self.messages / (self.seconds + self.import_s)


@dataclass(frozen=True)
class Finish:
    """What the provider saw of a turn. at: epoch seconds of the last acceptance."""

    messages: int
    at: float
    provider_us: float
    provider_share: float


@dataclass(frozen=True)
class Provider:
    """The provider, as contestants and the timekeeper know it."""

    url: str
    pid: int
    http: aiohttp.ClientSession

    async def reset(self, *, statuses: bool = False) -> None:
        await self._ask(f"reset?statuses={int(statuses)}")

    async def count(self) -> dict[str, float]:
        """requests, processor_s (its own, since the reset), first_at, last_at."""
        return await self._ask("count")

    async def summary(self) -> dict[str, Any]:
        """`count`, and by sender: requests, again, fullest_second, steady_rate, first_at, last_at."""
        return await self._ask("summary")

    async def texts(self) -> dict[str, float]:
        """Messages in free form since the reset: text → epoch seconds in which it came."""
        return await self._ask("texts")

    async def _ask(self, word: str) -> dict[str, Any]:
        async with self.http.get(f"{self.url}/_bench/{word}") as answer:
            return await object_from(answer)

    async def until(self, messages: int) -> dict[str, float]:
        """Waits for so many. Answers the count. *Raises*: RuntimeError when they do not come."""
        deadline = time.monotonic() + TURN_S
        while (seen := await self.count())["requests"] < messages:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{seen['requests']:.0f} of {messages} messages came in {TURN_S:.0f} s")
            await asyncio.sleep(LOOK_AGAIN_S)
        return seen

    async def finish(self, messages: int) -> Finish:
        """Waits for the last one. *Raises*: RuntimeError when it does not come, or somebody was written to again."""
        seen = await self.until(messages)
        summary = await self.summary()
        if summary["requests"] != messages or summary["duplicates"]:
            raise RuntimeError(
                f"{summary['requests']} requests, {summary['duplicates']} again, for {messages} contacts"
            )
        lasted = max(seen["last_at"] - seen["first_at"], 1e-9)
        return Finish(messages, seen["last_at"], seen["processor_s"] * 1e6 / messages, seen["processor_s"] / lasted)


@asynccontextmanager
async def provider(folder: Path) -> AsyncIterator[Provider]:
    """In a process of its own, for as long as the block lasts."""
    async with (
        started((sys.executable, "-m", "tests.benchmarks.provider"), folder / "provider.log") as process,
        aiohttp.ClientSession() as http,
    ):
        assert process.stdout is not None
        port = json.loads(await process.stdout.readline())["port"]
        yield Provider(f"http://127.0.0.1:{port}", process.pid, http)
