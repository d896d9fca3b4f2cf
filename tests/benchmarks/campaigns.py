"""Campaigns made for measuring: as many people as wanted, all of whom have agreed, in the way the API would do it.

Owns what comes before a measurement; an installation is an argument.
"""

from collections.abc import Iterator

from shared.campaigns.model import Campaign
from shared.ground.clock import utc_now
from shared.ground.ids import CampaignId, SenderId, TenantId, UploadId, new_token
from shared.ground.keys import PAGE_ROWS
from shared.ledger.pages import JobRow, pack
from shared.ledger.states import Move
from shared.people.consent.model import EVERYTHING, ConsentKind, ConsentRecord
from tests.benchmarks import message
from tests.benchmarks.message import LANGUAGE, TEMPLATE
from workers.wiring.installation import Installation

TENANT, SENDER = TenantId(message.TENANT), SenderId(message.SENDER)


async def agree(inside: Installation, contacts: int) -> None:
    """The first so many people opt in."""
    agreed = ConsentRecord(ConsentKind.OPT_IN, EVERYTHING, "import", utc_now())
    for _, people in _pages(contacts):
        await inside.stores.consent.record((inside.people.merging.id_of(TENANT, one.address), agreed) for one in people)


async def admitted(inside: Installation, contacts: int) -> Campaign:
    """A draft that holds the first so many people."""
    campaign = Campaign(CampaignId(new_token("c")), TENANT, SENDER, "Benchmark", TEMPLATE, LANGUAGE, utc_now())
    await inside.stores.campaigns.create(campaign)
    await inside.stores.ledger.create(campaign.id, campaign.created_at)
    upload = UploadId(new_token("u"))
    await inside.stores.uploads.begin(campaign.id, upload)
    for first, people in _pages(contacts):
        lines = range(first + 2, first + len(people) + 2)
        await inside.stores.uploads.stage(campaign.id, upload, pack(people), lines)
    await inside.stores.uploads.complete(campaign.id, upload, {})
    await inside.outbound.joining.join(campaign, upload)
    return campaign


async def start(inside: Installation, campaign: Campaign) -> None:
    """The dialer is told to split it."""
    await inside.stores.campaigns.activate(campaign)
    await inside.stores.ledger.control(campaign.id, Move.START, "benchmark")
    await inside.ground.hints.split(campaign.id)


def _pages(contacts: int) -> Iterator[tuple[int, list[JobRow]]]:
    for first in range(0, contacts, PAGE_ROWS):
        yield first, [_row(number) for number in range(first, min(first + PAGE_ROWS, contacts))]


def _row(number: int) -> JobRow:
    person = message.person(number)
    return JobRow(person.phone, person.parameters)
