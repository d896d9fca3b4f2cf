"""Consent on Redis or Valkey. Owns `{k:<contact>}:consent` (hash, kept), its history, each campaign's `stopped`, and
`{oriel}:agreements:untold` (zset, each member until its agreements have been told).

An opt-out is written on the contact first and into `stopped` second; import registers the contact in its campaign first
and reads consent second; so one of them always sees the other, and a mark asks only its own campaign's tag.

A read of a merged contact (`moved`) follows the redirect, so that every alias gives the same answer.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from redis.asyncio import Redis

from shared.ground import keys
from shared.ground.ids import CampaignId, ContactId, TenantId, new_token
from shared.ground.lua import Call, Command, Durability, Scripts, outage, succeeded, text
from shared.ground.values import value
from shared.people import MAX_MERGE_REDIRECTS
from shared.people.consent.model import ConsentRecord, record_from_json

REVISION = "rev"
MAX_UNTOLD = 100  # notes that are looked at in one tick of the janitor


@value(frozen=True, slots=True)
class Consents:
    """A contact's records by field. contact: the id after redirects. revision: grows with every record."""

    contact: ContactId
    records: Mapping[str, ConsentRecord] = field(default_factory=dict)
    revision: str = "0"


@dataclass(frozen=True, slots=True)
class Untold:
    """Agreements that are recorded, or about to be, and not told to the campaigns yet. id: one a telling, so that of two
    that tell of one contact neither forgets the other's.
    """

    id: str
    tenant: TenantId
    contacts: tuple[ContactId, ...]

    def to_json(self) -> str:
        return json.dumps([self.id, self.tenant, *self.contacts], separators=(",", ":"))


def untold_from_json(packed: str) -> Untold:
    """The inverse of `to_json`."""
    own_id, tenant, *contacts = json.loads(packed)
    return Untold(own_id, TenantId(tenant), tuple(ContactId(one) for one in contacts))


