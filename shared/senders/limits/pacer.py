"""Waiting for a slot inside one process: joins the waiting jobs of a lane into one question, and keeps their times.

Owns the process's in-flight permits and the give-up of missed slots; the slots themselves come from `store`.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from shared.ground import telemetry
from shared.ground.ids import ContactId
from shared.senders.limits.store import Answers, Asked, Lane

MOST_A_QUESTION = 64  # slots asked for in one script call: more would hold up the store for others


class Permits:
    """The process's bound of jobs between slot and settlement: what one `kill -9` can leave unconfirmed."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.free = most
        self._returned = asyncio.Event()

    async def some(self, wanted: int) -> int:
        """At least one permit, at most `wanted`, as soon as there is one."""
        while self.free == 0:
            self._returned.clear()
            await self._returned.wait()
        taken = min(wanted, self.free)
        self.free -= taken
        return taken

    def give_back(self, count: int) -> None:
        if count:
            self.free += count
            self._returned.set()


class PairTaken(Exception):  # noqa: N818 (a reason to wait, not a fault)
    """Another job wrote to this contact from this sender a moment ago. `for_ms`: until when to wait."""

    def __init__(self, for_ms: int) -> None:
        super().__init__(for_ms)
        self.for_ms = for_ms


class Slots(Protocol):
    async def slots(self, lane: Lane, asked: list[Asked]) -> Answers: ...


@dataclass(slots=True, eq=False)
class _Waiter:
    asked: Asked
    turn: asyncio.Future[float]


class Pacer:
    """The queue in front of one lane. Jobs get their turn in order of arrival.

    tolerance_s: a slot missed by more is given up and taken anew, since what leaves late meets the slots after it.
    lead_s: how long before its slot a job gets its turn: time to have its mark on disk, so that marks of different
    length do not make requests bunch.
    """

    def __init__(self, slots: Slots, lane: Lane, permits: Permits, tolerance_s: float, lead_s: float = 0.0) -> None:
        self._slots = slots
        self._lane = lane
        self._permits = permits
        self._tolerance_s = tolerance_s
        self._lead_s = lead_s
        self._waiting: deque[_Waiter] = deque()
        self._pump: asyncio.Task[None] | None = None

    def follow(self, lane: Lane) -> None:
        """The lane's rate has changed: from the next question on."""
        self._lane = lane

    @asynccontextmanager
    async def turn(self, contact: ContactId, owner: str) -> AsyncIterator[float]:
        """Inside it: this job's slot is near, and a permit is held. Yields the slot on the loop's clock, in seconds.

        *Raises*: PairTaken; BackendUnavailable.
        """
        waiter = _Waiter(Asked(contact, owner), asyncio.get_running_loop().create_future())
        self._enqueue(waiter)
        try:
            slot = await waiter.turn
        except asyncio.CancelledError:
            self._forget(waiter)
            raise
        try:
            yield slot
        finally:
            self._permits.give_back(1)

    def _enqueue(self, waiter: _Waiter) -> None:
        self._waiting.append(waiter)
        if self._pump is None:
            self._pump = asyncio.create_task(self._run())

    def _forget(self, waiter: _Waiter) -> None:
        if waiter in self._waiting:
            self._waiting.remove(waiter)
        elif waiter.turn.done() and not waiter.turn.cancelled() and waiter.turn.exception() is None:
            self._permits.give_back(1)

    async def _run(self) -> None:
        try:
            while self._waiting:
                pause_s = await self._ask()
                if pause_s > 0 and self._waiting:
                    await asyncio.sleep(pause_s)
        finally:
            self._pump = None

    async def _ask(self) -> float:
        """One question for those who wait; answers how long to wait before the next, in seconds."""
        permits = await self._permits.some(min(len(self._waiting), MOST_A_QUESTION))
        group = [self._waiting.popleft() for _ in range(min(permits, len(self._waiting)))]
        self._permits.give_back(permits - len(group))
        if not group:
            return 0.0
        try:
            answers = await self._slots.slots(self._lane, [waiter.asked for waiter in group])
        except Exception as error:  # noqa: BLE001 (handed to everybody who waits for this answer)
            self._fail(group, error)
            return 0.0
        return self._deal(group, answers)

    def _fail(self, group: list[_Waiter], error: Exception) -> None:
        self._permits.give_back(len(group))
        for waiter in group:
            if not waiter.turn.done():
                waiter.turn.set_exception(error)

    def _deal(self, group: list[_Waiter], answers: Answers) -> float:
        loop = asyncio.get_running_loop()
        now = loop.time()  # later than the store's now by the way back: a slot can come late by it, never early
        ungranted: list[_Waiter] = []
        for waiter, answer in zip(group, answers.jobs, strict=True):
            if answer.pair_ms is not None:
                self._fail([waiter], PairTaken(answer.pair_ms))
            elif answer.wait_us is None:
                self._permits.give_back(1)
                ungranted.append(waiter)
            else:
                at = now + answer.wait_us / 1_000_000
                loop.call_at(at - self._lead_s, self._give_turn, waiter, at)
        self._waiting.extendleft(reversed([waiter for waiter in ungranted if not waiter.turn.done()]))
        return max(0.0, (answers.next_us - self._lane.horizon_ms * 1000) / 1_000_000) if ungranted else 0.0

    def _give_turn(self, waiter: _Waiter, at: float) -> None:
        late_s = asyncio.get_running_loop().time() - at
        if waiter.turn.done():  # cancelled while it waited: its permit is free again
            self._permits.give_back(1)
        elif late_s > self._tolerance_s:
            telemetry.SLOTS_MISSED.labels(self._lane.sender).inc()
            self._permits.give_back(1)
            self._enqueue_first(waiter)
        else:
            waiter.turn.set_result(at)

    def _enqueue_first(self, waiter: _Waiter) -> None:
        self._waiting.appendleft(waiter)
        if self._pump is None:
            self._pump = asyncio.create_task(self._run())
