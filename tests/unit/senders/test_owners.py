"""Whose a sender is: pure."""

import pytest

from shared.ground.errors import NotFound
from shared.ground.ids import SenderId, TenantId
from shared.senders.owners import own_sender, senders_of

ACME, OTHER = TenantId("acme"), TenantId("other")
OWNERS = {SenderId("clinic"): ACME, SenderId("shop"): OTHER, SenderId("desk"): ACME}


def test_a_tenants_own() -> None:
    assert own_sender(OWNERS, ACME, "desk") == "desk"
    assert senders_of(OWNERS, ACME) == ["clinic", "desk"]


@pytest.mark.parametrize(
    ("tenant", "name", "there_is"),
    [
        (ACME, "shop", "There is no sender shop; there is: clinic, desk."),
        (OTHER, "nobody", "There is no sender nobody; there is: shop."),
        (TenantId("new"), "shop", "There is no sender shop; there is: none, add one under [[senders]]."),
        (OTHER, "+1 415 555 0123", "There is no sender …; there is: shop."),
    ],
)
def test_another_tenants_is_not_there(tenant: TenantId, name: str, there_is: str) -> None:
    with pytest.raises(NotFound) as raised:
        own_sender(OWNERS, tenant, name)
    assert (raised.value.code, raised.value.detail) == ("sender-not-found", there_is)
