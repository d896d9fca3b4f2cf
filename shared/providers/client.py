"""A provider client: a dialect, the transport and one account. Owns no decision: it raises, and use cases judge."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from structlog.stdlib import BoundLogger, get_logger

from shared.ground import telemetry
from shared.ground.downloads import Origin, origin_of
from shared.ground.errors import Again, NotAccepted, OutcomeUnknown, SendError
from shared.ground.http import HttpRequest, HttpResponse, Transport
from shared.providers.account import Account
from shared.providers.checks import Finding, Probe
from shared.providers.dialect import Dialect
from shared.providers.events import EventClass, IncomingMedia, ProviderEvent, RawWebhook, StatusReported
from shared.providers.flows import RequestFlow, Result
from shared.providers.free import check_free
from shared.providers.messages import FreeMessage, Receipt, TemplateMessage
from shared.providers.preparing import Preparing
from shared.providers.reconciling import Listing, Sought
from shared.providers.templates import TemplatePage

log: BoundLogger = get_logger(__name__)

PREPARATIONS_KEPT = 1_000  # of one sender: an agent's canned questions are few


@dataclass(frozen=True, slots=True)
class ProviderClient:
    """webhook_url: the address for this sender's statuses. preparations: digest of a preparation's body → its result."""

    dialect: Dialect
    transport: Transport
    account: Account
    webhook_url: str
    preparations: dict[bytes, str] = field(default_factory=dict, repr=False, compare=False)

    # ── the account ──

    @property
    def account_key(self) -> str:
        return self.dialect.account.find_account_key(self.account)

    @property
    def names(self) -> tuple[str, ...]:
        """Names by which an event's `to` may call this sender."""
        return self.dialect.account.list_names(self.account)

    @property
    def origins(self) -> frozenset[Origin]:
        """The provider's own hosts, as they are configured."""
        return frozenset(found for url in self.account.urls.values() if (found := origin_of(url)) is not None)

    def may_speak_for(self, other: "ProviderClient") -> bool:
        """Whether a webhook that this sender's secret proves may be about the other: the same tenant's account at the same
        provider.
        """
        mine, theirs = self.account, other.account
        if mine.sender == theirs.sender:
            return True
        if self.dialect.name != other.dialect.name or mine.tenant != theirs.tenant:
            return False
        shared = self.dialect.capabilities.account_credentials
        return not shared or any(
            not set(mine.secrets.get(name, ())).isdisjoint(theirs.secrets.get(name, ())) for name in shared
        )

    async def check_account(self) -> Sequence[Finding]:
        """Ask every question that sends nothing. A question without an answer is a finding, too."""
        return [await self._check(probe) for probe in self.dialect.checks.build_probes(self.account)]

    async def _check(self, probe: Probe) -> Finding:
        try:
            response = await self.transport.send(probe.request)
        except SendError as error:
            return Finding(probe.name, False, f"The provider did not answer ({error.code}): {error.gloss}.")
        return self.dialect.checks.read_finding(self.account, probe.name, response)

    # ── out ──

    async def send_template(self, message: TemplateMessage, reference: str, send_by: float | None = None) -> Receipt:
        """One request, never repeated here. send_by: of HttpRequest.

        *Raises*: a leaf of SendError for everything that is not an acceptance.
        """
        request = self.dialect.sending.build_template(self.account, message, reference, self.webhook_url)
        return self._read_receipt(await self.transport.send(replace(request, send_by=send_by)))

    async def prepare(self, message: FreeMessage) -> str | None:
        """Register content with the provider, once for messages that differ in nothing but their recipient.

        *Raises*: InputError for content that the provider cannot carry; a leaf of SendError, never OutcomeUnknown: nothing
        is sent.
        *Effects*: keeps the results of the last 1,000 preparations used; an older one is asked for again.
        """
        check_free(self.dialect.name, message, self.dialect.capabilities)
        preparing = self.dialect.preparing
        request = None if preparing is None else preparing.build_preparation(self.account, message)
        if preparing is None or request is None:
            return None
        key = hashlib.sha256(request.body).digest()
        prepared = self.preparations.pop(key, None) or await self._prepare(preparing, request)
        self.preparations[key] = prepared  # at the end again: a dict keeps the order
        while len(self.preparations) > PREPARATIONS_KEPT:
            del self.preparations[next(iter(self.preparations))]
        return prepared

    async def _prepare(self, preparing: Preparing, request: HttpRequest) -> str:
        """Without an answer the content may exist, but the message does not: it is not accepted."""
        try:
            return preparing.read_preparation(await self.transport.send(request))
        except OutcomeUnknown as error:
            gloss = "the message could not be prepared; nothing was sent"
            raise NotAccepted(
                error.code, gloss, Again.BACK_OFF, error.throttles, error.retry_after_s, words=error.words
            ) from None

    async def send_free(
        self,
        message: FreeMessage,
        reference: str,
        prepared: str | None,
        within_s: float | None = None,
        send_by: float | None = None,
    ) -> Receipt:
        """As `send_template`. prepared: of `prepare`.  within_s: time for connecting; beyond it nothing is sent."""
        request = self.dialect.sending.build_free(self.account, message, reference, self.webhook_url, prepared)
        return self._read_receipt(
            await self.transport.send(replace(request, connect_within_s=within_s, send_by=send_by))
        )

    def _read_receipt(self, response: HttpResponse) -> Receipt:
        try:
            return self.dialect.sending.read_receipt(response)
        except SendError as error:
            self._count_unknown_code(error)
            raise

    def _count_unknown_code(self, error: SendError) -> None:
        """A code that our table lacks was judged by its HTTP status: a person should add its row."""
        if error.code.isdecimal() and error.code not in self.dialect.codes.rows:
            telemetry.UNKNOWN_CODES.labels(self.dialect.name).inc()
            log.warning("unknown_code", provider=self.dialect.name, code=error.code)

    # ── questions ──

    async def list_templates(self, after: str | None) -> TemplatePage | None:
        """A page of the sender's templates; None where the provider lists none. *Raises*: a leaf of SendError."""
        templates = self.dialect.templates
        if templates is None:
            return None
        return templates.read_page(await self.transport.send(templates.build_page_request(self.account, after)))

    async def poll(self, since: datetime | None, now: datetime) -> Iterable[ProviderEvent]:
        """Events that no webhook brings, or may have failed to bring. Iterating them may read a file.

        *Raises*: a leaf of SendError.
        """
        flow = None if self.dialect.polling is None else self.dialect.polling.poll(self.account, since, now)
        return () if flow is None else await self._run(flow)

    @property
    def lists_messages(self) -> bool:
        """Whether the provider can be asked which messages it has."""
        return self.dialect.reconciling is not None

    async def list_messages(self, sought: Sought) -> Listing | None:
        """The messages that the provider has for this address; None where it cannot be asked. *Raises*: a leaf of
        SendError.
        """
        reconciling = self.dialect.reconciling
        return None if reconciling is None else await self._run(reconciling.list_messages(self.account, sought))

    async def locate_file(self, media: IncomingMedia) -> HttpRequest:
        """The request that fetches a contact's file. *Raises*: a leaf of SendError; Gone."""
        return await self._run(self.dialect.files.locate(self.account, media))

    async def _run(self, flow: RequestFlow[Result]) -> Result:
        try:
            request = next(flow)
            while True:
                request = flow.send(await self.transport.send(request))
        except StopIteration as end:
            result: Result = end.value
            return result

    # ── in ──

    def answer_handshake(self, query: Mapping[str, str]) -> str:
        """*Raises*: WebhookRejected."""
        return self.dialect.signing.answer_handshake(self.account, query)

    def authenticate(self, webhook: RawWebhook) -> None:
        """*Raises*: WebhookRejected."""
        self.dialect.signing.authenticate(self.account, webhook)

    def classify(self, webhook: RawWebhook) -> EventClass:
        return self.dialect.webhooks.classify(webhook)

    def read_events(self, webhook: RawWebhook) -> Sequence[ProviderEvent]:
        """*Effects*: counts codes that no table has."""
        events = self.dialect.webhooks.read_events(webhook)
        for event in events:
            if isinstance(event, StatusReported) and event.error is not None:
                self._count_unknown_code(event.error)
        return events
