"""The shape of a dialect: what it promises, what it may ask, and the account that it speaks for. Owns no wire: each
provider's own package does; what is said and told is in `messages` and `events`.

A dialect is pure: message → request, response → receipt or error, raw webhook → events, signature check. No I/O,
storage, retries or logging. `client.ProviderClient` adds the one transport and an account.

A contact's address is `+<E.164>` or a business-scoped user id (BSUID, `US.13491208655302741918`): every dialect says it
so, whatever its wire's own decoration.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar

from shared.ground.errors import BY_DISPOSITION, Again, Disposition, Refused, SendError
from shared.ground.http import HttpRequest as HttpRequest  # noqa: PLC0414 (a dialect's words come from this module)
from shared.ground.http import HttpResponse as HttpResponse  # noqa: PLC0414
from shared.ground.ids import SenderId, TenantId
from shared.providers.events import EventClass, IncomingMedia, ProviderEvent, RawWebhook
from shared.providers.messages import FreeMessage, Receipt, TemplateMessage

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


# ── what can be asked without sending ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ListedButton:
    """kind: `quick_reply`, `url`, `phone`, `copy_code`, or the provider's own word. text: its title. takes: whether each
    send gives it a parameter (a payload, or what is put behind its URL).
    """

    kind: str
    text: str
    takes: bool = False


@dataclass(frozen=True, slots=True)
class ListedTemplate:
    """A template as its provider lists it.

    status, category, quality: the words of `shared.templates.model`, None where the provider does not say; a status that
    we do not know is `pending`, with which nothing starts.  body: with placeholders `{{1}}` or `{{name}}`, those of a
    header or a button that is a variable like any other included.  header: `text`, `image`, `video`, `document` or None;
    header_text: of a text, with its placeholder.
    """

    name: str
    language: str
    provider_id: str | None
    status: str
    category: str
    body: str
    quality: str | None = None
    header: str | None = None
    header_text: str = ""
    buttons: tuple[ListedButton, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TemplatePage:
    """next: what the next page is asked by, None at the end."""

    templates: Sequence[ListedTemplate]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """A question to the provider that sends nothing to anybody. name: what it is about: `credentials`, `number` …"""

    name: str
    request: HttpRequest


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to a probe, in a sentence for a person: what is there, or what is wrong and what to do. No secrets."""

    name: str
    is_good: bool
    said: str


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
    closes_window: bool = False
    scope: str = "all"
    wait_s: float = 0.0

    def error(self, retry_after_s: float | None = None) -> SendError:
        return BY_DISPOSITION[self.disposition](
            self.code,
            self.gloss,
            self.again,
            self.throttles,
            retry_after_s,
            self.closes_window,
            self.scope,
            self.wait_s,
        )


class Feature(StrEnum):
    """What a wire may or may not carry. Each is what a person would ask for, in a sentence with "cannot send …"."""

    TEXT = "free text"
    MEDIA = "files"
    QUICK_REPLIES = "quick replies"
    LISTS = "lists of choices"
    REPLY_TO = "answers to one message"
    NAMED_PARAMETERS = "templates with named placeholders"
    HEADERS = "template headers with placeholders"
    BUTTONS = "template buttons with parameters"


@dataclass(frozen=True, slots=True)
class Limits:
    """Characters and counts beyond which the provider refuses. Source: each provider's own pages."""

    text: int
    caption: int = 1_024
    quick_replies: int = 3
    title: int = 20
    list_rows: int = 10
    row_title: int = 24
    row_description: int = 72


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a provider's wire can carry, and what must be configured to use it.

    required: names that `credentials` must hold.  optional: names that it may hold.
    default_urls: bases used unless the sender's configuration moves them.
    webhook_status: what the provider wants to be answered; the body is empty.
    receipts_have_ids: whether a success without the message's id is in doubt; else the id comes by webhook.
    user_ids: whether a contact may be named by WhatsApp's user id, where it has no number.
    shares_webhooks: whether one URL may be told of numbers that are not ours; such an event is nobody's here.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...]
    default_urls: Mapping[str, str]
    lists_templates: bool
    signs_webhooks: bool
    webhook_status: int = 200
    receipts_have_ids: bool = True
    user_ids: bool = False
    shares_webhooks: bool = False
    features: frozenset[Feature] = frozenset()
    limits: Limits = Limits(text=4_096)


