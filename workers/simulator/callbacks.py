"""When statuses go out, in which order and how often. Owns the waiting and the repeating; fates come from contacts.

At most `connections` callbacks are on their way; those that wait are entries of a heap, not tasks.
"""

import asyncio
import heapq
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from workers.simulator.contacts import Step
from workers.simulator.dice import happens, within
from workers.simulator.journal import CallbackRecord, Journal
from workers.simulator.messages import CallbackTarget, Message
from workers.simulator.poster import Poster, Reply
from workers.simulator.provider import Dialect
from workers.simulator.script import Script
from workers.simulator.traffic import SECOND_US, CallbackTally, NowUs

CONNECTIONS = 64
RETRY_PAUSE_S = 0.1  # doubled with each attempt; providers do not say theirs


@dataclass(slots=True)
class Chain:
    """All callbacks of one message; each waits for the one before it.

    steps: what will be told.  position: the step that is next.  attempt: of that step, from 1.
    generation: a reset ends the chains of those before it.
    begun: resolved when the first step has been tried once, where somebody waits for that.
    """

    dialect: Dialect
    message: Message
    target: CallbackTarget
    steps: Sequence[Step]
    tally: CallbackTally
    position: int = 0
    attempt: int = 1
    generation: int = 0
    begun: asyncio.Future[None] | None = field(default=None, repr=False)

    @property
    def step(self) -> Step:
        return self.steps[self.position]


def with_accidents(steps: Sequence[Step], script: Script, ordinal: int) -> tuple[Step, ...]:
    """The statuses as they will really be sent. ordinal: the request's number, which is what chance asks about."""
    plan, seed = script.callbacks, script.seed
    if happens(plan.reorder, seed, "reorder", ordinal):
        steps = _backwards(steps)
    told: list[Step] = []
    for place, step in enumerate(steps):
        if happens(plan.bad_signature, seed, "forged", ordinal, place):
            told.append(replace(step, forged=True))
            step = replace(step, after_s=0.0)  # noqa: PLW2901 (the forgery has taken the pause)
        told.append(step)
        if happens(plan.duplicate, seed, "duplicate", ordinal, place):
            told.append(replace(step, after_s=0.0))
    late_s = within(plan.late_ms, seed, "late", ordinal) / 1_000
    return (replace(told[0], after_s=told[0].after_s + late_s), *told[1:]) if late_s else tuple(told)


def _backwards(steps: Sequence[Step]) -> list[Step]:
    """The last status first; the pauses stay where they are."""
    pauses = (step.after_s for step in steps)
    return [replace(step, after_s=after_s) for step, after_s in zip(reversed(steps), pauses, strict=True)]


class Courier:
    """Delivers chains. *Effects*: posts to the client, writes the journal, moves the message's own status."""

    def __init__(self, journal: Journal, now_us: NowUs, connections: int = CONNECTIONS) -> None:
        self._journal = journal
        self._now_us = now_us
        self._connections = connections
        self._poster = Poster()
        self._heap: list[tuple[int, int, Chain]] = []
        self._entries = 0
        self._generation = 0
        self._due: asyncio.Queue[Chain] = asyncio.Queue()
        self._woken = asyncio.Event()

    def start(self, chain: Chain) -> None:
        """The chain's first status comes after its own pause. May be called once for each chain."""
        self._enter(chain, chain.step.after_s)

    async def start_now(self, chain: Chain) -> None:
        """The chain's first status at once; return when it has been tried."""
        chain.begun = asyncio.get_running_loop().create_future()
        self._enter(chain, 0.0)
        await chain.begun

    def forget(self) -> None:
        """Drop what waits. What is on its way arrives, but its chain ends there."""
        self._generation += 1
        for _, _, chain in self._heap:
            _begin(chain)
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

    def _enter(self, chain: Chain, for_s: float) -> None:
        chain.generation = self._generation
        chain.tally.pending += sum(not step.forged for step in chain.steps)
        self._wait(chain, for_s)

    def _wait(self, chain: Chain, for_s: float) -> None:
        if chain.generation != self._generation:
            return
        due_us = self._now_us() + int(for_s * SECOND_US)
        self._entries += 1  # breaks ties in order of arrival
        heapq.heappush(self._heap, (due_us, self._entries, chain))
        if self._heap[0][2] is chain:
            self._woken.set()

    async def _pump(self) -> None:
        while True:
            self._woken.clear()
            now_us = self._now_us()
            while self._heap and self._heap[0][0] <= now_us:
                self._due.put_nowait(heapq.heappop(self._heap)[2])
            pause_s = (self._heap[0][0] - now_us) / SECOND_US if self._heap else None
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._woken.wait()

    async def _work(self) -> None:
        while True:
            chain = await self._due.get()
            self._continue(chain, await self._tell(chain))

    async def _tell(self, chain: Chain) -> Reply:
        step, message = chain.step, chain.message
        if not step.forged:
            message.move(step.status, step.code, self._now_us())
        callback = chain.dialect.callback(message, chain.target, step)
        reply = await self._poster.post(callback.url, callback.headers, callback.body)
        self._journal.write(
            CallbackRecord(
                at=self._now_us() / SECOND_US,
                provider=chain.dialect.name,
                message_id=message.id,
                status=step.status,
                code=step.code,
                http_status=reply.http_status,
                attempt=chain.attempt,
                forged=step.forged,
            )
        )
        return reply

    def _continue(self, chain: Chain, reply: Reply) -> None:
        _begin(chain)
        if _may_repeat(chain, reply):
            pause_s = RETRY_PAUSE_S * 2 ** (chain.attempt - 1)
            chain.attempt += 1
            self._wait(chain, pause_s)
            return
        _count(chain, reply)
        chain.position, chain.attempt = chain.position + 1, 1
        if chain.position < len(chain.steps):
            self._wait(chain, chain.step.after_s)


def _begin(chain: Chain) -> None:
    if chain.begun is not None and not chain.begun.done():
        chain.begun.set_result(None)


def _may_repeat(chain: Chain, reply: Reply) -> bool:
    result = reply.trouble or f"{(reply.http_status or 0) // 100}xx"
    return result in chain.target.retry_on and chain.attempt <= chain.target.retries and not chain.step.forged


def _count(chain: Chain, reply: Reply) -> None:
    tally = chain.tally
    if chain.step.forged:
        tally.forged += 1
        return
    tally.pending -= 1
    if reply.http_status is not None and reply.http_status // 100 == 2:  # noqa: PLR2004 (the class of successes)
        tally.sent += 1
        tally.by_status[chain.step.status] += 1
    else:
        tally.failed += 1
