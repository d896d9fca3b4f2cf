"""Wavy's status callbacks: a record of all that has become of a message so far. Owns no order and no repeating.

Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api, "Status"
"""

from workers.simulator import sinch
from workers.simulator.contacts import Step
from workers.simulator.messages import CallbackTarget, Message
from workers.simulator.plain import iso
from workers.simulator.provider import Callback
from workers.simulator.wavy.posting import batch

CAMPAIGN = 100  # made up


def status_callback(message: Message, target: CallbackTarget, step: Step) -> Callback:
    return batch(target.url, _record(message, step), forged=step.forged)


def _record(message: Message, step: Step) -> dict[str, object]:
    """A late record does not know what came after it."""
    told = sinch.channel_status(step.status, step.code)
    sent, delivered = sinch.standing(step.status, step.code)
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
        **told,
        **_moment("sent", sent_us),
        "delivered": delivered in {sinch.DELIVERED, sinch.READ},
        **_moment("delivered", delivered_us),
        "read": is_read,
        **_moment("read", updated_us if is_read else None),
        **_moment("updated", updated_us),
    }


def _moment(name: str, at_us: int | None) -> dict[str, object]:
    if at_us is None:
        return {f"{name}Date": None, f"{name}At": None}
    return {f"{name}Date": iso(at_us), f"{name}At": at_us // 1_000}
