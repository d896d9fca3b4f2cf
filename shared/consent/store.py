"""Consent on Redis or Valkey. Owns `{k:<contact>}:consent` (hash, kept) and each campaign's `stopped` set.

An opt-out is written on the contact first and into `stopped` second; import registers the contact in its campaign first
and reads consent second; so one of them always sees the other, and a mark asks only its own campaign's tag.
"""

from collections.abc import Iterable, Mapping, Sequence

from redis.asyncio import Redis

from shared import keys
from shared.consent.model import ConsentRecord, record_from_json
from shared.ids import CampaignId, ContactId
from shared.lua import Call, Scripts, text


class ConsentStore:
    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._scripts = Scripts(redis, "shared.consent.scripts", ["record"])

    async def record(self, records: Iterable[tuple[ContactId, ConsentRecord]]) -> None:
        """Of two of the same kind and scope the later one stays, in whatever order they come. One round trip.

        *Raises*: BackendUnavailable.
        """
        calls = [
            Call("record", [keys.consent(contact)], [record.field, record.to_json()]) for contact, record in records
        ]
        for reply in await self._scripts.run_all(calls):
            if isinstance(reply, BaseException):
                raise reply

    async def stop(self, contact: ContactId, campaigns: Iterable[CampaignId]) -> None:
        """From now on no mark of this contact succeeds in these campaigns."""
        for campaign in campaigns:
            await self._redis.sadd(keys.stopped(campaign), contact)

    async def of(self, contacts: Sequence[ContactId]) -> list[Mapping[str, ConsentRecord]]:
        """Each contact's records by field, in order; one round trip."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for contact in contacts:
                pipe.hgetall(keys.consent(contact))
            return [
                {text(k): record_from_json(text(k), v) for k, v in fields.items()} for fields in await pipe.execute()
            ]
