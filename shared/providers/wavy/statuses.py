"""A status in Wavy's JSON: the progress of a message of ours. Owns no batch. Total.

Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api, "MT" and "Status".
"""

from datetime import datetime
from typing import Final

from shared.ground.errors import SendError
from shared.providers.events import DeliveryStatus, ProviderEvent, StatusReported, Unrecognised
from shared.providers.wavy.codes import CODES
from shared.providers.wavy.wire import Status
from shared.providers.wire import choose_time, collect_addresses, parse_id, parse_number

SENT, DELIVERED, READ = 2, 4, 5
FIRST_FAILURE: Final = 100  # all failures have three digits, and no state has

Progress = tuple[DeliveryStatus, datetime | None, SendError | None]


def read_status(status: Status, received_at: datetime) -> ProviderEvent:
    """received_at: of the webhook."""
    message_id = parse_id(status.id)
    if not message_id:
        return Unrecognised("status:no-id")
    progress = _read_progress(status)
    if progress is None:
        return Unrecognised("status:nothing")
    word, at, error = progress
    return StatusReported(
        word,
        message_id,
        status.correlation_id or None,
        choose_time(received_at, at, status.updated_at, status.updated_date),
        error,
        collect_addresses(parse_number, status.destination),
    )


# Quirk(wavy) all-states-so-far: a status tells the whole course, not the news (page "WhatsApp API", 2026-11)
def _read_progress(status: Status) -> Progress | None:
    """The last state of the message, its time, and the error that ended it. A message that reached the contact has not
    failed; otherwise the later code counts. For an unknown code that is no failure the flag counts.
    """
    sent_at, delivered_at = status.sent_at or status.sent_date, status.delivered_at or status.delivered_date
    if status.read or status.delivered_status_code == READ:
        return DeliveryStatus.READ, status.read_at or status.read_date or delivered_at, None
    if (error := _read_failure(status.delivered_status_code)) is not None:
        return DeliveryStatus.FAILED, delivered_at, error
    if status.delivered or status.delivered_status_code == DELIVERED:
        return DeliveryStatus.DELIVERED, delivered_at, None
    if (error := _read_failure(status.sent_status_code)) is not None:
        return DeliveryStatus.FAILED, sent_at, error
    if status.sent or status.sent_status_code == SENT:
        return DeliveryStatus.SENT, sent_at, None
    return None


def _read_failure(number: int | None) -> SendError | None:
    return None if number is None or number < FIRST_FAILURE else CODES.explain_failure(str(number))
