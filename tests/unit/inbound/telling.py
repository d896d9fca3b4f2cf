"""Contacts of the unit tests write: their messages as webhooks, and what is then looked at."""

from collections.abc import Mapping
from datetime import datetime
from typing import Unpack

from shared.campaigns.model import Campaign
from shared.conversations.interactions.model import Interaction
from shared.ground.clock import to_ms
from shared.ground.ids import CampaignId
from shared.ledger.model import AnswerSummary
from shared.people.consent.model import has_refused
from tests.factories import address, campaign, contact
from tests.fields import RulesFields
from tests.reading import present
from tests.stores import START
from tests.wired import Wired


def said(number: int, text: str = "yes", who: int = 0, at: datetime = START, **fields: object) -> dict[str, object]:
    return {"from": [address(who)], "id": f"IN{number}", "at": to_ms(at), "text": text} | fields


async def tell(wired: Wired, *messages: Mapping[str, object]) -> None:
    """As webhooks, one each, applied together."""
    entries = [await wired.hear(int(str(one["id"]).strip("IN")), dict(one)) for one in messages]
    await wired.inbound.receiving.apply(entries)


async def written_to(
    wired: Wired, jobs: int = 3, made: Campaign | None = None, **rules: Unpack[RulesFields]
) -> Campaign:
    """A campaign whose messages were accepted."""
    of = await wired.running(jobs, made or campaign(rules))
    await wired.send(of)
    return of


async def answers_to(wired: Wired, of: CampaignId) -> AnswerSummary:
    """Those of the first person."""
    return present(present(await wired.stores.ledger.find(of, contact(0))).answers)


async def the_interaction(wired: Wired, who: int = 0) -> Interaction:
    (found,) = await wired.stores.interactions.of(contact(who))
    return await wired.stores.interactions.get(found)


async def refuses(wired: Wired, who: int = 0) -> bool:
    (records,) = await wired.stores.consent.of([contact(who)])
    return has_refused(records, "utility")
