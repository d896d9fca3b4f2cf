"""Waiting for a slot inside one process: joins the jobs that wait under the same limits into one request, and wakes each
at its slot.

Owns the in-flight permits of the process and the renewal of missed slots; the slots themselves come from `store`, and how
late one may be used is in `slot`.
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
from shared.senders.limits.slot import Slot, StoreClock, tolerance_of
from shared.senders.limits.store import RateLimits, SlotReplies, SlotReply, SlotRequest

MAX_PAUSE_S = 1.0  # between two requests while jobs wait: a hold may end before the instant that was told first
MAX_SLOTS_PER_CALL = 64  # of one script call: a longer script delays every other client of the store
MAX_RENEWAL_MS = 1_000  # ahead: what is marked is sent within a second of its slot, or not at all
PATIENCE_S = 0.005  # for what nobody waits for, so that it shares a flush

Answer = TypeVar("Answer")

log: BoundLogger = get_logger(__name__)


class Permits:
    """A counting semaphore: the maximum of jobs between slot and settlement, so of those that one `kill -9` of this process
    leaves unconfirmed.

    `total` is the maximum, `free` the permits that nobody holds.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self.free = total
        self._returned = asyncio.Event()

    async def acquire(self, wanted: int) -> int:
        """Wait until a permit is free, then take up to `wanted` of them. Returns how many: at least 1."""
        while self.free == 0:
            self._returned.clear()
            await self._returned.wait()
        taken = min(wanted, self.free)
        self.free -= taken
        return taken

    def release(self, count: int) -> None:
        """Give `count` permits back and wake those that wait in `acquire`."""
        if count:
            self.free += count
            self._returned.set()


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
        """How long the settlement may wait for others, in seconds: not at all once half of the permits are taken."""
        permits = self._pacer.permits
        return PATIENCE_S if permits.free * 2 > permits.total else 0.0

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

    A question asks for as many slots as the horizon can hold, and the next one is due when half of it is free again: one
    question and one flush of marks for the slots of half a horizon (20 ms). Asked for one slot at a time, and for all that
    waited, a message at 80/s cost 6.1 ms of processor time against 5.3 ms (all processes and the store, side by side on a
    busy machine).

    tolerance_s: how late a slot may be used. A job that comes later gives its slot up and takes another one.
    lead_s: how long before its slot a job gets its turn. The job writes its mark to disk in that time; without it, marks of
    different duration would make requests miss their slots.
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
        permits = await self.permits.acquire(min(len(self._waiting), self._limits.most_slots, MAX_SLOTS_PER_CALL))
        group = [self._waiting.popleft() for _ in range(min(permits, len(self._waiting)))]
        self.permits.release(permits - len(group))
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
        self._clock.note(asked, loop.time(), replies.now_us)
        return replies

    def _fail(self, group: list[_Waiter], error: Exception) -> None:
        self.permits.release(len(group))
        for waiter in group:
            if not waiter.turn.done():
                waiter.turn.set_exception(error)

    def _schedule(self, group: list[_Waiter], replies: SlotReplies) -> float:
        loop = asyncio.get_running_loop()
        ungranted: list[_Waiter] = []
        for waiter, reply in zip(group, replies.jobs, strict=True):
            if reply.pair_ms is not None:
                self._fail([waiter], PairTaken(reply.pair_ms))
            elif reply.wait_us is None:
                self.permits.release(1)
                ungranted.append(waiter)
            else:
                slot = self._clock.slot_at(replies.now_us + reply.wait_us, self._span_s)
                loop.call_at(slot.begins - self._lead_s, self._give_turn, waiter, slot)
        self._waiting.extendleft(reversed([waiter for waiter in ungranted if not waiter.turn.done()]))
        return max(0.0, replies.next_us / 1_000_000 - self._limits.horizon_ms / 2_000)

    def _give_turn(self, waiter: _Waiter, slot: Slot) -> None:
        if waiter.turn.done():  # cancelled while it waited
            self.permits.release(1)
        elif max(asyncio.get_running_loop().time(), slot.begins) > slot.ends:
            telemetry.SLOTS_MISSED.labels(self._limits.sender).inc()
            self.permits.release(1)
            self._enqueue_first(waiter)
        else:
            waiter.turn.set_result(slot)
