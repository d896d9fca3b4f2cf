"""Meta's webhooks: whose they are, which queue they wait in, what they say of messages and contacts. Owns no state, and
not what they say of templates and numbers (see `news`).

One app may serve many numbers and calls one URL for all of them: each event says by `to` which number it is about.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/create-webhook-endpoint
(2026-04-21) and …/webhooks/reference/messages/status (2026-04-30).
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

from shared.ground.errors import Refused, SendError, WebhookRejected
from shared.providers.base import Account
from shared.providers.events import (
    AddressChanged,
    DeliveryStatus,
    EventClass,
    PreferenceReported,
    ProviderEvent,
    RawWebhook,
    StatusReported,
    Unrecognised,
)
from shared.providers.meta import inbound, news
from shared.providers.meta.codes import CODES, UNKNOWN_CODE
from shared.providers.meta.wire import Change, Envelope, Preference, Status, UserIdUpdate, Value, addresses
from shared.providers.reading import from_json, identifier

SIGNATURE_HEADER: Final = "x-hub-signature-256"
OBJECT: Final = "whatsapp_business_account"

# ── whose it is ─────────────────────────────────────────────────────────────────────────────────────────────────────

_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_.~+/=-]{1,512}")  # of digits, so far; it is answered as plain text


def handshake(account: Account, query: Mapping[str, str]) -> str:
    """The challenge, to whoever knows a verify token. *Raises*: WebhookRejected."""
    given = query.get("hub.verify_token", "")
    if query.get("hub.mode") != "subscribe" or not given:
        raise WebhookRejected("missing")
    matches = [_is_same(given, token) for token in account.secrets["verify_token"]]
    if not any(matches):
        raise WebhookRejected("wrong")
    challenge = query.get("hub.challenge", "")
    if not _CHALLENGE.fullmatch(challenge):
        raise WebhookRejected("malformed")
    return challenge


def authenticate(account: Account, webhook: RawWebhook) -> None:
    """*Raises*: WebhookRejected. Every app secret is tried, so time does not tell which one was right.

    The raw bytes are signed: Meta escapes what is not ASCII, and no second serialisation would give the same.
    """
    given = webhook.headers.get(SIGNATURE_HEADER, "")
    if not given:
        raise WebhookRejected("missing")
    matches = [_is_same(given, _signature(secret, webhook.body)) for secret in account.secrets["app_secret"]]
    if not any(matches):
        raise WebhookRejected("wrong")


def _signature(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _is_same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), right.encode("utf-8", "replace"))


# ── where it waits ──────────────────────────────────────────────────────────────────────────────────────────────────

# In a JSON text a quote is escaped, so these can only be names: a person's words are never mistaken for them.
_STATUSES: Final = re.compile(rb'"statuses"\s*:')
_ANYTHING_ELSE: Final = re.compile(rb'"messages"\s*:|"field"\s*:\s*+(?!"messages")')


def classify(webhook: RawWebhook) -> EventClass:
    """What holds statuses and nothing else waits with them; anything else may be a person."""
    only = _STATUSES.search(webhook.body) and not _ANYTHING_ELSE.search(webhook.body)
    return EventClass.STATUS if only else EventClass.INBOUND


# ── what it says ────────────────────────────────────────────────────────────────────────────────────────────────────

# Subscribed to by many apps, and about nothing that we do: counted by name.
IGNORED_FIELDS: Final = frozenset(
    {
        "account_review_update",
        "calls",
        "flows",
        "history",
        "message_echoes",
        "message_template_components_update",
        "payment_configuration_update",
        "phone_number_name_update",
        "security",
        "smb_app_state_sync",
        "smb_message_echoes",
        "standby",
        "template_correct_category_detection",
    }
)


def events(webhook: RawWebhook) -> Sequence[ProviderEvent]:
    """Of every change, in order. Total on arbitrary bytes."""
    envelope = from_json(Envelope, webhook.body)
    if envelope is None:
        return (Unrecognised("malformed"),)
    if envelope.object != OBJECT:
        return (Unrecognised("other"),)
    found: list[ProviderEvent] = []
    for entry in envelope.entry:
        at = min(entry.time or webhook.received_at, webhook.received_at)
        for change in entry.changes:
            found += _of_change(change, at, entry.id or None, webhook.received_at)
    return found or (Unrecognised("empty"),)


def _of_change(change: Change, at: datetime, account: str | None, received_at: datetime) -> Sequence[ProviderEvent]:
    """at, account: of the whole entry, which is all that news of templates and accounts have."""
    if change.field in news.READERS:
        return (news.READERS[change.field](change.value, at, account),)
    value = Value.model_validate(change.value)
    match change.field:
        case "messages":
            return _of_messages(value, received_at)
        case "user_preferences":
            return [
                _preference(value, Preference.model_validate(one), received_at)
                for one in value.user_preferences or (change.value,)
            ]
        case "user_id_update":
            return [
                _new_user_id(value, UserIdUpdate.model_validate(one), received_at)
                for one in value.user_id_update or (change.value,)
            ]
        case _:
            return (Unrecognised(f"field:{change.field if change.field in IGNORED_FIELDS else 'other'}"),)


def _of_messages(value: Value, received_at: datetime) -> Sequence[ProviderEvent]:
    found = inbound.messages(value, received_at)
    found += [_status(Status.model_validate(one), received_at) for one in value.statuses]
    return found or (Unrecognised("messages:errors" if value.errors else "messages:empty"),)


# ── statuses ────────────────────────────────────────────────────────────────────────────────────────────────────────

# Quirk(meta): who plays a voice message is told as `played`, and need not have been told as `read` before.
DELIVERY: Final[Mapping[str, DeliveryStatus]] = MappingProxyType(
    {
        "sent": DeliveryStatus.SENT,
        "delivered": DeliveryStatus.DELIVERED,
        "read": DeliveryStatus.READ,
        "played": DeliveryStatus.READ,
        "failed": DeliveryStatus.FAILED,
    }
)
UNCODED: Final = "none"
_PRICE_CATEGORY: Final = re.compile(r"[a-z][a-z_]{0,39}")


def _status(status: Status, received_at: datetime) -> ProviderEvent:
    if status.recipient_type == "group":
        return Unrecognised("status:group")
    word = DELIVERY.get(status.status)
    if word is None:
        return Unrecognised(f"status:{'deleted' if status.status == 'deleted' else 'other'}")
    if not identifier(status.id):
        return Unrecognised("status:no-id")
    category = status.pricing.category
    return StatusReported(
        word,
        status.id,
        status.biz_opaque_callback_data or None,
        min(status.timestamp or received_at, received_at),
        _failure(status) if word is DeliveryStatus.FAILED else None,
        addresses(status.recipient_id, status.recipient_user_id),
        category if _PRICE_CATEGORY.fullmatch(category) else None,
    )


def _failure(status: Status) -> SendError:
    """By the first error that has a code."""
    code = next((str(one.code) for one in status.errors if one.code is not None), None)
    if code is None:
        return Refused(UNCODED, "failed without a code")
    return CODES[code].error() if code in CODES else Refused(code, UNKNOWN_CODE)


# ── what contacts told WhatsApp, and what they are called ───────────────────────────────────────────────────────────

# Nothing but a plain yes is one: `signup` was seen, and what it means is documented nowhere.
WANTED: Final[Mapping[str, bool]] = MappingProxyType({"stop": False, "resume": True})
SCOPES: Final[Mapping[str, str]] = MappingProxyType({"marketing_messages": "marketing"})


def _preference(value: Value, told: Preference, received_at: datetime) -> ProviderEvent:
    contact = inbound.contact_of(value, told.wa_id, told.user_id)
    names = addresses(told.wa_id, contact.wa_id, told.user_id, contact.user_id)
    if not names:
        return Unrecognised("preference:no-contact")
    if told.value not in WANTED or told.category not in SCOPES:
        return Unrecognised("preference:other")
    at = min(told.timestamp or received_at, received_at)
    return PreferenceReported(
        names, value.metadata.phone_number_id or None, at, SCOPES[told.category], WANTED[told.value]
    )


def _new_user_id(value: Value, told: UserIdUpdate, received_at: datetime) -> ProviderEvent:
    """Without a previous id, the number is what the contact was known by."""
    previous, current = addresses(told.user_id.previous, told.wa_id), addresses(told.user_id.current)
    if not previous or not current or previous[0] == current[0]:
        return Unrecognised("user-id:incomplete")
    at = min(told.timestamp or received_at, received_at)
    return AddressChanged(previous[0], current[0], at, value.metadata.phone_number_id or None)
