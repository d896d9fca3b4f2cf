"""A status in Twilio's form: the progress of a message of ours. Owns no form. Total.

Source: https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from shared.providers.events import DeliveryStatus, ProviderEvent, RawWebhook, StatusReported, Unrecognised
from shared.providers.twilio.codes import CODES
from shared.providers.twilio.sending import REFERENCE_PARAMETER
from shared.providers.twilio.wire import SID, Callback, find_parameter, parse_address
from shared.providers.wire import collect_addresses

DELIVERY: Final[Mapping[str, DeliveryStatus]] = MappingProxyType(
    {
        "sent": DeliveryStatus.SENT,
        "delivered": DeliveryStatus.DELIVERED,
        "read": DeliveryStatus.READ,
        "undelivered": DeliveryStatus.FAILED,
        "failed": DeliveryStatus.FAILED,
    }
)
UNDERWAY: Final = frozenset(
    {"queued", "sending", "receiving", "accepted", "scheduled", "partially_delivered", "canceled"}
)
_CODE = re.compile(r"[0-9]{1,6}")


# Quirk(twilio) masked-channel-address: ChannelToAddress may be masked, To is whole (in no document, 2026-11)
def read_status(callback: Callback, webhook: RawWebhook) -> ProviderEvent:
    """Its time is the webhook's: RawDlrDoneDate, Twilio's own, comes with SMS only."""
    word = callback.message_status
    status = DELIVERY.get(word)
    if status is None:
        return Unrecognised(f"status:{word if word in UNDERWAY else 'other'}")
    sid = callback.message_sid or callback.sms_sid
    if not SID.fullmatch(sid):
        return Unrecognised("status:no-id")
    code = callback.error_code if _CODE.fullmatch(callback.error_code) else None
    return StatusReported(
        status,
        sid,
        find_parameter(webhook.query, REFERENCE_PARAMETER),
        webhook.received_at,
        CODES.explain_failure(code, _find_words(callback)) if status is DeliveryStatus.FAILED else None,
        collect_addresses(parse_address, callback.to, callback.external_user_id, callback.parent_external_user_id),
    )


def _find_words(callback: Callback) -> str:
    """Twilio's sentence, else the one that it repeats from the channel."""
    return callback.error_message or callback.channel_status_message
