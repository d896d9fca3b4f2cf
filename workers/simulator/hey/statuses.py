"""Hey's status webhooks: the webhook's envelope, with `incoming` false and the channel's own numbers. Assumed.

The client's `idMessageHey` comes back: a public client of Hey's reads it.
"""

from workers.simulator import sinch
from workers.simulator.contacts import StatusStep
from workers.simulator.hey.envelope import build_event, build_key
from workers.simulator.http_values import WebhookRequest
from workers.simulator.messages import Message, WebhookTarget
from workers.simulator.unsigned_json import build_json_webhook, format_iso


def build_status_webhook(message: Message, target: WebhookTarget, step: StatusStep) -> WebhookRequest:
    submission = message.submission
    key = build_key(submission.account, submission.to, submission.wire)
    at_us = message.find_status_time(step.status)
    data = {**build_entry(message, step.status, step.code), "lastUpdate": format_iso(at_us)}
    return build_json_webhook(target.url, build_event(key, data, at_us, {}), forged=step.forged)


def build_entry(message: Message, status: str, code: str | None) -> dict[str, object]:
    """One message of the client, in a webhook or in a report's chat. A message without a status has no numbers."""
    wire = message.submission.wire
    is_campaign = message.submission.template is not None
    fields = sinch.build_channel_status(status, code)
    channel_status = {name: value for name, value in fields.items() if value is not None}
    return {
        "idMessage": message.id,
        "idMessageHey": wire["idMessageHey"],
        "incoming": False,
        "message": wire["text"],
        "massive": is_campaign,
        "proactive": is_campaign,
        "date": format_iso(message.accepted_at_us),
        "metaData": {"channelStatus": channel_status} if channel_status else {},
    }
