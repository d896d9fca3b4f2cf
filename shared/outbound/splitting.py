"""Splitting: a campaign's contacts become jobs, one each. First complete uploads join, then admitted pages are planned.

Owns the judgement at planning (consent, time); how an upload joins is in `joining`. Safe to run twice at once, and
again after a crash at any line: every step is a compare-and-set on a cursor.
"""

import math
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from shared.campaigns.model import Campaign
from shared.campaigns.store import CampaignStore
from shared.ground import telemetry
from shared.ground.clock import Now
from shared.ground.ids import CampaignId
from shared.ground.keys import PAGE_ROWS
from shared.ledger.model import PlannedJob
from shared.ledger.pages import JobRow, unpack
from shared.ledger.states import CampaignState
from shared.ledger.store import Ledger
from shared.outbound.joining import Joining
from shared.outbound.judging import judge_of
from shared.people.consent.store import ConsentStore
from shared.people.merging import Merging
from shared.rules.verdict import Allowed, Later, Never, Verdict
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
        while True:
            standing = await self.ledger.standing(campaign_id)
            if standing.planned >= standing.pages:
                return True
            if standing.state not in {CampaignState.RUNNING, CampaignState.PAUSED} or standing.started_at is None:
                return False
            await self._plan(campaign, standing.planned)
            await planned()

    async def unplanned_without_consent(self, campaign: Campaign, most: int | None = None) -> Mapping[str, int]:
        """How many of those not planned yet would be suppressed now, by reason: what `start` tells a person.

        most: look at no more contacts than about that many.
        """
        standing = await self.ledger.standing(campaign.id)
        pages = standing.pages - standing.planned if most is None else math.ceil(most / PAGE_ROWS)
        reasons: Counter[str] = Counter()
        for page in range(standing.planned, min(standing.pages, standing.planned + pages)):
            ordinals, rows = await self._page(campaign.id, page)
            jobs = await self._judge(campaign, ordinals, rows)
            reasons.update(job.suppressed for job in jobs if job.suppressed is not None)
        return reasons

    async def _plan(self, campaign: Campaign, page: int) -> None:
        ordinals, rows = await self._page(campaign.id, page)
        jobs = await self._judge(campaign, ordinals, rows)
        if await self.ledger.plan(campaign.id, page, jobs):
            kinds = Counter(job.suppressed or ("later" if job.due else "ready") for job in jobs)
            for kind, count in kinds.items():
                telemetry.PLANNED.labels(kind).inc(count)

    async def _page(self, campaign: CampaignId, page: int) -> tuple[list[int], list[JobRow]]:
        """The pending jobs of a page, by ordinal, each with its row."""
        packed = await self.ledger.page(campaign, page)
        rows = unpack(packed) if packed is not None else []
        pending = await self.ledger.pending(campaign, page)
        return pending, [rows[ordinal - page * PAGE_ROWS] for ordinal in pending]

    async def _judge(self, campaign: Campaign, ordinals: Sequence[int], rows: Sequence[JobRow]) -> list[PlannedJob]:
        judge = judge_of(campaign, self.templates, self.now(), await self.pins.of(campaign.id))
        consents = await self.consent.of([self.merging.id_of(campaign.tenant, row.address) for row in rows])
        return [
            _planned(ordinal, row.priority, judge(records, row.send_at))
            for ordinal, row, records in zip(ordinals, rows, consents, strict=True)
        ]


def _planned(ordinal: int, priority: int, verdict: Verdict) -> PlannedJob:
    match verdict:
        case Allowed():
            return PlannedJob(ordinal, priority)
        case Later(until):
            return PlannedJob(ordinal, priority, due=until)
        case Never(reason):
            return PlannedJob(ordinal, priority, suppressed=reason.value)
        case _:
            assert_never(verdict)
