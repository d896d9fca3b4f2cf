"""Twilio's status callbacks: the form that reports one status. Owns no order and no repeating.

Source: https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks
"""

from workers.simulator.contacts import Step
from workers.simulator.messages import CallbackTarget, Message
from workers.simulator.provider import Callback
from workers.simulator.twilio.codes import TEXTS
from workers.simulator.twilio.posting import signed
from workers.simulator.twilio.reading import CHANNEL
from workers.simulator.twilio.receipts import API_VERSION

EVENTS = {"delivered": "DELIVERED", "read": "READ"}


def status_callback(message: Message, target: CallbackTarget, step: Step) -> Callback:
    params = list(_params(message, step).items())
    once = f"{message.id}-{step.status}"
    return signed(target.url, params, message.submission.secret, once, forged=step.forged)


def _params(message: Message, step: Step) -> dict[str, str]:
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
        # Quirk(twilio): ErrorMessage may be missing although ErrorCode is there; the channel's own words come instead.
        params |= {"ErrorCode": step.code, "ChannelStatusMessage": TEXTS.get(step.code, "Channel error")}
    return params
