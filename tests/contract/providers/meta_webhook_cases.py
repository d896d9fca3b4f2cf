"""Meta's codes and webhooks of every field, as tables for the contract suite. `meta_cases` has the rest."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Unpack

from shared.ground.errors import Again, Disposition
from shared.providers.events import (
    AddressChanged,
    Content,
    ContentKind,
    DeliveryStatus,
    EventClass,
    IncomingMedia,
    Location,
    MessageReceived,
    PreferenceReported,
    RawWebhook,
    SenderReported,
    TemplateReported,
    Unrecognised,
)
from tests.contract.providers.fields import HeardFields, ReportedFields, SenderNewsFields, TemplateNewsFields
from tests.contract.providers.harness import (
    NOON,
    REFERENCE,
    Expected,
    Failure,
    Reported,
    WebhookCase,
    make_webhook,
)

NUMBER_ID, WABA_ID = "100000000000001", "200000000000002"
WAMID = "wamid.HBgLMTQxNTU1NTAxMjMVAgARGBIwMDAwMDAwMDAwMDAwMDAwMDEA"
OTHER_WAMID = "wamid.HBgLMTQxNTU1NTAxMjMVAgARGBIwMDAwMDAwMDAwMDAwMDAwMDIA=="
BSUID = "US.13491208655302741918"
HOOK = "https://hooks.example.com/webhooks/meta/clinic/status"

# ── codes: the classes of the reference, written down once more ─────────────────────────────────────────────────────

BY_CLASS: dict[tuple[Disposition, Again, bool], str] = {
    (Disposition.SENDER_UNUSABLE, Again.NEVER, False): """
        0 3 10 190 200..299 368 131030 131031 131037 131042 131044 131045
        133000 133005..133015 133016 134011""",
    (Disposition.REFUSED, Again.NEVER, False): """
        33 100 130403 130472 130497 131005 131008 131009 131021 131026 131047 131051 131062
        132005 132008 132012 132018 135000 137000""",
    (Disposition.REFUSED, Again.BACK_OFF, False): "131000 131052 131053",
    (Disposition.REFUSED, Again.NEXT_DAY, False): "131049",
    (Disposition.SUPPRESS, Again.NEVER, False): "131050",
    (Disposition.TEMPLATE_UNUSABLE, Again.NEVER, False): """
        131055 131063 132000 132001 132007 132015 132016 132068 134100 134102""",
    (Disposition.NOT_ACCEPTED, Again.BACK_OFF, False): "131016 131056 131057 133004 134101",
    (Disposition.NOT_ACCEPTED, Again.BACK_OFF, True): "4 80007 130429 132069",
    (Disposition.NOT_ACCEPTED, Again.NEXT_DAY, True): "131048 131064",
    (Disposition.UNKNOWN, Again.NEVER, False): "1 2",
}


def _spell_out(codes: str) -> list[str]:
    spans = [span.partition("..") for span in codes.split()]
    return [str(code) for first, _, last in spans for code in range(int(first), int(last or first) + 1)]


CODES = {
    code: Failure(
        disposition,
        code,
        again,
        throttles,
        closes_window=code == "131047",
        scope="marketing" if code == "131050" else "all",
        wait_s={"131056": 64.0, "134101": 600.0}.get(code, 0.0),
    )
    for (disposition, again, throttles), codes in BY_CLASS.items()
    for code in _spell_out(codes)
}

# ── webhooks ────────────────────────────────────────────────────────────────────────────────────────────────────────

THEN = datetime(2026, 3, 14, 11, 58, 20, tzinfo=UTC)
SECONDS = int(THEN.timestamp())
METADATA = {"display_phone_number": "14155550100", "phone_number_id": NUMBER_ID}
CONTACT = {"profile": {"name": "Ana"}, "wa_id": "14155550123", "user_id": BSUID}
WRITTEN = {"from": "14155550123", "id": WAMID, "timestamp": str(SECONDS)}
STATUS = {
    "id": WAMID,
    "status": "sent",
    "timestamp": str(SECONDS),
    "recipient_id": "14155550123",
    "recipient_user_id": BSUID,
    "biz_opaque_callback_data": REFERENCE,
    "pricing": {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "marketing"},
}
JSON_HEADERS = {"content-type": "application/json"}


def changes(*found: tuple[str | None, object], **entry: object) -> RawWebhook:
    """field, value."""
    whole = {"id": WABA_ID, "time": SECONDS, "changes": [{"field": field, "value": value} for field, value in found]}
    return make_webhook(
        HOOK, json.dumps({"object": "whatsapp_business_account", "entry": [whole | entry]}).encode(), JSON_HEADERS
    )


def value(**parts: object) -> dict[str, object]:
    return {"messaging_product": "whatsapp", "metadata": METADATA, **parts}


def statuses(*found: object) -> RawWebhook:
    return changes(("messages", value(statuses=list(found))))


def messages(*found: object, contacts: object = (CONTACT,)) -> RawWebhook:
    return changes(("messages", value(contacts=contacts, messages=list(found))))


def failed_with(code: object) -> RawWebhook:
    """The code as text: the table's own are numbers, and both are read."""
    errors = [{"code": code, "title": "Whatever", "error_data": {"details": "to +14155550123"}}]
    return statuses(STATUS | {"status": "failed", "errors": errors})


