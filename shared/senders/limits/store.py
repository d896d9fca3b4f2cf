"""The limiter on Redis or Valkey: slots and slow-downs of one provider account. Decides in Lua, on the store's clock.

*Raises* everywhere: BackendUnavailable; then nothing may be sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

from redis.asyncio import Redis

from shared.ground import keys
from shared.ground.ids import ContactId, SenderId
from shared.ground.lua import Scripts, int_reply, items, text
from shared.senders.limits.gcra import DECREASE, LOWEST_FACTOR

SCRIPTS = ("slots", "throttle")


@dataclass(frozen=True, slots=True)
class Lane:
    """What one kind of message of one sender waits for.

    rate_per_second: the sender's, headroom already taken off.  extra: further buckets by name, in slots per second
    (the account's, a campaign's own).  horizon_ms: how far ahead a slot may be.  pair_seconds: 0 for no pair limit.
    """

    account_key: str
    sender: SenderId
    rate_per_second: float
    horizon_ms: int
    pair_seconds: float = 0.0
    extra: tuple[tuple[str, float], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Asked:
    """A job that waits for a slot. owner: unique to the job, so that it may ask again for a pair that it holds."""

    contact: ContactId
    owner: str


@dataclass(frozen=True, slots=True)
class Answer:
    """wait_us: µs from the store's now to the slot, or None.  pair_ms: for how long the pair is taken by another job."""

    wait_us: int | None = None
    pair_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """jobs: one a question, in order.  next_us: µs until the first slot that was not granted."""

    jobs: tuple[Answer, ...]
    next_us: int


class LimitStore:
    """*Atomicity*: one script on one account's hash tag a call."""

    def __init__(self, redis: Redis) -> None:
        self._scripts = Scripts(redis, "shared.senders.limits.scripts", SCRIPTS)

    async def slots(self, lane: Lane, asked: Sequence[Asked]) -> Answers:
        """Slots for as many of these jobs as the horizon holds. *Effects*: buckets that were not there begin; asked for
        no job, nothing else happens.
        """
        buckets = [(f"sender:{lane.sender}", lane.rate_per_second), *lane.extra]
        pair_keys = (
            [keys.pair(lane.account_key, lane.sender, job.contact) for job in asked] if lane.pair_seconds else []
        )
        reply = items(
            await self._scripts.run(
                "slots",
                [
                    keys.throttle(lane.account_key, lane.sender),
                    *(keys.bucket(lane.account_key, name) for name, _ in buckets),
                    *pair_keys,
                ],
                [
                    len(buckets),
                    lane.horizon_ms * 1000,
                    len(asked),
                    int(lane.pair_seconds * 1000),
                    *(ceil(1_000_000 / rate) for _, rate in buckets),  # rounded down, a second could hold one more
                    *(job.owner for job in asked),
                ],
                durable=False,  # a lost bucket restarts one second later, which is safe
            )
        )
        now = int_reply(reply[0])
        return Answers(tuple(_answer(text(part), now) for part in reply[2:]), int_reply(reply[1]) - now)

    async def slow_down(self, account_key: str, sender: SenderId, retry_after_s: float | None) -> float:
        """The provider throttled this sender: the factor, of its full rate, that it goes on with."""
        reply = await self._scripts.run(
            "throttle",
            [keys.throttle(account_key, sender)],
            [str(DECREASE), str(LOWEST_FACTOR), int((retry_after_s or 0) * 1_000_000)],
            durable=False,
        )
        return int_reply(reply) / 1000


def _answer(part: str, now: int) -> Answer:
    if part == "-":
        return Answer()
    if part.startswith("p"):
        return Answer(pair_ms=int(part[1:]))
    return Answer(wait_us=int(part) - now)
