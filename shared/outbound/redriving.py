"""Redriving: a person has contacts tried again whose message failed, or whose outcome is unknown.

Owns how an order is carried out: page by page, each contact judged again by the rules. The order and its cursor are kept in
the ledger, so a crash at any line loses nothing, and no order tries a contact twice. `controlling` takes the order.
"""

from dataclasses import dataclass

from shared.campaigns.model import Campaign
from shared.ground.clock import Now
from shared.ground.keys import PAGE_ROWS
from shared.ledger.model import Redrive, RedriveOrder, Retry
from shared.ledger.pages import unpack
from shared.ledger.store import Ledger
from shared.outbound.judging import judge_of
from shared.people.consent.store import ConsentStore
from shared.people.merging import Merging
from shared.rules.verdict import Later, Never
from shared.templates.pins import Pins
from shared.templates.registry import TemplateRegistry


@dataclass(frozen=True, slots=True)
class Redriving:
    ledger: Ledger
    consent: ConsentStore
    merging: Merging
    templates: TemplateRegistry
    now: Now

    async def carry_out(self, campaign: Campaign, redrive: Redrive, pins: Pins) -> None:
        """The rest of the order. pins: the campaign's. Safe to repeat, and twice at once.

        *Raises*: NotFound and AmbiguousTemplate for its template; BackendUnavailable.
        """
        start = redrive.page or 0
        pages = await self.ledger.pages_in(campaign.id, redrive.order.states, start)
        if not pages or pages[0] != start:
            pages = [start, *pages]
        for page, following in zip(pages, [*pages[1:], None], strict=True):
            retries, left_out = await self._judge(campaign, redrive.order, page, pins)
            if not await self.ledger.redrive_page(campaign.id, redrive.order, page, following, retries, left_out):
                return

    async def _judge(self, campaign: Campaign, order: RedriveOrder, page: int, pins: Pins) -> tuple[list[Retry], int]:
        """Who of a page gets another attempt, and how many may not be written to."""
        wanted = [job for job in await self.ledger.page_of_jobs(campaign.id, page) if order.takes(job)]
        packed = await self.ledger.page(campaign.id, page) if wanted else None
        if packed is None:
            return [], len(wanted)
        rows = unpack(packed)
        judge = judge_of(campaign, self.templates, self.now(), pins)
        mine = [rows[job.ordinal % PAGE_ROWS] for job in wanted]
        consents = await self.consent.of(self.merging.ids_of(campaign.tenant, (row.address for row in mine)))
        verdicts = [judge(records, row.send_at) for records, row in zip(consents, mine, strict=True)]
        retries = [
            Retry(job.ordinal, job.sent_attempt, verdict.until if isinstance(verdict, Later) else None)
            for job, verdict in zip(wanted, verdicts, strict=True)
            if not isinstance(verdict, Never)
        ]
        return retries, len(wanted) - len(retries)