def _reported(word: DeliveryStatus, error: Failure | None = None, **more: Unpack[ReportedFields]) -> Reported:
    reported = Reported(word, WAMID, REFERENCE, THEN, error, ("+14155550123", BSUID), "marketing")
    return replace(reported, **more)


def _status(name: str, fields: dict[str, object], *expected: Expected) -> WebhookCase:
    return WebhookCase(name, statuses(STATUS | fields), EventClass.STATUS, expected)


def _ignored(name: str, raw: RawWebhook, kind: str) -> WebhookCase:
    return WebhookCase(name, raw, EventClass.INBOUND, (Unrecognised(kind),))


def _event(content: Content, **expected: Unpack[HeardFields]) -> MessageReceived:
    event = MessageReceived(WAMID, ("+14155550123", BSUID), NUMBER_ID, THEN, content, profile_name="Ana")
    return replace(event, **expected)


def _received(
    name: str,
    content: Content,
    fields: dict[str, object],
    contacts: object = (CONTACT,),
    **expected: Unpack[HeardFields],
) -> WebhookCase:
    """A contact's message: the common fields and these; and the event that is expected of it."""
    return WebhookCase(
        name, messages(WRITTEN | fields, contacts=contacts), EventClass.INBOUND, (_event(content, **expected),)
    )


def _left_out(name: str, fields: dict[str, object], kind: str) -> WebhookCase:
    return _ignored(name, messages(WRITTEN | fields), kind)


def _text(body: object = "yes") -> dict[str, object]:
    return {"type": "text", "text": {"body": body}}


YES = Content(ContentKind.TEXT, "yes")
FILE = {"id": "3000000003", "mime_type": "image/jpeg", "sha256": "AA=="}


def _file(kind: ContentKind, name: str, mime_type: str, **more: str) -> WebhookCase:
    media = IncomingMedia(mime_type, more.get("url"), "3000000003", more.get("filename"))
    content = Content(kind, more.get("caption", ""), media=(media,))
    return _received(
        name, content, {"type": name.partition("-")[0], name.partition("-")[0]: FILE | {"mime_type": mime_type} | more}
    )


def _chosen(kind: str, **parts: object) -> dict[str, object]:
    return {"type": "interactive", "interactive": {"type": kind, **parts}, "context": {"id": OTHER_WAMID}}


FAILED = DeliveryStatus.FAILED
UNCODED = Failure(Disposition.REFUSED, "none")

STATUS_CASES = (
    _status("sent", {}, _reported(DeliveryStatus.SENT)),
    _status("delivered", {"status": "delivered"}, _reported(DeliveryStatus.DELIVERED)),
    _status("read", {"status": "read"}, _reported(DeliveryStatus.READ)),
    # Quirk(meta) played-without-read
    _status("played", {"status": "played"}, _reported(DeliveryStatus.READ)),
    _status("deleted", {"status": "deleted"}, Unrecognised("status:deleted")),
    _status("unknown-status", {"status": "hi, I am Ana"}, Unrecognised("status:other")),
    _status("group", {"recipient_type": "group"}, Unrecognised("status:group")),
    _status("no-id", {"id": " "}, Unrecognised("status:no-id")),
    WebhookCase("failed", failed_with(131026), EventClass.STATUS, (_reported(FAILED, CODES["131026"]),)),
    WebhookCase("failed-window", failed_with(131047), EventClass.STATUS, (_reported(FAILED, CODES["131047"]),)),
    WebhookCase(
        "failed-unknown-code",
        failed_with(199_999),
        EventClass.STATUS,
        (_reported(FAILED, Failure(Disposition.REFUSED, "199999")),),
    ),
    WebhookCase("failed-with-text", failed_with("to Ana"), EventClass.STATUS, (_reported(FAILED, UNCODED),)),
    _status("failed-without-code", {"status": "failed"}, _reported(FAILED, UNCODED)),
    _status(
        "failed-by-the-second",
        {"status": "failed", "errors": [{"title": "?"}, {"code": 131049}]},
        _reported(FAILED, CODES["131049"]),
    ),
    _status("sent-with-errors", {"errors": [{"code": 131026}]}, _reported(DeliveryStatus.SENT)),
    # Quirk(meta) times-as-texts
    _status("time-as-a-number", {"timestamp": SECONDS}, _reported(DeliveryStatus.SENT)),
    _status("no-time", {"timestamp": "soon"}, _reported(DeliveryStatus.SENT, at=NOON)),
    _status("before-whatsapp", {"timestamp": "1"}, _reported(DeliveryStatus.SENT, at=NOON)),
    _status("later-than-now", {"timestamp": str(SECONDS + 86_400)}, _reported(DeliveryStatus.SENT, at=NOON)),
    _status("no-reference", {"biz_opaque_callback_data": None}, _reported(DeliveryStatus.SENT, reference=None)),
    _status("user-id-alone", {"recipient_id": None}, _reported(DeliveryStatus.SENT, addresses=(BSUID,))),
    _status("user-id-as-recipient", {"recipient_id": BSUID}, _reported(DeliveryStatus.SENT, addresses=(BSUID,))),
    _status(
        "odd-recipient",
        {"recipient_id": "Ana", "recipient_user_id": []},
        _reported(DeliveryStatus.SENT, addresses=()),
    ),
    _status("no-price", {"pricing": None}, _reported(DeliveryStatus.SENT, price_category=None)),
    # Quirk(meta) category-with-a-dash
    *(
        _status(
            f"price-{category}",
            {"pricing": {"category": category}},
            _reported(DeliveryStatus.SENT, price_category=category.lower()),
        )
        for category in ("authentication-international", "AUTHENTICATION-INTERNATIONAL", "marketing_lite", "service")
    ),
    _status("odd-price", {"pricing": {"category": "about Ana"}}, _reported(DeliveryStatus.SENT, price_category=None)),
    WebhookCase(
        "two-statuses",
        statuses(STATUS, STATUS | {"status": "read", "id": OTHER_WAMID}),
        EventClass.STATUS,
        (_reported(DeliveryStatus.SENT), _reported(DeliveryStatus.READ, provider_message_id=OTHER_WAMID)),
    ),
    WebhookCase(
        "a-thousand",
        changes(*([("messages", value(statuses=[STATUS] * 500))] * 2)),
        EventClass.STATUS,
        (_reported(DeliveryStatus.SENT),) * 1_000,
    ),
    WebhookCase(
        "status-beside-odd-ones",
        statuses(None, 7, STATUS, "to Ana"),
        EventClass.STATUS,
        (_reported(DeliveryStatus.SENT),),
    ),
)

