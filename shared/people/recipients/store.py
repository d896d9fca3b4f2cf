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
from shared.ground.lua import outage, text

DIGEST_BYTES = 8  # at ten million messages of one sender a collision has a chance of 1 in 370,000
DAY = timedelta(days=1)


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
        self._days = -(-kept // DAY)
        self._now = now
        self._notes: Coalescer[Sent, None] = Coalescer(self._note_group, max_items=500)

    async def note(self, sent: Sent) -> None:
        """Concurrent calls share a round trip."""
        await self._notes.submit(sent)

    async def _note_group(self, group: Sequence[Sent]) -> Sequence[None]:
        day, kept_s = _day(self._now()), int((self._days + 1) * DAY.total_seconds())
        with outage():
            async with self._redis.pipeline(transaction=False) as pipe:
                for one in group:
                    digest = _digest(one.message)
                    key = keys.sent(one.sender, day, digest)
                    pipe.hset(key, digest, one.to)
                    pipe.expire(key, kept_s)
                await pipe.execute()
        return [None] * len(group)

    async def find(self, sender: SenderId, message: str) -> str | None:
        """The address that this message of ours went to; None if it is not known, or not any more."""
        today, digest = _day(self._now()), _digest(message)
        with outage():
            async with self._redis.pipeline(transaction=False) as pipe:
                for day in range(today, today - self._days - 1, -1):
                    pipe.hget(keys.sent(sender, day, digest), digest)
                found = await pipe.execute()
        return next((text(address) for address in found if address is not None), None)


def _day(at: datetime) -> int:
    return int(at.timestamp() // DAY.total_seconds())


def _digest(message: str) -> str:
    digest = hashlib.blake2b(message.encode(), digest_size=DIGEST_BYTES, person=b"oriel-sent").digest()
    return base64.b32encode(digest).decode("ascii").rstrip("=").lower()
