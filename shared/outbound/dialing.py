"""Dialing: carries out the hints `split` and `release`, and sends the hints that follow from them.

Owns two rules: one task at a time splits a campaign or releases to a sender in this process, and `release` is hinted after
each planned page. `splitting` plans jobs, `releasing` makes parcels.
"""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field

from shared.campaigns.store import CampaignStore
from shared.ground.hints import Hints
from shared.ground.ids import CampaignId, SenderId
from shared.outbound.releasing import Releasing
from shared.outbound.splitting import Splitting


@dataclass(frozen=True, slots=True)
class Dialing:
    campaigns: CampaignStore
    splitting: Splitting
    releasing: Releasing
    hints: Hints
    being_split: set[CampaignId] = field(init=False, default_factory=set)
    turns: defaultdict[SenderId, asyncio.Lock] = field(init=False, default_factory=lambda: defaultdict(asyncio.Lock))

    async def split(self, campaign: CampaignId) -> None:
        """Make one job of each contact that is not a job yet. *Raises*: NotFound; BackendUnavailable."""
        if campaign in self.being_split:  # the running task goes on until nothing is left
            return
        self.being_split.add(campaign)
        try:
            sender = (await self.campaigns.get(campaign)).sender
            await self.splitting.split(campaign, lambda: self.hints.release(sender))
        finally:
            self.being_split.discard(campaign)
        await self.hints.release(sender)

    async def release(self, sender: SenderId) -> None:
        """Give a sender as many parcels as keep it busy. *Raises*: BackendUnavailable."""
        async with self.turns[sender]:  # two releases at once would both count the same room
            await self.releasing.release(sender)
