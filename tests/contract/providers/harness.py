"""The tables that a provider contributes to its contract suite. The tests add the rows that every provider owes.

A provider's module holds one `ProviderCases`; `providers.py` lists them.
"""

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from config.accounts import is_secret
from shared.ground.errors import Again, Disposition, SendError
from shared.ground.http import HttpRequest, HttpResponse
from shared.providers.account import Account
from shared.providers.dialect import Dialect
from shared.providers.events import (
    ContentKind,
    DeliveryStatus,
    EventClass,
    IncomingMedia,
    ProviderEvent,
    RawWebhook,
    StatusReported,
)
from shared.providers.messages import FreeMessage, Receipt, TemplateMessage
from shared.providers.templates import TemplatePage

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
REFERENCE = "cabcdefghijklmnop.17.1.qrstuvwx"


@dataclass(frozen=True)
class Failure:
    """A SendError by value. retry_after_s and throttles as in SendError; the gloss is free."""

    disposition: Disposition
    code: str
    again: Again = Again.NEVER
    throttles: bool = False
    retry_after_s: float | None = None
    closes_window: bool = False
    scope: str = "all"
    wait_s: float = 0.0


def read_failure(error: SendError) -> Failure:
    return Failure(
        error.disposition, error.code, error.again, error.throttles, error.retry_after_s, error.closes_window,
        error.scope, error.wait_s,
    )  # fmt: skip


@dataclass(frozen=True)
class Reported:
    """A StatusReported by value: exceptions compare by identity."""

    status: DeliveryStatus
    provider_message_id: str
    reference: str | None
    at: datetime
    error: Failure | None = None
    addresses: tuple[str, ...] = ()
    price_category: str | None = None


Expected = Reported | ProviderEvent
NOTES = frozenset({ContentKind.PAYMENT, ContentKind.REVOKED, ContentKind.HANDOVER})  # kinds of what is no message


def make_comparable(event: ProviderEvent) -> Expected:
    if isinstance(event, StatusReported):
        error = read_failure(event.error) if event.error else None
        return Reported(
            event.status, event.provider_message_id, event.reference, event.at, error, event.addresses,
            event.price_category,
        )  # fmt: skip
    return event


@dataclass(frozen=True)
class RequestCase:
    name: str
    account: Account
    message: TemplateMessage
    webhook_url: str
    expected: HttpRequest


@dataclass(frozen=True)
class FreeCase:
    """preparation: the request that comes first; made: its answer; prepared: the value in that answer."""

    name: str
    message: FreeMessage
    expected: HttpRequest
    preparation: HttpRequest | None = None
    made: HttpResponse | None = None
    prepared: str | None = None


@dataclass(frozen=True)
class AnswerCase:
    name: str
    response: HttpResponse
    expected: Receipt | Failure


@dataclass(frozen=True)
class WebhookCase:
    name: str
    webhook: RawWebhook
    queue: EventClass
    expected: Sequence[Expected]


@dataclass(frozen=True)
class HandshakeCase:
    """challenge: the answer; None when the handshake is rejected."""

    name: str
    query: Mapping[str, str]
    challenge: str | None


@dataclass(frozen=True)
class PageCase:
    """The answer to a question for templates."""

    name: str
    response: HttpResponse
    expected: TemplatePage | Failure


@dataclass(frozen=True)
class FindingCase:
    """says: words that the text must have."""

    name: str
    probe: str
    response: HttpResponse
    is_good: bool
    says: Sequence[str] = ()


@dataclass(frozen=True)
class FileCase:
    """A contact's file. exchanges: requests that come first, and their answers. expected: the request that fetches it;
    GONE, where the provider has it no longer.
    """

    name: str
    media: IncomingMedia
    expected: HttpRequest | Failure | str
    exchanges: Sequence[tuple[HttpRequest, HttpResponse]] = ()


GONE = "gone"


def sign_nothing(raw: RawWebhook, _secret: str) -> RawWebhook:
    """For a provider that signs nothing."""
    return raw


@dataclass(frozen=True)
class ProviderCases:
    """account: holds two values of the secret that signs webhooks, where there is one.

    accepted: a whole answer that accepts, and its receipt.
    codes: code → the failure that a refusal with it is, written down once more and apart from the dialect's table.
    answer_with, status_with: this provider's refusal with a code, as an answer (None: its refusals have no codes) and as a
    status.  unsendable: code → an account and a message that is refused with it before any request.
    accepting: the HTTP statuses that may accept.
    signed: the webhook with a right signature under that secret, by an implementation of the suite's own.
    newest_secret, older_secret: values of the signing secret; wrong_secret: none of them.
    free: every feature that the dialect declares, in use.  kinds: of contacts' messages that the wire can express.
    knows_user_ids: whether the wire can name a contact that has no phone number.
    handshakes: of a provider that verifies our URL; the others reject every handshake.
    files: requests for contacts' files.  file_hosts: the provider's own, beside its configured ones.
    answer_with_link: the answer to a question for a link, where there is such a question.
    lists: `after` of a page of templates → its request; pages: answers.  probes: all of them; findings: answers.
    """

    dialect: Dialect
    account: Account
    message: TemplateMessage
    accepted: HttpResponse
    receipt: Receipt
    requests: Sequence[RequestCase]
    answers: Sequence[AnswerCase]
    webhooks: Sequence[WebhookCase]
    codes: Mapping[str, Failure]
    unknown_code: str
    answer_with: Callable[[str], HttpResponse] | None
    status_with: Callable[[str], RawWebhook]
    unsigned: RawWebhook
    unsendable: Mapping[str, tuple[Account, TemplateMessage | FreeMessage]] = field(default_factory=dict)
    signature_header: str = "x-none"
    signed: Callable[[RawWebhook, str], RawWebhook] = sign_nothing
    newest_secret: str = ""
    older_secret: str = ""
    wrong_secret: str = ""
    accepting: frozenset[int] = frozenset(range(200, 300))
    free: Sequence[FreeCase] = ()
    kinds: frozenset[ContentKind] = frozenset(ContentKind) - NOTES
    knows_user_ids: bool = True
    handshakes: Sequence[HandshakeCase] = ()
    files: Sequence[FileCase] = ()
    file_hosts: Sequence[str] = ()
    answer_with_link: Callable[[str], HttpResponse] | None = None
    lists: Mapping[str | None, HttpRequest] = field(default_factory=dict)
    pages: Sequence[PageCase] = ()
    probes: Mapping[str, HttpRequest] = field(default_factory=dict)
    findings: Sequence[FindingCase] = ()

    def account_at(self, url: str) -> Account:
        return replace(self.account, urls=dict.fromkeys(self.account.urls, url))


def make_webhook(url: str, body: bytes, headers: Mapping[str, str] | None = None) -> RawWebhook:
    return RawWebhook(url, urlsplit(url).query, headers or {}, body, NOON)


def collect_text(error: BaseException) -> str:
    """All that a careless log line could show of an error."""
    return "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))


def assert_nothing_private(text: str, cases: ProviderCases) -> None:
    """No secret, no number of the recipient, no parameter of the message."""
    secrets = [value for name, values in cases.account.secrets.items() if is_secret(name) for value in values]
    for private in (*secrets, cases.message.to.lstrip("+"), *cases.message.parameters.values()):
        assert private not in text


def name_cases(cases: Sequence[tuple[ProviderCases, object]]) -> list[object]:
    """Parameters with readable ids: provider-case."""
    return [
        pytest.param(provider, case, id=f"{provider.dialect.name}-{getattr(case, 'name', case)}")
        for provider, case in cases
    ]
