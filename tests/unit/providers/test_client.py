"""A client adds nothing to its parts but their order."""

from dataclasses import replace
from typing import TypedDict

import pytest
from prometheus_client import REGISTRY

from shared.ground.errors import (
    Again,
    InputError,
    NotAccepted,
    OutcomeUnknown,
    Refused,
    SendError,
    TemplateUnusable,
    WebhookRejected,
)
from shared.ground.http import HttpRequest, HttpResponse
from shared.providers import client as module
from shared.providers.client import ProviderClient
from shared.providers.events import EventClass
from shared.providers.messages import (
    ButtonKind,
    ButtonParameter,
    Choice,
    FreeMessage,
    MediaKind,
    OutgoingMedia,
    Receipt,
)
from shared.providers.twilio import DIALECT
from tests.contract.providers.harness import REFERENCE
from tests.contract.providers.twilio_cases import (
    ACCOUNT,
    CONTENT_SID,
    CONTENT_URL,
    HOOK,
    MADE,
    MESSAGE,
    NEWEST,
    TWILIO,
    refusal,
    signed,
    status,
)
from tests.factories import say
from tests.reading import present

TEXT = FreeMessage("+14155550123", "of course")
CHOICES = (Choice("a", "Now"), Choice("b", "Later"))


def question(text: str, to: str = "+14155550123") -> FreeMessage:
    return FreeMessage(to, text, choices=CHOICES)


class Provider:
    """A transport that keeps its requests. made: the answer to a preparation."""

    def __init__(self, response: HttpResponse) -> None:
        self.response = response
        self.made: HttpResponse | Exception = MADE
        self.requests: list[HttpRequest] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        if request.url != CONTENT_URL:
            return self.response
        if isinstance(self.made, Exception):
            raise self.made
        return self.made

    def take_places(self) -> list[str]:
        """The place of each request since the last call."""
        places = ["content" if request.url == CONTENT_URL else "message" for request in self.requests]
        self.requests.clear()
        return places


@pytest.fixture
def transport() -> Provider:
    return Provider(TWILIO.accepted)


@pytest.fixture
def client(transport: Provider) -> ProviderClient:
    return ProviderClient(DIALECT, transport, ACCOUNT, HOOK)


async def test_message_to_request_to_receipt(client: ProviderClient, transport: Provider):
    receipt = await client.send_template(MESSAGE, REFERENCE)

    assert receipt == Receipt("SM0123456789abcdef0123456789abcdef", "+14155550123")
    assert transport.requests == [TWILIO.requests[0].expected]


async def test_nothing_is_sent_when_there_is_no_request(client: ProviderClient, transport: Provider):
    """Twilio knows a template by its ContentSid alone."""
    message = type(MESSAGE)(MESSAGE.to, MESSAGE.name, MESSAGE.language, None, MESSAGE.parameters)
    with pytest.raises(TemplateUnusable) as raised:
        await client.send_template(message, REFERENCE)

    assert raised.value.code == "21654"
    assert transport.requests == []


class Apart(TypedDict, total=False):
    """Parts of a template beside its parameters."""

    header: OutgoingMedia | str
    buttons: tuple[ButtonParameter, ...]


@pytest.mark.parametrize(
    "apart",
    [
        {"header": OutgoingMedia(MediaKind.IMAGE, "https://example.com/map.png")},
        {"header": "Ana"},
        {"buttons": (ButtonParameter(0, ButtonKind.QUICK_REPLY, "YES_1"),)},
    ],
    ids=["file", "text", "button"],
)
async def test_no_header_or_button_is_dropped_in_silence(client: ProviderClient, transport: Provider, apart: Apart):
    """Twilio takes them as variables of the content, under names of its own."""
    with pytest.raises(TemplateUnusable) as raised:
        await client.send_template(replace(MESSAGE, **apart), REFERENCE)

    assert raised.value.code == "21656"
    assert transport.requests == []


# ── free form ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_text_needs_no_preparation(client: ProviderClient, transport: Provider):
    receipt = await say(client, TEXT, REFERENCE)

    assert receipt == TWILIO.receipt
    assert transport.requests == [DIALECT.sending.build_free(ACCOUNT, TEXT, REFERENCE, HOOK, None)]


