"""Reporting: the outcome of every contact, page by page. Owns joining the ledger's records with the rows behind them.

Reads only. Whatever the campaign's size, a page at a time is held; a campaign that runs meanwhile is read as it is then.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.campaigns.model import Campaign
from shared.ground.clock import to_ms
from shared.ground.errors import NotFound
from shared.ground.ids import ContactId, contact_id
from shared.ground.keys import PAGE_ROWS
from shared.ground.phone import canonicalize
from shared.ledger.model import JobRecord
from shared.ledger.pages import JobRow, unpack
from shared.ledger.states import JobState
from shared.ledger.store import Ledger

OWN_COLUMNS_KEPT = 500  # names of a dialer's own columns that a file of results has room for
PAGES_LOOKED_AT = 512  # whose states, 64 KiB, are looked at together


@dataclass(frozen=True, slots=True)
class Reported:
    """One job, whole."""

    job: JobRecord
    row: JobRow
    contact: ContactId


@dataclass(frozen=True, slots=True)
class Place:
    """A contact's place in one campaign."""

    campaign: Campaign
    reported: Reported


@dataclass(frozen=True, slots=True)
class Wanted:
    """after: the ordinal before the first one. states: None for all. since: only what changed in its
    millisecond or later. A change is kept to the millisecond: whoever asks by the clock of now must not miss one of now.
    """

    after: int = -1
    states: Collection[JobState] | None = None
    since: datetime | None = None

    def fits(self, job: JobRecord) -> bool:
        if job.ordinal <= self.after or (self.states is not None and job.state not in self.states):
            return False
        return self.since is None or any(to_ms(at) >= to_ms(self.since) for at in _changes(job))


@dataclass(frozen=True, slots=True)
class Reporting:
    ledger: Ledger
    secret: bytes

    async def jobs(self, campaign: Campaign, wanted: Wanted) -> AsyncIterator[Reported]:
        """In the order in which they were admitted."""
        first, last = (wanted.after + 1) // PAGE_ROWS, (await self.ledger.standing(campaign.id)).pages
        async for page in self._pages(campaign, first, last, wanted):
            jobs = [job for job in await self.ledger.page_of_jobs(campaign.id, page) if wanted.fits(job)]
            rows = await self._rows(campaign, page) if jobs else []
            for job in jobs:
                yield self._reported(campaign, job, rows)

    async def job_of(self, campaign: Campaign, contacts: Sequence[ContactId]) -> Reported:
        """contacts: every name of one contact. *Raises*: NotFound."""
        found = await self.jobs_of([campaign], contacts)
        if not found:
            raise NotFound("contact-not-found", "This contact is not in this campaign.")
        return found[0].reported

    async def jobs_of(self, campaigns: Sequence[Campaign], contacts: Sequence[ContactId]) -> list[Place]:
        """One contact's places in those of the campaigns that hold it under any of its names, in the campaigns' order."""
        jobs = await self.ledger.find_in([campaign.id for campaign in campaigns], contacts)
        held = [campaign for campaign in campaigns if campaign.id in jobs]
        return [Place(campaign, await self._whole(campaign, jobs[campaign.id])) for campaign in held]

    async def _whole(self, campaign: Campaign, job: JobRecord) -> Reported:
        return self._reported(campaign, job, await self._rows(campaign, job.ordinal // PAGE_ROWS))

    async def own_columns(self, campaign: Campaign) -> list[str]:
        """The dialer's own columns over all rows, in order of first appearance."""
        names: dict[str, None] = {}
        for page in range((await self.ledger.standing(campaign.id)).pages):
            for row in await self._rows(campaign, page):
                names.update(dict.fromkeys(row.own))
            if len(names) > OWN_COLUMNS_KEPT:
                break
        return list(names)[:OWN_COLUMNS_KEPT]

    async def _pages(self, campaign: Campaign, first: int, last: int, wanted: Wanted) -> AsyncIterator[int]:
        """The pages that may hold wanted jobs. The states alone decide it, so most records are never read."""
        step = PAGES_LOOKED_AT
        for start in range(first, last, step):
            pages = range(start, min(start + step, last))
            held = pages if wanted.states is None else await self.ledger.pages_with(campaign.id, wanted.states, pages)
            for page in held:
                yield page

    async def _rows(self, campaign: Campaign, page: int) -> list[JobRow]:
        packed = await self.ledger.page(campaign.id, page)
        return unpack(packed) if packed is not None else []

    def _reported(self, campaign: Campaign, job: JobRecord, rows: list[JobRow]) -> Reported:
        row = rows[job.ordinal % PAGE_ROWS]
        return Reported(job, row, contact_id(self.secret, campaign.tenant, canonicalize(row.address)))


def _changes(job: JobRecord) -> list[datetime]:
    """When something became known of a job."""
    answers = job.answers
    heard = () if answers is None else (answers.replied_at, answers.opted_out_at)
    return [*job.times.values(), *(at for at in heard if at is not None)]
