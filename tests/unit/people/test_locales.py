"""In which country a number is read, and in which zone a time: the nearest that says so."""

import pytest

from shared.ground.ids import SenderId, TenantId
from shared.people.locales import Locale, Locales
from tests.factories import SENDER, TENANT, campaign

DESK, OTHER = SenderId("desk"), TenantId("other")
LOCALES = Locales({TENANT: Locale("US", "America/Montevideo"), OTHER: Locale()}, {SENDER: "UY"})


@pytest.mark.parametrize(
    ("tenant", "sender", "region"),
    [(TENANT, None, "US"), (TENANT, SENDER, "UY"), (TENANT, DESK, "US"), (OTHER, None, None), (OTHER, DESK, None)],
)
def test_a_sender_goes_before_its_tenant(tenant: TenantId, sender: SenderId | None, region: str | None) -> None:
    assert LOCALES.region(tenant, sender) == region


@pytest.mark.parametrize(("own", "region"), [("BR", "BR"), (None, "UY")])
def test_a_campaign_goes_before_its_sender(own: str | None, region: str) -> None:
    assert LOCALES.region_of(campaign({"region": own})) == region


def test_a_zone_is_the_tenants() -> None:
    assert LOCALES.timezone(TENANT) == "America/Montevideo"
    assert LOCALES.timezone(TenantId("nobody")) == "UTC"
