"""Hey's webhook with a contact's message. It does not name the message that it answers.

Assumed: a button or a list item comes as its title, and a place without text; no such body was ever recorded.
Source: two recorded bodies, github.com/yornipaz/medio-odoo `custom-addons/hey_now_integration/` @b716e664
"""

from workers.simulator.hey.envelope import build_event, build_key
from workers.simulator.http_values import WebhookRequest
from workers.simulator.inbound_content import Media
from workers.simulator.inbound_message import InboundMessage, SenderEndpoint
from workers.simulator.unsigned_json import build_json_webhook, format_iso


def build_inbound_webhook(message: InboundMessage, endpoint: SenderEndpoint, *, forged: bool) -> WebhookRequest:
    """The message's raw fields replace fields of `data`."""
    key = build_key(endpoint.account, message.contact, endpoint.wire)
    fields = {**_build_data(message, key), **message.raw}
    data = {name: value for name, value in fields.items() if value is not None}
    event = build_event(key, data, message.at_us, _split_name(message.profile_name))
    return build_json_webhook(endpoint.target.url, event, forged=forged)


# Quirk(hey) no-text-with-a-file: a file without words has no `message` (recorded body, 2026-11)
def _build_data(message: InboundMessage, key: dict[str, object]) -> dict[str, object]:
    content = message.content
    return {
        "idMessage": message.id,
        "incoming": True,
        **({} if content.words is None else {"message": content.words}),
        "metaData": {} if content.media is None else {"temporal": [_build_file(message.id, content.media, key)]},
        "massive": False,
        "proactive": False,
        "whatsAppSession": True,
        "contactLastInteractionDate": format_iso(message.at_us),
    }


def _build_file(message_id: str, media: Media, key: dict[str, object]) -> dict[str, object]:
    return {
        "mimeType": media.mime_type,
        "encode": "base64",
        "name": media.url.rpartition("/")[2],
        "size": 100_000,
        "temporalId": message_id.encode().hex()[-24:],
        "urlFileshare": media.url,
        "channel": key["channel"],
        "platformId": key["platformId"],
    }


def _split_name(name: str | None) -> dict[str, str]:
    if name is None:
        return {}
    first, _, last = name.partition(" ")
    return {"first_name": first, "last_name": last}
