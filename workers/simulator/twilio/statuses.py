"""Twilio's status webhook: the form that reports one status. Owns no order and no retries.

Source: https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks
"""

from workers.simulator.contacts import StatusStep
from workers.simulator.http_values import WebhookRequest
from workers.simulator.messages import Message, WebhookTarget
from workers.simulator.twilio.codes import TEXTS
from workers.simulator.twilio.message_resource import API_VERSION
from workers.simulator.twilio.submissions import CHANNEL
from workers.simulator.twilio.webhooks import build_form_webhook

EVENTS = {"delivered": "DELIVERED", "read": "READ"}


def build_status_webhook(message: Message, target: WebhookTarget, step: StatusStep) -> WebhookRequest:
    params = list(_build_params(message, step).items())
    token = f"{message.id}-{step.status}"
    return build_form_webhook(target.url, params, message.submission.secret, token, forged=step.forged)


def _build_params(message: Message, step: StatusStep) -> dict[str, str]:
    wire = message.submission.wire
    params = {
        "AccountSid": message.submission.account,
        "ApiVersion": API_VERSION,
        "ChannelInstallSid": "XE" + message.id[2:],
        "ChannelPrefix": CHANNEL.removesuffix(":"),
        "ChannelToAddress": message.submission.to,
        "MessageSid": message.id,
        "MessageStatus": step.status,
        "SmsSid": message.id,
        "SmsStatus": step.status,
        "To": wire["To"],
    }
    params |= {name: wire[name] for name in ("From", "MessagingServiceSid") if name in wire}
    if step.status in EVENTS:
        params["EventType"] = EVENTS[step.status]
    if step.code is not None:
        # Quirk(twilio) error-without-a-text: ErrorMessage may be missing beside ErrorCode (chatwoot @0930dda6, 2026-11)
        params |= {"ErrorCode": step.code, "ChannelStatusMessage": TEXTS.get(step.code, "Channel error")}
    return params
