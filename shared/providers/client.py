"""A provider client: a dialect, the transport and one account. Owns no decision: what it raises, use cases judge."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from structlog.stdlib import BoundLogger, get_logger

from shared.ground import telemetry
from shared.ground.downloads import Origin, origin_of
from shared.ground.errors import Again, NotAccepted, OutcomeUnknown, SendError
from shared.ground.http import HttpRequest, HttpResponse, Transport
from shared.providers.base import Account, Conversation, Dialect, Finding, Probe, TemplatePage, Told
from shared.providers.events import EventClass, IncomingMedia, ProviderEvent, RawWebhook, StatusReported
from shared.providers.free import check_free
from shared.providers.messages import FreeMessage, Receipt, TemplateMessage

log: BoundLogger = get_logger(__name__)

PREPARED_KEPT = 1_000  # of one sender: an agent's canned questions are few


@dataclass(frozen=True, slots=True)
class ProviderClient:
    """webhook_url: where this sender's statuses should go. prepared: answers to preparations, by what was asked."""

    dialect: Dialect
    transport: Transport
    account: Account
    webhook_url: str
    prepared: dict[bytes, str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def account_key(self) -> str:
        return self.dialect.account_key(self.account)

    @property
    def names(self) -> tuple[str, ...]:
        """What an event's `to` may call this sender."""
        return self.dialect.names(self.account)

    @property
    def origins(self) -> frozenset[Origin]:
        """Where the provider itself is, as it is configured."""
        return frozenset(found for url in self.account.urls.values() if (found := origin_of(url)) is not None)

    def is_akin(self, other: "ProviderClient") -> bool:
        """Whether one's webhook may speak for the other: the same provider, and the same tenant's."""
        return self.dialect.name == other.dialect.name and self.account.tenant == other.account.tenant

    async def send_template(self, message: TemplateMessage, reference: str) -> Receipt:
        """One request, never repeated here. *Raises*: a leaf of SendError for all that is not an acceptance."""
        request = self.dialect.template_request(self.account, message, reference, self.webhook_url)
        return self._receipt(await self.transport.send(request))

    async def prepare(self, message: FreeMessage) -> str | None:
        """What the provider must be told before the message, once for messages that differ in nothing but their recipient.

        *Raises*: InputError for what the provider cannot carry; a leaf of SendError, never OutcomeUnknown: nothing is sent.
        *Effects*: what was not used for longest is forgotten, and would be asked again.
        """
        check_free(self.dialect.name, message, self.dialect.capabilities)
        request = self.dialect.preparation(self.account, message)
        if request is None:
            return None
        key = hashlib.sha256(request.body).digest()
        answer = self.prepared.pop(key, None) or await self._ask(request)
        self.prepared[key] = answer  # at the end again: a dict keeps the order
        while len(self.prepared) > PREPARED_KEPT:
            del self.prepared[next(iter(self.prepared))]
        return answer

    async def send_free(
        self, message: FreeMessage, reference: str, prepared: str | None, within_s: float | None = None
    ) -> Receipt:
        """As `send_template`. prepared: of `prepare`.  within_s: how long a connection may take; then nothing is sent."""
        request = self.dialect.free_request(self.account, message, reference, self.webhook_url, prepared)
        return self._receipt(await self.transport.send(replace(request, connect_within_s=within_s)))

    def _receipt(self, response: HttpResponse) -> Receipt:
        try:
            return self.dialect.receipt(response)
        except SendError as error:
            self._count_unknown(error)
            raise

    def _count_unknown(self, error: SendError) -> None:
        """A code of the provider's that no table of ours has was judged by its HTTP status, and somebody should know."""
        if error.code.isdecimal() and error.code not in self.dialect.codes:
            telemetry.UNKNOWN_CODES.labels(self.dialect.name).inc()
            log.warning("unknown_code", provider=self.dialect.name, code=error.code)

    async def _ask(self, request: HttpRequest) -> str:
        """Silence says nothing about what was asked, and that the message was not accepted: it has not been sent."""
        try:
            return self.dialect.prepared(await self.transport.send(request))
        except OutcomeUnknown as error:
            gloss = "the message could not be prepared; nothing was sent"
            raise NotAccepted(error.code, gloss, Again.BACK_OFF, error.throttles, error.retry_after_s) from None

    async def list_templates(self, after: str | None) -> TemplatePage | None:
        """A page of the sender's templates; None where the provider lists none. *Raises*: a leaf of SendError."""
        request = self.dialect.templates_request(self.account, after)
        return None if request is None else self.dialect.templates_page(await self.transport.send(request))

    async def news(self, since: datetime | None, now: datetime) -> Sequence[ProviderEvent]:
        """What the provider tells only when it is asked. *Raises*: a leaf of SendError."""
        conversation = self.dialect.news(self.account, since, now)
        return () if conversation is None else await self._told(conversation)

    async def file_request(self, media: IncomingMedia) -> HttpRequest:
        """What fetches a file that a contact sent. *Raises*: a leaf of SendError; Gone."""
        return await self._told(self.dialect.file(self.account, media))

    async def _told(self, conversation: Conversation[Told]) -> Told:
        try:
            request = next(conversation)
            while True:
                request = conversation.send(await self.transport.send(request))
        except StopIteration as end:
            told: Told = end.value
            return told

    async def examine(self) -> Sequence[Finding]:
        """All that can be asked about the account without sending; silence is a finding, too."""
        return [await self._examine(probe) for probe in self.dialect.probes(self.account)]

    async def _examine(self, probe: Probe) -> Finding:
        try:
            response = await self.transport.send(probe.request)
        except SendError as error:
            return Finding(probe.name, False, f"The provider did not answer ({error.code}): {error.gloss}.")
        return self.dialect.finding(self.account, probe.name, response)

    def authenticate(self, webhook: RawWebhook) -> None:
        """*Raises*: WebhookRejected."""
        self.dialect.authenticate(self.account, webhook)

    def classify(self, webhook: RawWebhook) -> EventClass:
        return self.dialect.classify(webhook)

    def events(self, webhook: RawWebhook) -> Sequence[ProviderEvent]:
        events = self.dialect.events(webhook)
        for event in events:
            if isinstance(event, StatusReported) and event.error is not None:
                self._count_unknown(event.error)
        return events
