"""Identifying: the addresses by which somebody is called become one contact, and stay it.

Owns merging: the later window and the stricter consent hold for every name, and whoever asks by an old one hears the
same. Safe to repeat after a crash at any line: what was merged merges into itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.consent.model import stricter
from shared.consent.store import ConsentStore
from shared.consenting import Consenting
from shared.contacts.store import ContactStore, Known, merged_addresses
from shared.ids import ContactId, SenderId, TenantId, contact_id
from shared.phone import canonical
from shared.sessions.store import SessionStore


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
        """Who is called all of this; the first address is what is remembered of each of its variants.

        *Raises*: BackendUnavailable.
        """
        called: dict[ContactId, str] = {}
        for address in addresses:
            called.setdefault(self.id_of(tenant, address), address)
        found = [await self.contacts.resolve(one) for one in called]
        contact = _chosen(found, called)
        others = [one for one in found if one.contact != contact.contact]
        for other in {one.contact: one for one in others}.values():
            await self._merge(tenant, other, contact)
        addresses_of_all = {**merged_addresses([contact, *others]), **called}
        if others or any(contact.addresses.get(one) is None for one in called) or (name and not contact.name):
            await self.contacts.remember(contact.contact, addresses_of_all, name)
        merged = Known(contact.contact, {**contact.addresses, **addresses_of_all}, contact.name or name)
        if len(called) > 1:
            await self.consenting.apply(tenant, merged)
        return merged

    async def _merge(self, tenant: TenantId, old: Known, into: Known) -> None:
        """Everything of `old` is `into`'s before anybody is sent there."""
        theirs, ours = await self.consent.consents([old.contact, into.contact])
        merged = stricter(ours.records, theirs.records)
        await self.consent.record((into.contact, record) for record in merged.values())
        await self.consent.outgrow(into.contact, theirs.revision)
        for sender, owner in self.senders.items():
            if owner == tenant:
                await self.sessions.merge(old.contact, into.contact, sender)
        await self.contacts.remember(into.contact, {**old.addresses, **into.addresses})
        await self.contacts.move(old.contact, into.contact)


def _chosen(found: Sequence[Known], called: Mapping[ContactId, str]) -> Known:
    """The one that stays: known by a number rather than not, since bases are lists of numbers; of two, always the same."""

    def rank(contact: Known) -> tuple[bool, str]:
        addresses = {**contact.addresses, **{one: at for one, at in called.items() if one == contact.contact}}
        return not any(address.startswith("+") for address in addresses.values()), contact.contact

    return min(found, key=rank)
