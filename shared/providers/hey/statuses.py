"""A status in Hey's form: the progress of a message of ours, in a webhook or in a report. Owns no envelope. Total.

Source: as `webhooks` and `polling`.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from shared.ground.errors import SendError
from shared.providers.events import DeliveryStatus, StatusReported
from shared.providers.hey.codes import CODES
from shared.providers.hey.wire import ChannelStatus, Message, parse_instant
from shared.providers.wire import collect_addresses, parse_address, parse_id

# Quirk(hey) numbers-of-the-channel: its statuses are those of Wavy behind it (client code, 2026-11)
STATES: Final[Mapping[str, DeliveryStatus]] = MappingProxyType(
    {"2": DeliveryStatus.SENT, "4": DeliveryStatus.DELIVERED, "5": DeliveryStatus.READ}
)
_FAILURE = re.compile(r"[1-9][0-9]{2,5}")  # all failures have three digits, and no state has

Progress = tuple[DeliveryStatus, SendError | None]


def read_status(message: Message, client_id: str, otherwise_at: datetime) -> StatusReported | None:
    """None for a message without a status. The mere presence of an `idMessageHey` shows that the message was accepted."""
    reference, message_id = message.id_message_hey or None, parse_id(message.id_message)
    progress = _read_progress(message.meta_data.channel_status)
    if progress is None and reference is not None:
        progress = DeliveryStatus.SENT, None
    if progress is None or not (reference or message_id):
        return None
    at = parse_instant(message.last_update) or parse_instant(message.date) or otherwise_at
    return StatusReported(
        progress[0], message_id, reference, at, progress[1], collect_addresses(parse_address, client_id)
    )


def has_status(message: Message) -> bool:
    return message.meta_data.channel_status != ChannelStatus()


def _read_progress(status: ChannelStatus) -> Progress | None:
    """The last state of the message and the error that ended it; None without any. The later code counts."""
    return _read_code(status.delivered_status_code.strip()) or _read_code(status.sent_status_code.strip())


def _read_code(code: str) -> Progress | None:
    if code in STATES:
        return STATES[code], None
    if code in CODES.rows or _FAILURE.fullmatch(code):
        return DeliveryStatus.FAILED, CODES.explain_failure(code)
    return None
