"""Splitting: a campaign's contacts become jobs, one each. First complete uploads join, then admitted pages are planned,
then whoever has agreed since is judged again, and last whom a person has ordered to be tried again.

Owns the judgement at planning (consent, time); how an upload joins is in `joining`. Safe to run twice at once, and
again after a crash at any line: every step is a compare-and-set on a cursor.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import assert_never

from shared.campaigns.model import Campaign
from shared.campaigns.store import CampaignStore
from shared.ground import telemetry
from shared.ground.clock import Now
from shared.ground.ids import CampaignId
from shared.ground.keys import PAGE_ROWS
from shared.ledger.model import PlannedJob, pages_of
from shared.ledger.pages import JobRow, unpack
from shared.ledger.states import CampaignState
from shared.ledger.store import Ledger
from shared.outbound.braking import pause_for_template
from shared.outbound.joining import Joining
from shared.outbound.judging import judge_of
from shared.outbound.redriving import Redriving
from shared.outbound.warnings import Forecast
from shared.people.consent.store import ConsentStore
from shared.people.merging import Merging
from shared.rules.verdict import Allowed, Later, Never, Reason, Verdict
from shared.templates.pins import Pins
from shared.templates.registry import TemplateRegistry
from shared.templates.store import PinStore

Planned = Callable[[], Awaitable[None]]


async def _nobody() -> None:
    """A callback that does nothing."""


@dataclass(frozen=True, slots=True)
class Splitting:
    campaigns: CampaignStore
    ledger: Ledger
    joining: Joining
    redriving: Redriving
    consent: ConsentStore
    merging: Merging
    templates: TemplateRegistry
    pins: PinStore
    now: Now

    async def split(self, campaign_id: CampaignId, planned: Planned = _nobody) -> bool:
        """True when everything that was admitted is planned. Nothing is planned before the campaign was started.

        planned: told after every page, so that its jobs need not wait for those of a million others.
        """
        campaign = await self.campaigns.get(campaign_id)
        await self.joining.join_complete(campaign)
        pins: Pins | None = None
        while True:
            standing = await self.ledger.standing(campaign_id)
            is_planned = standing.planned >= standing.pages
            if is_planned and standing.redrive is None and not await self.ledger.has_agreed(campaign_id):
                return True
            if standing.state not in {CampaignState.RUNNING, CampaignState.PAUSED} or standing.started_at is None:
                return is_planned
            pins = await self._usable_pins(campaign, pins)
            if pins is None:
                return is_planned  # nobody can be judged; once that has passed, the janitor hints the campaign again
            if is_planned:
                await self._take_up_agreed(campaign, pins)
                if standing.redrive is not None:
                    await self.redriving.carry_out(campaign, standing.redrive, pins)
                return True
            await self._plan(campaign, standing.planned, pins)
            await planned()

    async def _usable_pins(self, campaign: Campaign, pins: Pins | None) -> Pins | None:
        """The pins with which its contacts can be judged. pins: as this split has read them, None before.

        None if its template is gone or ambiguous, also by what the provider said last and by pins that came meanwhile; then
        the campaign pauses, unless this process does not know its sender.
        """
        pins = await self.pins.of(campaign.id) if pins is None else pins
        if self._why_unjudgeable(campaign, pins) is None:
            return pins
        await self.templates.refresh()
        pins = await self.pins.of(campaign.id)
        if (why := self._why_unjudgeable(campaign, pins)) is None:
            return pins
        if self.templates.knows(campaign.sender):
            await pause_for_template(self.ledger, campaign.id, why)
        return None

    def _why_unjudgeable(self, campaign: Campaign, pins: Pins) -> str | None:
        name, language = campaign.template_name, campaign.template_language
        return self.templates.why_unjudgeable(campaign.sender, name, language, pins)

    async def forecast(self, campaign: Campaign, most_pages: int) -> Forecast:
        """What planning would say now of those not planned yet.

        most_pages: look at no more pages than that, spread evenly: a start may not wait for a million contacts.
        """
        standing = await self.ledger.standing(campaign.id)
        pins = await self.pins.of(campaign.id)
        reasons: Counter[str] = Counter()
        looked_at = 0
        for page in _spread(range(standing.planned, standing.pages), most_pages):
            ordinals, rows = await self._page(campaign.id, page)
            jobs = await self._judge(campaign, ordinals, rows, pins)
            looked_at += len(jobs)
            reasons.update(job.unsent for job in jobs if job.unsent is not None)
        return Forecast(standing.total, looked_at, reasons)

    async def _take_up_agreed(self, campaign: Campaign, pins: Pins) -> None:
        """Judge again who was suppressed for want of consent and has agreed since."""
        while ordinals := await self.ledger.agreed(campaign.id):
            for page in pages_of(ordinals):
                mine = [ordinal for ordinal in ordinals if ordinal // PAGE_ROWS == page]
                packed = await self.ledger.page(campaign.id, page)
                rows = unpack(packed) if packed is not None else []
                for _ in range(2):  # an agreement may come between the judgement and the removal of its note
                    theirs = [rows[ordinal - page * PAGE_ROWS] for ordinal in mine]
                    jobs = await self._judge(campaign, mine, theirs, pins)
                    await self.ledger.take_up(campaign.id, page, Reason.NO_OPT_IN, jobs)
                    mine = [job.ordinal for job in jobs if job.unsent]

    async def _plan(self, campaign: Campaign, page: int, pins: Pins) -> None:
        ordinals, rows = await self._page(campaign.id, page)
        jobs = await self._judge(campaign, ordinals, rows, pins)
        if await self.ledger.plan(campaign.id, page, jobs):
            kinds = Counter(job.unsent or ("later" if job.due else "ready") for job in jobs)
            for kind, count in kinds.items():
                telemetry.PLANNED.labels(kind).inc(count)

    async def _page(self, campaign: CampaignId, page: int) -> tuple[list[int], list[JobRow]]:
        """The pending jobs of a page, by ordinal, each with its row."""
        packed = await self.ledger.page(campaign, page)
        rows = unpack(packed) if packed is not None else []
        pending = await self.ledger.pending(campaign, page)
        return pending, [rows[ordinal - page * PAGE_ROWS] for ordinal in pending]

    async def _judge(
        self, campaign: Campaign, ordinals: Sequence[int], rows: Sequence[JobRow], pins: Pins
    ) -> list[PlannedJob]:
        judge = judge_of(campaign, self.templates, self.now(), pins)
        consents = await self.consent.of(self.merging.ids_of(campaign.tenant, (row.address for row in rows)))
        return [
            _planned(ordinal, row.priority, judge(records, row.send_at))
            for ordinal, row, records in zip(ordinals, rows, consents, strict=True)
        ]


def _spread(pages: range, most: int) -> Sequence[int]:
    """At most so many of the pages, the first and the last among them.

    >>> _spread(range(10), 4), _spread(range(3), 4)
    ([0, 3, 6, 9], range(0, 3))
    """
    if len(pages) <= most:
        return pages
    return [pages[index * (len(pages) - 1) // (most - 1)] for index in range(most)]


def _planned(ordinal: int, priority: int, verdict: Verdict) -> PlannedJob:
    match verdict:
        case Allowed():
            return PlannedJob(ordinal, priority)
        case Later(until):
            return PlannedJob(ordinal, priority, due=until)
        case Never(Reason.DEADLINE as reason):
            return PlannedJob(ordinal, priority, expired=reason.value)
        case Never(reason):
            return PlannedJob(ordinal, priority, suppressed=reason.value)
        case _:
            assert_never(verdict)
