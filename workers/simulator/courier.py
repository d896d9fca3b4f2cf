"""When the client is told something, in which order, how often again. Owns the waiting and the repeating, no contents.

At most `connections` posts are on their way; those that wait are entries of a heap, not tasks.

Decision: providers that put several things into one body collect them for a while, nobody says how long. Here what may
be put together is due at multiples of `COLLECTED_S` only, so that what is due in between comes in one body.
"""

import asyncio
import heapq
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from workers.simulator.journal import Journal, JournalRecord
from workers.simulator.messages import CallbackTarget
from workers.simulator.poster import Poster, Reply
from workers.simulator.provider import Callback, Dialect
from workers.simulator.traffic import SECOND_US, NowUs, PostTally

CONNECTIONS = 64
RETRY_PAUSE_S = 0.1  # doubled with each attempt; providers do not say theirs
COLLECTED_S = 0.05
DROPPED = Reply(None)


class Telling(Protocol):
    """after_s: since the one before.  forged: signed with a secret that is not the account's."""

    @property
    def after_s(self) -> float: ...

    @property
    def forged(self) -> bool: ...


StepT_co = TypeVar("StepT_co", bound=Telling, covariant=True)


@dataclass(slots=True, kw_only=True)
class Chain(ABC, Generic[StepT_co]):
    """What is told about one thing; each step waits for the one before it.

    steps: what will be told.  position: the step that is next.  attempt: of that step, from 1.
    generation: a reset ends the chains of those before it.
    begun: resolved when the first step that is no forgery has been tried once, where somebody waits for that.
    """

    dialect: Dialect
    target: CallbackTarget
    steps: Sequence[StepT_co]
    tally: PostTally
    position: int = 0
    attempt: int = 1
    generation: int = 0
    begun: asyncio.Future[Reply] | None = field(default=None, repr=False)

    @property
    def step(self) -> StepT_co:
        return self.steps[self.position]

    @property
    @abstractmethod
    def kind(self) -> str:
        """Of the step; the tally counts by it."""

    @abstractmethod
    def happen(self, at_us: int) -> None:
        """What the step tells becomes true. *Effects*: the same if called again."""

    @abstractmethod
    def callback(self, at_us: int, /) -> Callback:
        """The step as a request. at_us: now."""

    @abstractmethod
    def record(self, at: float, http_status: int | None) -> JournalRecord:
        """One attempt at the step."""


AnyChain = Chain[Telling]
Bundle = list[AnyChain]  # what one post tells, of one chain each


