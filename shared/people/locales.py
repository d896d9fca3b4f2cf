"""Locales: the country of numbers without `+`, and the zone of times without an offset."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.campaigns.model import Campaign
from shared.ground.ids import SenderId, TenantId


@dataclass(frozen=True, slots=True)
class Locale:
    """region: ISO 3166 alpha-2, None to accept international numbers only. timezone: such as `America/Montevideo`."""

    region: str | None = None
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Locales:
    """senders: the regions of senders that have their own."""

    tenants: Mapping[TenantId, Locale]
    senders: Mapping[SenderId, str] = field(default_factory=dict)

    def region(self, tenant: TenantId, sender: SenderId | None = None) -> str | None:
        """The sender's, else the tenant's."""
        own = None if sender is None else self.senders.get(sender)
        return own or self._of(tenant).region

    def region_of(self, campaign: Campaign) -> str | None:
        """The campaign's own, else its sender's, else the tenant's."""
        return campaign.rules.region or self.region(campaign.tenant, campaign.sender)

    def timezone(self, tenant: TenantId) -> str:
        return self._of(tenant).timezone

    def _of(self, tenant: TenantId) -> Locale:
        return self.tenants.get(tenant, Locale())
