"""Meta's webhooks of threads: edits, revocations, standby, handovers, echoes; and orders, payments, ads."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Unpack

from shared.providers.events import (
    Author,
    Content,
    ContentKind,
    ControlChanged,
    DeliveryStatus,
    EventClass,
    IncomingMedia,
    MessageReceived,
    NoteReported,
    Order,
    OrderItem,
    Payment,
    Referral,
    Unrecognised,
)
from tests.contract.providers.fields import HeardFields
from tests.contract.providers.harness import NOON, REFERENCE, Expected, Reported, WebhookCase
from tests.contract.providers.meta_webhook_cases import (
    BSUID,
    CONTACT,
    METADATA,
    NUMBER_ID,
    OTHER_WAMID,
    SECONDS,
    STATUS,
    THEN,
    WAMID,
    WRITTEN,
    changes,
    value,
)

NAMES = ("+14155550123", BSUID)
YES = Content(ContentKind.TEXT, "yes")
TEXT = {"type": "text", "text": {"body": "yes"}}


def _heard(content: Content, **fields: Unpack[HeardFields]) -> MessageReceived:
    return replace(MessageReceived(WAMID, NAMES, NUMBER_ID, THEN, content, profile_name="Ana"), **fields)


def _noted(content: Content, by: Author, name: str = WAMID, addresses: tuple[str, ...] = NAMES) -> NoteReported:
    return NoteReported(name, addresses, NUMBER_ID, THEN, content, by)


def _message(name: str, fields: Mapping[str, object], *expected: Expected, **around: object) -> WebhookCase:
    whole = value(contacts=[CONTACT], messages=[{**WRITTEN, **fields}], **around)
    return WebhookCase(name, changes(("messages", whole)), EventClass.INBOUND, expected)


def _edit(message: object, **more: object) -> dict[str, object]:
    return {"type": "edit", "edit": {"original_message_id": OTHER_WAMID, "message": message}, **more}


def _edited(content: Content, reply_to: str | None = None) -> MessageReceived:
    return _heard(replace(content, changes=OTHER_WAMID), reply_to=reply_to)


IMAGE = {"id": "1", "mime_type": "image/jpeg", "caption": "STOP"}
REVOKE = {"type": "revoke", "revoke": {"original_message_id": OTHER_WAMID}}
REVOKED = Content(ContentKind.REVOKED, changes=OTHER_WAMID)

EDIT_CASES = (
    _message("edited", _edit(TEXT | {"context": {"id": "wamid.X"}}), _edited(YES, "wamid.X")),
    _message("edited-context-around", _edit(TEXT, context={"id": "wamid.X"}), _edited(YES, "wamid.X")),
    _message(
        "edited-caption",
        _edit({"type": "image", "image": IMAGE}),
        _edited(Content(ContentKind.IMAGE, "STOP", media=(IncomingMedia("image/jpeg", None, "1"),))),
    ),
    _message(
        "edited-caption-without-a-type",
        _edit({"image": IMAGE}),
        _edited(Content(ContentKind.IMAGE, "STOP", media=(IncomingMedia("image/jpeg", None, "1"),))),
    ),
    _message("edited-flat", {**TEXT, "type": "edit", "edit": {"original_message_id": OTHER_WAMID}}, _edited(YES)),
    _message("edited-of-nothing", {"type": "edit", "edit": {"message": TEXT}}, _heard(YES)),
    _message("edited-to-nothing", {"type": "edit", "edit": 7}, _heard(Content(ContentKind.UNKNOWN))),
    _message("revoked", REVOKE, _noted(REVOKED, Author.CONTACT)),
    _message("revoked-of-nothing", {"type": "revoke"}, Unrecognised("message:revoke")),
)

# ── orders, payments, ads ───────────────────────────────────────────────────────────────────────────────────────────

TEA = {"product_retailer_id": "tea", "quantity": 2, "item_price": 3.5, "currency": "USD"}
CUP = {"product_retailer_id": "cup", "quantity": "1", "item_price": "4", "currency": "USD"}
CLICKED = {
    "source_url": "https://fb.me/1", "source_type": "ad", "source_id": "120", "headline": "Spring check-up",
    "body": "Book now", "media_type": "image", "ctwa_clid": "ARAk",
}  # fmt: skip
AD = Referral("ad", "120", "https://fb.me/1", "Spring check-up", "Book now", "ARAk")
PAID = {
    "type": "payment", "status": "captured",
    "payment": {"reference_id": "order-7", "amount": {"value": 2100, "offset": 100}, "currency": "INR"},
}  # fmt: skip


def _order(name: str, order: object, text: str, expected: Order) -> WebhookCase:
    return _message(name, {"type": "order", "order": order}, _heard(Content(ContentKind.ORDER, text, order=expected)))


def _payment(name: str, fields: Mapping[str, object], *expected: Expected) -> WebhookCase:
    whole = value(statuses=[{**STATUS, **fields}])
    return WebhookCase(name, changes(("messages", whole)), EventClass.STATUS, expected)


def _paid(state: str, line: str, payment: Payment) -> NoteReported:
    content = Content(ContentKind.PAYMENT, line, payment=payment)
    return _noted(content, Author.PROVIDER, f"{WAMID}:payment:{state}:{SECONDS * 1000}")


BUSINESS_CASES = (
    _order(
        "order",
        {"catalog_id": "c1", "text": "two, please", "product_items": [TEA, CUP]},
        "two, please\n2 × tea, 3.5 USD each\n1 × cup, 4 USD each\nTotal: 11.0 USD",
        Order("c1", (OrderItem("tea", 2, "3.5", "USD"), OrderItem("cup", 1, "4", "USD")), "two, please"),
    ),
    _order("order-of-words", {"text": "two, please"}, "two, please", Order(note="two, please")),
    _order(
        "order-of-odd-things",
        {"product_items": [7, {"quantity": "many", "item_price": -1}]},
        "1 × product without an id",
        Order("", (OrderItem(""),)),
    ),
    _message("from-an-ad", TEXT | {"referral": CLICKED}, _heard(replace(YES, referral=AD))),
    _message(
        "from-a-post", TEXT | {"referral": {"source_id": "1"}}, _heard(replace(YES, referral=Referral(source_id="1")))
    ),
    _message("from-nothing", TEXT | {"referral": {}}, _heard(YES)),
    # Quirk(meta) payment-among-statuses
    _payment(
        "payment",
        PAID,
        _paid("captured", "Payment order-7: captured, 21.00 INR", Payment("order-7", "captured", "21.00", "INR")),
    ),
    _payment(
        "payment-failed",
        {"type": "payment", "status": "failed", "errors": [{"code": 131026}]},
        _paid("failed", "Payment: failed", Payment("", "failed")),
    ),
    _payment("payment-of-nobody", PAID | {"recipient_id": "Ana", "recipient_user_id": None}, Unrecognised(
        "payment:incomplete")),
)  # fmt: skip

# ── standby ─────────────────────────────────────────────────────────────────────────────────────────────────────────

SAID = Content(ContentKind.TEXT, "We open at nine.")
BODY = {"type": "text", "text": {"body": "We open at nine."}}
STANDBY_ECHO = {"id": OTHER_WAMID, "timestamp": str(SECONDS), "message": {"to": "14155550123", **BODY}}


def _standby(name: str, *expected: Expected, **parts: object) -> WebhookCase:
    return WebhookCase(name, changes(("standby", value(standby=parts))), EventClass.INBOUND, expected)


def _flat(name: str, *expected: Expected, **parts: object) -> WebhookCase:
    return WebhookCase(name, changes(("standby", value(**parts))), EventClass.INBOUND, expected)


STANDBY_CASES = (
    _standby("standby-message", replace(_heard(YES), in_standby=True), contacts=[CONTACT], messages=[WRITTEN | TEXT]),
    _standby(
        "standby-edit",
        replace(_edited(YES), in_standby=True),
        contacts=[CONTACT],
        messages=[WRITTEN | _edit(TEXT)],
    ),
    _standby("standby-revoke", _noted(REVOKED, Author.CONTACT), contacts=[CONTACT], messages=[WRITTEN | REVOKE]),
    _flat("standby-flat", replace(_heard(YES), in_standby=True), contacts=[CONTACT], messages=[WRITTEN | TEXT]),
    # Quirk(meta) echo-in-two-forms
    _standby(
        "standby-echo", _noted(SAID, Author.AI_AGENT, OTHER_WAMID, ("+14155550123",)), message_echoes=[STANDBY_ECHO]
    ),
    _standby(
        "standby-echo-to-a-user-id",
        _noted(SAID, Author.AI_AGENT, OTHER_WAMID, (BSUID,)),
        message_echoes=[STANDBY_ECHO | {"message": {"recipient": BSUID, **BODY}}],
    ),
    _standby(
        "standby-echo-of-a-template",
        _noted(Content(ContentKind.UNKNOWN, "[template reminder]"), Author.AI_AGENT, OTHER_WAMID, ("+14155550123",)),
        message_echoes=[
            STANDBY_ECHO | {"message": {"to": "14155550123", "type": "template", "template": {"name": "reminder"}}}
        ],
    ),
    _standby(
        "standby-echo-with-choices",
        _noted(Content(ContentKind.TEXT, "When?"), Author.AI_AGENT, OTHER_WAMID, ("+14155550123",)),
        message_echoes=[
            STANDBY_ECHO
            | {
                "message": {
                    "to": "14155550123",
                    "type": "interactive",
                    "interactive": {"type": "button", "body": {"text": "When?"}},
                }
            }
        ],
    ),
    _standby(
        "standby-status",
        Reported(DeliveryStatus.SENT, WAMID, REFERENCE, THEN, None, NAMES, "marketing"),
        statuses=[STATUS],
    ),
    _standby("standby-empty", Unrecognised("standby:empty")),
    _standby(
        "standby-echo-to-a-group-is-in-no-persons-thread",
        Unrecognised("echo:group"),
        message_echoes=[
            {"id": "wamid.g1", "group_id": "g1", "to": "14155550123", "type": "text", "text": {"body": "hi"}}
        ],
    ),
    _standby("standby-echo-of-nothing", Unrecognised("echo:incomplete"), message_echoes=[{"id": "?"}]),
)

# ── echoes ──────────────────────────────────────────────────────────────────────────────────────────────────────────

ECHO = {"from": "14155550100", "to": "14155550123", "id": OTHER_WAMID, "timestamp": str(SECONDS), **BODY}


def _echo(
    name: str, fields: dict[str, object], content: Content, addresses: tuple[str, ...] = NAMES, **parts: object
) -> WebhookCase:
    whole = value(message_echoes=[ECHO | fields], **{"contacts": [CONTACT], **parts})
    expected = _noted(content, Author.PHONE, OTHER_WAMID, addresses)
    return WebhookCase(name, changes(("smb_message_echoes", whole)), EventClass.INBOUND, (expected,))


ECHO_CASES = (
    _echo("echo", {}, SAID),
    _echo("echo-without-contacts", {}, SAID, ("+14155550123",), contacts=[]),
    _echo("echo-to-a-user-id", {"to": None, "to_user_id": BSUID}, SAID, (BSUID,), contacts=[]),
    _echo(
        "echo-of-a-picture",
        {"type": "image", "image": {"id": "1", "caption": "x"}},
        Content(ContentKind.IMAGE, "x", media=(IncomingMedia("", None, "1"),)),
    ),
    # Quirk(meta) echo-of-a-deletion
    _echo("echo-of-a-deletion", {"from": "14155550123", "to": "14155550100", **REVOKE}, replace(
        REVOKED, changes=OTHER_WAMID)),
    _echo("echo-of-an-edit", _edit(BODY), replace(SAID, changes=OTHER_WAMID)),
    _echo("echo-to-somebody-else-than-the-only-contact", {"to": "14155550199"}, SAID, ("+14155550199",)),
    WebhookCase(
        "echo-of-another-app",
        changes(("message_echoes", value(message_echoes=[ECHO]))),
        EventClass.INBOUND,
        (_noted(SAID, Author.OTHER_APP, OTHER_WAMID, ("+14155550123",)),),
    ),
    WebhookCase(
        "echo-of-nothing", changes(("smb_message_echoes", value())), EventClass.INBOUND,
        (Unrecognised("echo:incomplete"),),
    ),
)  # fmt: skip

# ── handovers ───────────────────────────────────────────────────────────────────────────────────────────────────────

SUMMARY = {"type": "summary", "summary": {"text": "Ana wants Tuesday."}}


def _handover(name: str, kind: str, owners: object, *expected: Expected, **fields: object) -> WebhookCase:
    whole = {
        "messaging_product": "whatsapp",
        "recipient": METADATA,
        "sender": {"phone_number": "14155550123"},
        "timestamp": str(SECONDS),
        "type": kind,
        kind: owners,
    }
    return WebhookCase(name, changes(("messaging_handovers", whole | fields)), EventClass.INBOUND, expected)


def _held(holder: str = "", summary: str = "", addresses: tuple[str, ...] = ("+14155550123",)) -> ControlChanged:
    return ControlChanged(addresses, NUMBER_ID, THEN, holder, summary, THEN)


TIMELESS = replace(_held(), at=NOON, stated_at=None)
EARLY = replace(_held(), at=NOON, stated_at=THEN + timedelta(seconds=10**6))

HANDOVER_CASES = (
    # Quirk(meta) handover-without-metadata
    _handover(
        "control-passed",
        "control_passed",
        {"previous_owner_role": "ai_agent", "new_owner_role": "escalation", "conversation_context": SUMMARY},
        _held(summary="Ana wants Tuesday."),
    ),
    _handover(
        "control-passed-in-older-words",
        "control_passed",
        {"previous_owner_app_role": "meta_business_agent"},
        _held(addresses=("+14155550123", BSUID)),
        sender={"phone_number": "14155550123", "user_id": BSUID},
    ),
    _handover("control-passed-to-meta-s-agent", "control_passed", {"new_owner_role": "AI_AGENT"}, _held("ai_agent")),
    _handover("control-passed-without-owners", "control_passed", None, _held()),
    _handover("control-taken", "control_taken", {"new_owner_role": "escalation"}, _held("escalation")),
    _handover("control-taken-by-somebody", "control_taken", {"new_owner_role": "Ana G."}, _held("other")),
    _handover("control-taken-from-meta-s-agent", "control_taken", {"previous_owner_role": "ai_agent"}, _held()),
    _handover("control-of-nobody", "control_taken", {}, Unrecognised("handover:other"), sender={"wa_id": "Ana"}),
    _handover("control-without-a-time", "control_passed", {}, TIMELESS, timestamp=None),
    _handover("control-from-the-future", "control_passed", {}, EARLY, timestamp=str(SECONDS + 10**6)),
    _handover("control-released", "control_released", {}, Unrecognised("handover:other")),
    # Quirk(meta) summary-beside-a-message
    _message(
        "summary-in-a-message",
        TEXT | {"conversation_context": SUMMARY},
        _heard(YES),
        _noted(Content(ContentKind.HANDOVER, "Ana wants Tuesday."), Author.AI_AGENT, f"{WAMID}:summary"),
    ),
    _message(
        "summary-around-a-message",
        TEXT,
        _heard(YES),
        _noted(Content(ContentKind.HANDOVER, "Ana wants Tuesday."), Author.AI_AGENT, f"{WAMID}:summary"),
        conversation_context=SUMMARY,
    ),
)

THREADS = (*EDIT_CASES, *BUSINESS_CASES, *STANDBY_CASES, *ECHO_CASES, *HANDOVER_CASES)
