"""The interface of a dialect: one provider's wire. Owns no wire; the packages `twilio wavy hey meta` implement it.

A dialect is pure: request → submission, decision → response, status or contact's message → webhook. It decides nothing
about chance or time. It keeps only one thing by itself: contents that the client creates, in the memory.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from workers.simulator.contacts import StatusStep
from workers.simulator.conversations import Keyword
from workers.simulator.http_values import CombineWebhooks, HttpRequest, HttpResponse, WebhookRequest
from workers.simulator.inbound_message import InboundMessage, SenderEndpoint
from workers.simulator.memory import Memory
from workers.simulator.messages import Message, Refusal, Submission, WebhookTarget
from workers.simulator.news import News, TemplateNews
from workers.simulator.script import Script

NewId = Callable[[], str]
"""Returns 32 hexadecimal digits, never the same twice."""


@dataclass(frozen=True, slots=True)
class LookupContext:
    """The state that every request but a send is answered from."""

    script: Script
    memory: Memory
    at_us: int
    new_id: NewId


@dataclass(frozen=True, slots=True)
class Route:
    """A route beside the one for sending. path: an aiohttp route path.  *Effects* (handle): on the memory alone."""

    method: str
    path: str
    handle: Callable[[HttpRequest, LookupContext], HttpResponse]


class NewsDialect(Protocol):
    """A provider's webhooks about templates and numbers, and its handshake with the client's webhook URL."""

    def build_webhook(self, news: News, script: Script, url: str, at_us: int) -> WebhookRequest:
        """The exact request, signed as the provider signs."""
        ...

    def find_new_status(self, news: TemplateNews) -> str | None:
        """The template's status after these news; None if they leave it unchanged."""
        ...

    def build_handshake_query(self, script: Script, challenge: str) -> Mapping[str, str]:
        """The query of a GET whose response must be the challenge alone."""
        ...


class Dialect(Protocol):
    """One provider's wire. send_path: an aiohttp route path.

    not_on_whatsapp: the status code for a recipient who has no WhatsApp.
    outside_window: the status code for a free-form message outside the 24-hour window.
    opted_out: the code, in a refusal or a status, for a contact who has opted out.
    combine: joins several webhooks of one kind to one URL into one request; None if the provider sends each alone.
    news: None if the provider has no webhooks about templates, preferences, forms and reactions.
    """

    name: str
    send_path: str
    not_on_whatsapp: str
    outside_window: str
    opted_out: str
    refuses_opted_out: bool
    routes: Sequence[Route]

    @property
    def combine(self) -> CombineWebhooks | None: ...

    @property
    def news(self) -> NewsDialect | None: ...

    def read(self, request: HttpRequest, script: Script, memory: Memory) -> Submission | HttpResponse:
        """Total on arbitrary bytes: every mistake becomes the submission's refusal.

        A request that submits no message (a read receipt) gets its response at once and is counted nowhere.
        """
        ...

    def choose_first_status(self, submission: Submission) -> str:
        """The status of a message just after its acceptance."""
        ...

    def make_message_id(self, unique: str) -> str:
        """The provider's kind of id around 32 hexadecimal digits, for either direction."""
        ...

    def parse_target(self, url: str) -> WebhookTarget:
        """A URL as a client gives it, with the retry policy that the provider reads in it."""
        ...

    def match_keyword(self, words: str) -> Keyword | None:
        """The opt-out keyword that the provider itself would obey."""
        ...

    def build_receipt(self, message: Message) -> HttpResponse:
        """The response to an accepted request."""
        ...

    def make_refusal(self, code: str, http_status: int | None = None, retry_after_s: int | None = None) -> Refusal:
        """The provider's refusal with this code; http_status: its usual one if None."""
        ...

    def make_throttle(self, retry_after_s: int | None) -> Refusal:
        """The refusal of a request above the rate."""
        ...

    def make_internal_error(self) -> Refusal:
        """The provider's own failure (500), after which the client cannot know whether the message was accepted."""
        ...

    def build_refusal_response(self, refusal: Refusal) -> HttpResponse:
        """The response that carries a refusal."""
        ...

    def build_status_webhook(self, message: Message, target: WebhookTarget, step: StatusStep) -> WebhookRequest:
        """The exact request that reports one status, signed as the provider signs."""
        ...

    def build_inbound_webhook(
        self, message: InboundMessage, endpoint: SenderEndpoint, *, forged: bool
    ) -> WebhookRequest:
        """The exact request that brings a contact's message, signed as the provider signs."""
        ...
