"""The senders of this installation: each one's account at its provider, its owner, and its pace in this process."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.ground.http import Transport
from shared.ground.ids import SenderId, TenantId
from shared.providers.client import ProviderClient
from shared.providers.registry import get_dialect
from shared.senders.limits.pacer import Permits, SlotSource
from shared.senders.limits.pacers import Pacers, Pacing
from workers.wiring.ground import Ground


@dataclass(frozen=True, slots=True)
class Senders:
    """rates: as configured, messages per second. permits: of campaigns' requests; replies have `reply_permits`."""

    clients: Mapping[SenderId, ProviderClient]
    owners: Mapping[SenderId, TenantId]
    rates: Mapping[SenderId, float]
    permits: Permits
    reply_permits: Permits
    pacers: Pacers


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
        owners={sender.sender_id: sender.tenant_id for sender in settings.senders},
        rates=rates,
        permits=permits,
        reply_permits=reply_permits,
        pacers=Pacers(slots, permits, reply_permits, accounts, rates, pacing),
    )
