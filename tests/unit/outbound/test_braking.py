"""Braking: which campaigns an error stops, and which it does not."""

import pytest

from shared.ground.errors import Disposition
from shared.ground.ids import CampaignId, SenderId, TenantId
from shared.ground.keys import stopped
from shared.ledger.states import CampaignState, Move
from tests.factories import address, campaign, contact, contacts, rows
from tests.wired import Wired, refusal

MINE, SIBLING, DESK, THEIRS = (CampaignId(f"c{name}") for name in ("mine", "sibling", "desk", "theirs"))


@pytest.fixture
async def four(wired: Wired) -> None:
    """Two of one sender, one of another, and one of another tenant."""
    await wired.running(made=campaign(id=MINE), base=rows(2))
    await wired.running(made=campaign(id=SIBLING), base=rows(2))
    await wired.running(made=campaign(id=DESK, sender=SenderId("desk")), base=rows(2))
    await wired.running(made=campaign(id=THEIRS, tenant=TenantId("other"), sender=SenderId("desk")), base=rows(2))


async def paused(wired: Wired) -> dict[CampaignId, str]:
    standings = {one: await wired.stores.ledger.standing(one) for one in (MINE, SIBLING, DESK, THEIRS)}
    return {one: standing.reason for one, standing in standings.items() if standing.state is CampaignState.PAUSED}


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize(
    ("disposition", "expected"),
    [
        (Disposition.TEMPLATE_UNUSABLE, {MINE: "template-unusable:7"}),
        (Disposition.SENDER_UNUSABLE, {MINE: "sender-unusable:7", SIBLING: "sender-unusable:7"}),
        (Disposition.SUPPRESS, {}),
        (Disposition.REFUSED, {}),
        (Disposition.NOT_ACCEPTED, {}),
        (Disposition.UNKNOWN, {}),
    ],
)
async def test_what_is_paused_and_why(wired: Wired, disposition: Disposition, expected: dict[CampaignId, str]) -> None:
    for _ in range(2):
        await wired.outbound.braking.consider(campaign(id=MINE), address(0), refusal(disposition, "7"))
        assert await paused(wired) == expected


@pytest.mark.usefixtures("four")
async def test_a_campaign_that_has_ended_is_left_alone(wired: Wired) -> None:
    await wired.stores.ledger.control(MINE, Move.CANCEL, "somebody")
    await wired.outbound.braking.consider(campaign(id=SIBLING), address(0), refusal("sender_unusable"))
    assert set(await paused(wired)) == {SIBLING}


@pytest.mark.usefixtures("four")
async def test_a_contact_s_refusal_holds_for_its_tenant(wired: Wired) -> None:
    for _ in range(2):
        await wired.outbound.braking.consider(campaign(id=MINE), address(1), refusal("suppress", "63032"))
    flags = [await wired.redis.hget(stopped(one), contact(1)) for one in (MINE, SIBLING, DESK, THEIRS)]
    assert flags == [b"1:1", b"1:1", b"1:1", None]
    (records,) = await wired.stores.consent.of([contact(1)])
    assert set(records) == {"opt_out:all"}
    assert await wired.stores.consent.of([contact(0), contact(1, TenantId("other"))]) == [{}, {}]


async def test_a_job_whose_rows_are_gone_stops_nobody(wired: Wired) -> None:
    await wired.create()
    before = await wired.redis.keys("*")
    await wired.outbound.braking.consider(campaign(), None, refusal("suppress"))
    assert await wired.redis.keys("*") == before
    assert await wired.stores.consent.of(contacts(3)) == [{}, {}, {}]
