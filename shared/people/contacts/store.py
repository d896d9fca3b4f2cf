"""Contacts on Redis or Valkey. Owns `{k:<contact>}:contact` (hash, no expiry). Consent and sessions have their own.

A contact's id is a pure function of an address, so most contacts have no entry: `remember` writes one when a person
writes to us, gets a message outside a campaign, or is named otherwise by a provider.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from redis.asyncio import Redis

from shared.ground import keys
from shared.ground.clock import from_ms, to_ms
from shared.ground.ids import ContactId
from shared.ground.lua import Durability, Scripts, fields_of, int_reply, outage, text
from shared.people import MAX_MERGE_REDIRECTS
from shared.people.aliases import Claim, claim_from_text

ADDRESS, CLAIM, APART, MOVED, NAME = "a:", "w:", "x:", "moved", "name"
MAX_NAME_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class Apart:
    """A person has said that an id is another contact's. by: the name of the API key."""

    at: datetime
    by: str

    def to_text(self) -> str:
        return f"{to_ms(self.at)}|{self.by}"


@dataclass(frozen=True, slots=True)
class Identity:
    """addresses: contact id → address, of this contact and of the contacts that were merged into it.

    claims: contact id → the first statement that it is this person's.  apart: ids that are certainly somebody else's.
    """

    contact: ContactId
    addresses: Mapping[ContactId, str] = field(default_factory=dict, repr=False)
    name: str = field(default="", repr=False)
    claims: Mapping[ContactId, Claim] = field(default_factory=dict)
    apart: Mapping[ContactId, Apart] = field(default_factory=dict)

    @property
    def ids(self) -> tuple[ContactId, ...]:
        """All ids under which a campaign may hold this contact, its own first."""
        return (self.contact, *(one for one in self.addresses if one != self.contact))


class ContactStore:
    """*Raises* everywhere: BackendUnavailable."""

    def __init__(self, redis: Redis, durability: Durability | None = None) -> None:
        self._redis = redis
        self._scripts = Scripts(
            redis, "shared.people.contacts.scripts", ["welcome", "move", "part", "redirect"], durability
        )

    async def resolve(self, contact: ContactId) -> Identity:
        """Follow the redirects of merged contacts."""
        fields: Mapping[str, str] = {}
        for _ in range(MAX_MERGE_REDIRECTS):
            with outage():
                fields = fields_of(await self._redis.hgetall(keys.contact(contact)))
            if MOVED not in fields:
                break
            contact = ContactId(fields[MOVED])
        return _known(contact, fields)

    async def names_of(self, contacts: Sequence[ContactId]) -> list[ContactId]:
        """These ids, and every other one of the same people, in one round trip. contacts: after redirects."""
        with outage():
            async with self._redis.pipeline(transaction=False) as pipe:
                for contact in contacts:
                    pipe.hkeys(keys.contact(contact))
                found = await pipe.execute() if contacts else []
        named = (text(name) for names in found for name in names)
        others = [ContactId(name.removeprefix(ADDRESS)) for name in named if name.startswith(ADDRESS)]
        return list(dict.fromkeys([*contacts, *others]))

    async def remember(
        self, contact: ContactId, addresses: Mapping[ContactId, str], name: str = "", claim: Claim | None = None
    ) -> None:
        """Add addresses, and a name unless it is empty. claim: why these are one person's; the first one stays.

        Safe to repeat.
        """
        parts = [part for one, address in addresses.items() for part in (f"{ADDRESS}{one}", address)]
        if name:
            parts += [NAME, name[:MAX_NAME_CHARACTERS]]
        if not parts:
            return
        with outage():
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.hset(keys.contact(contact), items=parts)
                for one in addresses if claim is not None else ():
                    pipe.hsetnx(keys.contact(contact), f"{CLAIM}{one}", claim.to_text() if claim else "")
                await pipe.execute()

    async def inherit(self, contact: ContactId, merged: Identity) -> None:
        """Add what is known of a contact that is merged into this one. Safe to repeat."""
        parts = [part for one, address in merged.addresses.items() for part in (f"{ADDRESS}{one}", address)]
        parts += [part for one, claim in merged.claims.items() for part in (f"{CLAIM}{one}", claim.to_text())]
        parts += [part for one, apart in merged.apart.items() for part in (f"{APART}{one}", apart.to_text())]
        if parts:
            with outage():
                await self._redis.hset(keys.contact(contact), items=parts)

    async def welcome(self, into: Identity, addresses: Mapping[ContactId, str], claim: Claim) -> bool:
        """`into` takes these addresses, if it is still as it was read; then nobody else's contradict them.

        False if it has changed: it has to be read and judged again.
        """
        parts = [part for one, address in addresses.items() for part in (one, address, claim.to_text())]
        taken = await self._scripts.run("welcome", [keys.contact(into.contact)], [len(into.addresses), *parts])
        return bool(int_reply(taken))

    async def move(self, old: Identity, to: Identity) -> ContactId | None:
        """Redirect `old` to `to`, here and in its consents. Returns the target of the redirect that stands: the first one.

        None if `old` has other addresses than were read, or if a person has said that they are two.
        """
        own = [keys.contact(old.contact), keys.consent(old.contact)]
        target = text(await self._scripts.run("move", own, [to.contact, len(old.addresses), *to.ids]))
        return ContactId(target) if target else None

    async def forget(self, contact: ContactId, others: Iterable[ContactId]) -> None:
        """Drop addresses that turned out to be another contact's. Safe to repeat."""
        fields = [f"{what}{one}" for one in others for what in (ADDRESS, CLAIM)]
        if fields:
            with outage():
                await self._redis.hdel(keys.contact(contact), *fields)

    # ── undoing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def part(self, contact: ContactId, others: Iterable[ContactId], apart: Apart) -> None:
        """Note that `others` are somebody else, for good, and drop what was known of them here. Durable; safe to repeat."""
        await self._scripts.run("part", [keys.contact(contact)], [apart.to_text(), *others])

    async def redirect(self, contact: ContactId, to: ContactId | None, revision: str) -> None:
        """The id is `to` from now on, or itself again. revision: its consents outgrow it. Safe to repeat."""
        own = [keys.contact(contact), keys.consent(contact)]
        await self._scripts.run("redirect", own, [to or "", revision])


def _known(contact: ContactId, fields: Mapping[str, str]) -> Identity:
    addresses = _named(fields, ADDRESS)
    claims = {one: claim_from_text(value) for one, value in _named(fields, CLAIM).items()}
    apart = {one: _apart(value) for one, value in _named(fields, APART).items()}
    return Identity(contact, addresses, fields.get(NAME, ""), claims, apart)


def _named(fields: Mapping[str, str], kind: str) -> dict[ContactId, str]:
    return {ContactId(name[len(kind) :]): value for name, value in fields.items() if name.startswith(kind)}


def _apart(text: str) -> Apart:
    at_ms, _, by = text.partition("|")
    return Apart(from_ms(int(at_ms)), by)


def first_phone(addresses: Iterable[str]) -> str | None:
    """The first phone number among addresses; None if all are user ids."""
    return next((address for address in addresses if address.startswith("+")), None)
