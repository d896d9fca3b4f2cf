"""What Meta tells of a message: sent, delivered, read or failed, with its price and our own words. Owns no order.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status
(2026-04-30); its examples for `contacts`. Assumed: what is free since 2026-10-01, which no example shows yet.
"""

import hashlib

from workers.simulator.contacts import Step
from workers.simulator.messages import CallbackTarget, Message, Submission
from workers.simulator.meta.codes import in_status
from workers.simulator.meta.envelope import Json, entry, heading, person, seconds
from workers.simulator.meta.people import Names, told
from workers.simulator.meta.posting import signed
from workers.simulator.provider import Callback
from workers.simulator.traffic import SECOND_US

FAILED = frozenset({"failed", "undelivered"})
SERVICE = "service"
FIRST_WITHOUT_CONVERSATIONS = (24, 0)
DAY_US = 86_400 * SECOND_US


def status_callback(message: Message, target: CallbackTarget, step: Step) -> Callback:
    submission = message.submission
    wire = submission.wire
    names = Names(wire.get("wa_id"), wire.get("user_id"))
    contacts = {} if names.user_id is None else {"contacts": [person(names)]}
    value = {
        **heading(submission.account, submission.sender),
        **contacts,
        "statuses": [_status(message, step, names)],
    }
    return signed(target.url, [entry(wire["waba_id"], "messages", value)], submission.secret, forged=step.forged)


def _status(message: Message, step: Step, names: Names) -> Json:
    at_us = _told_at_us(message, step.status)
    return {
        "id": message.id,
        "status": "failed" if step.status in FAILED else step.status,
        "timestamp": seconds(at_us),
        **told(recipient_id=names.wa_id, recipient_user_id=names.user_id),
        **told(biz_opaque_callback_data=message.submission.reference),
        **({} if step.code is None else {"errors": [in_status(step.code)]}),
        **(_price(message, step.status, at_us) if _is_priced(message, step.status) else {}),
    }


def _told_at_us(message: Message, status: str) -> int:
    at_us = {"sent": message.sent_at_us, "delivered": message.delivered_at_us}.get(status)
    return at_us or message.updated_at_us or message.accepted_at_us


def _is_priced(message: Message, status: str) -> bool:
    """Of what was sent; once more when it was delivered, or read, if that comes first."""
    return status in {"sent", "delivered"} or (status == "read" and message.delivered_at_us is None)


def _price(message: Message, status: str, at_us: int) -> Json:
    """Quirk(meta): a conversation is told up to v24 only. Assumed: by the version that the message was sent with."""
    submission = message.submission
    category = submission.wire["category"]
    is_free = category == SERVICE
    pricing: Json = {
        "pricing": {
            "billable": not is_free,
            "pricing_model": "PMP",
            "category": category,
            "type": "free_customer_service" if is_free else "regular",
        }
    }
    if _version(submission) >= FIRST_WITHOUT_CONVERSATIONS:
        return pricing
    return {"conversation": _conversation(submission, category, status, at_us), **pricing}


def _conversation(submission: Submission, category: str, status: str, at_us: int) -> Json:
    about = f"{submission.account}\0{submission.to}\0{category}".encode()
    expiration = {"expiration_timestamp": seconds(at_us + DAY_US)} if status == "sent" else {}
    return {"id": hashlib.blake2b(about, digest_size=16).hexdigest(), **expiration, "origin": {"type": category}}


def _version(submission: Submission) -> tuple[int, ...]:
    return tuple(int(part) for part in submission.wire["version"].removeprefix("v").split("."))
