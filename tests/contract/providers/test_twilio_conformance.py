"""Twilio's published examples and a captured webhook, where the corpora lie beside the project."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from shared.ground.errors import WebhookRejected
from shared.ground.http import HttpResponse
from shared.ground.ids import SenderId, TenantId
from shared.providers.account import Account
from shared.providers.events import Content, ContentKind, EventClass, MessageReceived, RawWebhook
from shared.providers.twilio import DIALECT
from tests.contract.providers.harness import NOON
from tests.contract.providers.twilio_cases import FORM_HEADERS
from tests.reading import present

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpora" / "twilio"

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpora do not lie beside this checkout")

VECTORS = CORPUS / "signature" / "vectors.json"
EXAMPLES = sorted(CORPUS.glob("oai/messages_*.json"))
RECEIPTS = [path for path in EXAMPLES if "sid" in json.loads(path.read_bytes())]
LISTS = [path for path in EXAMPLES if path not in RECEIPTS]


def test_signature_vectors():
    corpus = json.loads(VECTORS.read_bytes())
    account = Account(
        provider="twilio",
        tenant=TenantId("acme"),
        sender=SenderId("clinic"),
        address="+14155550100",
        urls={},
        secrets={"auth_token": (corpus["auth_token"],)},
    )
    outcomes = {vector["name"]: is_authentic(account, vector) for vector in corpus["vectors"]}

    assert outcomes
    assert outcomes == {vector["name"]: vector["valid"] for vector in corpus["vectors"]}


def is_authentic(account: Account, vector: dict[str, Any]) -> bool:
    url, body = vector["url"], urlencode([tuple(pair) for pair in vector["params"]]).encode()
    headers = {**FORM_HEADERS, "x-twilio-signature": vector["signature"]}
    try:
        DIALECT.signing.authenticate(account, RawWebhook(url, urlsplit(url).query, headers, body, NOON))
    except WebhookRejected:
        return False
    return True


@pytest.mark.parametrize("path", RECEIPTS, ids=lambda path: path.stem)
def test_example_of_a_message_is_a_receipt(path: Path):
    example = json.loads(path.read_bytes())
    receipt = DIALECT.sending.read_receipt(HttpResponse(201, {}, path.read_bytes()))

    assert receipt.provider_message_id == example["sid"]
    assert receipt.recipient == example["to"].removeprefix("whatsapp:")


def test_there_are_examples():
    assert RECEIPTS
    assert LISTS


@pytest.mark.parametrize("path", sorted(CORPUS.glob("oai/*ContentAndApprovals_get_200*")), ids=lambda path: path.stem)
def test_example_of_a_list_of_templates(path: Path):
    example = json.loads(path.read_bytes())
    page = present(DIALECT.templates).read_page(HttpResponse(200, {}, path.read_bytes()))

    assert [one.provider_id for one in page.templates] == [content["sid"] for content in example["contents"]]
    for template, content in zip(page.templates, example["contents"], strict=True):
        approval = content["approval_requests"]
        assert template.status == (approval.get("status") or "unsubmitted")


@pytest.mark.parametrize("path", sorted(CORPUS.glob("captured/*.form")), ids=lambda path: path.stem)
def test_captured_form(path: Path):
    raw = RawWebhook("https://hooks.example.com/", "", FORM_HEADERS, path.read_bytes().strip(), NOON)

    assert DIALECT.webhooks.classify(raw) is EventClass.INBOUND
    fields = dict(parse_qsl(path.read_text(encoding="utf-8").strip()))
    (message,) = DIALECT.webhooks.read_events(raw)
    assert isinstance(message, MessageReceived)
    assert message.content == Content(ContentKind.BUTTON, fields["ButtonText"], fields["ButtonPayload"])
    assert message.addresses == ("+" + fields["WaId"], fields["ExternalUserId"].removeprefix("whatsapp:"))
    replied_to = present(message.reply_to)
    assert DIALECT.is_same_message(replied_to, "SM" + fields["OriginalRepliedMessageSid"][2:])
    assert not DIALECT.is_same_message(replied_to, fields["MessageSid"])
