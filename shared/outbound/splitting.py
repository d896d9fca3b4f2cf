"""Splitting: a campaign's contacts become jobs, one each. First complete uploads join, then admitted pages are planned.

Owns the judgement at planning (consent, time); whether a contact is new is the ledger's to say. Safe to run twice at
once, and again after a crash at any line: every step is a compare-and-set on a cursor.
"""

import math
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.campaigns.model import Campaign
from shared.campaigns.store import CampaignStore
from shared.ground import telemetry
from shared.ground.clock import Now
from shared.ground.ids import CampaignId, ContactId, TenantId, UploadId, contact_id
from shared.ground.keys import PAGE_ROWS
from shared.ground.phone import canonicalize
from shared.ledger.model import Admission, Verdict
from shared.ledger.pages import JobRow, unpack
from shared.ledger.states import CampaignState
from shared.ledger.store import Ledger
from shared.ledger.uploads import RowVerdict, UploadReport, UploadStore
from shared.people.consent.model import why_not
from shared.people.consent.store import ConsentStore
from shared.people.consenting import Consenting, Taken, unpacked
from shared.templates.registry import TemplateRegistry

DUPLICATE = "This contact is in the campaign already; it is written to once."


Planned = Callable[[], Awaitable[None]]


async def _nobody() -> None:
    """A callback that does nothing."""


@dataclass(frozen=True, slots=True)
class Splitting:
    campaigns: CampaignStore
    ledger: Ledger
    uploads: UploadStore
    consent: ConsentStore
    consenting: Consenting
    templates: TemplateRegistry
    secret: bytes
    now: Now

    def contact(self, tenant: TenantId, address: str) -> ContactId:
        """The contact behind an address, whatever its national variant."""
        return contact_id(self.secret, tenant, canonicalize(address))

    async def split(self, campaign_id: CampaignId, planned: Planned = _nobody) -> bool:
        """True when everything that was admitted is planned. Nothing is planned before the campaign was started.

        planned: told after every page, so that its jobs need not wait for those of a million others.
        """
        campaign = await self.campaigns.get(campaign_id)
        for upload in await self.uploads.list_complete(campaign_id):
            await self.join(campaign, upload)
        while True:
            standing = await self.ledger.standing(campaign_id)
            if standing.planned >= standing.pages:
                return True
            if standing.state not in {CampaignState.RUNNING, CampaignState.PAUSED} or standing.started_at is None:
                return False
            await self._plan(campaign, standing.planned)
            await planned()

    async def join(self, campaign: Campaign, upload: UploadId) -> UploadReport:
        """A complete upload joins its campaign, page by page. *Raises*: Conflict when the campaign was closed meanwhile."""
        async for staged in self.uploads.read_staged(campaign.id, upload):
            contacts = [self.contact(campaign.tenant, row.address) for row in unpack(staged.page)]
            # Before the jobs are there: a page of a running campaign is planned at once, and planning reads consent.
            taken = await self.consenting.take(contacts, unpacked(staged.opt_ins))
            admission = await self.ledger.admit(campaign.id, upload, staged.sequence, staged.page, contacts)
            verdicts = [RowVerdict(staged.lines[index], "duplicate", DUPLICATE) for index in admission.duplicates]
            await self.uploads.note_duplicates(campaign.id, upload, staged.sequence, verdicts)
            await self.uploads.warn(campaign.id, upload, staged.sequence, self._warnings(campaign, admission, taken))
        await self.uploads.record_join(campaign.id, upload)
        return await self.uploads.report(campaign.id, upload)

    def _warnings(self, campaign: Campaign, admission: Admission, taken: Taken) -> Counter[str]:
        """How many of a page's opt-ins do not count, and how many of its new contacts would be suppressed now."""
        warnings = Counter(reason.value for reason in taken.unrecorded if reason is not None)
        category = self.templates.get(campaign.sender, campaign.template_name, campaign.template_language).category
        duplicates = frozenset(admission.duplicates)
        for index, records in enumerate(taken.known):
            reason = why_not(records, category, campaign.rules.require_opt_in)
            if reason is not None and index not in duplicates:
                warnings[reason] += 1
        return warnings

    async def unplanned_without_consent(self, campaign: Campaign, most: int | None = None) -> Mapping[str, int]:
        """How many of those not planned yet would be suppressed now, by reason: what `start` tells a person.

        most: look at no more contacts than about that many.
        """
        standing = await self.ledger.standing(campaign.id)
        pages = standing.pages - standing.planned if most is None else math.ceil(most / PAGE_ROWS)
        reasons: Counter[str] = Counter()
        for page in range(standing.planned, min(standing.pages, standing.planned + pages)):
            ordinals, rows = await self._page(campaign.id, page)
            verdicts = await self._judge(campaign, ordinals, rows)
            reasons.update(verdict.suppressed for verdict in verdicts if verdict.suppressed is not None)
        return reasons

    async def _plan(self, campaign: Campaign, page: int) -> None:
        ordinals, rows = await self._page(campaign.id, page)
        verdicts = await self._judge(campaign, ordinals, rows)
        if await self.ledger.plan(campaign.id, page, verdicts):
            kinds = Counter(verdict.suppressed or ("later" if verdict.due else "ready") for verdict in verdicts)
            for kind, count in kinds.items():
                telemetry.PLANNED.labels(kind).inc(count)

    async def _page(self, campaign: CampaignId, page: int) -> tuple[list[int], list[JobRow]]:
        """The pending jobs of a page, by ordinal, each with its row."""
        packed = await self.ledger.page(campaign, page)
        rows = unpack(packed) if packed is not None else []
        pending = await self.ledger.pending(campaign, page)
        return pending, [rows[ordinal - page * PAGE_ROWS] for ordinal in pending]

    async def _judge(self, campaign: Campaign, ordinals: Sequence[int], rows: Sequence[JobRow]) -> list[Verdict]:
        template = self.templates.get(campaign.sender, campaign.template_name, campaign.template_language)
        now = self.now()
        records = await self.consent.of([self.contact(campaign.tenant, row.address) for row in rows])
        return [
            Verdict(
                ordinal,
                row.priority,
                _later(row.send_at, now),
                why_not(consents, template.category, campaign.rules.require_opt_in),
            )
            for ordinal, row, consents in zip(ordinals, rows, records, strict=True)
        ]


def _later(send_at: datetime | None, now: datetime) -> datetime | None:
    return send_at if send_at is not None and send_at > now else None