MESSAGE_CASES = (
    _received("text", YES, _text()),
    _received("text-of-a-new-kind", Content(ContentKind.TEXT, "STOP"), _text("STOP") | {"type": "hologram"}),
    _received("text-without-a-kind", YES, {"text": {"body": "yes"}}),
    _received("text-in-accents", Content(ContentKind.TEXT, "Sí 👍"), _text("Sí 👍")),
    _received("text-with-half-a-character", Content(ContentKind.TEXT, "a?b"), _text("a\ud83d\0b")),
    _received(
        "text-like-json",
        Content(ContentKind.TEXT, '"statuses":[]'),
        _text('"statuses":[]'),
    ),
    _received("empty-text", Content(ContentKind.UNKNOWN, " "), _text(" ")),
    _received("reply", YES, _text() | {"context": {"from": "14155550100", "id": OTHER_WAMID}}, reply_to=OTHER_WAMID),
    _received("forwarded", YES, _text() | {"context": {"forwarded": True}}),
    _received("nameless", YES, _text(), ({"wa_id": "14155550123"},), profile_name=None, addresses=("+14155550123",)),
    _received("no-contacts", YES, _text(), (), profile_name=None, addresses=("+14155550123",)),
    _received(
        "another-contact",
        YES,
        _text(),
        (CONTACT | {"wa_id": "14155550124"},),
        profile_name=None,
        addresses=("+14155550123",),
    ),
    _received("among-contacts", YES, _text(), ({"wa_id": "14155550124", "profile": {"name": "Eva"}}, CONTACT)),
    _received("user-id-beside-a-number", YES, _text() | {"from_user_id": BSUID}),
    _received(
        "user-id-alone",
        YES,
        _text() | {"from": None, "from_user_id": BSUID},
        ({"profile": {"name": "Ana", "username": "ana"}, "user_id": BSUID},),
        addresses=(BSUID,),
    ),
    # Quirk(meta) user-id-for-a-number
    _received("user-id-as-sender", YES, _text() | {"from": BSUID}, addresses=(BSUID, "+14155550123")),
    _received("named-by-the-contact-alone", YES, _text() | {"from": None}),
    _received("no-time", YES, _text() | {"timestamp": None}, at=NOON),
    _received("later-than-now", YES, _text() | {"timestamp": str(SECONDS + 86_400)}, at=NOON),
    _received(
        "template-button",
        Content(ContentKind.BUTTON, "Confirm", "YES_1"),
        {"type": "button", "button": {"text": "Confirm", "payload": "YES_1"}, "context": {"id": OTHER_WAMID}},
        reply_to=OTHER_WAMID,
    ),
    _received(
        "button-without-payload",
        Content(ContentKind.BUTTON, "Confirm"),
        {"type": "button", "button": {"text": "Confirm"}},
    ),
    _received(
        "quick-reply",
        Content(ContentKind.BUTTON, "Now", "a"),
        _chosen("button_reply", button_reply={"id": "a", "title": "Now"}),
        reply_to=OTHER_WAMID,
    ),
    _received(
        "choice",
        Content(ContentKind.CHOICE, "Monday", "mon"),
        _chosen("list_reply", list_reply={"id": "mon", "title": "Monday", "description": "9 to 5"}),
        reply_to=OTHER_WAMID,
    ),
    _received(
        "form",
        Content(ContentKind.UNKNOWN, "Sent", '{"day":"Monday"}'),
        _chosen("nfm_reply", nfm_reply={"name": "flow", "body": "Sent", "response_json": '{"day":"Monday"}'}),
        reply_to=OTHER_WAMID,
    ),
    _received("interactive-in-a-new-way", Content(ContentKind.UNKNOWN), _chosen("hologram"), reply_to=OTHER_WAMID),
    _file(ContentKind.IMAGE, "image", "image/jpeg", caption="my leg"),
    _file(ContentKind.IMAGE, "image-with-url", "image/jpeg", url="https://lookaside.example.com/?mid=1"),
    _file(ContentKind.VIDEO, "video", "video/mp4"),
    _file(ContentKind.AUDIO, "audio", "audio/ogg; codecs=opus"),
    _file(ContentKind.AUDIO, "voice", "audio/ogg"),
    _file(ContentKind.DOCUMENT, "document", "application/pdf", filename="form.pdf", caption="signed"),
    _file(ContentKind.STICKER, "sticker", "image/webp"),
    _received("image-of-nothing", Content(ContentKind.IMAGE), {"type": "image"}),
    _received(
        "location",
        Content(ContentKind.LOCATION, location=Location(-34.9, -56.0, "Clinic", "18 de Julio 1234")),
        {
            "type": "location",
            "location": {"latitude": -34.9, "longitude": -56, "name": "Clinic", "address": "18 de Julio 1234"},
        },
    ),
    _received(
        "location-nowhere",
        Content(ContentKind.UNKNOWN),
        {"type": "location", "location": {"latitude": 91, "longitude": 0}},
    ),
    _received(
        "location-beyond",
        Content(ContentKind.UNKNOWN),
        {"type": "location", "location": {"latitude": 10**400, "longitude": float("nan")}},
    ),
    _received(
        "contacts",
        Content(ContentKind.CONTACTS, "Eva 14155550124\nJuan Paz"),
        {
            "type": "contacts",
            "contacts": [
                {"name": {"formatted_name": "Eva"}, "phones": [{"phone": "14155550124", "wa_id": "14155550124"}]},
                {"name": {"first_name": "Juan", "last_name": "Paz"}},
            ],
        },
    ),
    _received(
        # Quirk(meta) reaction-names-its-message
        "reaction",
        Content(ContentKind.REACTION, "👍"),
        {"type": "reaction", "reaction": {"message_id": OTHER_WAMID, "emoji": "👍"}},
        reply_to=OTHER_WAMID,
    ),
    _received(
        # Quirk(meta) unsupported-without-a-page
        "unsupported",
        Content(ContentKind.UNKNOWN),
        {"type": "unsupported", "errors": [{"code": 131051}], "unsupported": {"type": "poll"}},
    ),
    _received(
        "file-of-a-new-kind",
        Content(ContentKind.VIDEO, "STOP", media=(IncomingMedia("video/mp4", None, "1"),)),
        {"type": "hologram", "video": {"id": "1", "mime_type": "video/mp4", "caption": "STOP"}},
    ),
    _received("unknown-kind", Content(ContentKind.UNKNOWN), {"type": "hologram", "hologram": {"body": "?"}}),
    _left_out(
        # Quirk(meta) reaction-without-emoji
        "reaction-removed",
        {"type": "reaction", "reaction": {"message_id": OTHER_WAMID}},
        "message:reaction-removed",
    ),
    _left_out(
        "reaction-emptied",
        {"type": "reaction", "reaction": {"message_id": OTHER_WAMID, "emoji": ""}},
        "message:reaction-removed",
    ),
    _left_out("opened-a-chat", {"type": "request_welcome"}, "message:request_welcome"),
    _left_out("call-permission", _chosen("call_permission_reply"), "message:call-permission"),
    _left_out("group", _text() | {"group_id": "Y2FwaV9ncm91cA=="}, "message:group"),
    _left_out("no-id", _text() | {"id": "of Ana"}, "message:no-id"),
    _ignored("no-sender", messages(WRITTEN | _text() | {"from": "Ana"}, contacts=()), "message:no-sender"),
    WebhookCase(
        "two-messages-and-their-contacts",
        messages(
            WRITTEN | _text(),
            WRITTEN | _text("no") | {"from": "14155550124", "id": OTHER_WAMID},
            contacts=[CONTACT, {"profile": {"name": "Eva"}, "wa_id": "14155550124"}],
        ),
        EventClass.INBOUND,
        (
            _event(YES),
            _event(
                Content(ContentKind.TEXT, "no"),
                provider_message_id=OTHER_WAMID,
                addresses=("+14155550124",),
                profile_name="Eva",
            ),
        ),
    ),
    WebhookCase(
        "message-beside-statuses",
        changes(
            ("messages", value(statuses=[STATUS])),
            ("messages", value(contacts=[CONTACT], messages=[WRITTEN | _text()])),
        ),
        EventClass.INBOUND,
        (_reported(DeliveryStatus.SENT), _event(YES)),
    ),
    WebhookCase(
        "another-number-of-the-app",
        changes(
            (
                "messages",
                value(contacts=[CONTACT], messages=[WRITTEN | _text()])
                | {"metadata": METADATA | {"phone_number_id": "100000000000009"}},
            )
        ),
        EventClass.INBOUND,
        (_event(YES, to="100000000000009"),),
    ),
)


