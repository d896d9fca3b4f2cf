"""Consent on Redis or Valkey. Owns `{k:<contact>}:consent` (hash, kept), its history, and each campaign's `stopped`.

An opt-out is written on the contact first and into `stopped` second; import registers the contact in its campaign first
and reads consent second; so one of them always sees the other, and a mark asks only its own campaign's tag.

A contact that turned out to be another one (`moved`) is read through to it: whoever asks by an old name hears the same.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from redis.asyncio import Redis

from shared.ground import keys
from shared.ground.ids import CampaignId, ContactId
from shared.ground.lua import Call, Durability, Scripts, outage, text
from shared.people.consent.model import ConsentRecord, record_from_json

REVISION = "rev"
MOST_MOVES = 8  # from one name to the next; merging keeps chains short, and a circle must not turn for ever


@dataclass(frozen=True, slots=True)
class Consents:
    """What a contact has said. contact: who it is by now. records: by field. revision: changes with every record."""

    contact: ContactId
    records: Mapping[str, ConsentRecord] = field(default_factory=dict)
    revision: str = "0"


class ConsentStore:
    def __init__(self, redis: Redis, durability: Durability | None = None) -> None:
        self._redis = redis
        self._scripts = Scripts(redis, "shared.people.consent.scripts", ["record", "stop"], durability)

    async def record(self, records: Iterable[tuple[ContactId, ConsentRecord]]) -> None:
        """Of two of the same kind and scope the later one stays, in whatever order they come. One round trip.

        Whoever knows that a contact has moved records it there. *Raises*: BackendUnavailable.
        """
        calls = [
            Call("record", [keys.consent(contact), keys.consent_history(contact)], [record.field, record.to_json()])
            for contact, record in records
        ]
        await self._all(calls)

    async def stop(
        self, contacts: Sequence[ContactId], revision: str, stopped: Iterable[CampaignId], others: Iterable[CampaignId]
    ) -> None:
        """From now on no mark of these contacts succeeds in the campaigns `stopped`; in the others nothing stands against
        it any more. revision: of the consents that were judged; an older judgement never undoes a newer one.

        *Raises*: BackendUnavailable.
        """
        judged = [*((campaign, "1") for campaign in stopped), *((campaign, "0") for campaign in others)]
        calls = [Call("stop", [keys.stopped(campaign)], [flag, revision, *contacts]) for campaign, flag in judged]
        await self._all(calls)

    async def disturb(self, contacts: Iterable[ContactId]) -> None:
        """Whatever was judged under these names of a contact is to be judged anew: it has said something."""
        with outage():
            async with self._redis.pipeline(transaction=False) as pipe:
                for contact in contacts:
                    pipe.hincrby(keys.consent(contact), REVISION, 1)
                await pipe.execute()

    async def outgrow(self, contact: ContactId, revision: str) -> None:
        """This contact's consents are newer than that revision of the name that it had."""
        with outage():
            await self._redis.hincrby(keys.consent(contact), REVISION, int(revision) + 1)

    async def _all(self, calls: Sequence[Call]) -> None:
        for reply in await self._scripts.run_all(calls) if calls else ():
            if isinstance(reply, BaseException):
                raise reply

    async def of(self, contacts: Sequence[ContactId]) -> list[Mapping[str, ConsentRecord]]:
        """Each contact's records by field, in order; one round trip, and one more where somebody has moved."""
        return [consents.records for consents in await self.consents(contacts)]

    async def consents(self, contacts: Sequence[ContactId]) -> list[Consents]:
        """As `of`, with who each of them is by now."""
        found = dict(zip(contacts, await self._read(contacts), strict=True))
        for _ in range(MOST_MOVES):
            moved = {name: ContactId(text(fields[b"moved"])) for name, fields in found.items() if b"moved" in fields}
            if not moved:
                break
            there = dict(zip(moved.values(), await self._read(list(moved.values())), strict=True))
            found |= {name: {b"at": to.encode(), **there[to]} for name, to in moved.items()}
        return [_consents(contact, found[contact]) for contact in contacts]

    async def through(self, contact: ContactId) -> Consents:
        """What counts for a contact under this name, whoever it is by now, and the name's own revision: read before the
        rest, so that whatever is said meanwhile has disturbed it.
        """
        (here,) = await self.own([contact])
        (there,) = await self.consents([contact])
        return Consents(there.contact, there.records, here.revision)

    async def own(self, contacts: Sequence[ContactId]) -> list[Consents]:
        """What stands under exactly these names, whoever they are by now."""
        return [_consents(one, fields) for one, fields in zip(contacts, await self._read(contacts), strict=True)]

    async def history(self, contact: ContactId) -> list[ConsentRecord]:
        """Everything that this contact has ever said, oldest first; what counts is `of`."""
        (known,) = await self.consents([contact])
        lines = await self._redis.lrange(keys.consent_history(known.contact), 0, -1)
        superseded = [record_from_json(name, json.dumps(body)) for name, body in map(json.loads, lines)]
        return sorted([*superseded, *known.records.values()], key=lambda record: record.at)

    async def _read(self, contacts: Sequence[ContactId]) -> list[Mapping[bytes, bytes]]:
        async with self._redis.pipeline(transaction=False) as pipe:
            for contact in contacts:
                pipe.hgetall(keys.consent(contact))
            return await pipe.execute()


def _consents(contact: ContactId, fields: Mapping[bytes, bytes]) -> Consents:
    records = {text(k): record_from_json(text(k), v) for k, v in fields.items() if b":" in k}
    return Consents(ContactId(text(fields.get(b"at", contact))), records, text(fields.get(b"rev", b"0")))
