"""The words that all providers share, and the shape of a dialect. Owns no wire: each provider's own package does.

A dialect is pure: message → request, response → receipt or error, raw webhook → events, signature check. No I/O,
storage, retries or logging. `client.ProviderClient` adds the one transport and an account.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shared.errors import BY_DISPOSITION, Again, Disposition, SendError
from shared.http import HttpRequest as HttpRequest  # noqa: PLC0414 (a dialect's words come from this module)
from shared.http import HttpResponse as HttpResponse  # noqa: PLC0414
from shared.ids import SenderId, TenantId

# ── our side of the wire ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Account:
    """One sender's credentials at its provider, resolved (no `env:` any more). Never logged.

    secrets: each name holds one or more values, newest first; more than one while a secret is being rotated.
    options: the provider's non-secret settings (namespace, channel, …).
    urls: bases by name; `api_base` is always there.
    """

    provider: str
    tenant: TenantId
    sender: SenderId
    address: str
    urls: Mapping[str, str]
    secrets: Mapping[str, tuple[str, ...]] = field(repr=False)
    options: Mapping[str, str] = field(default_factory=dict)

    def secret(self, name: str) -> str:
        """The newest value. *Raises*: KeyError, which the dialect's `required` names prevent at start."""
        return self.secrets[name][0]


@dataclass(frozen=True, slots=True)
class TemplateMessage:
    """One template to one contact.

    to: `+<E.164>` or a BSUID.  parameters: placeholder name → text, complete for the template, in its order.
    provider_id: the provider's own id of the template, where it has one (Twilio's ContentSid).
    """

    to: str
    name: str
    language: str
    provider_id: str | None
    parameters: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider's acceptance. `recipient`: the address it will really use, where it says so."""

    provider_message_id: str
    recipient: str | None = None


# ── the provider's side of the wire ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class RawWebhook:
    """A request to our webhook port as it came in.

    url: the public URL as the provider called it: configured base + raw path and query, byte for byte.
    headers: names in lower case.
    """

    url: str
    query: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    received_at: datetime


class DeliveryStatus(StrEnum):
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StatusReported:
    """A later word of the provider about one message.

    reference: our own, still signed, where the provider carried it back.
    error: set when status is FAILED; its class is the disposition.
    """

    status: DeliveryStatus
    provider_message_id: str
    reference: str | None
    at: datetime
    error: SendError | None = None


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """A kind of event that means nothing to us (yet): kept, counted by `kind`, ignored. `kind` never holds content."""

    kind: str


ProviderEvent = StatusReported | Unrecognised


class EventClass(StrEnum):
    """The queue an event waits in: what a person said goes before what a machine reports."""

    INBOUND = "inbound"
    STATUS = "status"


# ── tables ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Code:
    """One row of a provider's table of codes. source: where the row's meaning was read."""

    code: str
    gloss: str
    disposition: Disposition
    again: Again
    source: str
    throttles: bool = False

    def error(self, retry_after_s: float | None = None) -> SendError:
        return BY_DISPOSITION[self.disposition](self.code, self.gloss, self.again, self.throttles, retry_after_s)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a provider's wire can carry, and what must be configured to use it.

    required: names that `credentials` must hold.  optional: names that it may hold.
    default_urls: bases used unless the sender's configuration moves them.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...]
    default_urls: Mapping[str, str]
    lists_templates: bool
    signs_webhooks: bool


class Dialect(Protocol):
    """What a provider package exposes as `DIALECT`. Every method is pure and total as documented."""

    name: str
    capabilities: Capabilities
    codes: Mapping[str, Code]

    def account_key(self, account: Account) -> str:
        """The provider's account that rate limits count against; not a secret, safe in a key and a metric."""
        ...

    def template_request(
        self, account: Account, message: TemplateMessage, reference: str, webhook_url: str
    ) -> HttpRequest:
        """The exact request. webhook_url: where statuses should go, without our reference."""
        ...

    def receipt(self, response: HttpResponse) -> Receipt:
        """*Raises*: a leaf of SendError for everything that is not an acceptance. Total on arbitrary responses."""
        ...

    def authenticate(self, account: Account, webhook: RawWebhook) -> None:
        """*Raises*: WebhookRejected. In constant time; any configured secret will do."""
        ...

    def classify(self, webhook: RawWebhook) -> EventClass:
        """Which queue the body waits in. Cheap, total, and only a matter of order."""
        ...

    def events(self, webhook: RawWebhook) -> Sequence[ProviderEvent]:
        """The normalised events, in the body's order. Total on arbitrary bytes: what cannot be read is Unrecognised."""
        ...
