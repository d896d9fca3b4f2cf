"""A process's copies of campaigns: as many as it works at, however many there were."""

from shared.ground.ids import CampaignId
from shared.outbound.parcels import CAMPAIGNS_KEPT
from tests.factories import campaign
from tests.wired import Wired


async def test_campaigns_that_are_over_are_forgotten(wired: Wired) -> None:
    parcels = wired.outbound.sending.parcels
    made = [campaign(id=CampaignId(f"c{number}")) for number in range(CAMPAIGNS_KEPT + 2)]
    for one in made:
        await wired.stores.campaigns.create(one)
    for one in made[:CAMPAIGNS_KEPT]:
        await parcels.campaign(one.id)
    await parcels.campaign(made[0].id)
    for one in made[CAMPAIGNS_KEPT:]:
        assert await parcels.campaign(one.id) == one
    assert len(parcels._known) == CAMPAIGNS_KEPT
    assert made[0].id in parcels._known, "the longest unused goes first"
    assert made[1].id not in parcels._known
