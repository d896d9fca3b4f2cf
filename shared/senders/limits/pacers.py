"""The pacers of one process: one queue per sender, and one per campaign with a rate of its own.

Owns the limits of each queue: the configured rate, or the provider's where that is lower. The slots are the limiter's.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from shared.ground.ids import CampaignId, SenderId
from shared.senders.limits.pacer import Pacer, SlotSource
from shared.senders.limits.permits import Permits
from shared.senders.limits.slot import paced_rate
from shared.senders.limits.store import Lane, RateLimits

PAIR_SECONDS = 6.0  # one message in 6 s from one sender to one person: Meta's pair rate limit
QUEUES_KEPT = 256  # of campaigns with a rate of their own: idle ones beyond it are forgotten, the longest unused first
PEOPLES_HORIZON_MS = 10_000  # of a slow sender's queue: a reply that waits longer requests its slot again
PEOPLES_LEAD_S = 0.02  # wake 20 ms before the slot: the gate's answer is valid for 1 s, one round trip takes a few ms


@dataclass(frozen=True, slots=True)
class Pacing:
    """headroom: the part of a rate that is used. tolerance_ms: how late a slot may be used. horizon_ms: how far ahead
    campaigns reserve slots.
    """

    headroom: float
    tolerance_ms: int
    horizon_ms: int

    def paced(self, rate: float) -> float:
        """Slots per second under a provider's rate."""
        return paced_rate(rate, self.headroom, self.tolerance_ms / 1000)


@dataclass(frozen=True, slots=True)
class _Queue:
    """own_rate: the campaign's, in messages per second; None for the sender's."""

    pacer: Pacer
    sender: SenderId
    campaign: CampaignId
    own_rate: float | None


class Pacers:
    """The queues of campaigns and, apart from them, of messages to one person.

    accounts: the account at the provider that each sender's limits count against. rates: as configured, per second.
    """

    def __init__(
        self, slots: SlotSource, permits: Permits, reply_permits: Permits, accounts: Mapping[SenderId, str],
        rates: Mapping[SenderId, float], pacing: Pacing,
    ) -> None:  # fmt: skip
        self._slots = slots
        self._permits = permits
        self._reply_permits = reply_permits  # replies never queue behind campaign requests that are on the wire
        self._accounts = accounts
        self._configured = rates
        self._rates = dict(rates)
        self._pacing = pacing
        self._campaigns: OrderedDict[str, _Queue] = OrderedDict()
        self._people: dict[SenderId, Pacer] = {}

    def adopt_rates(self, reported: Mapping[SenderId, int | None]) -> None:
        """Take over the rates that providers report, where they are lower than the configured ones."""
        for sender, rate in reported.items():
            allowed = min(self._configured[sender], rate) if rate else self._configured[sender]
            if allowed != self._rates[sender]:
                self._rates[sender] = allowed
                if sender in self._people:
                    self._people[sender].set_limits(self._limits_of_people(sender))
                for queue in self._campaigns.values():
                    if queue.sender == sender:
                        queue.pacer.set_limits(self._limits_of_campaign(sender, queue.campaign, queue.own_rate))

    def rate_of(self, sender: SenderId) -> float | None:
        """Messages per second that are paced now: the allowed rate after the headroom. None for an unknown sender."""
        rate = self._rates.get(sender)
        return None if rate is None else self._pacing.paced(rate)

    async def create_buckets(self) -> None:
        """Create the buckets of all senders now: a new bucket waits 1 s, and the first message need not.

        *Raises*: BackendUnavailable.
        """
        for sender in self._accounts:
            await self._slots.reserve(self._limits(sender, ()), [])

    def of_campaign(self, sender: SenderId, campaign: CampaignId, own_rate: float | None) -> Pacer:
        """Campaigns of one sender share its queue, but for those with a rate of their own."""
        name = sender if own_rate is None else f"{sender}:{campaign}"
        if name not in self._campaigns:
            limits = self._limits_of_campaign(sender, campaign, own_rate)
            pacer = Pacer(self._slots, limits, self._permits, self._tolerance_s, lead_s=self._pacing.horizon_ms / 1000)
            self._campaigns[name] = _Queue(pacer, sender, campaign, own_rate)
            self._forget_idle(name)
        self._campaigns.move_to_end(name)
        return self._campaigns[name].pacer

    def _forget_idle(self, new: str) -> None:
        """Its rate is the limiter's to keep, so a queue that is made anew is no faster."""
        for name in list(self._campaigns)[: max(0, len(self._campaigns) - QUEUES_KEPT)]:
            if name != new and self._campaigns[name].pacer.is_idle:
                del self._campaigns[name]

    def of_people(self, sender: SenderId) -> Pacer:
        """The queue of messages to one person: the same slots, without the campaigns' horizon, slow-downs and holds, and
        without the pair limit.

        WhatsApp lets a conversation exceed the pair limit; a provider that does not answers with a code.
        """
        if sender not in self._people:
            limits = self._limits_of_people(sender)
            self._people[sender] = Pacer(self._slots, limits, self._reply_permits, self._tolerance_s, PEOPLES_LEAD_S)
        return self._people[sender]

    @property
    def _tolerance_s(self) -> float:
        return self._pacing.tolerance_ms / 1000

    def _limits_of_people(self, sender: SenderId) -> RateLimits:
        return replace(self._limits(sender, ()), horizon_ms=PEOPLES_HORIZON_MS, pair_seconds=0, lane=Lane.PEOPLE)

    def _limits_of_campaign(self, sender: SenderId, campaign: CampaignId, own_rate: float | None) -> RateLimits:
        return self._limits(sender, () if own_rate is None else ((f"campaign:{campaign}", own_rate),))

    def _limits(self, sender: SenderId, extra: tuple[tuple[str, float], ...]) -> RateLimits:
        return RateLimits(
            self._accounts[sender],
            sender,
            self._pacing.paced(self._rates[sender]),
            self._pacing.horizon_ms,
            PAIR_SECONDS,
            extra,
        )
