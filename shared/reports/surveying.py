"""Surveying: reads what campaigns need and do not own: their sender's rate and throttle, the processes, the next due job.

Reads only, and for a whole list in as many round trips as for one campaign.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from shared.campaigns.model import Campaign
from shared.ground.clock import Now
from shared.ground.ids import SenderId
from shared.ground.presence import Presence
from shared.ledger.model import Standing
from shared.ledger.states import CampaignState, JobState
from shared.ledger.store import Ledger
from shared.reports.holdups import UNTHROTTLED, Surroundings
from shared.senders.limits.store import LimitStore


@dataclass(frozen=True, slots=True)
class Surveying:
    """accounts: account key by sender. rate_of: messages per second that a sender may send now, by its provider's word too.
    configured: the same by the configuration alone. gloss_of: our words for a code of the sender's provider.
    """

    ledger: Ledger
    limits: LimitStore
    presence: Presence
    accounts: Mapping[SenderId, str]
    rate_of: Callable[[SenderId], float | None]
    configured: Mapping[SenderId, float]
    gloss_of: Callable[[SenderId, str], str | None]
    now: Now

    async def survey(self, campaigns: Sequence[Campaign], standings: Sequence[Standing]) -> list[Surroundings]:
        """In the campaigns' order. *Raises*: BackendUnavailable."""
        running = [one for one, at in zip(campaigns, standings, strict=True) if at.state is CampaignState.RUNNING]
        absent = await self.presence.absent() if running else frozenset()
        throttles = await self.limits.throttles(self.accounts, [campaign.sender for campaign in running])
        waits = [one.id for one, at in zip(campaigns, standings, strict=True) if _waits_for_its_time(at)]
        dues = dict(zip(waits, await self.ledger.next_dues(waits), strict=True))
        return [
            Surroundings(
                self.now(),
                self.rate_of(campaign.sender),
                self.configured.get(campaign.sender),
                throttles.get(campaign.sender, UNTHROTTLED),
                absent,
                dues.get(campaign.id),
                partial(self.gloss_of, campaign.sender),
            )
            for campaign in campaigns
        ]


def _waits_for_its_time(standing: Standing) -> bool:
    is_idle = not standing.counts[JobState.PENDING] and not standing.in_flight
    return standing.state is CampaignState.RUNNING and is_idle and standing.counts[JobState.DEFERRED] > 0
