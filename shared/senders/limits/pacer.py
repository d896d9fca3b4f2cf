"""Waiting for a slot inside one process: joins the jobs that wait under the same limits into one request, and wakes each
at its slot.

Owns the queue and the renewal of missed slots; the slots themselves come from `store`, how late one may be used is in
`slot`, and how many jobs may be under way in `permits`.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol, TypeVar

from structlog.stdlib import BoundLogger, get_logger

from shared.ground import telemetry
from shared.ground.coalesce import Coalescer
from shared.ground.ids import ContactId
from shared.ground.insist import insist
from shared.senders.limits.permits import Permits
from shared.senders.limits.slot import Slot, StoreClock, tolerance_of
from shared.senders.limits.store import Lane, RateLimits, SlotReplies, SlotReply, SlotRequest

MAX_PAUSE_S = 1.0  # between two requests while jobs wait: a hold may end before the instant that was told first
MAX_SLOTS_PER_CALL = 64  # of one script call: a longer script delays every other client of the store
MAX_RENEWAL_MS = 1_000  # ahead: what is marked is sent within a second of its slot, or not at all
PATIENCE_S = (
    0.04  # for what nobody waits for, so that it shares the flush of the next marks: a horizon later at the latest
)
SHORT_LEAD_S = 0.008  # before the slot, where permits are scarce: a mark takes 2-5 ms, and a slot lasts for 20 more
TOGETHER_S = 0.01  # turns that begin within so long begin together, and share a flush of marks
LEAST_AHEAD_S = 0.008  # before the next free slot: time for a question and a mark in a quick store
ANSWERS_AHEAD = 3  # or as long as so many answers take: a question, a mark, and half as much again
SLOWNESS_FADES = 0.95  # with each answer: a busy store's slow answers come in spells

Answer = TypeVar("Answer")

log: BoundLogger = get_logger(__name__)


class PairTaken(Exception):  # noqa: N818 (a reason to wait, not a fault)
    """Another job holds the pair of this sender and contact. `for_ms`: milliseconds until the pair is free."""

    def __init__(self, for_ms: int) -> None:
        super().__init__(for_ms)
        self.for_ms = for_ms


class SlotSource(Protocol):
    """The part of LimitStore that a pacer needs."""

    async def reserve(self, limits: RateLimits, requests: list[SlotRequest]) -> SlotReplies: ...


@dataclass(slots=True, eq=False)
class _Waiter:
    request: SlotRequest
    turn: asyncio.Future[Slot]


@dataclass(slots=True)
class Turn:
    """A job's slot, while its permit is held."""

    slot: Slot
    _request: SlotRequest
    _pacer: "Pacer"

    @property
    def patience_s(self) -> float:
        """How long the settlement may wait for others, in seconds: not at all where permits are scarce."""
        return PATIENCE_S * self._pacer.permits.leisure

    async def send(self, request: Callable[[Slot], Awaitable[Answer | None]], until: float) -> Answer | None:
        """Write the job's request within its slot, or within another one where that has passed: `request` answers None
        when a connection came too late, and is then called again.

        until: of the loop's clock; what could not be written by then is not written, and the answer is None.
        """
        loop = asyncio.get_running_loop()
        while max(loop.time(), self.slot.begins) <= until:
            await asyncio.sleep(self.slot.begins - loop.time())  # at once when it has come
            slot = Slot(self.slot.begins, min(self.slot.ends, until))
            if loop.time() <= slot.ends and (answer := await request(slot)) is not None:
                return answer
            try:
                self.slot = await self._pacer.renew(self._request, until)
            except Exception:  # whatever the limiter has: nothing was written, and the caller can say so
                log.exception("slot_not_renewed")
                return None
        return None


