"""Wavy's status webhooks: each record holds every status of a message so far. Owns no order and no retries.

Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api, "Status"
"""

from workers.simulator import sinch
from workers.simulator.contacts import StatusStep
from workers.simulator.http_values import WebhookRequest
from workers.simulator.messages import Message, WebhookTarget
from workers.simulator.unsigned_json import format_iso
from workers.simulator.wavy.webhooks import build_webhook

CAMPAIGN = 100  # made up


def build_status_webhook(message: Message, target: WebhookTarget, step: StatusStep) -> WebhookRequest:
    return build_webhook(target.url, _build_record(message, step), forged=step.forged)


def _build_record(message: Message, step: StatusStep) -> dict[str, object]:
    """A delayed record does not include later statuses."""
    sent, delivered = sinch.split_status(step.status, step.code)
    updated_us = message.updated_at_us or message.accepted_at_us
    sent_us = None if sent is None else message.sent_at_us or updated_us
    delivered_us = None if delivered is None else message.delivered_at_us or updated_us
    is_read = delivered == sinch.READ
    return {
        "id": message.id,
        **message.submission.wire,
        "origin": message.submission.sender.removeprefix("+"),
        "campaignId": CAMPAIGN,
        "sent": sent == sinch.SENT,
        **sinch.build_channel_status(step.status, step.code),
        **_build_instant("sent", sent_us),
        "delivered": delivered in {sinch.DELIVERED, sinch.READ},
        **_build_instant("delivered", delivered_us),
        "read": is_read,
        **_build_instant("read", updated_us if is_read else None),
        **_build_instant("updated", updated_us),
    }


def _build_instant(name: str, at_us: int | None) -> dict[str, object]:
    if at_us is None:
        return {f"{name}Date": None, f"{name}At": None}
    return {f"{name}Date": format_iso(at_us), f"{name}At": at_us // 1_000}
