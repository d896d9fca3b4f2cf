"""Providers asked for their templates one after another: one that does not answer keeps nobody from asking the others."""

from dataclasses import dataclass, replace
from typing import cast

from shared.ground.errors import Again, NotAccepted
from shared.ground.ids import SenderId
from shared.inbound.syncing import NotSynced, Synced
from shared.providers.client import ProviderClient
from shared.providers.templates import TemplatePage
from tests.factories import SENDER
from tests.wired import Wired

DESK = SenderId("desk")


@dataclass(frozen=True)
class Silent:
    """A client whose provider does not answer."""

    async def list_templates(self, _after: str | None) -> TemplatePage | None:
        raise NotAccepted("http-503", "the provider failed", Again.BACK_OFF)


async def test_each_is_asked(wired: Wired) -> None:
    clients = {DESK: cast("ProviderClient", Silent()), SENDER: wired.clients[SENDER]}
    syncing = replace(wired.inbound.syncing, clients=clients)
    problem = "The provider refused or did not answer (http-503): the provider failed."
    assert await syncing.sync_each([DESK, SENDER]) == [NotSynced(DESK, problem), Synced(SENDER, listed=False)]
