"""Wavy's webhooks: batches of statuses or of contacts' messages, told apart record by record. Owns no state.

Wavy signs nothing that is documented: whose a webhook is, the secret part of its path says, which the ingress checks.
It wants 200 within 200 ms and repeats itself otherwise; a status tells everything so far, so a repeated or belated one
does no harm. Its support sets the URLs.

Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api, "Webhooks".
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from shared.ground.errors import Refused, SendError, WebhookRejected
from shared.providers.base import Account
from shared.providers.events import DeliveryStatus, EventClass, ProviderEvent, RawWebhook, StatusReported, Unrecognised
from shared.providers.reading import identifier
from shared.providers.wavy.codes import CODES, UNKNOWN_CODE
from shared.providers.wavy.inbound import message
from shared.providers.wavy.wire import Batch, Received, Status, address, from_json

# ── whose it is ─────────────────────────────────────────────────────────────────────────────────────────────────────


def handshake(_account: Account, _query: Mapping[str, str]) -> str:
    """Wavy never asks."""
    raise WebhookRejected("no-handshake")


def authenticate(_account: Account, _webhook: RawWebhook) -> None:
    """There is nothing to check."""


# ── where it waits ──────────────────────────────────────────────────────────────────────────────────────────────────

# In a JSON text a quote is escaped, so this can only be a name; both kinds of record never share a batch.
_STATUS_NAME = re.compile(rb'StatusCode\s*"\s*:')


def classify(webhook: RawWebhook) -> EventClass:
    """A status has codes; whatever has none may be a person."""
    return EventClass.STATUS if _STATUS_NAME.search(webhook.body) else EventClass.INBOUND


# ── what it says ────────────────────────────────────────────────────────────────────────────────────────────────────

SENT, DELIVERED, READ = 2, 4, 5
FIRST_FAILURE: Final = 100  # all failures have three digits, and nothing else has
_OF_STATUSES: Final = frozenset({"sentStatusCode", "deliveredStatusCode", "sent", "delivered", "read"})
_OF_MESSAGES: Final = frozenset({"message", "source"})


def events(webhook: RawWebhook) -> Sequence[ProviderEvent]:
    """One event a record, in order. Total on arbitrary bytes."""
    batch = from_json(Batch, webhook.body)
    if batch is None:
        return (Unrecognised("malformed"),)
    return [_event(record, webhook.received_at) for record in batch.data] or (Unrecognised("empty"),)


def _event(record: Mapping[str, object], received_at: datetime) -> ProviderEvent:
    if record.keys() & _OF_MESSAGES:
        return message(Received.model_validate(record), received_at)
    if record.keys() & _OF_STATUSES:
        return _reported(Status.model_validate(record), received_at)
    return Unrecognised("other")


def _reported(status: Status, received_at: datetime) -> ProviderEvent:
    given = identifier(status.id)
    if not given:
        return Unrecognised("status:no-id")
    word, at, error = _standing(status)
    if word is None:
        return Unrecognised("status:nothing")
    recipient = address(status.destination)
    return StatusReported(
        word,
        given,
        status.correlation_id or None,
        min(at or status.updated_at or status.updated_date or received_at, received_at),
        error,
        () if recipient is None else (recipient,),
    )


Standing = tuple[DeliveryStatus | None, datetime | None, SendError | None]


def _standing(status: Status) -> Standing:
    """How far the message has come, when, and why no further. What reached the contact has not failed; else the later
    word counts. A code that is no failure and that we do not know says what its flag says.
    """
    sent_at, delivered_at = status.sent_at or status.sent_date, status.delivered_at or status.delivered_date
    if status.read or status.delivered_status_code == READ:
        return DeliveryStatus.READ, status.read_at or status.read_date or delivered_at, None
    if (error := _failure(status.delivered_status_code)) is not None:
        return DeliveryStatus.FAILED, delivered_at, error
    if status.delivered or status.delivered_status_code == DELIVERED:
        return DeliveryStatus.DELIVERED, delivered_at, None
    if (error := _failure(status.sent_status_code)) is not None:
        return DeliveryStatus.FAILED, sent_at, error
    if status.sent or status.sent_status_code == SENT:
        return DeliveryStatus.SENT, sent_at, None
    return None, None, None


def _failure(number: int | None) -> SendError | None:
    if number is None or number < FIRST_FAILURE:
        return None
    code = str(number)
    return CODES[code].error() if code in CODES else Refused(code, UNKNOWN_CODE)
