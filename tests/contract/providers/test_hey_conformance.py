"""Hey's recorded webhooks, where the corpora lie beside the project."""

import json
from pathlib import Path

import pytest

from shared.providers.events import Content, ContentKind, EventClass, IncomingMedia, MessageReceived, RawWebhook
from shared.providers.hey import DIALECT
from shared.providers.hey.wire import parse_instant
from tests.contract.providers.harness import NOON
from tests.contract.providers.hey_cases import ACCOUNT

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpora" / "hey" / "medio_odoo"

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpora do not lie beside this checkout")

RECORDED = sorted(CORPUS.glob("*.json"))
TEXTS = {"webhook_image_with_caption": "Message", "webhook_image_without_text": ""}


def test_there_are_recorded_webhooks():
    assert {path.stem for path in RECORDED} == set(TEXTS)


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_recorded_webhook(path: Path):
    raw = RawWebhook("https://hooks.example.com/", "", {}, path.read_bytes(), NOON)
    data = json.loads(raw.body)["data"]
    (file,) = data["metaData"]["temporal"]
    medium = IncomingMedia("image/jpeg", file["urlFileshare"], filename=file["name"])

    DIALECT.signing.authenticate(ACCOUNT, raw)
    (message,) = DIALECT.webhooks.read_events(raw)

    assert DIALECT.webhooks.classify(raw) is EventClass.INBOUND
    assert isinstance(message, MessageReceived)
    assert message.content == Content(ContentKind.IMAGE, TEXTS[path.stem], media=(medium,))
    assert message.provider_message_id == data["idMessage"]
    assert message.addresses == ("+" + data["clientId"],)
    assert message.to == data["platformId"]
    assert message.at == parse_instant(data["date"])
    assert message.reference is None


def test_the_trace_of_an_older_message_is_not_read():
    path = CORPUS / "webhook_image_without_text.json"
    trace = json.loads(path.read_bytes())["data"]["lastMessageTrace"]
    (message,) = DIALECT.webhooks.read_events(RawWebhook("https://hooks.example.com/", "", {}, path.read_bytes(), NOON))

    assert isinstance(message, MessageReceived)
    assert trace["message"]
    assert trace["idMessage"] != message.provider_message_id
    assert trace["metaData"]["temporal"][0]["urlFileshare"] != message.content.media[0].url
