"""Twilio's webhooks: whose they are, which queue they wait in, what they say. Owns no state.

Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security;
github.com/twilio/twilio-python `twilio/request_validator.py` @306691e7;
https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Final

from shared.ground.errors import Refused, SendError, WebhookRejected
from shared.providers.base import Account
from shared.providers.events import DeliveryStatus, EventClass, ProviderEvent, RawWebhook, StatusReported, Unrecognised
from shared.providers.twilio.codes import CODES, UNKNOWN_CODE
from shared.providers.twilio.inbound import address, message
from shared.providers.twilio.sending import REFERENCE_PARAMETER
from shared.providers.twilio.wire import SID, Callback, from_form, pairs, strict_pairs

SIGNATURE_HEADER: Final = "x-twilio-signature"
BODY_HASH_PARAMETER: Final = "bodySHA256"
FORM: Final = "application/x-www-form-urlencoded"
RECEIVED: Final = "received"

# ── whose it is ─────────────────────────────────────────────────────────────────────────────────────────────────────

_URL = re.compile(r"(?P<scheme>https?)://(?P<host>[^/?#]*?)(?P<port>:[0-9]+)?(?P<rest>[/?#].*)?", re.DOTALL)
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


def handshake(_account: Account, _query: Mapping[str, str]) -> str:
    """Twilio never asks."""
    raise WebhookRejected("no-handshake")


def authenticate(account: Account, webhook: RawWebhook) -> None:
    """*Raises*: WebhookRejected. Every token and spelling is tried, so time does not tell which one was right."""
    given = webhook.headers.get(SIGNATURE_HEADER, "").encode("utf-8", "replace")
    if not given:
        raise WebhookRejected("missing")
    parameters = _signed_parameters(webhook)
    matches = [
        hmac.compare_digest(given, _signature(token, url + parameters))
        for token in account.secrets["auth_token"]
        for url in _spellings(webhook.url)
    ]
    if not any(matches):
        raise WebhookRejected("wrong")


def _signed_parameters(webhook: RawWebhook) -> str:
    """What follows the URL under the signature: a form's fields, or nothing where the URL itself signs the body."""
    body_hash = _parameter(webhook.query, BODY_HASH_PARAMETER)
    if body_hash is not None and FORM not in webhook.headers.get("content-type", ""):
        _check_body(webhook.body, body_hash)
        return ""
    fields = strict_pairs(webhook.body)
    if fields is None:
        raise WebhookRejected("malformed")
    return "".join(name + value for name, value in sorted(set(fields)))  # of a repeated field, distinct values


def _check_body(body: bytes, body_hash: str) -> None:
    actual = hashlib.sha256(body).hexdigest().encode("ascii")
    if not hmac.compare_digest(actual, body_hash.lower().encode("utf-8", "replace")):
        raise WebhookRejected("wrong")


def _signature(token: str, text: str) -> bytes:
    digest = hmac.new(token.encode(), text.encode("utf-8", "replace"), hashlib.sha1).digest()
    return base64.b64encode(digest)


def _spellings(url: str) -> tuple[str, ...]:
    """The URL as it came, byte for byte, and with its port left out or its scheme's own port put in.

    Quirk(twilio): it signs the URL now with and now without the port (twilio-python, `request_validator.py`).
    """
    parts = _URL.fullmatch(url)
    if parts is None:
        return (url,)
    port = "" if parts["port"] else _DEFAULT_PORTS[parts["scheme"]]
    return url, f"{parts['scheme']}://{parts['host']}{port}{parts['rest'] or ''}"


# ── where it waits ──────────────────────────────────────────────────────────────────────────────────────────────────

# In a form a value's own `&` and `=` are escaped, so the raw bytes can be searched.
_STATUS_FIELD = re.compile(rb"(?:^|&)MessageStatus=(?!received(?:&|\Z))[^&]")


def classify(webhook: RawWebhook) -> EventClass:
    """A status says so in MessageStatus; whatever does not may be a person."""
    return EventClass.STATUS if _STATUS_FIELD.search(webhook.body) else EventClass.INBOUND


# ── what it says ────────────────────────────────────────────────────────────────────────────────────────────────────

DELIVERY: Final[Mapping[str, DeliveryStatus]] = {
    "sent": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.READ,
    "undelivered": DeliveryStatus.FAILED,
    "failed": DeliveryStatus.FAILED,
}
UNDERWAY: Final = frozenset(
    {"queued", "sending", "receiving", "accepted", "scheduled", "partially_delivered", "canceled"}
)


def events(webhook: RawWebhook) -> Sequence[ProviderEvent]:
    """One form, one event. Total on arbitrary bytes."""
    callback, fields = from_form(webhook.body)
    if callback.message_status not in {"", RECEIVED}:
        return (_status(callback, webhook),)
    return (message(callback, fields, webhook) if _is_message(callback) else Unrecognised("other"),)


def _is_message(callback: Callback) -> bool:
    is_received = RECEIVED in {callback.message_status, callback.sms_status}
    return is_received or callback.body is not None or callback.num_media is not None or callback.latitude != ""


def _status(callback: Callback, webhook: RawWebhook) -> ProviderEvent:
    word = callback.message_status
    status = DELIVERY.get(word)
    if status is None:
        return Unrecognised(f"status:{word if word in UNDERWAY else 'other'}")
    sid = callback.message_sid or callback.sms_sid
    if not SID.fullmatch(sid):
        return Unrecognised("status:no-id")
    # RawDlrDoneDate, the provider's own time, comes with SMS only.
    error = _failure(callback.error_code) if status is DeliveryStatus.FAILED else None
    reference = _parameter(webhook.query, REFERENCE_PARAMETER)
    recipient = address(callback.to)  # Quirk(twilio): ChannelToAddress may be partly masked, To is whole
    addresses = () if recipient is None else (recipient,)
    return StatusReported(status, sid, reference, webhook.received_at, error, addresses)


_CODE = re.compile(r"[0-9]{1,6}")


def _failure(code: str) -> SendError:
    if code in CODES:
        return CODES[code].error()
    if _CODE.fullmatch(code):
        return Refused(code, UNKNOWN_CODE)
    return Refused("none", "failed without a code")


def _parameter(query: str, name: str) -> str | None:
    """The last one of that name: ours is appended after whatever the configured URL has."""
    return dict(pairs(query)).get(name)
