"""Twilio's webhook with a contact's message, and the keywords that Twilio itself obeys. Owns no signature.

Source: https://www.twilio.com/docs/messaging/guides/webhook-request (fields)
Source: https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out (OptOutType)
"""

import json
from collections.abc import Mapping

from workers.simulator.conversations import Keyword
from workers.simulator.http_values import WebhookRequest
from workers.simulator.inbound_content import InboundContent
from workers.simulator.inbound_message import InboundMessage, SenderEndpoint
from workers.simulator.twilio.message_resource import API_VERSION
from workers.simulator.twilio.submissions import CHANNEL
from workers.simulator.twilio.webhooks import build_form_webhook

KEYWORDS: Mapping[str, Keyword] = {
    **dict.fromkeys(("STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"), Keyword.STOP),
    **dict.fromkeys(("START", "YES", "UNSTOP"), Keyword.START),
    **dict.fromkeys(("HELP", "INFO"), Keyword.HELP),
}
UNSUPPORTED = frozenset({"unknown", "cards", "order", "reaction", "form", "preference"})  # Twilio documents no fields


def build_inbound_webhook(message: InboundMessage, endpoint: SenderEndpoint, *, forged: bool) -> WebhookRequest:
    params = {**_build_params(message, endpoint), **message.raw}
    pairs = [(name, str(value)) for name, value in params.items() if value is not None]
    return build_form_webhook(endpoint.target.url, pairs, endpoint.secret, message.id, forged=forged)


def _build_params(message: InboundMessage, endpoint: SenderEndpoint) -> dict[str, str]:
    context = _build_context(message)
    metadata = {"type": CHANNEL.removesuffix(":"), "data": {"context": context}}
    return {
        "AccountSid": endpoint.account,
        "ApiVersion": API_VERSION,
        "From": CHANNEL + message.contact,
        "MessageSid": message.id,
        "NumMedia": "0",
        "NumSegments": "1",
        "ReferralNumMedia": "0",
        "SmsMessageSid": message.id,
        "SmsSid": message.id,
        "SmsStatus": "received",
        "To": CHANNEL + endpoint.sender,
        **context,
        **_build_service(endpoint),
        **_build_user_id(message),
        **_build_content(message.content),
        **_build_reply(message, endpoint),
        **({"OptOutType": message.keyword.value.upper()} if message.keyword else {}),
        "ChannelMetadata": json.dumps(metadata, separators=(",", ":")),
    }


def _build_context(message: InboundMessage) -> dict[str, str]:
    """WhatsApp's own fields. They come twice: once more inside ChannelMetadata."""
    context = {"WaId": message.contact.removeprefix("+")} if message.contact.startswith("+") else {}
    if message.profile_name is not None:
        context["ProfileName"] = message.profile_name
    if message.content.button is not None:
        context |= {"ButtonText": message.content.button.text, "Forwarded": "false", "FrequentlyForwarded": "false"}
    return context


def _build_service(endpoint: SenderEndpoint) -> dict[str, str]:
    service = endpoint.wire.get("MessagingServiceSid")
    return {"MessagingServiceSid": service} if service else {}


def _build_user_id(message: InboundMessage) -> dict[str, str]:
    user_id = message.bsuid or (None if message.contact.startswith("+") else message.contact)
    return {"ExternalUserId": CHANNEL + user_id} if user_id else {}


def _build_content(content: InboundContent) -> dict[str, str]:
    """Body repeats the text that a person reads; content without text has no Body."""
    params = {"MessageType": _choose_message_type(content)}
    if content.words is not None:
        params["Body"] = content.words
    if content.button is not None:
        params["ButtonPayload"] = content.payload or ""
    if content.choice is not None:
        params |= {"ListId": content.choice.id, "ListTitle": content.choice.title}
    if content.media is not None:
        params |= {"NumMedia": "1", "MediaUrl0": content.media.url, "MediaContentType0": content.media.mime_type}
    if content.location is not None:
        place = content.location
        params |= {"Latitude": str(place.latitude), "Longitude": str(place.longitude)}
        params |= {name: text for name, text in (("Label", place.label), ("Address", place.address)) if text}
    return params


def _choose_message_type(content: InboundContent) -> str:
    if content.payload is not None:
        return "interactive"
    return "unsupported" if content.kind in UNSUPPORTED else content.kind


def _build_reply(message: InboundMessage, endpoint: SenderEndpoint) -> dict[str, str]:
    if message.reply_to is None:
        return {}
    quoted = message.reply_to
    if message.content.button is not None:
        # Quirk(twilio) sm-and-mm: a reply names by `MM…` a message that was made as `SM…` (captured form, 2026-11)
        quoted = "MM" + quoted[2:]
    return {"OriginalRepliedMessageSid": quoted, "OriginalRepliedMessageSender": CHANNEL + endpoint.sender}