class Pacer:
    """The queue of the jobs that wait under one set of limits. Jobs get their turn in order of arrival.

    A question asks for as many slots as the horizon can hold, and the next one is due shortly before the first slot that
    was not granted, or when half of the horizon is free again where the store is slow: one question and one flush of marks
    for the slots of 20 to 32 ms. Asked for one slot at a time, and for all that waited, a message at 80/s cost 6.1 ms of
    processor time against 5.3 ms (all processes and the store, side by side on a busy machine).

    tolerance_s: how late a slot may be used. A job that comes later gives its slot up and takes another one.
    lead_s: how long before its slot a job gets its turn, at most: less where permits are scarce. The job writes its mark to
    disk in that time; without it, marks of different duration would make requests miss their slots.
    """

    def __init__(
        self, slots: SlotSource, limits: RateLimits, permits: Permits, tolerance_s: float, lead_s: float = 0.0
    ) -> None:
        self._slots = slots
        self._limits = limits
        self.permits = permits
        self._tolerance_s = tolerance_s
        self._lead_s = lead_s
        self._waiting: deque[_Waiter] = deque()
        self._pump: asyncio.Task[None] | None = None
        self._clock = StoreClock()
        self._answer_s = 0.0  # how long the store takes to answer: the slowest of the last few
        self._renewals: Coalescer[SlotRequest, Slot | float] = Coalescer(self._renew_all, MAX_SLOTS_PER_CALL)

    @property
    def _span_s(self) -> float:
        return tolerance_of(self._limits.rate_per_second, self._tolerance_s)

    @property
    def is_idle(self) -> bool:
        """Whether nobody waits for a slot of this queue."""
        return not self._waiting and self._pump is None

    def set_limits(self, limits: RateLimits) -> None:
        """Use these limits from the next request on."""
        self._limits = limits

    @asynccontextmanager
    async def turn(self, contact: ContactId, owner: str) -> AsyncIterator[Turn]:
        """Wait for this job's slot and a permit; the permit is held inside. Begins `lead_s` before the slot.

        *Raises*: PairTaken; BackendUnavailable.
        """
        waiter = _Waiter(SlotRequest(contact, owner), asyncio.get_running_loop().create_future())
        self._enqueue(waiter)
        try:
            slot = await waiter.turn
        except asyncio.CancelledError:
            self._forget(waiter)
            raise
        try:
            yield Turn(slot, waiter.request, self)
        finally:
            self.permits.release(1)

    # ── a slot that was missed after the mark ───────────────────────────────────────────────────────────────────────

    async def renew(self, request: SlotRequest, until: float) -> Slot:
        """Another slot for a job that keeps its permit, before all that wait for their first. After `until` any slot will
        do: nothing is sent then.
        """
        loop = asyncio.get_running_loop()
        telemetry.SLOTS_MISSED.labels(self._limits.sender).inc()
        while loop.time() <= until:
            reply = await insist(partial(self._renewals.submit, request))
            if isinstance(reply, Slot):
                return reply
            await asyncio.sleep(min(reply, MAX_PAUSE_S))
        return Slot(loop.time(), loop.time())

    async def _renew_all(self, requests: Sequence[SlotRequest]) -> list[Slot | float]:
        """A slot for each job, or the seconds until it may ask again. Of the provider's limits only: the first slot was
        taken off a campaign's own rate, whose next one may be minutes away.
        """
        limits = replace(self._limits, extra=(), horizon_ms=min(self._limits.horizon_ms, MAX_RENEWAL_MS))
        replies = await self._reserve(requests, limits)
        return [self._renewal(reply, replies, limits.horizon_ms / 1_000) for reply in replies.jobs]

    def _renewal(self, reply: SlotReply, replies: SlotReplies, horizon_s: float) -> Slot | float:
        if reply.wait_us is not None:
            return self._clock.slot_at(replies.now_us + reply.wait_us, self._span_s)
        if reply.pair_ms is not None:  # so late that the pair was given to another job
            return reply.pair_ms / 1_000
        return max(0.0, replies.next_us / 1_000_000 - horizon_s)

    # ── the queue ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _enqueue(self, waiter: _Waiter) -> None:
        self._waiting.append(waiter)
        self._start_pump()

    def _enqueue_first(self, waiter: _Waiter) -> None:
        self._waiting.appendleft(waiter)
        self._start_pump()

    def _start_pump(self) -> None:
        if self._pump is None:
            self._pump = asyncio.create_task(self._run())

    def _forget(self, waiter: _Waiter) -> None:
        if waiter in self._waiting:
            self._waiting.remove(waiter)
        elif waiter.turn.done() and not waiter.turn.cancelled() and waiter.turn.exception() is None:
            self.permits.release(1)

    async def _run(self) -> None:
        try:
            while self._waiting:
                pause_s = await self._request_slots()
                if pause_s > 0 and self._waiting:
                    await asyncio.sleep(min(pause_s, MAX_PAUSE_S))
        finally:
            self._pump = None

    async def _request_slots(self) -> float:
        """One request for the jobs that wait. Returns the seconds to sleep before the next."""
        wanted = min(len(self._waiting), self._limits.most_slots, MAX_SLOTS_PER_CALL)
        promised = await self.permits.promise(wanted)
        group = [self._waiting.popleft() for _ in range(min(promised, len(self._waiting)))]
        self.permits.take_back(promised - len(group))
        if not group:
            return 0.0
        try:
            replies = await self._reserve([waiter.request for waiter in group], self._limits)
        except Exception as error:  # noqa: BLE001 (every job of the group raises it)
            self._fail(group, error)
            return 0.0
        return self._schedule(group, replies)

    async def _reserve(self, requests: Sequence[SlotRequest], limits: RateLimits) -> SlotReplies:
        loop = asyncio.get_running_loop()
        asked, excess_s = loop.time(), self._clock.excess_s(self._span_s)
        if excess_s:
            limits = replace(limits, rate_per_second=limits.rate_per_second / (1 + excess_s))
        replies = await self._slots.reserve(limits, list(requests))
        answered = loop.time()
        self._clock.note(asked, answered, replies.now_us)
        self._answer_s = max(answered - asked, SLOWNESS_FADES * self._answer_s)
        return replies

    def _fail(self, group: list[_Waiter], error: Exception) -> None:
        self.permits.take_back(len(group))
        for waiter in group:
            if not waiter.turn.done():
                waiter.turn.set_exception(error)

    def _schedule(self, group: list[_Waiter], replies: SlotReplies) -> float:
        granted: list[tuple[_Waiter, Slot]] = []
        ungranted: list[_Waiter] = []
        for waiter, reply in zip(group, replies.jobs, strict=True):
            if reply.pair_ms is not None:
                self._fail([waiter], PairTaken(reply.pair_ms))
            elif reply.wait_us is None:
                ungranted.append(waiter)
            else:
                granted.append((waiter, self._clock.slot_at(replies.now_us + reply.wait_us, self._span_s)))
        self.permits.take_back(len(ungranted))
        self._waiting.extendleft(reversed([waiter for waiter in ungranted if not waiter.turn.done()]))
        self._give_turns_later(granted)
        return max(0.0, replies.next_us / 1_000_000 - self._ahead_s)

    @property
    def _ahead_s(self) -> float:
        """How long before the next free slot it is asked for. People reserve as early as they may: before campaigns."""
        half_s = self._limits.horizon_ms / 2_000
        if self._limits.lane is Lane.PEOPLE:
            return half_s
        return min(half_s, max(LEAST_AHEAD_S, ANSWERS_AHEAD * self._answer_s))

    def _give_turns_later(self, granted: Sequence[tuple[_Waiter, Slot]]) -> None:
        """granted: by slot, ascending. Turns that begin at about the same time begin together."""
        loop = asyncio.get_running_loop()
        is_leisurely = self.permits.leisure * self.permits.total > len(granted)
        lead_s = self._lead_s if is_leisurely else min(self._lead_s, SHORT_LEAD_S)
        begins, together = 0.0, list[tuple[_Waiter, Slot]]()
        for waiter, slot in granted:
            if not together or slot.begins - lead_s > begins + TOGETHER_S:
                begins, together = max(loop.time(), slot.begins - lead_s), []
                loop.call_at(begins, self._give_turns, together)
            together.append((waiter, slot))

    def _give_turns(self, granted: Sequence[tuple[_Waiter, Slot]]) -> None:
        for waiter, slot in granted:
            self._give_turn(waiter, slot)

    def _give_turn(self, waiter: _Waiter, slot: Slot) -> None:
        if waiter.turn.done():  # cancelled while it waited
            self.permits.take_back(1)
        elif max(asyncio.get_running_loop().time(), slot.begins) > slot.ends:
            telemetry.SLOTS_MISSED.labels(self._limits.sender).inc()
            self.permits.take_back(1)
            self._enqueue_first(waiter)
        elif self.permits.take():
            waiter.turn.set_result(slot)
        else:
            self.permits.call_later(partial(self._give_turn, waiter, slot))
