"""The pacers of one process: one queue per sender, and one per campaign with a rate of its own.

Owns the limits of each queue: the configured rate, or the provider's where that is lower. The slots are the limiter's.
"""

from collections.abc import Mapping
from dataclasses import replace

from config.loading import Settings
from shared.campaigns.model import Campaign
from shared.ground.ids import SenderId
from shared.providers.client import ProviderClient
from shared.senders.limits.pacer import Pacer, Permits, SlotSource
from shared.senders.limits.store import RateLimits

PAIR_SECONDS = 6.0  # one message in 6 s from one sender to one person: Meta's pair rate limit
PEOPLES_HORIZON_MS = 10_000  # of a slow sender's queue: a reply that waits longer requests its slot again
PEOPLES_LEAD_S = 0.02  # wake 20 ms before the slot: the gate's answer is valid for 1 s, one round trip takes a few ms


class Pacers:
    """The queues of campaigns and, apart from them, of messages to one person."""

    def __init__(
        self, settings: Settings, slots: SlotSource, permits: Permits, reply_permits: Permits,
        clients: Mapping[SenderId, ProviderClient],
    ) -> None:  # fmt: skip
        self._sending = settings.sending
        self._configured = {sender.sender_id: sender.rate_per_second for sender in settings.senders}
        self._rates = dict(self._configured)
        self._slots = slots
        self._permits = permits
        self._reply_permits = reply_permits  # replies never queue behind campaign requests that are on the wire
        self._clients = clients
        self._pacers: dict[str, tuple[Pacer, Campaign]] = {}
        self._people: dict[SenderId, Pacer] = {}

    def follow(self, reported: Mapping[SenderId, int | None]) -> None:
        """Take over the rates that providers report, where they are lower than the configured ones."""
        for sender, rate in reported.items():
            allowed = min(self._configured[sender], rate) if rate else self._configured[sender]
            if allowed != self._rates[sender]:
                self._rates[sender] = allowed
                self._people.pop(sender, None)  # the next message makes a new pacer; jobs in the old one have slots
                for pacer, campaign in self._pacers.values():
                    if campaign.sender == sender:
                        pacer.set_limits(self._limits_of(campaign))

    async def wake(self) -> None:
        """Create the buckets of all senders now: a new bucket waits 1 s, and the first message need not.

        *Raises*: BackendUnavailable.
        """
        for sender in self._clients:
            await self._slots.reserve(self._rate_limits(sender, ()), [])

    def of(self, campaign: Campaign) -> Pacer:
        name = campaign.sender if campaign.rules.rate_per_second is None else f"{campaign.sender}:{campaign.id}"
        if name not in self._pacers:
            pacer = Pacer(
                self._slots,
                self._limits_of(campaign),
                self._permits,
                self._sending.slot_tolerance_ms / 1000,
                lead_s=self._sending.bulk_horizon_ms / 1000,
            )
            self._pacers[name] = (pacer, campaign)
        return self._pacers[name][0]

    def _limits_of(self, campaign: Campaign) -> RateLimits:
        rate = campaign.rules.rate_per_second
        return self._rate_limits(campaign.sender, () if rate is None else ((f"campaign:{campaign.id}", rate),))

    def people(self, sender: SenderId) -> Pacer:
        """The queue of messages to one person: the same slots, without the campaigns' horizon and without the pair limit.

        WhatsApp lets a conversation exceed the pair limit; a provider that does not answers with a code.
        """
        if sender not in self._people:
            limits = replace(self._rate_limits(sender, ()), horizon_ms=PEOPLES_HORIZON_MS, pair_seconds=0)
            tolerance_s = self._sending.slot_tolerance_ms / 1000
            self._people[sender] = Pacer(self._slots, limits, self._reply_permits, tolerance_s, PEOPLES_LEAD_S)
        return self._people[sender]

    def _rate_limits(self, sender: SenderId, extra: tuple[tuple[str, float], ...]) -> RateLimits:
        return RateLimits(
            self._clients[sender].account_key,
            sender,
            self._rates[sender] * self._sending.rate_headroom,
            self._sending.bulk_horizon_ms,
            PAIR_SECONDS,
            extra,
        )