class ConsentStore:
    def __init__(self, redis: Redis, durability: Durability | None = None) -> None:
        self._redis = redis
        self._scripts = Scripts(redis, "shared.people.consent.scripts", ["record", "stop", "withdraw"], durability)

    async def record(self, records: Iterable[tuple[ContactId, ConsentRecord]]) -> None:
        """Keep the later of two records of one kind and scope, in whatever order they come. One round trip.

        Redirects are not followed: pass the id after redirects. *Raises*: BackendUnavailable.
        """
        calls = [
            Call("record", [keys.consent(contact), keys.consent_history(contact)], [record.field, record.to_json()])
            for contact, record in records
        ]
        await self._scripts.run_every(calls)

    async def record_first(self, records: Sequence[tuple[ContactId, ConsentRecord]]) -> None:
        """As `record`, of contacts that had no records when they were read. One round trip, a fifth of the store's time.

        Two commands a record do what the script does with a record of a field that is empty: keep it, and grow the
        revision. A record of the same field that has come since stays, and the script judges between the two.
        """
        if not records:
            return
        commands: list[Command] = []
        for contact, record in records:
            key = keys.consent(contact)
            commands += [("HSETNX", key, record.field, record.to_json()), ("HINCRBY", key, REVISION, 1)]
        replies = await self._scripts.write_all(commands)
        for reply in replies:
            succeeded(reply)
        await self.record(one for one, is_new in zip(records, replies[::2], strict=True) if not is_new)

    async def withdraw(self, contact: ContactId, records: Iterable[ConsentRecord]) -> None:
        """Take exactly these records out of a contact's own; they stay in its history. Redirects are not followed.

        *Raises*: BackendUnavailable.
        """
        parts = [part for record in records for part in (record.field, record.to_json())]
        if parts:
            own = [keys.consent(contact), keys.consent_history(contact)]
            await self._scripts.run_every([Call("withdraw", own, parts)])

    async def stop(
        self, contacts: Sequence[ContactId], revision: str, stopped: Iterable[CampaignId], others: Iterable[CampaignId]
    ) -> None:
        """Make every mark of these contacts fail in the campaigns `stopped`, and allow it again in `others`.

        revision: of the consents that were judged; an older judgement never undoes a newer one.

        *Raises*: BackendUnavailable.
        """
        judged = [*((campaign, "1") for campaign in stopped), *((campaign, "0") for campaign in others)]
        calls = [Call("stop", [keys.stopped(campaign)], [flag, revision, *contacts]) for campaign, flag in judged]
        await self._scripts.run_every(calls)

    async def disturb(self, contacts: Iterable[ContactId]) -> None:
        """Grow the revision of these ids, so that judgements under them are made again."""
        with outage():
            async with self._redis.pipeline(transaction=False) as pipe:
                for contact in contacts:
                    pipe.hincrby(keys.consent(contact), REVISION, 1)
                await pipe.execute()

    async def outgrow(self, contact: ContactId, revision: str) -> None:
        """Grow a contact's revision past `revision`, which a contact merged into it had."""
        with outage():
            await self._redis.hincrby(keys.consent(contact), REVISION, int(revision) + 1)

    # ── agreements on their way to the campaigns ────────────────────────────────────────────────────────────────────

    async def announce(self, tenant: TenantId, contacts: Iterable[ContactId]) -> Untold:
        """Note that agreements of these contacts are about to be recorded, and told afterwards. Call it before `record`: a
        crash in between costs a look, the other order would leave campaigns that suppress them untold.

        *Raises*: BackendUnavailable.
        """
        note = Untold(new_token("n"), tenant, tuple(contacts))
        with outage():
            seconds, _ = await self._redis.time()
            await self._redis.zadd(keys.untold_agreements(), {note.to_json(): int(seconds)})
        return note

    async def untold(self, age: timedelta) -> list[Untold]:
        """Those that were announced so long ago, and whose process has not forgotten them: it has died, perhaps."""
        with outage():
            seconds, _ = await self._redis.time()
            until = int(seconds) - int(age.total_seconds())
            found = await self._redis.zrangebyscore(keys.untold_agreements(), "-inf", until, 0, MAX_UNTOLD)
        return [untold_from_json(text(member)) for member in found]

    async def forget(self, note: Untold) -> None:
        """Every campaign has been told. *Raises*: BackendUnavailable."""
        with outage():
            await self._redis.zrem(keys.untold_agreements(), note.to_json())

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def of(self, contacts: Sequence[ContactId]) -> list[Mapping[str, ConsentRecord]]:
        """Each contact's records by field, in order. One round trip, and one more if a contact was redirected."""
        return [consents.records for consents in await self.consents(contacts)]

    async def consents(self, contacts: Sequence[ContactId]) -> list[Consents]:
        """As `of`, with each contact's id after redirects."""
        read = await self._read(contacts)
        if not any(b"moved" in fields for fields in read):
            return list(map(_consents, contacts, read))
        found = dict(zip(contacts, read, strict=True))
        for _ in range(MAX_MERGE_REDIRECTS):
            moved = {name: ContactId(text(fields[b"moved"])) for name, fields in found.items() if b"moved" in fields}
            if not moved:
                break
            there = dict(zip(moved.values(), await self._read(list(moved.values())), strict=True))
            found |= {name: {b"at": to.encode(), **there[to]} for name, to in moved.items()}
        return [_consents(contact, found[contact]) for contact in contacts]

    async def through(self, contact: ContactId) -> Consents:
        """The records after redirects, with the revision of the id that was asked for.

        The revision is read first: a record that comes in between has grown it, so a judgement on old records is noticed.
        """
        (here,) = await self.own([contact])
        (there,) = await self.consents([contact])
        return Consents(there.contact, there.records, here.revision)

    async def own(self, contacts: Sequence[ContactId]) -> list[Consents]:
        """The records under exactly these ids; redirects are not followed."""
        return [_consents(one, fields) for one, fields in zip(contacts, await self._read(contacts), strict=True)]

    async def history(self, contact: ContactId) -> list[ConsentRecord]:
        """All records of this contact, superseded ones too, oldest first; `of` has those that count."""
        (present,) = await self.consents([contact])
        lines = await self._redis.lrange(keys.consent_history(present.contact), 0, -1)
        superseded = [record_from_json(name, json.dumps(body)) for name, body in map(json.loads, lines)]
        return sorted([*superseded, *present.records.values()], key=lambda record: record.at)

    async def _read(self, contacts: Sequence[ContactId]) -> list[Mapping[bytes, bytes]]:
        async with self._redis.pipeline(transaction=False) as pipe:
            for contact in contacts:
                pipe.execute_command("HGETALL", keys.consent(contact))
            return await pipe.execute()


class Kept(Mapping[str, ConsentRecord]):
    """A contact's records as the store has them. Each is read from its JSON when it is asked for: of most, the name is
    enough for a verdict.
    """

    __slots__ = ("_packed",)

    def __init__(self, packed: Mapping[str, bytes]) -> None:
        self._packed = packed

    def __getitem__(self, name: str) -> ConsentRecord:
        return record_from_json(name, self._packed[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)


def _consents(contact: ContactId, fields: Mapping[bytes, bytes]) -> Consents:
    if not fields:
        return Consents(contact)
    records = Kept({name.decode(): packed for name, packed in fields.items() if b":" in name})
    return Consents(ContactId(text(fields.get(b"at", contact))), records, text(fields.get(b"rev", b"0")))
