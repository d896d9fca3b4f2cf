"""A status in Meta's JSON: the progress of a message of ours. Owns no envelope. Total.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status
(2026-04-30).
"""

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from shared.providers.events import DeliveryStatus, ProviderEvent, StatusReported, Unrecognised
from shared.providers.meta.codes import CODES
from shared.providers.meta.wire.answers import Trouble
from shared.providers.meta.wire.values import parse_address
from shared.providers.meta.wire.webhooks import Contact, Status
from shared.providers.wire import choose_time, collect_addresses, parse_id

# Quirk(meta) played-without-read: a voice message is `played`, and may skip `read` (page "status", 2026-04)
DELIVERY: Final[Mapping[str, DeliveryStatus]] = MappingProxyType(
    {
        "sent": DeliveryStatus.SENT,
        "delivered": DeliveryStatus.DELIVERED,
        "read": DeliveryStatus.READ,
        "played": DeliveryStatus.READ,
        "failed": DeliveryStatus.FAILED,
    }
)
DELETED: Final = "deleted"
NOBODY: Final = Contact()
# Quirk(meta) category-with-a-dash: `authentication-international`, beside `marketing_lite` (page "status", 2026-04)
_PRICE_CATEGORY: Final = re.compile(r"[a-z][a-z_-]{0,39}")


def read_status(status: Status, received_at: datetime, contact: Contact = NOBODY) -> ProviderEvent:
    """received_at: of the webhook. contact: the recipient, where the change describes it."""
    if status.recipient_type == "group":
        return Unrecognised("status:group")
    word = DELIVERY.get(status.status)
    if word is None:
        return Unrecognised(f"status:{DELETED if status.status == DELETED else 'other'}")
    if not parse_id(status.id):
        return Unrecognised("status:no-id")
    category, trouble = status.pricing.category.lower(), _find_trouble(status)
    code = None if trouble.code is None else str(trouble.code)
    return StatusReported(
        word,
        status.id,
        status.biz_opaque_callback_data or None,
        choose_time(received_at, status.timestamp),
        CODES.explain_failure(code, trouble.words) if word is DeliveryStatus.FAILED else None,
        collect_addresses(parse_address, *_list_names(status), *contact.names),
        category if _PRICE_CATEGORY.fullmatch(category) else None,
    )


def _list_names(status: Status) -> tuple[str, ...]:
    return status.recipient_id, status.recipient_user_id, status.recipient_parent_user_id


def _find_trouble(status: Status) -> Trouble:
    """The first of its errors that has a code; an empty one without any."""
    return next((error for error in status.errors if error.code is not None), Trouble())
