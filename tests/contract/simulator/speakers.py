"""Our own clients at the simulator: what each provider's account, script and template are, and what comes back, decoded."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared.ground.errors import SendError
from shared.ground.http import HttpTimeouts, HttpTransport
from shared.ground.ids import SenderId, TenantId
from shared.providers.account import Account
from shared.providers.client import ProviderClient
from shared.providers.events import DeliveryStatus, MessageReceived, ProviderEvent, RawWebhook, StatusReported
from shared.providers.messages import FreeMessage, Receipt, TemplateMessage
from shared.providers.registry import get_dialect
from tests.contract.simulator.client import ACCOUNT, CONTACT, SENDER, TEMPLATE, TOKEN, Client, simulated
from tests.contract.simulator.receiver import Received, Receiver, receiving
from tests.factories import say

REFERENCE = "cabcdefghijklmnop.17.1.qrstuvwx"
PATIENTLY = "#rt=15000"  # a busy machine may need longer than Wavy waits
STATUS_PATH, MESSAGE_PATH = "/hooks/s/made-up-secret-path/status", "/hooks/s/made-up-secret-path/message"


@dataclass(frozen=True)
class Speaker:
    """secrets: of our account.  account: what the simulator calls it.  template: what the simulator knows it by.

    throttle: a code that asks for patience.  absent, closed, stopped, unknown, paused, misfilled: the codes of a status
    for a contact who is not there, for a closed window, for one who has said STOP (None: the request is refused), for a
    template that is not there (None: as before), for one that is paused and for one with a parameter too few.
    strict: templates are looked at before the answer, so that these codes are a refusal's.
    silent: the faults behind which an acceptance is seen all the same.  carries: whether a contact's message carries our
    reference.  obeys: whether it can be asked to obey a STOP.  signs: whether its webhooks are signed.
    """

    name: str
    provider: str
    secrets: Mapping[str, str]
    account: str
    token: str = field(repr=False)
    template: str
    throttle: str
    absent: str
    closed: str
    stopped: str | None
    unknown: str | None
    misfilled: str
    paused: str | None = None
    strict: bool = False
    obeys: bool = True
    signs: bool = False
    silent: frozenset[str] = frozenset()
    carries: bool = False
    options: Mapping[str, str] = field(default_factory=dict)

    def at(self, url: str, **secrets: str) -> Account:
        return Account(
            provider=self.provider,
            tenant=TenantId("acme"),
            sender=SenderId("clinic"),
            address=SENDER,
            urls={"api_base": url, "client_base": url},
            secrets={name: (value,) for name, value in {**self.secrets, **secrets}.items()},
            options=self.options,
        )

    def script(self, hooks: str, fragment: str = PATIENTLY) -> dict[str, Any]:
        """Everything at once, all contacts read."""
        return {
            "accounts": {self.account: self.token},
            "services": {self.account: SENDER},
            "templates": {self.template: {"name": "reminder", "language": "es", "body": "Hola {{1}}, a las {{2}}"}},
            "contacts": {"default": {"delay_ms": 0}},
            "webhooks": {
                self.provider: {
                    "status": f"{hooks}{STATUS_PATH}{fragment}",
                    "message": f"{hooks}{MESSAGE_PATH}{fragment}",
                }
            },
        }


TWILIO = Speaker(
    name="twilio",
    provider="twilio",
    secrets={"account_sid": ACCOUNT, "auth_token": TOKEN},
    account=ACCOUNT,
    token=TOKEN,
    template=TEMPLATE,
    throttle="20429",
    absent="63024",
    closed="63016",
    stopped=None,
    unknown=None,
    misfilled="63028",
    signs=True,
)
WAVY = Speaker(
    name="wavy-hsm",
    provider="wavy",
    secrets={"username": "wa_clinic", "authentication_token": TOKEN, "namespace": "0a0b_0c0d"},
    account="wa_clinic",
    token=TOKEN,
    template="reminder",
    throttle="420",
    absent="202",
    closed="210",
    stopped="204",
    unknown="209",
    misfilled="207",
    paused="209",
    carries=True,
)
WAVY_TEMPLATE = Speaker(**{**vars(WAVY), "name": "wavy-template", "options": {"style": "template"}})
HEY = Speaker(
    name="hey",
    provider="hey",
    secrets={
        "domain": "unused.example.com",
        "channel": "35",
        "platform_id": "100000000000001",
        "partner_token": TOKEN,
        "username": "reports",
        "password": "made-up-password",
    },
    account="100000000000001",
    token=TOKEN,
    template="reminder-es",
    throttle="429",
    absent="202",
    closed="210",
    stopped="204",
    unknown="209",
    misfilled="207",
    paused="209",
    silent=frozenset({"empty_200", "truncated_json"}),
)
META = Speaker(
    name="meta",
    provider="meta",
    secrets={
        "phone_number_id": "100000000000002",
        "waba_id": "100000000000001",
        "access_token": TOKEN,
        "app_secret": "made-up-app-secret",
        "verify_token": "made-up-verify-token",
    },
    account="100000000000002",
    token=TOKEN,
    template="reminder-es",
    throttle="130429",
    absent="131026",
    closed="131047",
    stopped="131050",
    unknown="132001",
    misfilled="132000",
    paused="132015",
    strict=True,
    obeys=False,
    signs=True,
)
SPEAKERS = (TWILIO, WAVY, WAVY_TEMPLATE, HEY, META)


@dataclass
class Conversation:
    """client: of the simulator itself.  ours: the one under test.  receiver: our webhook."""

    speaker: Speaker
    client: Client
    ours: ProviderClient
    receiver: Receiver
    script: dict[str, Any]

    async def send(self, *parameters: str, to: str = CONTACT, name: str = "reminder", **changes: Any) -> Receipt:
        """A template, with both its parameters unless others are given."""
        is_twilio = self.speaker.provider == "twilio"
        values = {str(place): value for place, value in enumerate(parameters or ("Ana", "10:30"), 1)}
        provider_id = changes.pop("provider_id", TEMPLATE) if is_twilio else None
        message = TemplateMessage(to, name, changes.pop("language", "es"), provider_id, values)
        return await self.ours.send_template(message, changes.pop("reference", REFERENCE))

    async def write(self, text: str = "See you", to: str = CONTACT) -> Receipt:
        return await say(self.ours, FreeMessage(to, text), REFERENCE)

    async def outcome(self, *parameters: str, **changes: Any) -> Receipt | SendError:
        try:
            return await self.send(*parameters, **changes)
        except SendError as error:
            return error

    async def trouble(self, *parameters: str, **changes: Any) -> SendError | None:
        """What is the matter with it, whether it is refused or fails later."""
        outcome = await self.outcome(*parameters, **changes)
        if isinstance(outcome, SendError):
            return outcome
        await self.client.settled()
        return self.statuses[-1].error

    def events(self) -> Sequence[ProviderEvent]:
        """All that came to our webhook, as we understand it."""
        return [event for call in self.receiver.received for event in self.heard(call)]

    def heard(self, call: Received) -> Sequence[ProviderEvent]:
        url = self.receiver.url + call.path_and_query
        headers = {name.lower(): value for name, value in call.headers.items()}
        raw = RawWebhook(url, url.partition("?")[2], headers, call.body, datetime.now(UTC))
        self.ours.authenticate(raw)
        return self.ours.read_events(raw)

    @property
    def statuses(self) -> Sequence[StatusReported]:
        return [event for event in self.events() if isinstance(event, StatusReported)]

    @property
    def words(self) -> Sequence[DeliveryStatus]:
        return [event.status for event in self.statuses]

    @property
    def letters(self) -> Sequence[MessageReceived]:
        return [event for event in self.events() if isinstance(event, MessageReceived)]

    async def follow(self, **changes: Any) -> None:
        """Another script from now on, but for what stays."""
        self.script |= changes
        answered = await self.client.call("PUT", "/_simulator/script", json=self.script)
        assert answered.status == 204, answered.json


@asynccontextmanager
async def conversing(
    speaker: Speaker,
    folder: Path,
    answers: Sequence[int] = (),
    fragment: str = PATIENTLY,
    timeout_s: float = 5.0,
    secrets: Mapping[str, str] | None = None,
    **script: Any,
) -> AsyncIterator[Conversation]:
    """A simulator, our client of it and our webhook. script: over the speaker's own.  secrets: likewise."""
    async with (
        receiving(answers) as receiver,
        HttpTransport(HttpTimeouts(timeout_s, timeout_s / 2, timeout_s)) as transport,
    ):
        whole = {**speaker.script(receiver.url, fragment), **script}
        async with simulated(folder, **whole) as client:
            account = speaker.at(client.url, **(secrets or {}))
            hook = f"{receiver.url}{STATUS_PATH}"
            ours = ProviderClient(get_dialect(speaker.provider), transport, account, hook)
            yield Conversation(speaker, client, ours, receiver, whole)
