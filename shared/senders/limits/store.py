"""The limiter on Redis or Valkey: slots and slow-downs of one provider account. Lua decides, on the store's clock.

*Raises* in every method: BackendUnavailable; then nothing may be sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

from redis.asyncio import Redis

from shared.ground import keys
from shared.ground.ids import ContactId, SenderId
from shared.ground.lua import Scripts, int_reply, items, text

SCRIPTS = ("slots", "throttle")
DECREASE = 0.7  # of the factor, at most once a second: a burst of refusals is one piece of news
MIN_FACTOR = 0.02  # of the full rate: the adaptive slow-down never stops a sender for good


@dataclass(frozen=True, slots=True)
class RateLimits:
    """The limits that one kind of message of one sender obeys.

    rate_per_second: the sender's, after the headroom is subtracted.  horizon_ms: how far ahead a slot may be reserved.
    pair_seconds: between two messages to the same contact; 0 for no pair limit.
    extra: further buckets by name, in slots per second (the account's, a campaign's own).
    """

    account_key: str
    sender: SenderId
    rate_per_second: float
    horizon_ms: int
    pair_seconds: float = 0.0
    extra: tuple[tuple[str, float], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class SlotRequest:
    """A job that waits for a slot. owner: unique to the job, so that the job may ask again for a pair that it holds."""

    contact: ContactId
    owner: str


@dataclass(frozen=True, slots=True)
class SlotReply:
    """wait_us: µs from the store's now to the slot, or None.  pair_ms: how long another job holds the pair, or None."""

    wait_us: int | None = None
    pair_ms: int | None = None


@dataclass(frozen=True, slots=True)
class SlotReplies:
    """jobs: one reply per request, in order.  next_us: µs from the store's now to the first slot that was not granted."""

    jobs: tuple[SlotReply, ...]
    next_us: int


class LimitStore:
    """*Atomicity*: each call is one script on the hash tag of one account."""

    def __init__(self, redis: Redis) -> None:
        self._scripts = Scripts(redis, "shared.senders.limits.scripts", SCRIPTS)

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
                    keys.throttle(limits.account_key, limits.sender),
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
        now = int_reply(reply[0])
        return SlotReplies(tuple(_read_reply(text(part), now) for part in reply[2:]), int_reply(reply[1]) - now)

    async def slow_down(self, account_key: str, sender: SenderId, retry_after_s: float | None) -> float:
        """Slow this sender down, because its provider throttled it. Returns the new factor (0 … 1) of the full rate.

        *Effects*: a `retry_after_s` stops the sender for so many seconds.
        """
        reply = await self._scripts.run(
            "throttle",
            [keys.throttle(account_key, sender)],
            [str(DECREASE), str(MIN_FACTOR), int((retry_after_s or 0) * 1_000_000)],
            durable=False,
        )
        return int_reply(reply) / 1000


def _read_reply(part: str, now: int) -> SlotReply:
    if part == "-":
        return SlotReply()
    if part.startswith("p"):
        return SlotReply(pair_ms=int(part[1:]))
    return SlotReply(wait_us=int(part) - now)