Told = TypeVar("Told")

Conversation = Generator[HttpRequest, HttpResponse, Told]
"""Questions that build on each other's answers: yields requests, is sent their responses, and returns what they told."""

News = Conversation[Sequence[ProviderEvent]]


def no_news(_account: Account, _since: datetime | None, _now: datetime) -> News | None:
    """For a dialect whose webhooks tell everything."""
    return None


def file_by_link(_account: Account, media: IncomingMedia) -> Conversation[HttpRequest]:
    """For a dialect whose links open by themselves: they are told no credentials."""
    yield from ()
    return HttpRequest("GET", link_of(media), {}, b"")


def link_of(media: IncomingMedia) -> str:
    """*Raises*: Refused where there is none."""
    if not media.url:
        raise Refused("no-link", "the provider told no address of the file")
    return media.url


class Dialect(Protocol):
    """What a provider package exposes as `DIALECT`. Every method is pure and total as documented."""

    name: str
    capabilities: Capabilities
    codes: Mapping[str, Code]

    def account_key(self, account: Account) -> str:
        """The provider's account that rate limits count against; not a secret, safe in a key and a metric."""
        ...

    def names(self, account: Account) -> tuple[str, ...]:
        """What an event's `to` may call this sender."""
        ...

    def same_message(self, one: str, other: str) -> bool:
        """Whether two of the provider's ids name one message."""
        ...

    # ── out ──

    def template_request(
        self, account: Account, message: TemplateMessage, reference: str, webhook_url: str
    ) -> HttpRequest:
        """The exact request. webhook_url: where statuses should go, without our reference.

        *Raises*: TemplateUnusable for a template that this wire cannot name.
        """
        ...

    def preparation(self, account: Account, message: FreeMessage) -> HttpRequest | None:
        """A request that must be answered before `free_request`, or None where nothing is to be prepared. It may be sent
        twice, and its answer used for every message that differs in nothing but `to` and `reply_to`.
        """
        ...

    def prepared(self, response: HttpResponse) -> str:
        """What `free_request` needs of the answer to a preparation. *Raises*: as `receipt`; never OutcomeUnknown, since
        nothing was sent.
        """
        ...

    def free_request(
        self, account: Account, message: FreeMessage, reference: str, webhook_url: str, prepared: str | None
    ) -> HttpRequest:
        """The exact request for a message that `capabilities` allow."""
        ...

    def receipt(self, response: HttpResponse) -> Receipt:
        """*Raises*: a leaf of SendError for everything that is not an acceptance. Total on arbitrary responses."""
        ...

    # ── asked ──

    def templates_request(self, account: Account, after: str | None) -> HttpRequest | None:
        """A page of the sender's templates, the first or the one behind `after`; None where the provider lists none."""
        ...

    def templates_page(self, response: HttpResponse) -> TemplatePage:
        """*Raises*: as `receipt`. Total on arbitrary responses; a template that cannot be read is left out."""
        ...

    def news(self, account: Account, since: datetime | None, now: datetime) -> News | None:
        """What the provider knows and no webhook tells, or may have failed to tell; None where there is nothing to ask.
        since: when it was asked last, None when never.
        Events that were told before are told again, and change nothing.

        *Raises* (while it goes on): as `receipt`; never OutcomeUnknown, since nothing was sent.
        """
        ...

    def file(self, account: Account, media: IncomingMedia) -> Conversation[HttpRequest]:
        """What fetches a file that a contact sent, once all is asked that has to be. Credentials are in a request to the
        provider's own hosts only, and then in its headers.

        *Raises* (while it goes on): a leaf of SendError, also where nothing is known to fetch it by; Gone.
        """
        ...

    def probes(self, account: Account) -> Sequence[Probe]:
        """All that can be asked about an account without sending."""
        ...

    def finding(self, account: Account, probe: str, response: HttpResponse) -> Finding:
        """What the answer to a probe says. Total on arbitrary responses."""
        ...

    # ── in ──

    def handshake(self, account: Account, query: Mapping[str, str]) -> str:
        """The text that answers a GET by which the provider makes sure of us. *Raises*: WebhookRejected, also where the
        provider never asks.
        """
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
