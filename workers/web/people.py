"""Who a caller means. Owns that nobody is found in another tenant's name; how a name is read is `naming`'s.

An opaque id says nothing of whose contact it is. What proves it is an address that amounts to the id under this
tenant, or a place in one of its campaigns.
"""

from dataclasses import dataclass

from shared.ground.errors import NotFound
from shared.people.contacts.store import Known
from shared.reports.reporting import MOST_CAMPAIGNS
from workers.web.api import Call
from workers.web.naming import named


@dataclass(frozen=True, slots=True)
class Person:
    """address: as the caller wrote it, None for an opaque id. is_proven: that it is a contact of this tenant's."""

    known: Known
    address: str | None
    is_proven: bool


async def person(call: Call, name: str, region: str | None) -> Person:
    """By any of its names. *Raises*: BadContact; NotFound for what is provably somebody else's; BackendUnavailable."""
    installation = call.installation
    meant = named(installation.ground.secret, call.tenant, name, region)
    found = await installation.stores.contacts.resolve(meant.contact)
    if meant.address is not None:
        addresses = {meant.contact: meant.address, **found.addresses}  # what was heard from the contact goes before
        return Person(Known(found.contact, addresses, found.name), meant.address, is_proven=True)
    is_mine = any(installation.people.identifying.id_of(call.tenant, at) == one for one, at in found.addresses.items())
    if found.addresses and not is_mine:
        raise absent()
    return Person(found, None, is_mine)


async def reachable(call: Call, name: str, region: str | None) -> Person:
    """As `person`, with an address, for whoever writes to them or in their name. *Raises*: also NotFound for an id that
    nothing proves to be this tenant's.
    """
    whom = await person(call, name, region)
    if whom.is_proven:
        return whom
    campaigns = await call.installation.stores.campaigns.newest(call.tenant, None, MOST_CAMPAIGNS)
    found = await call.installation.reports.reporting.jobs_of(campaigns, whom.known.ids)
    if not found:
        raise absent()
    return Person(whom.known, found[0].reported.row.address, is_proven=True)


def absent() -> NotFound:
    return NotFound("contact-not-found", "There is no such contact: name it by its number.")
