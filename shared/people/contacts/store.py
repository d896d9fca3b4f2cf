"""Contacts on Redis or Valkey. Owns `{k:<contact>}:contact` (hash, kept); consent and sessions are their own stores'.

A contact's id is a pure function of an address, so most contacts have no entry here at all: one is written when
somebody writes to us, or is written to outside a campaign.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from redis.asyncio import Redis

from shared.ground import keys
from shared.ground.ids import ContactId
from shared.ground.lua import Durability, Scripts, fields_of, outage, text

ADDRESS, MOVED, NAME = "a:", "moved", "name"
MOST_MOVES = 8  # from one name to the next; a circle must not turn for ever
MOST_NAME_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class Known:
    """addresses: by contact id, this contact's own and those of the names that it had before."""

    contact: ContactId
    addresses: Mapping[ContactId, str] = field(default_factory=dict, repr=False)
    name: str = field(default="", repr=False)

    @property
    def ids(self) -> tuple[ContactId, ...]:
        """Every name under which this contact may be in a campaign, its own first."""
        return (self.contact, *(one for one in self.addresses if one != self.contact))


class ContactStore:
    """*Raises* everywhere: BackendUnavailable."""

    def __init__(self, redis: Redis, durability: Durability | None = None) -> None:
        self._redis = redis
        self._scripts = Scripts(redis, "shared.people.contacts.scripts", ["move"], durability)

    async def resolve(self, contact: ContactId) -> Known:
        """Who this is by now."""
        fields: Mapping[str, str] = {}
        for _ in range(MOST_MOVES):
            with outage():
                fields = fields_of(await self._redis.hgetall(keys.contact(contact)))
            if MOVED not in fields:
                break
            contact = ContactId(fields[MOVED])
        return _known(contact, fields)

    async def remember(self, contact: ContactId, addresses: Mapping[ContactId, str], name: str = "") -> None:
        """What this contact is called. Asked again, it changes nothing."""
        parts = [part for one, address in addresses.items() for part in (f"{ADDRESS}{one}", address)]
        if name:
            parts += [NAME, name[:MOST_NAME_CHARACTERS]]
        if parts:
            with outage():
                await self._redis.hset(keys.contact(contact), items=parts)

    async def move(self, contact: ContactId, to: ContactId) -> ContactId:
        """From now on whoever asks for `contact` hears of another, here and in its consents: of `to`, unless somebody has
        sent it elsewhere before.
        """
        moved = await self._scripts.run("move", [keys.contact(contact), keys.consent(contact)], [to])
        return ContactId(text(moved))


def _known(contact: ContactId, fields: Mapping[str, str]) -> Known:
    addresses = {ContactId(name[len(ADDRESS) :]): value for name, value in fields.items() if name.startswith(ADDRESS)}
    return Known(contact, addresses, fields.get(NAME, ""))


def first_phone(addresses: Iterable[str]) -> str | None:
    """A number, where there is one."""
    return next((address for address in addresses if address.startswith("+")), None)
