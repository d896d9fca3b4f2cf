"""Meta's status webhooks: sent, delivered, read or failed, with the price and the client's reference. Owns no order.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status
(2026-04-30); its examples for `contacts`. Assumed: the price of messages that are free since 2026-10-01, for which there
is no example yet.
"""

import hashlib

from workers.simulator.contacts import StatusStep
from workers.simulator.http_values import WebhookRequest
from workers.simulator.messages import Message, Submission, WebhookTarget
from workers.simulator.meta.codes import build_status_error
from workers.simulator.meta.contact_ids import ContactIds, drop_missing
from workers.simulator.meta.envelope import Json, build_contact, build_entry, build_heading, format_seconds
from workers.simulator.meta.webhooks import build_signed_webhook
from workers.simulator.traffic import DAY_US

FAILED = frozenset({"failed", "undelivered"})
SERVICE = "service"
FIRST_WITHOUT_CONVERSATIONS = (24, 0)


def build_status_webhook(message: Message, target: WebhookTarget, step: StatusStep) -> WebhookRequest:
    submission = message.submission
    wire = submission.wire
    ids = ContactIds(wire.get("wa_id"), wire.get("user_id"))
    contacts = {} if ids.user_id is None else {"contacts": [build_contact(ids)]}
    value = {
        **build_heading(submission.account, submission.sender),
        **contacts,
        "statuses": [_build_status(message, step, ids)],
    }
    entry = build_entry(wire["waba_id"], "messages", value)
    return build_signed_webhook(target.url, [entry], submission.secret, forged=step.forged)


def _build_status(message: Message, step: StatusStep, ids: ContactIds) -> Json:
    at_us = message.find_status_time(step.status)
    return {
        "id": message.id,
        "status": "failed" if step.status in FAILED else step.status,
        "timestamp": format_seconds(at_us),
        **drop_missing(recipient_id=ids.wa_id, recipient_user_id=ids.user_id),
        **drop_missing(biz_opaque_callback_data=message.submission.reference),
        **({} if step.code is None else {"errors": [build_status_error(step.code)]}),
        **(_build_price(message, step.status, at_us) if _has_price(message, step.status) else {}),
    }


def _has_price(message: Message, status: str) -> bool:
    """`sent` has a price, and so has the first of `delivered` and `read`."""
    return status in {"sent", "delivered"} or (status == "read" and message.delivered_at_us is None)


# Quirk(meta) conversation-until-v24: later statuses have none (page "status", 2026-04)
def _build_price(message: Message, status: str, at_us: int) -> Json:
    """Assumed: the version of the send decides whether there is a conversation."""
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
    if _parse_version(submission) >= FIRST_WITHOUT_CONVERSATIONS:
        return pricing
    return {"conversation": _build_conversation(submission, category, status, at_us), **pricing}


def _build_conversation(submission: Submission, category: str, status: str, at_us: int) -> Json:
    identity = f"{submission.account}\0{submission.to}\0{category}".encode()
    expiration = {"expiration_timestamp": format_seconds(at_us + DAY_US)} if status == "sent" else {}
    return {"id": hashlib.blake2b(identity, digest_size=16).hexdigest(), **expiration, "origin": {"type": category}}


def _parse_version(submission: Submission) -> tuple[int, ...]:
    return tuple(int(part) for part in submission.wire["version"].removeprefix("v").split("."))
