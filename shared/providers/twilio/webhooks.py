"""Twilio's webhooks: one form each, a status of a message of ours or a contact's message. Owns no meaning of either.

Source: https://www.twilio.com/docs/messaging/guides/webhook-request and
https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks.
"""

import re
from collections.abc import Sequence
from typing import Final

from shared.providers.events import EventClass, ProviderEvent, RawWebhook, Unrecognised
from shared.providers.twilio.inbound import read_message
from shared.providers.twilio.statuses import read_status
from shared.providers.twilio.wire import Callback, parse_form

RECEIVED: Final = "received"

# In a form a value's own `&` and `=` are escaped, so the raw bytes can be searched.
_STATUS_FIELD = re.compile(rb"(?:^|&)MessageStatus=(?!received(?:&|\Z))[^&]")


def classify(webhook: RawWebhook) -> EventClass:
    """A status has a MessageStatus; a form without one may be a person's message."""
    return EventClass.STATUS if _STATUS_FIELD.search(webhook.body) else EventClass.INBOUND


def read_events(webhook: RawWebhook) -> Sequence[ProviderEvent]:
    """One form, one event. Total on arbitrary bytes."""
    callback, fields = parse_form(webhook.body)
    if callback.message_status not in {"", RECEIVED}:
        return (read_status(callback, webhook),)
    return (read_message(callback, fields, webhook) if _is_message(callback) else Unrecognised("other"),)


def _is_message(callback: Callback) -> bool:
    is_received = RECEIVED in {callback.message_status, callback.sms_status}
    return is_received or callback.body is not None or callback.num_media is not None or callback.latitude != ""
