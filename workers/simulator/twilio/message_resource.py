"""Twilio's message resource: the response to a send and to a lookup. Owns no lists.

Source: https://www.twilio.com/docs/messaging/api/message-resource (fields, statuses)
"""

import json
import secrets
from datetime import UTC, datetime
from functools import lru_cache

from workers.simulator.http_values import HttpResponse, parse_code
from workers.simulator.messages import Message, Submission
from workers.simulator.traffic import SECOND_US
from workers.simulator.twilio.codes import TEXTS

API_VERSION = "2010-04-01"

_ID_GAP, _TO_GAP = (f"<{name} {secrets.token_hex(8)}>" for name in ("id", "to"))  # random: no client can send these


def build_receipt(message: Message) -> HttpResponse:
    submission, accepted_s = message.submission, message.accepted_at_us // SECOND_US
    rest = tuple((name, value) for name, value in submission.wire.items() if name != "To")
    frame = _build_frame(rest, submission.account, message.status, accepted_s)
    return HttpResponse(201, frame.replace(_ID_GAP, message.id).replace(_TO_GAP, submission.wire["To"]).encode())


@lru_cache(maxsize=256)
def _build_frame(rest: tuple[tuple[str, str], ...], account: str, status: str, accepted_s: int) -> str:
    """A receipt with gaps for id and recipient. Most receipts of a second differ only there, and JSON costs 10 µs."""
    wire = {**dict(rest), "To": _TO_GAP}
    submission = Submission(account, "", "", None, {}, None, None, "", None, needs_window=False, wire=wire)
    return json.dumps(build_resource(Message(_ID_GAP, submission, accepted_s * SECOND_US, status)))


def build_resource(message: Message) -> dict[str, object]:
    wire, account = message.submission.wire, message.submission.account
    created, sent_at_us = _format_date(message.accepted_at_us // SECOND_US), message.sent_at_us
    uri = f"/{API_VERSION}/Accounts/{account}/Messages/{message.id}"
    return {
        "sid": message.id,
        "account_sid": account,
        "api_version": API_VERSION,
        "status": message.status,
        "direction": "outbound-api",
        "to": wire["To"],
        "from": wire.get("From"),
        "messaging_service_sid": wire.get("MessagingServiceSid"),
        "body": wire.get("Body", ""),
        "num_segments": "1",
        "num_media": "1" if "MediaUrl" in wire else "0",
        "price": None,
        "price_unit": None,
        "error_code": parse_code(message.code) if message.code else None,
        "error_message": TEXTS.get(message.code) if message.code else None,
        "date_created": created,
        "date_sent": None if sent_at_us is None else _format_date(sent_at_us // SECOND_US),
        "date_updated": _format_date(message.updated_at_us // SECOND_US) if message.updated_at_us else created,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "uri": f"{uri}.json",
    }


@lru_cache(maxsize=4_096)
def _format_date(epoch_s: int) -> str:
    return f"{datetime.fromtimestamp(epoch_s, UTC):%a, %d %b %Y %H:%M:%S} +0000"
