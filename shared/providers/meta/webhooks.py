"""Meta's webhooks: an envelope of changes, each of one field. Owns the order of their events, not the meaning of a field.

One app may serve many numbers and calls one URL for all of them: each event names its number by `to`.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/create-webhook-endpoint
(2026-04-21) and …/webhooks/reference/<field>, one page a field.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from shared.providers.events import EventClass, ProviderEvent, RawWebhook, Unrecognised
from shared.providers.meta import number_updates, template_updates
from shared.providers.meta.inbound import find_contact, read_messages
from shared.providers.meta.payments import KIND as PAYMENT
from shared.providers.meta.payments import read_payment
from shared.providers.meta.preferences import read_preference, read_user_id
from shared.providers.meta.statuses import read_status
from shared.providers.meta.threads import list_echoes, read_echoes, read_handover, unfold_standby
from shared.providers.meta.wire.webhooks import Change, Entry, Envelope, Preference, Status, UserIdUpdate, Value
from shared.providers.wire import choose_time, parse_json

OBJECT: Final = "whatsapp_business_account"

# ── the queue ───────────────────────────────────────────────────────────────────────────────────────────────────────

# In a JSON text a quote is escaped, so these can only be names: a person's words are never mistaken for them.
_STATUSES: Final = re.compile(rb'"statuses"\s*:')
_ANYTHING_ELSE: Final = re.compile(rb'"messages"\s*:|"field"\s*:\s*+(?!"messages")')


def classify(webhook: RawWebhook) -> EventClass:
    """A body of statuses alone is one; any other may hold a person's message."""
    is_status = _STATUSES.search(webhook.body) and not _ANYTHING_ELSE.search(webhook.body)
    return EventClass.STATUS if is_status else EventClass.INBOUND


# ── the events ──────────────────────────────────────────────────────────────────────────────────────────────────────

UPDATES: Final = {**template_updates.READERS, **number_updates.READERS}
# Many apps subscribe to these, and none of them matters to sending: counted by name.
IGNORED_FIELDS: Final = frozenset(
    {
        "account_review_update",
        "calls",
        "flows",
        "history",
        "payment_configuration_update",
        "phone_number_name_update",
        "security",
        "smb_app_state_sync",
        "template_correct_category_detection",
    }
)


def read_events(webhook: RawWebhook) -> Sequence[ProviderEvent]:
    """Of every change, in order. Total on arbitrary bytes."""
    envelope = parse_json(Envelope, webhook.body)
    if envelope is None:
        return (Unrecognised("malformed"),)
    if envelope.object != OBJECT:
        return (Unrecognised("other"),)
    events = [
        event
        for entry in envelope.entry
        for change in entry.changes
        for event in _read_change(entry, change, webhook.received_at)
    ]
    return events or (Unrecognised("empty"),)


# Quirk(meta) update-without-a-list: one update may be the value itself (weni-ai/courier @0afa5f92, 2026-11)
def _read_change(entry: Entry, change: Change, received_at: datetime) -> Sequence[ProviderEvent]:
    """Updates of templates and accounts have no time and no owner but those of the whole entry."""
    if change.field in UPDATES:
        at = choose_time(received_at, entry.time)
        return (UPDATES[change.field](change.value, at, entry.id or None),)
    value = Value.model_validate(change.value)
    match change.field:
        case "messages":
            return _read_messages(value, received_at)
        case "standby":
            return _read_standby(unfold_standby(value), received_at)
        case "smb_message_echoes" | "message_echoes" as field:
            return list_echoes(value, field, received_at)
        case "messaging_handovers":
            return (read_handover(change.value, received_at),)
        case "user_preferences":
            preferences = map(Preference.model_validate, value.user_preferences or (change.value,))
            return [read_preference(value, preference, received_at) for preference in preferences]
        case "user_id_update":
            updates = map(UserIdUpdate.model_validate, value.user_id_update or (change.value,))
            return [event for update in updates for event in read_user_id(value, update, received_at)]
        case _:
            return (Unrecognised(f"field:{change.field if change.field in IGNORED_FIELDS else 'other'}"),)


def _read_standby(value: Value, received_at: datetime) -> Sequence[ProviderEvent]:
    events = read_messages(value, received_at, in_standby=True)
    events += read_echoes(value, "standby", received_at)
    events += _read_statuses(value, received_at)
    return events or (Unrecognised("standby:empty"),)


def _read_statuses(value: Value, received_at: datetime) -> list[ProviderEvent]:
    statuses = map(Status.model_validate, value.statuses)
    return [
        read_payment(value, one, received_at)
        if one.type == PAYMENT
        else read_status(one, received_at, find_contact(value, one.recipient_id, one.recipient_user_id))
        for one in statuses
    ]


def _read_messages(value: Value, received_at: datetime) -> Sequence[ProviderEvent]:
    events = read_messages(value, received_at)
    events += _read_statuses(value, received_at)
    return events or (Unrecognised("messages:errors" if value.errors else "messages:empty"),)
