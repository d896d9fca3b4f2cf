"""Releasing: parcels for a sender, as many as keep it busy for a second, taken from its campaigns by fair share.

Owns how much is in flight, and which campaign is next. The backlog stays in the ledger, so that a pause is immediate,
priorities hold and queues stay short.

Decision: a campaign's share is a share of the jobs in flight, so no history of service has to be kept. A parcel is no
larger than the gap to that share. Among campaigns that are equally far behind, chance decides by weight; otherwise the
first of them would be served every time at a slow sender.
Decision: room for less than half a parcel waits for the next parcel's end. Filled at once, it made a crumb, whose end made
room for another crumb: at 80/s parcels of 9 jobs instead of 40, and four times as many messages, leases and releases.
"""

import asyncio
import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.campaigns.model import Campaign
from shared.campaigns.store import CampaignStore
from shared.ground import telemetry
from shared.ground.hints import Hints
from shared.ground.ids import CampaignId, SenderId
from shared.ledger.model import Standing
from shared.ledger.states import CampaignState
from shared.ledger.store import Ledger

IN_FLIGHT_S = 1.0  # seconds of a sender's work; a pause waits that long at most
PARCEL_S = 0.5  # seconds of a sender's work; with two parcels in flight the next is there when one is done
JOBS_AT_ONCE = (
    32  # in small parcels, taken in one round trip: one after the other, parcels of one job left at 200 a second
)
MAX_IN_FLIGHT = 4_000  # jobs, at any rate: a second's work of a large machine


@dataclass(frozen=True, slots=True)
class ParcelLimits:
    """jobs_per_message: most jobs a parcel. unopened: how long a lease waits for a worker."""

    jobs_per_message: int
    unopened: timedelta


@dataclass(slots=True)
class _Contender:
    campaign: Campaign
    in_flight: int

    @property
    def weight(self) -> float:
        return self.campaign.rules.weight

    @property
    def load(self) -> float:
        return self.in_flight / self.weight


@dataclass(frozen=True, slots=True)
class Releasing:
    campaigns: CampaignStore
    ledger: Ledger
    hints: Hints
    rates: Mapping[SenderId, float]
    parcels: ParcelLimits
    chance: Callable[[], float] = random.random

    async def release(self, sender: SenderId) -> int:
        """Lease parcels and hint them to workers; return how many. A campaign without due jobs leaves others its share."""
        rate = self.rates.get(sender)
        if rate is None:
            return 0
        contenders = await self._contenders(sender)
        room = room_for(rate, sum(contender.in_flight for contender in contenders))
        parcel = parcel_size(rate, self.parcels.jobs_per_message)
        released = 0
        if room < parcel // 2:
            return 0
        while contenders and room > 0:
            lightest = _lightest(contenders, self.chance())
            share = room_for(rate, 0) * lightest.weight / sum(contender.weight for contender in contenders)
            missing = max(1, math.ceil(share - lightest.in_flight))
            taken = await self._parcels(lightest, min(parcel, missing), min(missing, room), room)
            if not taken:
                contenders.remove(lightest)
                continue
            room -= sum(taken)
            lightest.in_flight += sum(taken)
            released += len(taken)
            telemetry.RELEASED.labels(sender).inc(sum(taken))
        return released

    async def _parcels(self, contender: _Contender, size: int, jobs: int, room: int) -> list[int]:
        """One parcel, or several small ones of so many jobs at most, at once; how many jobs each has."""
        count = max(1, min(jobs, JOBS_AT_ONCE) // size)
        taken = await asyncio.gather(*(self._parcel(contender, size, room) for _ in range(count)))
        return [jobs for jobs in taken if jobs]

    async def _parcel(self, contender: _Contender, wanted: int, room: int) -> int:
        """Lease one parcel and hint it; return its number of jobs.

        The cap makes the ledger repeat the count of jobs in flight, so that two releases at once do not exceed it.
        """
        campaign = contender.campaign
        cap = min(campaign_cap(campaign.rules.rate_per_second), contender.in_flight + room)
        lease = await self.ledger.take_lease(campaign.id, min(wanted, room), cap, self.parcels.unopened)
        if lease is None:
            return 0
        await self.hints.send(campaign.id, lease.id)
        return len(lease.ordinals)

    async def _contenders(self, sender: SenderId) -> list[_Contender]:
        standings = await self._standings(await self.campaigns.active_of(sender))
        return [
            _Contender(await self.campaigns.get(campaign), standing.in_flight)
            for campaign, standing in standings.items()
            if standing.state is CampaignState.RUNNING
        ]

    async def _standings(self, campaigns: list[CampaignId]) -> dict[CampaignId, Standing]:
        return dict(zip(campaigns, await self.ledger.standings(campaigns), strict=True)) if campaigns else {}


def _lightest(contenders: Sequence[_Contender], chance: float) -> _Contender:
    """The campaign with the fewest jobs in flight for its weight; of several, one by weight. chance: 0 … 1."""
    least = min(contender.load for contender in contenders)
    tied = [contender for contender in contenders if contender.load == least]
    mark = chance * sum(contender.weight for contender in tied)
    for contender in tied:
        mark -= contender.weight
        if mark < 0:
            return contender
    return tied[-1]


def room_for(rate_per_second: float, in_flight: int) -> int:
    """How many more jobs may be in flight; at least one for the slowest sender."""
    return max(1, min(MAX_IN_FLIGHT, int(rate_per_second * IN_FLIGHT_S))) - in_flight


def parcel_size(rate_per_second: float, jobs_per_message: int) -> int:
    """Jobs per parcel; at least one."""
    return max(1, min(jobs_per_message, int(rate_per_second * PARCEL_S)))


def campaign_cap(rate_per_second: float | None) -> int:
    """Most jobs in flight of one campaign, by its own rate if it has one."""
    return MAX_IN_FLIGHT if rate_per_second is None else max(1, int(rate_per_second * IN_FLIGHT_S))
