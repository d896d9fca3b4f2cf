"""A client adds nothing to its parts but their order."""

import pytest

from shared.errors import TemplateUnusable, WebhookRejected
from shared.http import HttpRequest, HttpResponse
from shared.providers.base import EventClass, Receipt
from shared.providers.client import ProviderClient
from shared.providers.twilio import DIALECT
from tests.contract.providers.harness import REFERENCE
from tests.contract.providers.twilio_cases import ACCOUNT, HOOK, MESSAGE, NEWEST, TWILIO, signed, status


class OneAnswer:
    """A transport that keeps what it is given."""

    def __init__(self, response: HttpResponse) -> None:
        self.response = response
        self.requests: list[HttpRequest] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        return self.response


@pytest.fixture
def transport() -> OneAnswer:
    return OneAnswer(TWILIO.accepted)


@pytest.fixture
def client(transport: OneAnswer) -> ProviderClient:
    return ProviderClient(DIALECT, transport, ACCOUNT, HOOK)


async def test_message_to_request_to_receipt(client: ProviderClient, transport: OneAnswer):
    receipt = await client.send_template(MESSAGE, REFERENCE)

    assert receipt == Receipt("SM0123456789abcdef0123456789abcdef", "+14155550123")
    assert transport.requests == [TWILIO.requests[0].expected]


async def test_nothing_is_sent_when_there_is_no_request(client: ProviderClient, transport: OneAnswer):
    """Twilio knows a template by its ContentSid alone."""
    message = type(MESSAGE)(MESSAGE.to, MESSAGE.name, MESSAGE.language, None, MESSAGE.parameters)
    with pytest.raises(TemplateUnusable) as raised:
        await client.send_template(message, REFERENCE)

    assert raised.value.code == "21654"
    assert transport.requests == []


def test_account_key(client: ProviderClient):
    assert client.account_key == "AC0123456789abcdef0123456789abcdef"


def test_webhooks_pass_through(client: ProviderClient):
    webhook = signed(status("sent"), NEWEST)
    client.authenticate(webhook)

    assert client.classify(webhook) is EventClass.STATUS
    assert list(client.events(webhook)) == list(DIALECT.events(webhook))
    with pytest.raises(WebhookRejected):
        client.authenticate(status("sent"))