async def test_choices_are_prepared_and_then_sent(client: ProviderClient, transport: Provider):
    message = question("When?")
    await say(client, message, REFERENCE)

    assert transport.requests == [
        present(DIALECT.preparing).build_preparation(ACCOUNT, message),
        DIALECT.sending.build_free(ACCOUNT, message, REFERENCE, HOOK, CONTENT_SID),
    ]


async def test_what_was_prepared_serves_everybody(client: ProviderClient, transport: Provider):
    await say(client, question("When?"), REFERENCE)
    await say(client, question("When?", "+14155550124"), REFERENCE)
    await say(client, question("Where?"), REFERENCE)

    assert transport.take_places() == ["content", "message", "message", "content", "message"]


async def test_nobody_else_s_preparation_is_used(client: ProviderClient, transport: Provider):
    other = ProviderClient(DIALECT, transport, replace(ACCOUNT, address="+14155550101"), HOOK)
    await say(client, question("When?"), REFERENCE)
    await say(other, question("When?"), REFERENCE)

    assert transport.take_places() == ["content", "message"] * 2


async def test_what_is_used_least_is_forgotten(
    client: ProviderClient, transport: Provider, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "PREPARATIONS_KEPT", 2)
    for text in ("1", "2", "1", "3"):
        await say(client, question(text), REFERENCE)
    transport.take_places()

    assert len(client.preparations) == 2
    await say(client, question("1"), REFERENCE)
    assert transport.take_places() == ["message"]
    await say(client, question("2"), REFERENCE)
    assert transport.take_places() == ["content", "message"]


async def test_nothing_is_sent_that_cannot_be_carried(client: ProviderClient, transport: Provider):
    with pytest.raises(InputError, match="answers to one message"):
        await say(client, replace(TEXT, reply_to="theirs"), REFERENCE)

    assert transport.requests == []


async def test_silence_before_the_message_is_not_doubt_about_it(client: ProviderClient, transport: Provider):
    transport.made = OutcomeUnknown("timeout", "it may have been accepted", Again.NEVER, retry_after_s=7.0)
    with pytest.raises(NotAccepted) as raised:
        await say(client, question("When?"), REFERENCE)

    assert (raised.value.code, raised.value.again, raised.value.retry_after_s) == ("timeout", Again.BACK_OFF, 7.0)
    assert "nothing was sent" in raised.value.gloss
    assert transport.take_places() == ["content"]


async def test_a_refusal_is_not_kept(client: ProviderClient, transport: Provider):
    transport.made = refusal(21617)
    with pytest.raises(Refused):
        await say(client, question("When?"), REFERENCE)
    transport.made = MADE

    assert await say(client, question("When?"), REFERENCE) == TWILIO.receipt
    assert transport.take_places() == ["content", "content", "message"]


async def test_doubt_about_the_message_itself_stays(client: ProviderClient, transport: Provider):
    transport.response = HttpResponse(500, {}, b"")
    with pytest.raises(OutcomeUnknown):
        await say(client, question("When?"), REFERENCE)

    assert transport.take_places() == ["content", "message"]


# ── webhooks ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_account_key(client: ProviderClient):
    assert client.account_key == "AC0123456789abcdef0123456789abcdef"


def test_webhooks_pass_through(client: ProviderClient):
    webhook = signed(status("sent"), NEWEST)
    client.authenticate(webhook)

    assert client.classify(webhook) is EventClass.STATUS
    assert list(client.read_events(webhook)) == list(DIALECT.webhooks.read_events(webhook))
    with pytest.raises(WebhookRejected):
        client.authenticate(status("sent"))


def count_unknown(provider: str) -> float:
    return REGISTRY.get_sample_value("oriel_unknown_codes_total", {"provider": provider}) or 0.0


async def test_a_code_that_no_table_has_is_counted_in_answers_and_in_statuses() -> None:
    before = count_unknown("twilio")
    client = ProviderClient(DIALECT, Provider(refusal("63999")), ACCOUNT, HOOK)
    with pytest.raises(SendError):
        await client.send_template(MESSAGE, REFERENCE)
    client.read_events(TWILIO.status_with("63999"))
    assert count_unknown("twilio") == before + 2
    client.read_events(TWILIO.status_with("63024"))
    client = ProviderClient(DIALECT, Provider(HttpResponse(502, {}, b"")), ACCOUNT, HOOK)
    with pytest.raises(OutcomeUnknown):
        await client.send_template(MESSAGE, REFERENCE)
    assert count_unknown("twilio") == before + 2, "a known code and the transport's own are none"
