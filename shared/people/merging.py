"""Merging: the addresses of one person become aliases of one contact.

Owns the merge: every alias has the later window and the stricter consent (`consent.model.stricter`). A merge that a
crash cut off at any line may be repeated: a contact that was merged already merges into itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.ground.ids import ContactId, SenderId, TenantId, contact_id
from shared.ground.phone import canonicalize
from shared.people.consent.model import stricter
from shared.people.consent.store import ConsentStore
from shared.people.consenting import Consenting
from shared.people.contacts.store import ContactStore, Identity
from shared.people.sessions.store import SessionStore


@dataclass(frozen=True, slots=True)
class Merging:
    """senders: sender → its tenant; a merge covers the sessions of all senders of the tenant."""

    contacts: ContactStore
    consent: ConsentStore
    sessions: SessionStore
    consenting: Consenting
    senders: Mapping[SenderId, TenantId]
    secret: bytes

    def id_of(self, tenant: TenantId, address: str) -> ContactId:
        """The contact's id; all national variants of a number have the same."""
        return contact_id(self.secret, tenant, canonicalize(address))

    async def merge(self, tenant: TenantId, addresses: Iterable[str], name: str = "") -> Identity:
        """Merge the contacts behind these addresses into one, and return it. Concurrent callers get the same contact.

        name: kept if the contact has none yet.
        *Effects*: `{k}:contact`, consents and sessions of merged contacts. Safe to repeat.
        *Raises*: BackendUnavailable.
        """
        called: dict[ContactId, str] = {}
        for address in addresses:
            called.setdefault(self.id_of(tenant, address), address)
        contact = await self._one(tenant, called)
        if any(one not in contact.addresses for one in called) or (name and not contact.name):
            await self.contacts.remember(contact.contact, {**contact.addresses, **called}, name)
        merged = Identity(contact.contact, {**called, **contact.addresses}, contact.name or name)
        if len(merged.ids) > 1:
            await self.consenting.apply(tenant, merged)
        return merged

    async def follow(self, tenant: TenantId, contact: Identity) -> None:
        """Move records that were written under a contact's old id, if a concurrent merge has moved the contact."""
        now = await self.contacts.resolve(contact.contact)
        if now.contact != contact.contact:
            await self._absorb(tenant, contact, now)
            await self.consenting.apply(tenant, Identity(now.contact, {**contact.addresses, **now.addresses}))

    async def _one(self, tenant: TenantId, called: Mapping[ContactId, str]) -> Identity:
        """Merge until all of these ids resolve to one contact."""
        while True:
            found = [await self.contacts.resolve(one) for one in called]
            contact = min(found, key=lambda one: one.contact)  # the lowest id wins: no circle
            others = {one.contact: one for one in found if one.contact != contact.contact}
            if not others:
                return contact
            for other in others.values():
                await self._absorb(tenant, other, contact)

    async def _absorb(self, tenant: TenantId, old: Identity, into: Identity) -> None:
        """Copy everything from `old` to `into`, then redirect `old`. Repeat if `into` was itself redirected meanwhile."""
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
            await self._absorb(tenant, into, now)
