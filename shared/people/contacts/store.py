"""Contacts on Redis or Valkey. Owns `{k:<contact>}:contact` (hash, no expiry). Consent and sessions have their own.

A contact's id is a pure function of an address, so most contacts have no entry: `remember` writes one when a person
writes to us, or gets a message outside a campaign.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from redis.asyncio import Redis

from shared.ground import keys
from shared.ground.ids import ContactId
from shared.ground.lua import Durability, Scripts, fields_of, outage, text
from shared.people import MAX_MERGE_REDIRECTS

ADDRESS, MOVED, NAME = "a:", "moved", "name"
MAX_NAME_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class Identity:
    """addresses: contact id → address, of this contact and of the contacts that were merged into it."""

    contact: ContactId
    addresses: Mapping[ContactId, str] = field(default_factory=dict, repr=False)
    name: str = field(default="", repr=False)

    @property
    def ids(self) -> tuple[ContactId, ...]:
        """All ids under which a campaign may hold this contact, its own first."""
        return (self.contact, *(one for one in self.addresses if one != self.contact))


class ContactStore:
    """*Raises* everywhere: BackendUnavailable."""

    def __init__(self, redis: Redis, durability: Durability | None = None) -> None:
        self._redis = redis
        self._scripts = Scripts(redis, "shared.people.contacts.scripts", ["move"], durability)

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

    async def remember(self, contact: ContactId, addresses: Mapping[ContactId, str], name: str = "") -> None:
        """Add addresses, and a name unless it is empty. Safe to repeat."""
        parts = [part for one, address in addresses.items() for part in (f"{ADDRESS}{one}", address)]
        if name:
            parts += [NAME, name[:MAX_NAME_CHARACTERS]]
        if parts:
            with outage():
                await self._redis.hset(keys.contact(contact), items=parts)

    async def move(self, contact: ContactId, to: ContactId) -> ContactId:
        """Redirect `contact` to `to`, here and in its consents. The first redirect stays; the reply is its target."""
        moved = await self._scripts.run("move", [keys.contact(contact), keys.consent(contact)], [to])
        return ContactId(text(moved))


def _known(contact: ContactId, fields: Mapping[str, str]) -> Identity:
    addresses = {ContactId(name[len(ADDRESS) :]): value for name, value in fields.items() if name.startswith(ADDRESS)}
    return Identity(contact, addresses, fields.get(NAME, ""))


def first_phone(addresses: Iterable[str]) -> str | None:
    """The first phone number among addresses; None if all are user ids."""
    return next((address for address in addresses if address.startswith("+")), None)
