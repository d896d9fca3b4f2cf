"""A provider client: a dialect, the transport and one account. Owns no decision: what it raises, use cases judge."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.http import Transport
from shared.providers.base import (
    Account,
    Dialect,
    EventClass,
    ProviderEvent,
    RawWebhook,
    Receipt,
    TemplateMessage,
)


@dataclass(frozen=True, slots=True)
class ProviderClient:
    """webhook_url: where this sender's statuses should go."""

    dialect: Dialect
    transport: Transport
    account: Account
    webhook_url: str

    @property
    def account_key(self) -> str:
        return self.dialect.account_key(self.account)

    async def send_template(self, message: TemplateMessage, reference: str) -> Receipt:
        """One request, never repeated here. *Raises*: a leaf of SendError for all that is not an acceptance."""
        request = self.dialect.template_request(self.account, message, reference, self.webhook_url)
        return self.dialect.receipt(await self.transport.send(request))

    def authenticate(self, webhook: RawWebhook) -> None:
        """*Raises*: WebhookRejected."""
        self.dialect.authenticate(self.account, webhook)

    def classify(self, webhook: RawWebhook) -> EventClass:
        return self.dialect.classify(webhook)

    def events(self, webhook: RawWebhook) -> Sequence[ProviderEvent]:
        return self.dialect.events(webhook)
