"""The senders of this installation: each one's account at its provider, its owner, and its pace in this process."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from shared.ground.http import Transport
from shared.ground.ids import SenderId, TenantId
from shared.providers.client import ProviderClient
from shared.providers.registry import get_dialect
from shared.senders.limits.pacer import SlotSource
from shared.senders.limits.pacers import Pacers, Pacing
from shared.senders.limits.permits import Permits
from shared.senders.limits.store import LimitStore
from shared.senders.throttling import Throttling
from workers.wiring.ground import Ground


@dataclass(frozen=True, slots=True)
class Senders:
    """rates: as configured, messages per second. permits: of campaigns' requests; replies have `reply_permits`.

    accounts: account key by sender.  pacing: how a configured rate becomes the paced one.
    """

    clients: Mapping[SenderId, ProviderClient]
    accounts: Mapping[SenderId, str]
    owners: Mapping[SenderId, TenantId]
    rates: Mapping[SenderId, float]
    permits: Permits
    reply_permits: Permits
    pacers: Pacers
    pacing: Pacing

    def gloss_of(self, sender: SenderId, code: str) -> str | None:
        """Our words for a code of the sender's provider; None for a code that its tables lack."""
        client = self.clients.get(sender)
        codes = None if client is None else client.dialect.codes
        row = None if codes is None else codes.rows.get(code) or codes.statuses.get(code)
        return None if row is None else row.gloss


def wire_throttling(ground: Ground, senders: Senders, limits: LimitStore) -> Throttling:
    max_hold = timedelta(seconds=ground.settings.timing.max_hold_seconds)
    return Throttling(limits, senders.accounts, max_hold, ground.now)


def wire_clients(ground: Ground, transport: Transport) -> Mapping[SenderId, ProviderClient]:
    """*Raises*: ConfigurationError."""
    settings = ground.settings
    return {
        sender: ProviderClient(get_dialect(account.provider), transport, account, settings.webhook_url(account))
        for sender, account in settings.accounts().items()
    }


def wire_senders(ground: Ground, clients: Mapping[SenderId, ProviderClient], slots: SlotSource) -> Senders:
    settings, sending = ground.settings, ground.settings.sending
    permits, reply_permits = Permits(sending.in_flight), Permits(sending.in_flight)
    rates = {sender.sender_id: sender.rate_per_second for sender in settings.senders}
    accounts = {sender: client.account_key for sender, client in clients.items()}
    pacing = Pacing(sending.rate_headroom, sending.slot_tolerance_ms, sending.bulk_horizon_ms)
    return Senders(
        clients=clients,
        accounts=accounts,
        owners={sender.sender_id: sender.tenant_id for sender in settings.senders},
        rates=rates,
        permits=permits,
        reply_permits=reply_permits,
        pacers=Pacers(slots, permits, reply_permits, accounts, rates, pacing),
        pacing=pacing,
    )