def _system(name: str, system: dict[str, object], *expected: Expected, **fields: object) -> WebhookCase:
    one = WRITTEN | {"type": "system", "system": system} | fields
    return WebhookCase(name, messages(one, contacts=()), EventClass.INBOUND, expected)


def _preference(name: str, fields: dict[str, object], *expected: Expected, **parts: object) -> WebhookCase:
    one = {"wa_id": "14155550123", "category": "marketing_messages", "timestamp": SECONDS, "detail": "…"} | fields
    return WebhookCase(
        name, changes(("user_preferences", value(user_preferences=[one], **parts))), EventClass.INBOUND, expected
    )


def _wants(wanted: bool, *addresses: str) -> PreferenceReported:
    return PreferenceReported(addresses or ("+14155550123",), NUMBER_ID, THEN, "marketing", wanted)


OLD_ID, NEW_ID = BSUID, "US.20000000000000000002"
RENAMED = AddressChanged("+14155550123", "+14155550124", THEN, NUMBER_ID)
RENUMBERED = AddressChanged(OLD_ID, NEW_ID, THEN, NUMBER_ID)
USER_ID_UPDATE = {"wa_id": "14155550123", "user_id": {"previous": OLD_ID, "current": NEW_ID}, "timestamp": str(SECONDS)}

