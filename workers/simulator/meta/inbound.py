"""Meta's webhook with a contact's message: the envelope around `inbound_parts`.

A contact's choice about this sender's marketing is no message, and comes in a field of its own.
Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/user_preferences
(2026-05-21)
"""

from collections.abc import Mapping

from workers.simulator.http_values import WebhookRequest
from workers.simulator.inbound_message import InboundMessage, SenderEndpoint
from workers.simulator.meta.contact_ids import ContactIds, drop_missing, find_ids
from workers.simulator.meta.envelope import Json, build_contact, build_entry, build_heading, format_seconds
from workers.simulator.meta.inbound_parts import build_content
from workers.simulator.meta.webhooks import build_signed_webhook
from workers.simulator.traffic import SECOND_US

DETAILS: Mapping[str, str] = {
    "stop": "User requested to stop marketing messages",
    "resume": "User requested to resume marketing messages",
}


def build_inbound_webhook(message: InboundMessage, endpoint: SenderEndpoint, *, forged: bool) -> WebhookRequest:
    """The message's raw fields replace fields of the message, or of the preference."""
    ids = find_ids(endpoint.script, message.contact, message.bsuid)
    preference = message.content.preference
    if preference is None:
        field, content = "messages", _build_message(message, endpoint, ids)
    else:
        field, content = "user_preferences", _build_preference(preference, message.at_us, ids)
    item = {name: value for name, value in {**content, **message.raw}.items() if value is not None}
    value = {
        **build_heading(endpoint.account, endpoint.sender),
        "contacts": [build_contact(ids, message.profile_name)],
        field: [item],
    }
    entry = build_entry(endpoint.script.meta.waba_id, field, value)
    return build_signed_webhook(endpoint.target.url, [entry], endpoint.secret, forged=forged)


# Quirk(meta) times-as-texts: a text in messages, a number in preferences (page of each field, 2026-05)
def _build_preference(preference: str, at_us: int, ids: ContactIds) -> Json:
    return {
        **drop_missing(wa_id=ids.wa_id, user_id=ids.user_id),
        "detail": DETAILS[preference],
        "category": "marketing_messages",
        "value": preference,
        "timestamp": at_us // SECOND_US,
    }


# Quirk(meta) reaction-names-its-message: in itself, and not in the context (page "reaction", 2026-11)
def _build_message(message: InboundMessage, endpoint: SenderEndpoint, ids: ContactIds) -> Json:
    quotes = message.reply_to is not None and message.content.reaction is None
    context = {"context": {"from": endpoint.sender.removeprefix("+"), "id": message.reply_to}} if quotes else {}
    return {
        **context,
        **drop_missing(**{"from": ids.wa_id, "from_user_id": ids.user_id}),
        "id": message.id,
        "timestamp": format_seconds(message.at_us),
        **build_content(message, endpoint),
    }
