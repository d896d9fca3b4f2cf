"""Published bodies of Meta's webhooks, where the corpora lie beside the project; and what never leaves this process."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared.ground.clock import from_ms
from shared.ground.errors import SenderUnusable
from shared.providers.events import (
    AddressChanged,
    Author,
    ContentKind,
    DeliveryStatus,
    EventClass,
    MessageReceived,
    NoteReported,
    PreferenceReported,
    ProviderEvent,
    RawWebhook,
    SenderReported,
    StatusReported,
    TemplateReported,
    Unrecognised,
)
from shared.providers.messages import FreeMessage, MediaKind, OutgoingMedia
from shared.providers.meta import DIALECT
from tests.contract.providers.harness import NOON, REFERENCE
from tests.contract.providers.meta_cases import ACCOUNT, MESSAGE, NEWEST, signed
from tests.contract.providers.meta_webhook_cases import HOOK, NUMBER_ID, WABA_ID
from tests.reading import as_object, object_of

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpora" / "meta" / "pywa"
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpora do not lie beside this checkout")

BODIES = sorted(CORPUS.glob("*.json"))
BY_PATH = pytest.mark.parametrize("path", BODIES, ids=lambda path: path.stem)

# File → the one event that its name promises.
CONTENTS = {
    "callback_button__quick_reply": ContentKind.BUTTON,
    "callback_selection__callback": ContentKind.CHOICE,
    "flow_completion__completion": ContentKind.UNKNOWN,
    "message__animated_sticker": ContentKind.STICKER,
    "message__chosen_location": ContentKind.LOCATION,
    "message__current_location": ContentKind.LOCATION,
    "message__forwarded": ContentKind.TEXT,
    "message__image": ContentKind.IMAGE,
    "message__media_with_url": ContentKind.IMAGE,
    "message__reaction": ContentKind.REACTION,
    "message__reply": ContentKind.TEXT,
    "message__text": ContentKind.TEXT,
    "message__unsupported_with_type": ContentKind.UNKNOWN,
    "message__voice": ContentKind.AUDIO,
}
STATUSES = {
    "message_status__sent": DeliveryStatus.SENT,
    "message_status__played": DeliveryStatus.READ,
    "message_status__failed": DeliveryStatus.FAILED,
    "message_status__with_tracker": None,  # whatever it is
}
UNUSABLE = {
    "account_update__account_deleted": "ACCOUNT_DELETED",
    "account_update__account_offboarded": "ACCOUNT_OFFBOARDED",
    "account_update__account_restriction": "RESTRICTED_BIZ_INITIATED_MESSAGING",
    "account_update__partner_removed_wa_app_disconnection": "PARTNER_REMOVED",
}
OTHERS = {
    "system__phone_number_change": AddressChanged,
    "template_components_update__element": TemplateReported,
    "template_status_update__approved": TemplateReported,
    "user_marketing_preferences__resume": PreferenceReported,
    "outgoing_message__delete": NoteReported,
}
MEANING_NOTHING = {
    "account_update__ad_account_linked": "account:other",
    "account_update__mm_api_for_wa_terms_of_service": "account:other",
    "account_update__partner_app_installed": "account:other",
    "account_update__partner_led_business_verification_status": "account:other",
    "account_update__primary_business_location_set": "account:other",
    "call_connect__user_initiated": "field:calls",
    "call_permission_update__reject": "message:call-permission",
    "call_terminate__call_terminate": "field:calls",
    "deleted_message__revoke": "message:revoke",
    "message__unreaction_no_emoji": "message:reaction-removed",
    "outgoing_message__text": "echo:incomplete",
}


def read_raw(path: Path) -> RawWebhook:
    return RawWebhook("https://hooks.example.com/", "", {}, path.read_bytes(), NOON)


def read_change(path: Path) -> dict[str, Any]:
    (entry,) = object_of(path)["entry"]
    (only,) = entry["changes"]
    return as_object(only["value"])


def read_event(path: Path) -> ProviderEvent:
    (event,) = DIALECT.webhooks.read_events(read_raw(path))
    return event


def list_named(table: Collection[str]) -> pytest.MarkDecorator:
    """The files of the table that are there."""
    return pytest.mark.parametrize("path", [path for path in BODIES if path.stem in table], ids=lambda path: path.stem)


@needs_corpus
@BY_PATH
def test_every_body_is_authentic_and_means_what_its_name_says(path: Path):
    DIALECT.signing.authenticate(ACCOUNT, signed(read_raw(path), NEWEST))
    meanings = CONTENTS | STATUSES | UNUSABLE | OTHERS | MEANING_NOTHING
    event = read_event(path)

    assert isinstance(event, Unrecognised) == (path.stem not in meanings.keys() - MEANING_NOTHING.keys())
    status_alone = EventClass.STATUS if isinstance(event, StatusReported) else EventClass.INBOUND
    assert DIALECT.webhooks.classify(read_raw(path)) is status_alone


@needs_corpus
def test_there_are_bodies():
    stems = {path.stem for path in BODIES}

    assert len(stems) > 30
    assert stems <= (CONTENTS | STATUSES | UNUSABLE | OTHERS | MEANING_NOTHING).keys()


@needs_corpus
@list_named(CONTENTS)
def test_published_message(path: Path):
    event, value = read_event(path), read_change(path)
    (message,), (contact,) = value["messages"], value["contacts"]

    assert isinstance(event, MessageReceived)
    assert event.content.kind is CONTENTS[path.stem]
    assert event.provider_message_id == message["id"]
    names = "+" + message["from"], contact["user_id"], contact.get("parent_user_id")
    assert event.addresses == tuple(name for name in names if name)
    assert event.to == value["metadata"]["phone_number_id"]
    assert event.at == from_ms(int(message["timestamp"]) * 1_000)
    assert event.profile_name == contact["profile"]["name"]
    assert event.reply_to == message.get("context", message.get("reaction", {})).get(
        "id", message.get("reaction", {}).get("message_id")
    )


@needs_corpus
@list_named(
    {"callback_button__quick_reply", "callback_selection__callback", "message__media_with_url", "message__text"}
)
def test_published_contents(path: Path):
    (message,) = read_change(path)["messages"]
    event = read_event(path)
    assert isinstance(event, MessageReceived)
    content = event.content

    match message["type"]:
        case "button":
            assert (content.text, content.payload) == (message["button"]["text"], message["button"]["payload"])
        case "interactive":
            reply = message["interactive"]["list_reply"]
            assert (content.text, content.payload) == (reply["title"], reply["id"])
        case "image":
            (media,) = content.media
            assert (media.url, media.media_id) == (message["image"]["url"], message["image"]["id"])
        case _:
            assert content.text == message["text"]["body"]


@needs_corpus
@list_named(STATUSES)
def test_published_status(path: Path):
    event, value = read_event(path), read_change(path)
    (fields,), contacts = value["statuses"], value.get("contacts", [])

    assert isinstance(event, StatusReported)
    assert STATUSES[path.stem] in {None, event.status}
    assert event.provider_message_id == fields["id"]
    assert event.reference == fields.get("biz_opaque_callback_data")
    assert event.at == from_ms(int(fields["timestamp"]) * 1_000)
    others = [one[name] for one in contacts for name in ("user_id", "parent_user_id") if name in one]
    assert event.addresses == ("+" + fields["recipient_id"], *others)
    assert event.price_category == fields.get("pricing", {}).get("category")
    codes = [str(error["code"]) for error in fields.get("errors", ())]
    assert codes == ([] if event.error is None else [event.error.code])


@needs_corpus
@list_named(UNUSABLE)
def test_published_end_of_an_account(path: Path):
    event = read_event(path)

    assert isinstance(event, SenderReported)
    assert (event.usable, event.reason) == (False, UNUSABLE[path.stem])


@needs_corpus
@list_named(MEANING_NOTHING)
def test_published_for_others(path: Path):
    assert read_event(path) == Unrecognised(MEANING_NOTHING[path.stem])


@needs_corpus
@list_named(OTHERS)
def test_published_news(path: Path):
    event, value = read_event(path), read_change(path)

    assert isinstance(event, OTHERS[path.stem])
    match event:
        case AddressChanged():
            (message,) = value["messages"]
            assert (event.previous, event.current) == ("+" + message["from"], "+" + message["system"]["wa_id"])
        case TemplateReported():
            assert (event.name, event.language) == (value["message_template_name"], value["message_template_language"])
            assert event.provider_id == str(value["message_template_id"])
            assert event.status == (value["event"].lower() if "event" in value else None)
            assert event.body == value.get("message_template_element")
        case NoteReported():
            (echo,), (contact,) = value["message_echoes"], value["contacts"]
            assert (event.by, event.content.kind) == (Author.PHONE, ContentKind.REVOKED)
            assert event.content.changes == echo["revoke"]["original_message_id"]
            assert event.addresses == ("+" + contact["wa_id"], contact["user_id"], contact["parent_user_id"])
        case PreferenceReported():
            (fields,) = value["user_preferences"]
            assert (event.addresses, event.scope, event.wanted) == (("+" + fields["wa_id"],), "marketing", True)
        case _:
            pytest.fail(f"nothing is expected of {type(event).__name__}")


# ── what never leaves this process ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("version", ["", "25.0", "v25", "v25.0/", "latest", "v٣.0"])
def test_an_option_that_is_not_a_version_sends_nothing(version: str):
    account = replace(ACCOUNT, options={"api_version": version})

    with pytest.raises(SenderUnusable, match="api_version"):
        DIALECT.sending.build_template(account, MESSAGE, REFERENCE, HOOK)
    with pytest.raises(SenderUnusable, match="api_version"):
        DIALECT.sending.build_free(account, FreeMessage("+14155550123", "yes"), REFERENCE, HOOK, None)
    assert [probe.name for probe in DIALECT.checks.build_probes(account)]  # which are how one finds out


def test_a_sound_s_caption_is_left_out():
    sound = FreeMessage("+14155550123", "la", OutgoingMedia(MediaKind.AUDIO, "https://example.com/a.mp3"))

    assert b"caption" not in DIALECT.sending.build_free(ACCOUNT, sound, REFERENCE, HOOK, None).body


def test_nothing_is_prepared():
    assert DIALECT.preparing is None


def test_account_key_and_names():
    """Rates are the number's own."""
    assert DIALECT.account.find_account_key(ACCOUNT) == NUMBER_ID
    assert DIALECT.account.list_names(ACCOUNT) == (NUMBER_ID, "+14155550100", WABA_ID)
