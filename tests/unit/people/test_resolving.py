"""Whom a caller means: found by any name, and never in another tenant's."""

import pytest

from shared.ground.errors import NotFound
from shared.ground.ids import TenantId
from shared.people.consenting import OptIn
from tests.factories import TENANT, address, campaign, contact, row
from tests.wired import Wired

OTHER = TenantId("other")


async def test_a_number_is_always_somebody(wired: Wired) -> None:
    found = await wired.people.resolving.find(TENANT, address(1), None)
    assert (found.known.contact, found.address, found.is_proven) == (contact(1), address(1), True)
    assert found.known.addresses == {contact(1): address(1)}


async def test_an_address_that_was_heard_goes_before_the_callers(wired: Wired) -> None:
    heard = "+5215512345678"
    await wired.people.merging.merge(TENANT, [heard])
    found = await wired.people.resolving.find(TENANT, "+525512345678", None)
    assert list(found.known.addresses.values()) == [heard]


async def test_an_id_of_which_nothing_is_known_is_unproven(wired: Wired) -> None:
    found = await wired.people.resolving.find(TENANT, contact(1), None)
    assert (found.known.contact, found.address, found.is_proven) == (contact(1), None, False)
    with pytest.raises(NotFound):
        await wired.people.resolving.reach(TENANT, contact(1), None)


async def test_an_id_is_proven_by_an_address_that_amounts_to_it(wired: Wired) -> None:
    await wired.people.merging.merge(TENANT, [address(1)])
    assert (await wired.people.resolving.find(TENANT, contact(1), None)).is_proven
    with pytest.raises(NotFound):
        await wired.people.resolving.find(OTHER, contact(1), None)


async def test_an_id_is_proven_by_a_place_in_a_campaign(wired: Wired) -> None:
    await wired.running(base=[row(0), row(1)])
    found = await wired.people.resolving.reach(TENANT, contact(1), None)
    assert (found.address, found.is_proven) == (address(1), True)
    with pytest.raises(NotFound):
        await wired.people.resolving.reach(OTHER, contact(1), None)


async def test_another_tenants_campaign_proves_nothing(wired: Wired) -> None:
    await wired.running(base=[row(1)], made=campaign(tenant=OTHER))
    with pytest.raises(NotFound):
        await wired.people.resolving.reach(TENANT, contact(1), None)


@pytest.mark.parametrize("has_agreed", [True, False])
async def test_a_lookup_remembers_the_address_of_recorded_consents_alone(wired: Wired, has_agreed: bool) -> None:
    if has_agreed:
        await wired.people.consenting.agree(TENANT, [OptIn(contact(1), "web_form")])
    assert await wired.people.resolving.look_up(TENANT, address(1), None) == contact(1)
    addresses = (await wired.stores.contacts.resolve(contact(1))).addresses
    assert addresses == ({contact(1): address(1)} if has_agreed else {})
    assert (await wired.people.resolving.find(TENANT, contact(1), None)).is_proven is has_agreed
