"""Who waits for which slot: one queue a lane in this process, at the configured rate or the provider's, if that is lower.

Owns the lanes; the slots are the limiter's.
"""

from collections.abc import Mapping
from dataclasses import replace

from config.loading import Settings
from shared.campaigns.model import Campaign
from shared.ground.ids import SenderId
from shared.providers.client import ProviderClient
from shared.senders.limits.pacer import Pacer, Permits, Slots
from shared.senders.limits.store import Lane

PAIR_SECONDS = 6.0  # one message in 6 s from one sender to one person: Meta's pair rate limit
PEOPLES_HORIZON_MS = 10_000  # a slow sender's queue: whoever waits longer is asked again
PEOPLES_LEAD_S = 0.02  # time for gate and mark before the slot; a second is what both allow


class Pacers:
    """One queue a lane in this process; campaigns with a rate of their own have a lane of their own."""

    def __init__(
        self, settings: Settings, slots: Slots, permits: Permits, reply_permits: Permits,
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
        """Where a provider allows less than is configured, that is the rate."""
        for sender, rate in reported.items():
            allowed = min(self._configured[sender], rate) if rate else self._configured[sender]
            if allowed != self._rates[sender]:
                self._rates[sender] = allowed
                self._people.pop(sender, None)  # made anew; who waits there has a slot already
                for pacer, campaign in self._pacers.values():
                    if campaign.sender == sender:
                        pacer.follow(self._lane_of(campaign))

    async def wake(self) -> None:
        """The buckets of all senders are there: the second that a new one waits passes now, not before the first message.

        *Raises*: BackendUnavailable.
        """
        for sender in self._clients:
            await self._slots.slots(self._lane(sender, ()), [])

    def of(self, campaign: Campaign) -> Pacer:
        name = campaign.sender if campaign.rules.rate_per_second is None else f"{campaign.sender}:{campaign.id}"
        if name not in self._pacers:
            pacer = Pacer(
                self._slots,
                self._lane_of(campaign),
                self._permits,
                self._sending.slot_tolerance_ms / 1000,
                lead_s=self._sending.bulk_horizon_ms / 1000,
            )
            self._pacers[name] = (pacer, campaign)
        return self._pacers[name][0]

    def _lane_of(self, campaign: Campaign) -> Lane:
        rate = campaign.rules.rate_per_second
        return self._lane(campaign.sender, () if rate is None else ((f"campaign:{campaign.id}", rate),))

    def people(self, sender: SenderId) -> Pacer:
        """The queue of what is said to one person: the same slots, taken as they come, behind no horizon.

        WhatsApp lets a conversation run ahead of the pair limit; a provider that minds says so.
        """
        if sender not in self._people:
            lane = replace(self._lane(sender, ()), horizon_ms=PEOPLES_HORIZON_MS, pair_seconds=0)
            tolerance_s = self._sending.slot_tolerance_ms / 1000
            self._people[sender] = Pacer(self._slots, lane, self._reply_permits, tolerance_s, PEOPLES_LEAD_S)
        return self._people[sender]

    def _lane(self, sender: SenderId, extra: tuple[tuple[str, float], ...]) -> Lane:
        return Lane(
            self._clients[sender].account_key,
            sender,
            self._rates[sender] * self._sending.rate_headroom,
            self._sending.bulk_horizon_ms,
            PAIR_SECONDS,
            extra,
        )
