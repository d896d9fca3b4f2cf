"""Resolving: finds the contact that a caller names by a number, a user id or a contact id.

Owns the tenant's boundary. A contact id does not show its tenant; an address that gives the id under this tenant proves it,
or a row in one of this tenant's campaigns. `naming` parses the names.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from shared.campaigns.store import MAX_CAMPAIGNS_SEARCHED, CampaignStore
from shared.ground.errors import NotFound
from shared.ground.ids import ContactId, TenantId
from shared.ledger.store import Ledger
from shared.people.consent.store import ConsentStore
from shared.people.contacts.store import ContactStore, Identity
from shared.people.merging import Merging
from shared.people.naming import Named, named


@dataclass(frozen=True, slots=True)
class Person:
    """address: as the caller wrote it, None for a contact id. is_proven: it is certainly this tenant's contact."""

    known: Identity
    address: str | None = field(repr=False)
    is_proven: bool


@dataclass(frozen=True, slots=True)
class Resolving:
    contacts: ContactStore
    consent: ConsentStore
    campaigns: CampaignStore
    ledger: Ledger
    merging: Merging

    def read(self, tenant: TenantId, name: str, region: str | None) -> Named:
        """Parse a name; a merged contact is not followed. region: of a number without `+`. *Raises*: BadContact."""
        return named(self.merging.secret, tenant, name, region)

    async def find(self, tenant: TenantId, name: str, region: str | None) -> Person:
        """*Raises*: BadContact; NotFound for a contact that is certainly another tenant's; BackendUnavailable."""
        meant = self.read(tenant, name, region)
        found = await self.contacts.resolve(meant.contact)
        if meant.address is not None:
            addresses = {meant.contact: meant.address, **found.addresses}  # one that the contact wrote from goes first
            return Person(replace(found, addresses=addresses), meant.address, is_proven=True)
        is_mine = any(self.merging.id_of(tenant, at) == one for one, at in found.addresses.items())
        if found.addresses and not is_mine:
            raise absent()
        return Person(found, None, is_mine)

    async def reach(self, tenant: TenantId, name: str, region: str | None) -> Person:
        """As `find`, for callers that write to the contact or record its consent: the contact is proven to be the tenant's.

        *Raises*: also NotFound for a contact id without proof.
        """
        whom = await self.find(tenant, name, region)
        if whom.is_proven:
            return whom
        return Person(whom.known, await self._address_in_a_campaign(tenant, whom.known.ids), is_proven=True)

    async def look_up(self, tenant: TenantId, name: str, region: str | None) -> ContactId:
        """The contact's id.

        *Effects*: stores the address of a contact that has consents, so that it can be found by its id afterwards. Nothing
        is written for other contacts. *Raises*: as `find`.
        """
        whom = await self.find(tenant, name, region)
        if whom.address is not None:
            (records,) = await self.consent.of([whom.known.contact])
            if records:
                await self.remember(tenant, whom)
        return whom.known.contact

    async def remember(self, tenant: TenantId, whom: Person) -> None:
        """Store the address that the caller used, so that the contact can be found by its id afterwards."""
        if whom.address is not None:
            await self.merging.merge(tenant, [whom.address])

    async def _address_in_a_campaign(self, tenant: TenantId, contacts: Sequence[ContactId]) -> str:
        """The address in the newest campaign that holds one of these ids. *Raises*: NotFound."""
        campaigns = await self.campaigns.newest(tenant, None, MAX_CAMPAIGNS_SEARCHED)
        jobs = await self.ledger.find_in([campaign.id for campaign in campaigns], contacts)
        newest = next((campaign.id for campaign in campaigns if campaign.id in jobs), None)
        row = None if newest is None else await self.ledger.row(newest, jobs[newest].ordinal)
        if row is None:
            raise absent()
        return row.address


def absent() -> NotFound:
    return NotFound("contact-not-found", "There is no such contact: name it by its number.")
