"""The limiter on Redis or Valkey: slots and slow-downs of one provider account. Lua decides, on the store's clock.

*Raises* in every method: BackendUnavailable; then nothing may be sent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from math import ceil

from redis.asyncio import Redis

from shared.ground import keys
from shared.ground.clock import from_ms
from shared.ground.ids import ContactId, SenderId
from shared.ground.lua import Scripts, fields_of, int_reply, items, outage, text
from shared.ground.values import value
from shared.senders.limits.gcra import recover

SCRIPTS = ("slots", "throttle", "resume")
DECREASE = 0.7  # of the factor, at most once a second: a burst of refusals is one piece of news
MIN_FACTOR = 0.02  # of the full rate: the adaptive slow-down never stops a sender for good
FACTOR_AFTER_PROBE = 0.1  # of the full rate: the provider may have let through the one probe alone; 18 s to all of it


class Lane(StrEnum):
    """Whose messages: each lane of a sender is slowed and held by its own refusals; the sender's rate is for both."""

    CAMPAIGNS = "campaigns"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class RateLimits:
    """The limits that one kind of message of one sender obeys.

    rate_per_second: the sender's, after the headroom is subtracted.  horizon_ms: how far ahead a slot may be reserved.
    pair_seconds: between two messages to the same contact; 0 for no pair limit.
    extra: further buckets by name, in slots per second (the account's, a campaign's own).
    lane: whose slow-downs and holds apply.
    """

    account_key: str
    sender: SenderId
    rate_per_second: float
    horizon_ms: int
    pair_seconds: float = 0.0
    extra: tuple[tuple[str, float], ...] = field(default=())
    lane: Lane = Lane.CAMPAIGNS

    @property
    def most_slots(self) -> int:
        """How many slots the horizon can hold."""
        rate = min([self.rate_per_second, *(rate for _, rate in self.extra)])
        return int(rate * self.horizon_ms / 1_000) + 1


@value(frozen=True, slots=True)
class SlotRequest:
    """A job that waits for a slot. owner: unique to the job, so that the job may ask again for a pair that it holds."""

    contact: ContactId
    owner: str


@value(frozen=True, slots=True)
class SlotReply:
    """wait_us: µs from the store's now to the slot, or None.  pair_ms: how long another job holds the pair, or None."""

    wait_us: int | None = None
    pair_ms: int | None = None


@value(frozen=True, slots=True)
class SlotReplies:
    """jobs: one reply per request, in order.  next_us: µs from the store's now to the first slot that was not granted.

    now_us: the store's now, in µs of its clock.
    """

    jobs: tuple[SlotReply, ...]
    next_us: int
    now_us: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """A provider's refusal, as the limiter needs it.

    hold_s: how long the lane stops, in seconds.  wish_s: what the provider asked for; longer where the hold was cut, and
    then one message probes after it.  age_s: seconds since the refusal.  asks: the provider asked to slow down; False for a
    provider that was not reached.
    """

    code: str = ""
    hold_s: float = 0.0
    wish_s: float = 0.0
    age_s: float = 0.0
    asks: bool = True


@dataclass(frozen=True, slots=True)
class Throttle:
    """What slows a lane now.

    factor: of the full rate, 0 … 1.  held_until: no message before that; None without a hold, and once it is over.
    wished_until: what the provider asked for, where the hold was cut.  code, asks: as in the last Refusal.
    is_cut: the hold is shorter than the provider asked for, and nothing was accepted since.
    """

    factor: float = 1.0
    held_until: datetime | None = None
    wished_until: datetime | None = None
    code: str = ""
    asks: bool = True
    is_cut: bool = False

    @property
    def is_on(self) -> bool:
        return self.factor < 1.0 or self.held_until is not None or self.is_cut

    @property
    def is_probing(self) -> bool:
        """Whether one message asks every few seconds whether the cut hold still holds."""
        return self.is_cut and self.held_until is None


