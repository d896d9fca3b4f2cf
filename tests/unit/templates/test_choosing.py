"""Choosing: a sender of the tenant's own, and a template of it that may be used."""

from dataclasses import replace

import pytest

from shared.ground.errors import InputError, NotFound
from shared.ground.ids import SenderId, TenantId
from shared.templates.choosing import Choosing
from shared.templates.model import HeaderKind, Template, TemplateStatus
from shared.templates.registry import TemplateRegistry
from tests.factories import SENDER, TENANT, template
from tests.wired import Wired

NAME = template().name
OTHER_TENANT, DESK = TenantId("other"), SenderId("desk")


@pytest.fixture
def choosing(wired: Wired) -> Choosing:
    return Choosing(wired.templates, wired.senders.owners, wired.clients)


def test_a_template_of_ones_own_sender(choosing: Choosing, wired: Wired) -> None:
    assert choosing.get_client(TENANT, SENDER) is wired.clients[SENDER]
    assert choosing.get_template(TENANT, SENDER, NAME, "en") == template()
    assert {one.language for one in choosing.list_usable(SENDER)} == {"en", "es"}


@pytest.mark.parametrize(("tenant", "sender"), [(OTHER_TENANT, SENDER), (TENANT, SenderId("nobody")), (TENANT, DESK)])
async def test_nobody_else_s(choosing: Choosing, tenant: TenantId, sender: SenderId) -> None:
    with pytest.raises(NotFound, match="There is no sender"):
        choosing.get_template(tenant, sender, NAME, "en")
    with pytest.raises(NotFound, match="There is no sender"):
        await choosing.get_latest_template(tenant, sender, NAME, "en")


def test_a_language_that_it_has_not(choosing: Choosing) -> None:
    with pytest.raises(NotFound, match="has no template"):
        choosing.get_template(TENANT, SENDER, NAME, "pt")


async def test_the_latest_is_what_the_provider_said_last(choosing: Choosing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process has heard that it is enabled, and this one's copy is a second old."""
    paused = TemplateRegistry([template(status=TemplateStatus.PAUSED)])
    asked = replace(choosing, registry=paused)

    async def refresh() -> bool:
        paused._templates = TemplateRegistry([template()])._templates
        return True

    monkeypatch.setattr(paused, "refresh", refresh)
    with pytest.raises(InputError):
        asked.get_template(TENANT, SENDER, NAME, "en")
    assert await asked.get_latest_template(TENANT, SENDER, NAME, "en") == template()


@pytest.mark.parametrize(
    ("unusable", "code"),
    [
        (template(status=TemplateStatus.PAUSED), "template-not-enabled"),
        (template(header=HeaderKind.IMAGE), "unsupported-template"),
    ],
    ids=["paused", "header"],
)
def test_what_may_not_be_used(choosing: Choosing, unusable: Template, code: str) -> None:
    with pytest.raises(InputError) as refused:
        replace(choosing, registry=TemplateRegistry([unusable])).get_template(TENANT, SENDER, NAME, "en")
    assert refused.value.code == code