CONTACT_CASES = (
    _system("number-changed", {"type": "user_changed_number", "wa_id": "14155550124", "body": "Ana changed"}, RENAMED),
    # Quirk(meta) new-wa-id
    _system("number-changed-in-older-words", {"type": "user_changed_number", "new_wa_id": "14155550124"}, RENAMED),
    _system(
        "number-and-user-id-changed",
        {"type": "user_changed_number", "wa_id": "14155550124", "previous_user_id": OLD_ID, "user_id": NEW_ID},
        RENAMED,
        RENUMBERED,
        AddressChanged("+14155550123", NEW_ID, THEN, NUMBER_ID),
    ),
    _system(
        "user-id-changed",
        {"type": "user_changed_user_id", "previous_user_id": OLD_ID, "user_id": NEW_ID},
        RENUMBERED,
        **{"from": None},
    ),
    _system(
        "user-id-changed-beside-the-number",
        {"type": "user_changed_user_id", "wa_id": "14155550123", "previous_user_id": OLD_ID, "user_id": NEW_ID},
        AddressChanged(OLD_ID, NEW_ID, THEN, NUMBER_ID),
        AddressChanged("+14155550123", NEW_ID, THEN, NUMBER_ID),
    ),
    _system("number-changed-to-nothing", {"type": "user_changed_number"}, Unrecognised("message:system")),
    _system("identity-changed", {"type": "customer_identity_changed"}, Unrecognised("message:system")),
    _preference("stop", {"value": "stop"}, _wants(False)),
    _preference("resume", {"value": "resume"}, _wants(True)),
    _preference("stop-by-user-id", {"value": "stop", "wa_id": None, "user_id": BSUID}, _wants(False, BSUID)),
    _preference("stop-with-contact", {"value": "stop"}, _wants(False, "+14155550123", BSUID), contacts=[CONTACT]),
    # Quirk(meta) signup-is-no-yes
    _preference("signup", {"value": "signup"}, Unrecognised("preference:other")),
    _preference("of-something-else", {"value": "stop", "category": "calls"}, Unrecognised("preference:other")),
    _preference("of-nobody", {"value": "stop", "wa_id": "Ana"}, Unrecognised("preference:no-contact")),
    WebhookCase(
        "preference-by-itself",
        changes(
            (
                "user_preferences",
                value(wa_id="14155550123", category="marketing_messages", value="stop", timestamp=SECONDS),
            )
        ),
        EventClass.INBOUND,
        (_wants(False),),
    ),
    WebhookCase(
        "user-id-update",
        changes(("user_id_update", value(user_id_update=[USER_ID_UPDATE]))),
        EventClass.INBOUND,
        (RENUMBERED, AddressChanged("+14155550123", NEW_ID, THEN, NUMBER_ID)),
    ),
    WebhookCase(
        # Quirk(meta) update-without-a-list
        "user-id-update-by-itself",
        changes(("user_id_update", USER_ID_UPDATE)),
        EventClass.INBOUND,
        (AddressChanged(OLD_ID, NEW_ID, THEN), AddressChanged("+14155550123", NEW_ID, THEN)),
    ),
    WebhookCase(
        "user-id-update-of-a-number",
        changes(("user_id_update", USER_ID_UPDATE | {"user_id": {"current": NEW_ID}})),
        EventClass.INBOUND,
        (AddressChanged("+14155550123", NEW_ID, THEN),),
    ),
    _ignored(
        "user-id-update-incomplete", changes(("user_id_update", {"user_id": {"current": NEW_ID}})), "user-id:incomplete"
    ),
)

