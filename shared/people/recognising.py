"""Recognising: the contact that a caller names by a number or an id. A lookup never leaves the caller's tenant.

An opaque id says nothing of whose contact it is. What proves it is an address that amounts to the id under this
tenant, or a place in one of its campaigns. How a name is read is `naming`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.campaigns.store import MAX_CAMPAIGNS_SEARCHED, CampaignStore
from shared.ground.errors import NotFound
from shared.ground.ids import ContactId, TenantId
from shared.ledger.store import Ledger
from shared.people.consent.store import ConsentStore
from shared.people.contacts.store import ContactStore, Known
from shared.people.identifying import Identifying
from shared.people.naming import Named, named


@dataclass(frozen=True, slots=True)
class Person:
    """address: as the caller wrote it, None for an opaque id. is_proven: that it is a contact of this tenant's."""

    known: Known
    address: str | None = field(repr=False)
    is_proven: bool


@dataclass(frozen=True, slots=True)
class Recognising:
    contacts: ContactStore
    consent: ConsentStore
    campaigns: CampaignStore
    ledger: Ledger
    identifying: Identifying

    def read(self, tenant: TenantId, name: str, region: str | None) -> Named:
        """What a name amounts to, whoever that is by now. region: of a number without `+`. *Raises*: BadContact."""
        return named(self.identifying.secret, tenant, name, region)

    async def find(self, tenant: TenantId, name: str, region: str | None) -> Person:
        """By any of its names. *Raises*: BadContact; NotFound for what is provably somebody else's; BackendUnavailable."""
        meant = self.read(tenant, name, region)
        found = await self.contacts.resolve(meant.contact)
        if meant.address is not None:
            addresses = {meant.contact: meant.address, **found.addresses}  # what was heard from the contact goes before
            return Person(Known(found.contact, addresses, found.name), meant.address, is_proven=True)
        is_mine = any(self.identifying.id_of(tenant, at) == one for one, at in found.addresses.items())
        if found.addresses and not is_mine:
            raise absent()
        return Person(found, None, is_mine)

    async def reach(self, tenant: TenantId, name: str, region: str | None) -> Person:
        """As `find`, with an address, for whoever writes to the contact or in its name. *Raises*: also NotFound for an id
        that nothing proves to be this tenant's.
        """
        whom = await self.find(tenant, name, region)
        if whom.is_proven:
            return whom
        return Person(whom.known, await self._address_in_a_campaign(tenant, whom.known.ids), is_proven=True)

    async def look_up(self, tenant: TenantId, name: str, region: str | None) -> ContactId:
        """The opaque id, by which the contact can be asked for from now on.

        *Effects*: an address whose consents alone are known is remembered, because the id by itself says nothing of whose
        it is. Of others nothing is written. *Raises*: as `find`.
        """
        whom = await self.find(tenant, name, region)
        if whom.address is not None:
            (records,) = await self.consent.of([whom.known.contact])
            if records:
                await self.remember(tenant, whom)
        return whom.known.contact

    async def remember(self, tenant: TenantId, whom: Person) -> None:
        """Keep the address that the caller used, so that whoever is answered the id can ask by it."""
        if whom.address is not None:
            await self.identifying.known(tenant, [whom.address])

    async def _address_in_a_campaign(self, tenant: TenantId, contacts: Sequence[ContactId]) -> str:
        """From the newest campaign that holds one of these names. *Raises*: NotFound."""
        campaigns = await self.campaigns.newest(tenant, None, MAX_CAMPAIGNS_SEARCHED)
        jobs = await self.ledger.find_in([campaign.id for campaign in campaigns], contacts)
        newest = next((campaign.id for campaign in campaigns if campaign.id in jobs), None)
        row = None if newest is None else await self.ledger.row(newest, jobs[newest].ordinal)
        if row is None:
            raise absent()
        return row.address


def absent() -> NotFound:
    return NotFound("contact-not-found", "There is no such contact: name it by its number.")
