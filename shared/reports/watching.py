"""Watching: campaigns as they are now, one or a list, each with its progress. Reads only.

Owns which rate a campaign is compared with, and that a list goes on where its cursor says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.campaigns.model import Campaign
from shared.campaigns.store import CampaignStore
from shared.ground.errors import InputError, NotFound
from shared.ground.ids import CampaignId, SenderId, TenantId
from shared.ledger.model import Standing
from shared.ledger.store import Ledger
from shared.reports.progress import Progress, accepted, progress_of
from shared.reports.rates import RateMeter


@dataclass(frozen=True, slots=True)
class Watching:
    """paced: messages a second that each configured sender is allowed. meter: what this process has seen of each."""

    campaigns: CampaignStore
    ledger: Ledger
    paced: Mapping[SenderId, float]
    meter: RateMeter

    async def look(self, campaign: Campaign) -> Progress:
        """As it is now. *Raises*: BackendUnavailable."""
        return self._progress(campaign, await self.ledger.standing(campaign.id))

    async def browse(
        self, tenant: TenantId, after: str | None, limit: int
    ) -> tuple[Sequence[Progress], CampaignId | None]:
        """The tenant's, newest first, and what the next ones come after; None at the end.

        *Raises*: InputError for a cursor that no list of this tenant gave; BackendUnavailable.
        """
        found = await self.campaigns.newest(tenant, await self._cursor(tenant, after), limit + 1)
        campaigns = found[:limit]
        standings = await self.ledger.standings([campaign.id for campaign in campaigns]) if campaigns else []
        seen = [self._progress(campaign, standing) for campaign, standing in zip(campaigns, standings, strict=True)]
        return seen, campaigns[-1].id if len(found) > limit else None

    def _progress(self, campaign: Campaign, standing: Standing) -> Progress:
        rate = None if standing.started_at is None else self.meter.read(campaign.id, accepted(standing))
        return progress_of(campaign, standing, self._allowed(campaign), rate)

    def _allowed(self, campaign: Campaign) -> float | None:
        """The sender's, or the campaign's own where that is lower; None for a sender that is not configured any more."""
        paced = self.paced.get(campaign.sender)
        return None if paced is None else min(paced, campaign.rules.rate_per_second or paced)

    async def _cursor(self, tenant: TenantId, after: str | None) -> CampaignId | None:
        """*Raises*: InputError: passing over an unknown cursor would begin again from the start."""
        if after is None:
            return None
        try:
            return (await self.campaigns.get(CampaignId(after), tenant)).id
        except NotFound:
            raise InputError("bad-cursor", "after is not a `next` of this list.") from None
