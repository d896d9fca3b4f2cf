"""Campaign descriptions and their indexes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.campaigns.model import Campaign
from shared.campaigns.store import CampaignStore
from shared.ground.errors import Conflict, NotFound
from shared.ground.ids import CampaignId, SenderId, TenantId, campaign_id
from tests.factories import CAMPAIGN, SENDER, TENANT, campaign
from tests.stores import START, Store


@pytest.fixture
def campaigns(stores: Store) -> CampaignStore:
    return CampaignStore(stores.redis)


def numbered(number: int, sender: SenderId = SENDER) -> Campaign:
    return campaign(id=CampaignId(f"c{number}"), created_at=START + timedelta(seconds=number), sender=sender)


async def test_a_campaign_is_created_and_found(campaigns: CampaignStore) -> None:
    made = campaign({"region": "UY", "weight": 2.5})
    assert await campaigns.create(made) == (made, True)
    assert await campaigns.get(CAMPAIGN) == made
    assert await campaigns.get(CAMPAIGN, TENANT) == made


async def test_the_same_order_again_is_the_same_campaign(campaigns: CampaignStore) -> None:
    """A double click, an hour apart: the first one's description stays."""
    made = campaign(id=campaign_id(TENANT, "may"), external_id="may")
    await campaigns.create(made)
    assert await campaigns.create(replace(made, created_at=START + timedelta(hours=1))) == (made, False)
    assert await campaigns.newest(TENANT, None, 10) == [made]


@pytest.mark.parametrize(
    "other",
    [
        campaign(external_id="may", name="June"),
        campaign(template_name="other"),
        campaign({"weight": 3.0}, external_id="may"),
    ],
    ids=["name", "template", "rules"],
)
async def test_an_external_id_names_one_campaign(campaigns: CampaignStore, other: Campaign) -> None:
    await campaigns.create(campaign(external_id="may"))
    with pytest.raises(Conflict, match="external_id"):
        await campaigns.create(other)


async def test_another_tenant_s_campaign_is_not_there(campaigns: CampaignStore) -> None:
    await campaigns.create(campaign())
    for wanted in [(CAMPAIGN, TenantId("other")), (CampaignId("cnobody"), None)]:
        with pytest.raises(NotFound):
            await campaigns.get(*wanted)


async def test_the_newest_come_first_and_in_pages(campaigns: CampaignStore) -> None:
    made = [numbered(number) for number in range(5)]
    for one in made:
        await campaigns.create(one)
    await campaigns.create(campaign(id=CampaignId("ctheirs"), tenant=TenantId("other")))
    newest = made[::-1]
    assert await campaigns.newest(TENANT, None, 10) == newest
    assert await campaigns.newest(TENANT, None, 2) == newest[:2]
    assert await campaigns.newest(TENANT, newest[1].id, 2) == newest[2:4]
    assert await campaigns.newest(TENANT, newest[4].id, 2) == []


async def test_active_campaigns_with_their_senders(campaigns: CampaignStore) -> None:
    one, two = numbered(1), numbered(2, sender=SenderId("desk"))
    for _ in range(2):
        await campaigns.activate(one)
        await campaigns.activate(two)
    assert await campaigns.active() == {one.id: SENDER, two.id: "desk"}
    await campaigns.deactivate(one.id)
    await campaigns.deactivate(one.id)
    assert await campaigns.active() == {two.id: "desk"}