ABOUT = {
    "message_template_id": 1_234_567_890,
    "message_template_name": "appointment_reminder",
    "message_template_language": "es_AR",
}


def _update(name: str, field: str, fields: dict[str, object], *expected: Expected, **entry: object) -> WebhookCase:
    return WebhookCase(f"{field}-{name}", changes((field, fields), **entry), EventClass.INBOUND, expected)


def _template_update(case: str, fields: dict[str, object], /, **expected: Unpack[TemplateNewsFields]) -> WebhookCase:
    event = TemplateReported(THEN, "appointment_reminder", "es_AR", "1234567890", to=WABA_ID)
    return _update(case, "message_template_status_update", ABOUT | fields, replace(event, **expected))


TEMPLATE_OTHER = Unrecognised("template:other")
TEMPLATE_CASES = (
    _template_update(
        "approved",
        {"event": "APPROVED", "reason": "NONE", "message_template_category": "UTILITY"},
        status="approved",
        category="utility",
    ),
    _template_update("approved-null", {"event": "APPROVED", "reason": None}, status="approved"),
    _template_update("reinstated", {"event": "REINSTATED"}, status="approved", reason="REINSTATED"),
    _template_update(
        "rejected", {"event": "REJECTED", "reason": "INVALID_FORMAT"}, status="rejected", reason="INVALID_FORMAT"
    ),
    _template_update("rejected-with-text", {"event": "REJECTED", "reason": "Hi Ana"}, status="rejected"),
    _template_update(
        "paused", {"event": "PAUSED", "other_info": {"title": "FIRST_PAUSE"}}, status="paused", reason="FIRST_PAUSE"
    ),
    _template_update("disabled", {"event": "DISABLED", "disable_info": {"disable_date": "…"}}, status="disabled"),
    _template_update("pending", {"event": "PENDING"}, status="pending"),
    _template_update("in-appeal", {"event": "IN_APPEAL"}, status="pending", reason="IN_APPEAL"),
    _template_update("too-many", {"event": "LIMIT_EXCEEDED"}, status="rejected", reason="LIMIT_EXCEEDED"),
    _template_update("deleting", {"event": "PENDING_DELETION"}, status="disabled", reason="PENDING_DELETION"),
    _template_update("deleted", {"event": "DELETED"}, status="disabled", reason="DELETED"),
    _template_update("archived", {"event": "ARCHIVED"}, status="disabled", reason="ARCHIVED"),
    _template_update("unarchived", {"event": "UNARCHIVED"}, reason="UNARCHIVED"),
    _template_update("flagged", {"event": "FLAGGED"}, reason="FLAGGED"),
    _template_update("locked", {"event": "LOCKED"}, reason="LOCKED"),
    _template_update("unlocked", {"event": "UNLOCKED"}, reason="UNLOCKED"),
    _template_update(
        # Quirk(meta) language-with-a-hyphen
        "language-with-a-dash",
        {"event": "APPROVED", "message_template_language": "es-AR"},
        status="approved",
    ),
    _template_update(
        "without-a-name", {"event": "APPROVED", "message_template_name": None}, status="approved", name=None
    ),
    _update("unknown", "message_template_status_update", ABOUT | {"event": "hi, I am Ana"}, TEMPLATE_OTHER),
    _update("nameless", "message_template_status_update", {"event": "APPROVED"}, Unrecognised("template:no-name")),
    _update(
        "no-time",
        "message_template_status_update",
        ABOUT | {"event": "PAUSED"},
        TemplateReported(NOON, "appointment_reminder", "es_AR", "1234567890", "paused", to=WABA_ID),
        time=None,
    ),
    *(
        _update(
            quality,
            "message_template_quality_update",
            ABOUT | {"previous_quality_score": "UNKNOWN", "new_quality_score": quality.upper()},
            TemplateReported(THEN, "appointment_reminder", "es_AR", "1234567890", quality=quality, to=WABA_ID),
        )
        for quality in ("green", "yellow", "red", "unknown")
    ),
    _update("of-no-colour", "message_template_quality_update", ABOUT | {"new_quality_score": "PINK"}, TEMPLATE_OTHER),
    _update(
        "changed",
        "template_category_update",
        ABOUT | {"previous_category": "UTILITY", "new_category": "MARKETING"},
        TemplateReported(THEN, "appointment_reminder", "es_AR", "1234567890", category="marketing", to=WABA_ID),
    ),
    _update(
        "announced",
        "template_category_update",
        ABOUT | {"new_category": "UTILITY", "correct_category": "MARKETING"},
        TemplateReported(THEN, "appointment_reminder", "es_AR", "1234567890", category="utility", to=WABA_ID),
    ),
    _update("unknown", "template_category_update", ABOUT | {"new_category": "GOSSIP"}, TEMPLATE_OTHER),
    _update(
        "rewritten-text",
        "message_template_components_update",
        ABOUT | {"message_template_element": "Llame ya: {{1}}, {{2}}", "message_template_footer": "Clinic"},
        TemplateReported(
            THEN, "appointment_reminder", "es_AR", "1234567890", to=WABA_ID, body="Llame ya: {{1}}, {{2}}"
        ),
    ),
    _update("no-text", "message_template_components_update", ABOUT | {"message_template_element": 7}, TEMPLATE_OTHER),
)


