"""Recipients on Redis or Valkey. Owns `{s:<sender>}:sent:<day>:<bucket>` (hash, kept as long as answers are attributed).

A contact without a visible number may answer a message of ours before its provider has named both, and then the answer's
context alone says who it is. An entry is a digest of 13 characters and an address: about 30 B in a packed hash.

*Raises* everywhere: BackendUnavailable; every call is safe to repeat.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from redis.asyncio import Redis

from shared.ground import keys
from shared.ground.clock import Now
from shared.ground.coalesce import Coalescer
from shared.ground.ids import SenderId
from shared.ground.lua import Call, Scripts, outage, text

DIGEST_BYTES = 8  # at ten million messages of one sender a collision has a chance of 1 in 370,000
DAY = timedelta(days=1)
MAX_GROUP = 64  # messages of one call, which then takes about 0.2 ms: a longer one delays every other client


@dataclass(frozen=True, slots=True)
class Sent:
    """message: the provider's id, in the spelling that contacts' answers share with it. to: the address."""

    sender: SenderId
    message: str
    to: str = field(repr=False)


class RecipientStore:
    """kept: how long after a message its answers are recognised."""

    def __init__(self, redis: Redis, kept: timedelta, now: Now) -> None:
        self._redis = redis
        self._scripts = Scripts(redis, "shared.people.recipients.scripts", ("note",))
        self._days = -(-kept // DAY)
        self._now = now
        self._notes: Coalescer[Sent, None] = Coalescer(self._note_group, MAX_GROUP)

    async def note(self, sent: Sent, patience_s: float = 0.0) -> None:
        """Concurrent calls share a round trip. patience_s: seconds that this one may wait for others."""
        await self._notes.submit(sent, patience_s)

    async def _note_group(self, group: Sequence[Sent]) -> list[BaseException | None]:
        """One script a sender: with two plain commands a message, each cost 25 µs more of this process's time."""
        day, kept_s = _day(self._now()), int((self._days + 1) * DAY.total_seconds())
        by_sender: dict[SenderId, list[int]] = {}
        for index, one in enumerate(group):
            by_sender.setdefault(one.sender, []).append(index)
        calls = [_call([group[index] for index in indexes], day, kept_s) for indexes in by_sender.values()]
        results: list[BaseException | None] = [None] * len(group)
        replies = await self._scripts.run_all(calls, durable=False)
        for indexes, reply in zip(by_sender.values(), replies, strict=True):
            for index in indexes:
                results[index] = reply if isinstance(reply, BaseException) else None
        return results

    async def find(self, sender: SenderId, message: str) -> str | None:
        """The address that this message of ours went to; None if it is not known, or not any more."""
        today, digest = _day(self._now()), _digest(message)
        with outage():
            async with self._redis.pipeline(transaction=False) as pipe:
                for day in range(today, today - self._days - 1, -1):
                    pipe.hget(keys.sent(sender, day, digest), digest)
                found = await pipe.execute()
        return next((text(address) for address in found if address is not None), None)


def _call(group: Sequence[Sent], day: int, kept_s: int) -> Call:
    """group: of one sender."""
    digests = [_digest(one.message) for one in group]
    buckets = [keys.sent(one.sender, day, digest) for one, digest in zip(group, digests, strict=True)]
    return Call("note", buckets, [kept_s, *(f"{digest}|{one.to}" for one, digest in zip(group, digests, strict=True))])


def _day(at: datetime) -> int:
    return int(at.timestamp() // DAY.total_seconds())


def _digest(message: str) -> str:
    digest = hashlib.blake2b(message.encode(), digest_size=DIGEST_BYTES, person=b"oriel-sent").digest()
    return base64.b32encode(digest).decode("ascii").rstrip("=").lower()
