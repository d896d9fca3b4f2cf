"""The limiter three times: the pure oracle with a throttle around it, and the scripts on both stores.

All answer in absolute microseconds of their own clock, so that slots of different questions can be compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from math import ceil, floor
from typing import Protocol, Unpack

from redis.asyncio import Redis

from shared.ground.ids import ContactId, SenderId
from shared.ground.lua import Arg, Reply, Scripts, int_reply, items
from shared.senders.limits import gcra
from shared.senders.limits.store import (
    DECREASE,
    FACTOR_AFTER_PROBE,
    MIN_FACTOR,
    SCRIPTS,
    Lane,
    LimitStore,
    RateLimits,
    Refusal,
    SlotRequest,
)
from tests.factories import SENDER
from tests.fields import RateLimitsFields
from tests.stores import Store

ACCOUNT = "twilio:AC00000000000000000000000000000001"
DESK = SenderId("desk")
HORIZON_MS = 40
SECOND_US = 1_000_000
DAY_S = 86_400.0
PROBE_US = 5 * SECOND_US


def rate_limits(rate: float, horizon_ms: int = HORIZON_MS, **fields: Unpack[RateLimitsFields]) -> RateLimits:
    return replace(RateLimits(ACCOUNT, SENDER, rate, horizon_ms=horizon_ms), **fields)


@dataclass(frozen=True)
class Granted:
    """slots: absolute µs, in the order of the jobs that got one.  next: of the first that was not granted."""

    now: int
    slots: tuple[int, ...]
    next: int


class Limiter(Protocol):
    name: str

    async def ask(self, rate_limits: RateLimits, jobs: int) -> Granted: ...

    async def slow_down(self, retry_after_s: float | None = None, max_hold_s: float = DAY_S) -> float:
        """max_hold_s: how long the wish is believed."""
        ...

    async def note_accepted(self) -> None:
        """A message of this process was accepted."""
        ...

    async def lose(self) -> None:
        """The store forgets its buckets, as after a failover."""
        ...

    async def travel(self, seconds: float) -> None: ...


@dataclass
class OracleLimiter:
    """`gcra.take` with what `slots.lua` and `throttle.lua` do around it."""

    name: str = "oracle"
    now: int = 1_750_000_000_000_000
    tats: dict[str, int] = field(default_factory=dict)
    factor: float = 1.0
    changed: int | None = None
    until: int = 0
    is_cut: bool = False
    is_probing: bool = False
    slowed: int = 0

    def _factor(self) -> float:
        return 1.0 if self.changed is None else gcra.recover(self.now, self.factor, self.changed)

    async def ask(self, rate_limits: RateLimits, jobs: int) -> Granted:
        buckets = [(f"sender:{rate_limits.sender}", rate_limits.rate_per_second), *rate_limits.extra]
        intervals = {name: ceil(SECOND_US / rate) for name, rate in buckets}
        tats = {name: tat for name, tat in self.tats.items() if name in intervals}
        lane = {"held": self.until, "slowed": self.slowed}
        intervals["held"] = PROBE_US if self.is_cut else 0
        intervals["slowed"] = ceil(intervals[buckets[0][0]] / self._factor()) if self._factor() < 1 else 0
        grant, after = gcra.take(self.now, rate_limits.horizon_ms * 1000, jobs, tats | lane, intervals)
        if grant.slots and intervals["held"]:
            self.until, self.is_probing = after["held"], True
        if grant.slots and intervals["slowed"]:
            self.slowed = after["slowed"]
        self.tats |= {name: tat for name, tat in after.items() if name not in lane}
        return Granted(self.now, grant.slots, grant.next)

    async def slow_down(self, retry_after_s: float | None = None, max_hold_s: float = DAY_S) -> float:
        factor = self._factor()
        if self.changed is None or self.now - self.changed >= SECOND_US:
            factor = max(MIN_FACTOR, factor * DECREASE)
            self.factor, self.changed = float(f"{factor:.6f}"), self.now
        if retry_after_s:
            self.until = max(self.until, self.now + int(min(retry_after_s, max_hold_s) * SECOND_US))
            self.is_cut = self.is_cut or retry_after_s > max_hold_s
        return floor(factor * 1000) / 1000

    async def note_accepted(self) -> None:
        if self.is_probing:
            self.until, self.is_cut, self.is_probing, self.slowed = 0, False, False, 0
            self.factor, self.changed = FACTOR_AFTER_PROBE, self.now

    async def lose(self) -> None:
        self.tats.clear()

    async def travel(self, seconds: float) -> None:
        self.now += round(seconds * SECOND_US)


class Kept(Scripts):
    """The store's clock is in a script's reply, and not in the store's answer."""

    def __init__(self, redis: Redis) -> None:
        super().__init__(redis, "shared.senders.limits.scripts", SCRIPTS)
        self.replies: list[Reply] = []

    async def run(self, script: str, keys: Sequence[str], args: Sequence[Arg], durable: bool = True) -> Reply:
        self.replies.append(await super().run(script, keys, args, durable))
        return self.replies[-1]


class ScriptLimiter:
    def __init__(self, store: Store) -> None:
        self.name = store.name
        self._store = store
        self.limits = LimitStore(store.redis)

    async def ask(self, rate_limits: RateLimits, jobs: int) -> Granted:
        scripts = self.limits._scripts = Kept(self._store.redis)
        answers = await self.limits.reserve(
            rate_limits, [SlotRequest(ContactId(f"contact{job}"), f"owner{job}") for job in range(jobs)]
        )
        now = int_reply(items(scripts.replies[0])[0])
        slots = [now + answer.wait_us for answer in answers.jobs if answer.wait_us is not None]
        return Granted(now, tuple(slots), now + answers.next_us)

    async def slow_down(self, retry_after_s: float | None = None, max_hold_s: float = DAY_S) -> float:
        wish_s = retry_after_s or 0.0
        return await self.limits.slow_down(
            ACCOUNT, SENDER, Refusal("429", min(wish_s, max_hold_s), wish_s), Lane.CAMPAIGNS
        )

    async def note_accepted(self) -> None:
        await self.limits.note_accepted(ACCOUNT, SENDER, Lane.CAMPAIGNS)

    async def lose(self) -> None:
        names = [key async for key in self._store.redis.scan_iter("*:bucket:*")]
        await self._store.redis.delete(*names)

    async def travel(self, seconds: float) -> None:
        await self._store.travel(timedelta(seconds=seconds))