# Quirk(meta) number-by-its-digits
def _number_update(name: str, fields: dict[str, object], **expected: Unpack[SenderNewsFields]) -> WebhookCase:
    whole = {"display_phone_number": "14155550100", **fields}
    return _update(name, "phone_number_quality_update", whole, SenderReported(THEN, "+14155550100", **expected))


def _capable(name: str, fields: dict[str, object], daily: int) -> WebhookCase:
    return _update(
        name, "business_capability_update", fields, SenderReported(THEN, WABA_ID, unique_contacts_a_day=daily)
    )


def _account_update(
    name: str, fields: dict[str, object], usable: bool | None, reason: str, to: str = WABA_ID
) -> WebhookCase:
    return _update(name, "account_update", fields, SenderReported(THEN, to, usable, reason=reason))


def _restricted(*kinds: str) -> dict[str, object]:
    restrictions = [{"restriction_type": kind, "expiration": SECONDS + 3_600} for kind in kinds]
    return {"event": "ACCOUNT_RESTRICTION", "restriction_info": restrictions}


PER_BUSINESS = "max_daily_conversations_per_business"
NUMBER_CASES = (
    # Quirk(meta) unlimited-throughput
    _number_update("faster", {"event": "THROUGHPUT_UPGRADE", "current_limit": "TIER_UNLIMITED"}, rate_per_second=1_000),
    _number_update(
        "faster-and-more",
        {"event": "THROUGHPUT_UPGRADE", PER_BUSINESS: "TIER_10K"},
        rate_per_second=1_000,
        unique_contacts_a_day=10_000,
    ),
    _number_update("slower", {"event": "THROUGHPUT_DOWNGRADE"}, rate_per_second=80),
    _number_update(
        "more", {"event": "UPGRADE", "old_limit": "TIER_250", "current_limit": "TIER_2K"}, unique_contacts_a_day=2_000
    ),
    _number_update(
        "less", {"event": "DOWNGRADE", "current_limit": "TIER_1K", PER_BUSINESS: "TIER_250"}, unique_contacts_a_day=250
    ),
    _number_update("new", {"event": "ONBOARDING", PER_BUSINESS: "TIER_UNLIMITED"}, unique_contacts_a_day=0),
    _number_update("flagged", {"event": "FLAGGED", "current_limit": "TIER_10K"}, quality="red", reason="FLAGGED"),
    _number_update("unflagged", {"event": "UNFLAGGED"}, quality="unknown", reason="UNFLAGGED"),
    _update(
        "new-and-unused",
        "phone_number_quality_update",
        {"event": "ONBOARDING", "current_limit": "TIER_NOT_SET"},
        Unrecognised("number:other"),
    ),
    _update("unknown", "phone_number_quality_update", {"event": "hi, I am Ana"}, Unrecognised("number:other")),
    _capable("more", {PER_BUSINESS: 2_000, "max_phone_numbers_per_business": 10}, 2_000),
    _capable("unlimited", {PER_BUSINESS: -1}, 0),
    # Quirk(meta) limit-under-two-names
    _capable("in-older-words", {"max_daily_conversation_per_phone": 100_000}, 100_000),
    _update(
        "of-numbers-only",
        "business_capability_update",
        {"max_phone_numbers_per_waba": 20},
        Unrecognised("account:other"),
    ),
    _account_update(
        "disabled", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}, False, "DISABLE"
    ),
    _account_update("disabled-without-a-word", {"event": "DISABLED_UPDATE"}, False, "DISABLED_UPDATE"),
    _account_update(
        "soon",
        {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "SCHEDULE_FOR_DISABLE"}},
        None,
        "SCHEDULE_FOR_DISABLE",
    ),
    _account_update(
        "reinstated", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}}, True, "REINSTATE"
    ),
    _account_update(
        "restricted",
        _restricted("RESTRICTED_ADD_PHONE_NUMBER_ACTION", "RESTRICTED_BIZ_INITIATED_MESSAGING"),
        False,
        "RESTRICTED_BIZ_INITIATED_MESSAGING",
    ),
    _account_update(
        "restricted-elsewhere",
        _restricted("RESTRICTED_ADD_PHONE_NUMBER_ACTION"),
        None,
        "RESTRICTED_ADD_PHONE_NUMBER_ACTION",
    ),
    _account_update("restricted-anew", _restricted("RESTRICTED_BREATHING"), False, "RESTRICTED_BREATHING"),
    _account_update("restricted-in-text", _restricted("no, Ana"), False, "ACCOUNT_RESTRICTION"),
    _account_update("restricted-somehow", _restricted(), False, "ACCOUNT_RESTRICTION"),
    _account_update(
        "violation", {"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "SCAM"}}, None, "SCAM"
    ),
    _account_update("deleted", {"event": "ACCOUNT_DELETED"}, False, "ACCOUNT_DELETED"),
    _account_update(
        "offboarded",
        {"event": "ACCOUNT_OFFBOARDED", "phone_number": "+1 415-555-0100"},
        False,
        "ACCOUNT_OFFBOARDED",
        "+14155550100",
    ),
    _account_update("reconnected", {"event": "ACCOUNT_RECONNECTED"}, True, "ACCOUNT_RECONNECTED"),
    _account_update("app-removed", {"event": "PARTNER_REMOVED"}, False, "PARTNER_REMOVED"),
    # Quirk(meta) partner-entry
    _update(
        "app-removed-as-a-partner-is-told",
        "account_update",
        {"event": "PARTNER_REMOVED", "waba_info": {"waba_id": WABA_ID, "owner_business_id": "4"}},
        SenderReported(THEN, WABA_ID, False, reason="PARTNER_REMOVED"),
        id="300000000000003",
    ),
    _account_update("app-removed-from-nobody", {"event": "PARTNER_REMOVED", "waba_info": 4}, False, "PARTNER_REMOVED"),
    _update("unknown", "account_update", {"event": "AD_ACCOUNT_LINKED"}, Unrecognised("account:other")),
    _update(
        "of-a-number",
        "account_alerts",
        {"entity_type": "PHONE_NUMBER", "entity_id": NUMBER_ID, "alert_info": {"alert_type": "OBA_APPROVED"}},
        SenderReported(THEN, NUMBER_ID, reason="OBA_APPROVED"),
    ),
    _update(
        "of-the-business",
        "account_alerts",
        {"entity_type": "BUSINESS", "entity_id": "4", "alert_type": "INCREASED_CAPABILITIES_ELIGIBILITY_FAILED"},
        SenderReported(THEN, WABA_ID, reason="INCREASED_CAPABILITIES_ELIGIBILITY_FAILED"),
    ),
    _update(
        "of-no-account",
        "account_update",
        {"event": "ACCOUNT_DELETED"},
        SenderReported(THEN, None, False, reason="ACCOUNT_DELETED"),
        id=None,
    ),
    _update(
        "of-another-account",
        "account_update",
        {"event": "ACCOUNT_DELETED"},
        SenderReported(THEN, "200000000000009", False, reason="ACCOUNT_DELETED"),
        id="200000000000009",
    ),
    _update("in-text", "account_alerts", {"alert_info": {"alert_type": "Hi, Ana"}}, Unrecognised("account:other")),
)

