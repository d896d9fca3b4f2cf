"""Watching: reads campaigns with their progress, one or a list. Reads only.

Owns the rate that a campaign's progress is compared with, and the list's cursor.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.campaigns.model import Campaign
from shared.campaigns.store import CampaignStore
from shared.ground.errors import InputError, NotFound
from shared.ground.ids import CampaignId, TenantId
from shared.ledger.model import Standing
from shared.ledger.store import Ledger
from shared.reports.holdups import Surroundings
from shared.reports.progress import Progress, accepted, progress_of
from shared.reports.rates import RateMeter
from shared.reports.surveying import Surveying


@dataclass(frozen=True, slots=True)
class Watching:
    """meter: this process's readings of each campaign."""

    campaigns: CampaignStore
    ledger: Ledger
    surveying: Surveying
    meter: RateMeter

    async def look(self, campaign: Campaign) -> Progress:
        """The present progress of one campaign. *Raises*: BackendUnavailable."""
        return (await self._look_at([campaign]))[0]

    async def browse(
        self, tenant: TenantId, after: str | None, limit: int
    ) -> tuple[Sequence[Progress], CampaignId | None]:
        """The tenant's campaigns, newest first, and the cursor of the next ones, None at the end.

        *Raises*: InputError for a cursor that no list of this tenant gave; BackendUnavailable.
        """
        found = await self.campaigns.newest(tenant, await self._cursor(tenant, after), limit + 1)
        campaigns = found[:limit]
        seen = await self._look_at(campaigns) if campaigns else []
        return seen, campaigns[-1].id if len(found) > limit else None

    async def _look_at(self, campaigns: Sequence[Campaign]) -> list[Progress]:
        standings = await self.ledger.standings([campaign.id for campaign in campaigns])
        surroundings = await self.surveying.survey(campaigns, standings)
        return [self._progress(*found) for found in zip(campaigns, standings, surroundings, strict=True)]

    def _progress(self, campaign: Campaign, standing: Standing, around: Surroundings) -> Progress:
        rate = None if standing.started_at is None else self.meter.read(campaign.id, accepted(standing))
        return progress_of(campaign, standing, around, _allowed(campaign, around), rate)

    async def _cursor(self, tenant: TenantId, after: str | None) -> CampaignId | None:
        """*Raises*: InputError for an unknown cursor, because without one the list would begin at its start again."""
        if after is None:
            return None
        try:
            return (await self.campaigns.get(CampaignId(after), tenant)).id
        except NotFound:
            raise InputError("bad-cursor", "after is not a `next` of this list.") from None


def _allowed(campaign: Campaign, around: Surroundings) -> float | None:
    """The lower of the sender's rate and the campaign's; None for a sender that is not configured any more."""
    paced = around.rate_per_second
    return None if paced is None else min(paced, campaign.rules.rate_per_second or paced)
