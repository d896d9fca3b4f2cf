"""Identifying: the addresses by which somebody is called become one contact, and stay it.

Owns merging: the later window and the stricter consent hold for every name, and whoever asks by an old one hears the
same. Safe to repeat after a crash at any line: what was merged merges into itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.ground.ids import ContactId, SenderId, TenantId, contact_id
from shared.ground.phone import canonical
from shared.people.consent.model import stricter
from shared.people.consent.store import ConsentStore
from shared.people.consenting import Consenting
from shared.people.contacts.store import ContactStore, Known
from shared.people.sessions.store import SessionStore


@dataclass(frozen=True, slots=True)
class Identifying:
    """senders: whose sessions are merged, by tenant."""

    contacts: ContactStore
    consent: ConsentStore
    sessions: SessionStore
    consenting: Consenting
    senders: Mapping[SenderId, TenantId]
    secret: bytes

    def id_of(self, tenant: TenantId, address: str) -> ContactId:
        """The contact behind an address, whatever its national variant."""
        return contact_id(self.secret, tenant, canonical(address))

    async def known(self, tenant: TenantId, addresses: Iterable[str], name: str = "") -> Known:
        """Who is called all of this. Asked by several at once, they all come to the same answer.

        *Raises*: BackendUnavailable.
        """
        called: dict[ContactId, str] = {}
        for address in addresses:
            called.setdefault(self.id_of(tenant, address), address)
        contact = await self._one(tenant, called)
        if any(one not in contact.addresses for one in called) or (name and not contact.name):
            await self.contacts.remember(contact.contact, {**contact.addresses, **called}, name)
        known = Known(contact.contact, {**called, **contact.addresses}, contact.name or name)
        if len(known.ids) > 1:
            await self.consenting.apply(tenant, known)
        return known

    async def follow(self, tenant: TenantId, contact: Known) -> None:
        """What was written down under this name goes where it has gone meanwhile, if somebody found out who it is."""
        now = await self.contacts.resolve(contact.contact)
        if now.contact != contact.contact:
            await self._merge(tenant, contact, now)
            await self.consenting.apply(tenant, Known(now.contact, {**contact.addresses, **now.addresses}))

    async def _one(self, tenant: TenantId, called: Mapping[ContactId, str]) -> Known:
        """The contact that all of these are, as soon as they are one."""
        while True:
            found = [await self.contacts.resolve(one) for one in called]
            contact = min(found, key=lambda one: one.contact)  # always downwards, so nobody is sent in a circle
            others = {one.contact: one for one in found if one.contact != contact.contact}
            if not others:
                return contact
            for other in others.values():
                await self._merge(tenant, other, contact)

    async def _merge(self, tenant: TenantId, old: Known, into: Known) -> None:
        """Everything of `old` is `into`'s before anybody is sent there, and again where `into` itself goes meanwhile."""
        theirs, ours = await self.consent.own([old.contact, into.contact])
        merged = stricter(ours.records, theirs.records)
        await self.consent.record((into.contact, record) for record in merged.values())
        await self.consent.outgrow(into.contact, theirs.revision)
        for sender, owner in self.senders.items():
            if owner == tenant:
                await self.sessions.merge(old.contact, into.contact, sender)
        await self.contacts.remember(into.contact, {**old.addresses, **into.addresses})
        await self.contacts.move(old.contact, into.contact)
        now = await self.contacts.resolve(into.contact)
        if now.contact != into.contact:
            await self._merge(tenant, into, now)
