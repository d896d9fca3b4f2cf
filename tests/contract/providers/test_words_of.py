"""The words of the contact in every provider's webhook: STOP is heard wherever it was written, and nowhere else."""

import pytest

from shared.inbound.contact_message import CHOSEN, words_of
from shared.providers.dialect import Dialect
from shared.providers.events import MessageReceived, RawWebhook
from tests.contract.providers import hey_cases, meta_webhook_cases, twilio_cases, wavy_cases
from tests.contract.providers.hey_cases import HEY
from tests.contract.providers.meta_cases import META
from tests.contract.providers.twilio_cases import TWILIO
from tests.contract.providers.wavy_cases import WAVY

NO = "STOP"
FILE = {"id": "1", "caption": NO}
CARD = {"name": {"formatted_name": NO}}


def twilio(**fields: str) -> RawWebhook:
    return twilio_cases.form(twilio_cases.MESSAGE_IN | fields, twilio_cases.HOOK)


def _twilio_file(mime_type: str, **fields: str) -> RawWebhook:
    return twilio(Body=NO, NumMedia="1", MediaUrl0="https://api.twilio.com/ME0", MediaContentType0=mime_type, **fields)


def wavy(**fields: object) -> RawWebhook:
    return wavy_cases.batch(wavy_cases.MESSAGE_IN | {"message": fields})


def _wavy_file(**fields: object) -> RawWebhook:
    return wavy(mediaUrl="https://media.example.com/1", **fields)


def hey(mime_type: str | None) -> RawWebhook:
    file = {"mimeType": mime_type, "temporalId": "1", "name": "1"}
    return hey_cases.body(hey_cases.RECEIVED | {"metaData": {"temporal": [file]}, "message": NO})


def meta(**fields: object) -> RawWebhook:
    return meta_webhook_cases.messages(meta_webhook_cases.WRITTEN | fields)


def _meta_edit(**message: object) -> RawWebhook:
    return meta(type="edit", edit={"original_message_id": "wamid.X", "message": message})


WRITTEN = [
    *(
        (TWILIO, _twilio_file(kind))
        for kind in ("image/png", "video/mp4", "audio/ogg", "application/pdf", "text/vcard", "")
    ),
    (TWILIO, _twilio_file("image/webp", MessageType="sticker")),
    (TWILIO, twilio(Body=NO, Latitude="-34.9", Longitude="-56.16", Label="Clinic", Address="18 de Julio 1234")),
    (TWILIO, twilio(Body=NO, MessageType="order")),
    (TWILIO, twilio(Body=NO, MessageType="hologram")),
    *(
        (WAVY, _wavy_file(type=kind, caption=NO))
        for kind in ("IMAGE", "VIDEO", "AUDIO", "DOCUMENT", "STICKER", "GIF", "TEXT")
    ),
    (WAVY, _wavy_file(caption=NO)),
    (WAVY, _wavy_file(mimeType="image/png", messageText=NO)),
    (WAVY, _wavy_file(type="IMAGE", caption=" ", messageText=NO)),
    (WAVY, wavy(type="HOLOGRAM", caption=NO)),
    (WAVY, wavy(location={"geoPoint": "-34.9,-56.16", "name": "Clinic"}, messageText=NO)),
    *((HEY, hey(kind)) for kind in ("image/png", "image/webp", "video/mp4", "audio/ogg", "application/pdf", None)),
    *((META, meta(type=kind, **{kind: FILE})) for kind in ("image", "video", "audio", "voice", "document", "sticker")),
    *((META, _meta_edit(type=kind, **{kind: FILE})) for kind in ("image", "video", "document")),
    (META, _meta_edit(document=FILE)),
    (META, meta(type="hologram", image=FILE)),
    (META, meta(type="order", order={"text": NO, "product_items": [{"product_retailer_id": "tea"}]})),
]
NOT_WRITTEN = [
    (TWILIO, twilio(Body=NO, Latitude="-34.9", Longitude="-56.16", Label=NO, Address="18 de Julio 1234")),
    (TWILIO, twilio(Body="", Latitude="-34.9", Longitude="-56.16", Label="Clinic", Address=NO)),
    (TWILIO, twilio(Body="hello", ReferralBody=NO, ReferralHeadline=NO)),
    (WAVY, wavy(location={"geoPoint": "-34.9,-56.16", "name": NO, "address": NO})),
    (WAVY, wavy(contacts=[CARD])),
    (META, meta(type="contacts", contacts=[CARD])),
    (META, meta(type="location", location={"latitude": -34.9, "longitude": -56.16, "name": NO, "address": NO})),
    (META, meta(type="order", order={"product_items": [{"product_retailer_id": NO}]})),
    (META, meta(type="text", text={"body": "hello"}, referral={"headline": NO, "body": NO})),
    (META, meta(type="unsupported", unsupported={"type": "poll", "name": NO})),
    (
        META,
        meta(type="interactive", interactive={"type": "nfm_reply", "nfm_reply": {"body": NO, "response_json": "{}"}}),
    ),
]


def _read(dialect: Dialect, webhook: RawWebhook) -> MessageReceived:
    (event,) = dialect.webhooks.read_events(webhook)
    assert isinstance(event, MessageReceived)
    return event


@pytest.mark.parametrize(("cases", "webhook"), WRITTEN)
def test_what_the_contact_wrote_beside_anything_is_its_words(cases, webhook: RawWebhook):
    assert words_of(_read(cases.dialect, webhook).content) == NO


@pytest.mark.parametrize(("cases", "webhook"), NOT_WRITTEN)
def test_a_name_an_address_or_an_ad_is_nobodys_words(cases, webhook: RawWebhook):
    content = _read(cases.dialect, webhook).content
    assert content.kind not in CHOSEN
    assert words_of(content) in {"", "hello"}
