"""Wavy's published samples and a recorded request, where the corpora lie beside the project."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared.ground.clock import from_ms
from shared.ground.errors import SenderUnusable
from shared.ground.http import HttpResponse
from shared.providers.events import ContentKind, DeliveryStatus, EventClass, MessageReceived, RawWebhook, StatusReported
from shared.providers.messages import TemplateMessage
from shared.providers.wavy import DIALECT
from tests.contract.providers.harness import NOON
from tests.contract.providers.wavy_cases import ACCOUNT, HOOK, STATUS, batch
from tests.reading import as_object, object_in, present

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpora" / "wavy"
DOCS = CORPUS / "sinch_docs_whatsapp"

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpora do not lie beside this checkout")

KINDS = {
    "mo_text": ContentKind.TEXT,
    "mo_image": ContentKind.IMAGE,
    "mo_location": ContentKind.LOCATION,
    "mo_contacts": ContentKind.CONTACTS,
}
NAMES = {
    "SENT_SUCCESS": DeliveryStatus.SENT,
    "DELIVERED_SUCCESS": DeliveryStatus.DELIVERED,
    "READ_SUCCESS": DeliveryStatus.READ,
}


def read_sample(name: str) -> RawWebhook:
    return RawWebhook("https://hooks.example.com/", "", {}, (DOCS / f"{name}.json").read_bytes(), NOON)


def read_record(name: str) -> dict[str, Any]:
    return as_object(object_in(read_sample(name).body)["data"][0])


def test_recorded_request():
    """Byte order apart, what a working client sent is what we send for the same message."""
    recorded = json.loads((CORPUS / "legacy_send" / "hsm_request.json").read_bytes())
    (destination,), hsm = recorded["destinations"], recorded["message"]["hsm"]
    account = replace(ACCOUNT, secrets={**ACCOUNT.secrets, "namespace": (hsm["namespace"],)})
    parameters = {str(n): text for n, text in enumerate(hsm["parameters"], 1)}
    message = TemplateMessage("+" + destination["destination"], hsm["elementName"], "es", None, parameters)
    sent = json.loads(DIALECT.sending.build_template(account, message, destination["correlationId"], HOOK).body)

    assert sent["message"] == {"hsm": {**hsm, "languageCode": "es"}}
    assert sent["destinations"] == [{**destination, "recipientType": "individual"}]


def test_published_answer():
    body = (DOCS / "send_response_200.json").read_bytes()
    (destination,) = json.loads(body)["destination"]
    receipt = DIALECT.sending.read_receipt(HttpResponse(200, {}, body))

    assert receipt.provider_message_id == destination["id"]
    assert receipt.recipient == "+" + destination["destination"].rstrip(".")


def test_published_refusal():
    with pytest.raises(SenderUnusable):
        DIALECT.sending.read_receipt(HttpResponse(401, {}, (DOCS / "send_response_401.json").read_bytes()))


def test_published_status():
    """Its codes stand for others; its flags say that the message was read."""
    raw, fields = read_sample("status_callback"), read_record("status_callback")
    (event,) = DIALECT.webhooks.read_events(raw)

    assert DIALECT.webhooks.classify(raw) is EventClass.STATUS
    assert isinstance(event, StatusReported)
    assert (event.status, event.error) == (DeliveryStatus.READ, None)
    assert (event.provider_message_id, event.reference) == (fields["id"], fields["correlationId"])
    assert event.at == from_ms(fields["readAt"])
    assert event.addresses == ("+" + fields["destination"],)


@pytest.mark.parametrize("name", KINDS)
def test_published_message(name: str):
    raw, fields = read_sample(name), read_record(name)
    (event,) = DIALECT.webhooks.read_events(raw)

    assert DIALECT.webhooks.classify(raw) is EventClass.INBOUND
    assert isinstance(event, MessageReceived)
    assert event.content.kind is KINDS[name]
    assert (event.provider_message_id, event.reference) == (fields["id"], fields["correlationId"])
    assert (event.addresses, event.to) == (("+" + fields["source"],), "+" + fields["origin"])
    assert event.at == from_ms(fields["receivedAt"])
    assert event.profile_name == fields["userProfile"]["name"]


def read_message(name: str) -> MessageReceived:
    event = DIALECT.webhooks.read_events(read_sample(name))[0]
    assert isinstance(event, MessageReceived)
    return event


def test_published_contents():
    text, image, place, cards = (read_message(name).content for name in KINDS)
    messages = {name: read_record(name)["message"] for name in KINDS}

    assert text.text == messages["mo_text"]["messageText"]
    assert image.text == messages["mo_image"]["caption"]
    assert (image.media[0].url, image.media[0].mime_type) == (
        messages["mo_image"]["mediaUrl"],
        messages["mo_image"]["mimeType"],
    )
    point = present(place.location)
    assert f"{point.latitude:.6f},{point.longitude:.6f}" == messages["mo_location"]["location"]["geoPoint"]
    (card,) = messages["mo_contacts"]["contacts"]
    assert cards.text.startswith(card["name"]["formatted_name"])
    assert all(phone["phone"] in cards.text for phone in card["phones"])


def test_published_codes():
    """Each is a state, or a failure that our table knows."""
    rows = json.loads((DOCS / "status_codes.json").read_bytes())
    assert rows
    for row in rows:
        (event,) = DIALECT.webhooks.read_events(
            batch(STATUS | {"sentStatusCode": row["sent"], "deliveredStatusCode": row["delivered"]})
        )
        assert isinstance(event, StatusReported)
        if row["status"] in NAMES:
            assert (event.status, event.error) == (NAMES[row["status"]], None)
        else:
            assert event.status is DeliveryStatus.FAILED
            assert present(event.error).code in DIALECT.codes.rows
