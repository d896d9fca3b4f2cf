"""Watching: reads campaigns with their progress, one or a list. Reads only.

Owns the rate that a campaign's progress is compared with, and the list's cursor.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from shared.campaigns.model import Campaign
from shared.campaigns.store import CampaignStore
from shared.ground.errors import InputError, NotFound
from shared.ground.ids import CampaignId, SenderId, TenantId
from shared.ledger.model import Standing
from shared.ledger.store import Ledger
from shared.reports.progress import Progress, accepted, name_broker, needs_broker, progress_of
from shared.reports.rates import RateMeter


async def _all_read(_queues: Sequence[str]) -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Watching:
    """paced: messages per second that each configured sender may send. meter: this process's readings of each campaign.

    unread: of some queues of the broker, those that no process reads.
    """

    campaigns: CampaignStore
    ledger: Ledger
    paced: Mapping[SenderId, float]
    meter: RateMeter
    unread: Callable[[Sequence[str]], Awaitable[Sequence[str]]] = _all_read
    queues: Sequence[str] = ()

    async def look(self, campaign: Campaign) -> Progress:
        """The present progress of one campaign. *Raises*: BackendUnavailable."""
        progress = self._progress(campaign, await self.ledger.standing(campaign.id))
        return name_broker(progress, await self.unread(self.queues)) if needs_broker(progress) else progress

    async def browse(
        self, tenant: TenantId, after: str | None, limit: int
    ) -> tuple[Sequence[Progress], CampaignId | None]:
        """The tenant's campaigns, newest first, and the cursor of the next ones, None at the end.

        *Raises*: InputError for a cursor that no list of this tenant gave; BackendUnavailable.
        """
        found = await self.campaigns.newest(tenant, await self._cursor(tenant, after), limit + 1)
        campaigns = found[:limit]
        standings = await self.ledger.standings([campaign.id for campaign in campaigns]) if campaigns else []
        seen = [self._progress(campaign, standing) for campaign, standing in zip(campaigns, standings, strict=True)]
        if any(map(needs_broker, seen)):
            unread = await self.unread(self.queues)
            seen = [name_broker(one, unread) if needs_broker(one) else one for one in seen]
        return seen, campaigns[-1].id if len(found) > limit else None

    def _progress(self, campaign: Campaign, standing: Standing) -> Progress:
        rate = None if standing.started_at is None else self.meter.read(campaign.id, accepted(standing))
        return progress_of(campaign, standing, self._allowed(campaign), rate)

    def _allowed(self, campaign: Campaign) -> float | None:
        """The lower of the sender's rate and the campaign's; None for a sender that is not configured any more."""
        paced = self.paced.get(campaign.sender)
        return None if paced is None else min(paced, campaign.rules.rate_per_second or paced)

    async def _cursor(self, tenant: TenantId, after: str | None) -> CampaignId | None:
        """*Raises*: InputError for an unknown cursor, because without one the list would begin at its start again."""
        if after is None:
            return None
        try:
            return (await self.campaigns.get(CampaignId(after), tenant)).id
        except NotFound:
            raise InputError("bad-cursor", "after is not a `next` of this list.") from None
