"""What Hey tells of our messages: the webhook's envelope, with `incoming` false and the channel's own numbers. Assumed.

Our `idMessageHey` comes back, which one of its clients was seen to read.
"""

from workers.simulator import sinch
from workers.simulator.contacts import Step
from workers.simulator.hey.events import event, key_of
from workers.simulator.messages import CallbackTarget, Message
from workers.simulator.plain import iso, posted
from workers.simulator.provider import Callback


def status_callback(message: Message, target: CallbackTarget, step: Step) -> Callback:
    submission = message.submission
    key = key_of(submission.account, submission.to, submission.wire)
    at_us = _told_at_us(message, step.status)
    body = event(key, {**entry(message, step.status, step.code), "lastUpdate": iso(at_us)}, at_us, {})
    return posted(target.url, body, forged=step.forged)


def entry(message: Message, status: str, code: str | None) -> dict[str, object]:
    """One of our messages, in a webhook or in a report's chat. A message that nothing became of yet has no numbers."""
    wire = message.submission.wire
    is_campaign = message.submission.template is not None
    told = sinch.channel_status(status, code)
    known = {name: value for name, value in told.items() if value is not None}
    return {
        "idMessage": message.id,
        "idMessageHey": wire["idMessageHey"],
        "incoming": False,
        "message": wire["text"],
        "massive": is_campaign,
        "proactive": is_campaign,
        "date": iso(message.accepted_at_us),
        "metaData": {"channelStatus": known} if known else {},
    }


def _told_at_us(message: Message, status: str) -> int:
    at_us = {"sent": message.sent_at_us, "delivered": message.delivered_at_us}.get(status)
    return at_us or message.updated_at_us or message.accepted_at_us