class Courier:
    """Delivers chains. *Effects*: posts to the client, writes the journal, has each step happen.

    batch: how many chains one post may speak for, where their dialect can put them together.
    """

    def __init__(self, journal: Journal, now_us: NowUs, connections: int = CONNECTIONS) -> None:
        self._journal = journal
        self._now_us = now_us
        self._connections = connections
        self.batch = 1
        self._poster = Poster()
        self._heap: list[tuple[int, int, AnyChain]] = []
        self._entries = 0
        self._generation = 0
        self._due: asyncio.Queue[Bundle] = asyncio.Queue()
        self._woken = asyncio.Event()

    def start(self, chain: AnyChain) -> None:
        """The chain's first step comes after its own pause. May be called once for each chain."""
        self._enter(chain, chain.step.after_s)

    async def start_now(self, chain: AnyChain) -> Reply:
        """The chain's first step at once; return when it has been tried, or dropped by a reset."""
        chain.begun = asyncio.get_running_loop().create_future()
        self._enter(chain, 0.0)
        return await chain.begun

    def forget(self) -> None:
        """Drop what waits. What is on its way arrives, but its chain ends there."""
        self._generation += 1
        for _, _, chain in self._heap:
            _begin(chain, DROPPED)
        self._heap.clear()

    async def run(self) -> None:
        """Deliver until cancelled. *Raises*: whatever a dialect or the journal raised: that is a fault of ours."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._pump())
                for _ in range(self._connections):
                    tasks.create_task(self._work())
        finally:
            self._poster.close()

    def _enter(self, chain: AnyChain, for_s: float) -> None:
        chain.generation = self._generation
        chain.tally.pending += sum(not step.forged for step in chain.steps)
        self._wait(chain, for_s)

    def _wait(self, chain: AnyChain, for_s: float) -> None:
        if chain.generation != self._generation:
            _begin(chain, DROPPED)
            return
        due_us = self._now_us() + int(for_s * SECOND_US)
        if self._is_collected(chain):
            due_us += -due_us % int(COLLECTED_S * SECOND_US)
        self._entries += 1  # breaks ties in order of arrival
        heapq.heappush(self._heap, (due_us, self._entries, chain))
        if self._heap[0][2] is chain:
            self._woken.set()

    async def _pump(self) -> None:
        while True:
            self._woken.clear()
            now_us, due = self._now_us(), []
            while self._heap and self._heap[0][0] <= now_us:
                due.append(heapq.heappop(self._heap)[2])
            for bundle in self._bundles(due):
                self._due.put_nowait(bundle)
            pause_s = (self._heap[0][0] - now_us) / SECOND_US if self._heap else None
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._woken.wait()

    def _bundles(self, due: Bundle) -> Iterator[Bundle]:
        """Each chain once, in order but for those that are told together."""
        collecting: dict[tuple[str, str, type[AnyChain], bool], Bundle] = {}
        for chain in due:
            if not self._is_collected(chain):
                yield [chain]
                continue
            key = (chain.dialect.name, chain.target.url, type(chain), chain.step.forged)
            bundle = collecting.setdefault(key, [])
            bundle.append(chain)
            if len(bundle) == self.batch:
                yield collecting.pop(key)
        yield from collecting.values()

    def _is_collected(self, chain: AnyChain) -> bool:
        return self.batch > 1 and chain.dialect.together is not None

    async def _work(self) -> None:
        while True:
            bundle = await self._due.get()
            reply = await self._tell(bundle)
            for chain in bundle:
                self._continue(chain, reply)

    async def _tell(self, bundle: Bundle) -> Reply:
        for chain in bundle:
            if not chain.step.forged:
                chain.happen(self._now_us())
                chain.tally.begun += chain.attempt == 1
        callback = _callback(bundle, self._now_us())
        reply = await self._poster.post(callback.url, callback.headers, callback.body, bundle[0].target.within_s)
        at = self._now_us() / SECOND_US
        for chain in bundle:
            self._journal.write(chain.record(at, reply.http_status))
        return reply

    def _continue(self, chain: AnyChain, reply: Reply) -> None:
        if not chain.step.forged:
            _begin(chain, reply)
        if _may_repeat(chain, reply):
            pause_s = RETRY_PAUSE_S * 2 ** (chain.attempt - 1)
            chain.attempt += 1
            self._wait(chain, pause_s)
            return
        _count(chain, reply)
        chain.position, chain.attempt = chain.position + 1, 1
        if chain.position < len(chain.steps):
            self._wait(chain, chain.step.after_s)


def _callback(bundle: Bundle, at_us: int) -> Callback:
    callbacks, together = [chain.callback(at_us) for chain in bundle], bundle[0].dialect.together
    return callbacks[0] if together is None or len(callbacks) == 1 else together(callbacks)


def _begin(chain: AnyChain, reply: Reply) -> None:
    if chain.begun is not None and not chain.begun.done():
        chain.begun.set_result(reply)


def _may_repeat(chain: AnyChain, reply: Reply) -> bool:
    result = reply.trouble or f"{(reply.http_status or 0) // 100}xx"
    return result in chain.target.retry_on and chain.attempt <= chain.target.retries and not chain.step.forged


def _count(chain: AnyChain, reply: Reply) -> None:
    tally = chain.tally
    if chain.step.forged:
        tally.forged += 1
        return
    tally.pending -= 1
    if reply.http_status is not None and reply.http_status // 100 == 2:  # noqa: PLR2004 (the class of successes)
        tally.answered += 1
        tally.by_kind[chain.kind] += 1
    else:
        tally.failed += 1
