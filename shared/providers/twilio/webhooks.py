"""Twilio's webhooks: whose they are, which queue they wait in, what they say. Owns no state.

Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security and github.com/twilio/twilio-python
`twilio/request_validator.py` @306691e7; https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from shared.errors import Again, Refused, SendError, WebhookRejected
from shared.providers.base import (
    Account,
    DeliveryStatus,
    EventClass,
    ProviderEvent,
    RawWebhook,
    StatusReported,
    Unrecognised,
)
from shared.providers.twilio.codes import CODES
from shared.providers.twilio.sending import REFERENCE_PARAMETER
from shared.providers.twilio.wire import Callback, from_form, pairs

SIGNATURE_HEADER: Final = "x-twilio-signature"
BODY_HASH_PARAMETER: Final = "bodySHA256"

# ── whose it is ─────────────────────────────────────────────────────────────────────────────────────────────────


def authenticate(account: Account, webhook: RawWebhook) -> None:
    """*Raises*: WebhookRejected. All tokens and spellings are tried, so that time tells nothing about any of them."""
    given = webhook.headers.get(SIGNATURE_HEADER, "").encode("utf-8", "replace")
    if not given:
        raise WebhookRejected("missing")
    signed_text = _signed_text(webhook)
    expected = [
        _signature(token, url + signed_text)
        for token in account.secrets["auth_token"]
        for url in _spellings(webhook.url)
    ]
    if sum([hmac.compare_digest(given, signature) for signature in expected]) == 0:
        raise WebhookRejected("wrong")
