"""Attributing: whose answer a message is."""

from collections import Counter
from datetime import timedelta

import pytest

from shared.campaigns.model import Campaign
from shared.ground.ids import CampaignId, Reference
from tests.factories import SECRET, SENDER, campaign, contact
from tests.reading import present
from tests.stores import START, Clock
from tests.unit.inbound.telling import said, tell, the_interaction, written_to
from tests.wired import Wired

OTHER = CampaignId("cother")


async def two_campaigns(wired: Wired, clock: Clock) -> tuple[Campaign, Campaign]:
    older = await written_to(wired)
    clock.travel(timedelta(hours=1))
    newer = await written_to(wired, made=campaign(id=OTHER, created_at=clock()))
    clock.travel(timedelta(hours=1))
    return older, newer


async def about(wired: Wired) -> list[CampaignId | None]:
    return [
        (await wired.stores.interactions.get(one)).about.campaign
        for one in await wired.stores.interactions.of(contact(0))
    ]


async def test_the_message_that_it_answers_decides(wired: Wired, clock: Clock) -> None:
    older, _ = await two_campaigns(wired, clock)
    job = present(await wired.stores.ledger.find(older.id, contact(0)))
    await tell(wired, said(1, at=clock(), reply_to=job.provider_message_id))
    assert await about(wired) == [older.id]


async def test_our_own_reference_decides_where_the_provider_carries_it(wired: Wired, clock: Clock) -> None:
    older, _ = await two_campaigns(wired, clock)
    job = present(await wired.stores.ledger.find(older.id, contact(0)))
    await tell(wired, said(1, at=clock(), reference=Reference(older.id, job.ordinal, 1).sign(SECRET)))
    assert await about(wired) == [older.id]


async def test_else_the_newest_that_had_written_by_then(wired: Wired, clock: Clock) -> None:
    older, newer = await two_campaigns(wired, clock)
    await tell(wired, said(1, at=clock()))
    assert await about(wired) == [newer.id]
    await tell(wired, said(2, at=START + timedelta(minutes=30)))
    assert Counter(await about(wired)) == Counter([newer.id, older.id]), "what was said before belongs to the older"


@pytest.mark.parametrize("reply_to", [None, "SMunknown"])
async def test_who_answers_nothing_is_the_sender_s(wired: Wired, reply_to: str | None) -> None:
    await written_to(wired)
    await tell(wired, said(1, who=7, reply_to=reply_to))
    found = await the_interaction(wired, 7)
    assert (found.about.campaign, found.about.scope) == (None, f"sender:{SENDER}")


async def test_after_a_week_a_campaign_is_answered_no_more(wired: Wired, clock: Clock) -> None:
    await written_to(wired)
    clock.travel(timedelta(days=7, minutes=1))
    await tell(wired, said(1, at=clock()))
    assert await about(wired) == [None]


async def test_who_was_never_written_to_answers_nothing(wired: Wired) -> None:
    await wired.running(3)
    await tell(wired, said(1))
    assert await about(wired) == [None]