class LimitStore:
    """*Atomicity*: each call that writes is one script on the hash tag of one account.

    It remembers which lanes this process probes, so that an accepted message costs a call only there.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._scripts = Scripts(redis, "shared.senders.limits.scripts", SCRIPTS)
        self._probing: set[tuple[SenderId, Lane]] = set()

    async def reserve(self, limits: RateLimits, requests: Sequence[SlotRequest]) -> SlotReplies:
        """Reserve slots for as many of these jobs as the horizon holds.

        *Effects*: the TAT of each bucket moves on, the pairs of the granted jobs are taken. Without any request only the
        missing buckets are created.
        """
        buckets = [(f"sender:{limits.sender}", limits.rate_per_second), *limits.extra]
        pair_keys = (
            [keys.pair(limits.account_key, limits.sender, job.contact) for job in requests]
            if limits.pair_seconds
            else []
        )
        reply = items(
            await self._scripts.run(
                "slots",
                [
                    keys.throttle(limits.account_key, limits.sender, limits.lane),
                    *(keys.bucket(limits.account_key, name) for name, _ in buckets),
                    *pair_keys,
                ],
                [
                    len(buckets),
                    limits.horizon_ms * 1000,
                    len(requests),
                    int(limits.pair_seconds * 1000),
                    *(ceil(1_000_000 / rate) for _, rate in buckets),  # rounded down, a second could hold one more
                    *(job.owner for job in requests),
                ],
                durable=False,  # a lost bucket starts 1 s later, so no second holds too many
            )
        )
        now, parts = int_reply(reply[0]), [text(part) for part in reply[2:]]
        if any(part.startswith("?") for part in parts):
            self._probing.add((limits.sender, limits.lane))
        return SlotReplies(tuple(_read_reply(part, now) for part in parts), int_reply(reply[1]) - now, now)

    async def slow_down(self, account_key: str, sender: SenderId, refusal: Refusal, lane: Lane) -> float:
        """Slow this lane down, because its provider refused. Returns the new factor (0 … 1) of the full rate."""
        hold_us, wish_us = int(refusal.hold_s * 1_000_000), int(refusal.wish_s * 1_000_000)
        reply = await self._scripts.run(
            "throttle",
            [keys.throttle(account_key, sender, lane)],
            [
                str(DECREASE), str(MIN_FACTOR), hold_us, wish_us, int(refusal.age_s * 1_000_000), refusal.code,
                "1" if refusal.asks else "",
            ],
            durable=False,
        )  # fmt: skip
        return int_reply(reply) / 1000

    async def note_accepted(self, account_key: str, sender: SenderId, lane: Lane) -> None:
        """A message was accepted: if this process has probed a hold with it, the hold is over."""
        if (sender, lane) in self._probing:
            key = keys.throttle(account_key, sender, lane)
            await self._scripts.run("resume", [key], [str(FACTOR_AFTER_PROBE)], durable=False)
            self._probing.discard((sender, lane))

    async def throttles(
        self, accounts: Mapping[SenderId, str], senders: Iterable[SenderId]
    ) -> dict[SenderId, Throttle]:
        """What slows the campaigns of each of these senders now, in one round trip. accounts: account key by sender."""
        asked = [sender for sender in dict.fromkeys(senders) if sender in accounts]
        if not asked:
            return {}
        with outage():
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.time()
                for sender in asked:
                    pipe.hgetall(keys.throttle(accounts[sender], sender, Lane.CAMPAIGNS))
                (seconds, micros), *found = await pipe.execute()
        now_us = int(seconds) * 1_000_000 + int(micros)
        return {sender: _throttle(fields_of(one), now_us) for sender, one in zip(asked, found, strict=True)}


def _throttle(fields: Mapping[str, str], now_us: int) -> Throttle:
    def instant(name: str) -> datetime | None:
        at_us = int(fields.get(name, "0"))
        return from_ms(at_us // 1000) if at_us > now_us else None

    factor = recover(now_us, float(fields["factor"]), int(fields["changed"])) if "factor" in fields else 1.0
    is_cut = fields.get("cut") == "1"
    wished_until = instant("wish") if is_cut else None
    return Throttle(factor, instant("until"), wished_until, fields.get("code", ""), fields.get("asked") != "", is_cut)


def _read_reply(part: str, now: int) -> SlotReply:
    if part == "-":
        return SlotReply()
    if part.startswith("p"):
        return SlotReply(pair_ms=int(part[1:]))
    return SlotReply(wait_us=int(part.removeprefix("?")) - now)
