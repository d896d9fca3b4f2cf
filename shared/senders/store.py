"""The standings of numbers on Redis or Valkey. Owns `{s:<sender>}:number` (hash, no TTL).

*Raises* in every method: BackendUnavailable.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from redis.asyncio import Redis

from shared.ground import keys
from shared.ground.clock import from_ms, to_ms
from shared.ground.ids import SenderId
from shared.ground.lua import fields_of, outage
from shared.senders.model import NumberStanding


class NumberStore:
    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def learn(self, sender: SenderId, news: NumberStanding) -> NumberStanding:
        """Merge `news` into the standing and store it. Returns the merged standing.

        *Atomicity*: none. Of two concurrent calls one may lose its news; the next sync reports it again.
        """
        standing = (await self.of([sender]))[sender].merge(news)
        with outage():
            await self._redis.hset(keys.number(sender), items=_pack(standing))
        return standing

    async def polled_at(self, sender: SenderId) -> datetime | None:
        """When the provider was last polled for news that no webhook brings; None before the first poll."""
        with outage():
            ms = await self._redis.hget(keys.number(sender), "asked")
        return None if ms is None else from_ms(int(ms))

    async def record_poll(self, sender: SenderId, at: datetime) -> None:
        """*Effects*: `polled_at` returns `at` from now on."""
        with outage():
            await self._redis.hset(keys.number(sender), "asked", to_ms(at))

    async def of(self, senders: Iterable[SenderId]) -> Mapping[SenderId, NumberStanding]:
        """The standing of each sender, in one round trip; an empty one where nothing is stored."""
        ids = list(senders)
        with outage():
            async with self._redis.pipeline(transaction=False) as pipe:
                for sender in ids:
                    pipe.hgetall(keys.number(sender))
                found = await pipe.execute()
        return {sender: _unpack(fields_of(fields)) for sender, fields in zip(ids, found, strict=True)}


def _pack(standing: NumberStanding) -> list[str | int]:
    fields: dict[str, str | int] = {"reason": standing.reason}
    if standing.usable is not None:
        fields["usable"] = int(standing.usable)
    if standing.rate_per_second is not None:
        fields["rate"] = standing.rate_per_second
    if standing.unique_contacts_a_day is not None:
        fields["daily"] = standing.unique_contacts_a_day
    if standing.quality is not None:
        fields["quality"] = standing.quality
    if standing.seen_at is not None:
        fields["seen"] = to_ms(standing.seen_at)
    return [part for name, value in fields.items() for part in (name, value)]


def _unpack(fields: Mapping[str, str]) -> NumberStanding:
    def number(name: str) -> int | None:
        return int(fields[name]) if name in fields else None

    usable, seen = number("usable"), number("seen")
    return NumberStanding(
        None if usable is None else bool(usable),
        number("rate"),
        number("daily"),
        fields.get("quality"),
        fields.get("reason", ""),
        None if seen is None else from_ms(seen),
    )