IGNORED = (
    "account_review_update", "calls", "flows", "history",
    "payment_configuration_update", "phone_number_name_update", "security", "smb_app_state_sync",
    "template_correct_category_detection",
)  # fmt: skip
OTHER_CASES = (
    *(_ignored(f"field-{field}", changes((field, value(messages=[WRITTEN]))), f"field:{field}") for field in IGNORED),
    _ignored("field-new", changes(("hi, I am Ana", {})), "field:other"),
    _ignored("field-absent", changes((None, value(statuses=[STATUS]))), "field:other"),
    _ignored("value-absent", changes(("messages", None)), "messages:empty"),
    _ignored("errors-alone", changes(("messages", value(errors=[{"code": 130429}]))), "messages:errors"),
    _ignored("no-changes", changes(), "empty"),
    _ignored("no-entries", make_webhook(HOOK, b'{"object": "whatsapp_business_account"}'), "empty"),
    _ignored("another-product", make_webhook(HOOK, b'{"object": "page", "entry": []}'), "other"),
    _ignored("nothing", make_webhook(HOOK, b""), "malformed"),
    _ignored("a-list", make_webhook(HOOK, b"[]"), "malformed"),
    _ignored("nested-deeply", make_webhook(HOOK, b"[" * 100_000), "malformed"),
    _ignored("a-long-number", make_webhook(HOOK, b'{"object": ' + b"9" * 5_000 + b"}"), "malformed"),
    WebhookCase(
        "status-beside-other-news",
        changes(("messages", value(statuses=[STATUS])), ("user_preferences", value(user_preferences=[]))),
        EventClass.INBOUND,
        (_reported(DeliveryStatus.SENT), Unrecognised("preference:no-contact")),
    ),
)
UNSIGNED = messages(WRITTEN | _text("Sí, a las 9:30"))
WEBHOOKS = (*STATUS_CASES, *MESSAGE_CASES, *CONTACT_CASES, *TEMPLATE_CASES, *NUMBER_CASES, *OTHER_CASES)
