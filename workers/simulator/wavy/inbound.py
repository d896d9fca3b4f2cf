"""Wavy's MO: the record that brings a contact's message. Owns no batch.

A record does not name the message that it answers: `correlationId` is that of the last message to the contact.
Assumed, since Wavy documents none of it: a button or a list item comes as its title; a sticker comes as IMAGE; VIDEO.
Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api, "MO"
"""

from collections.abc import Mapping

from workers.simulator.http_values import WebhookRequest
from workers.simulator.inbound_content import Card, InboundContent, Location, Media
from workers.simulator.inbound_message import InboundMessage, SenderEndpoint
from workers.simulator.messages import Message
from workers.simulator.unsigned_json import format_iso
from workers.simulator.wavy.statuses import CAMPAIGN
from workers.simulator.wavy.webhooks import build_webhook

TYPES: Mapping[str, str] = {"sticker": "IMAGE"}


def build_inbound_webhook(message: InboundMessage, endpoint: SenderEndpoint, *, forged: bool) -> WebhookRequest:
    fields = {**_build_record(message, endpoint), **message.raw}
    record = {name: value for name, value in fields.items() if value is not None}
    return build_webhook(endpoint.target.url, record, forged=forged)


def _build_record(message: InboundMessage, endpoint: SenderEndpoint) -> dict[str, object]:
    return {
        "id": message.id,
        "source": message.contact.removeprefix("+"),
        "origin": endpoint.sender.removeprefix("+"),
        "userProfile": {"name": message.profile_name or ""},
        "campaignId": CAMPAIGN,
        **_copy_wire(endpoint.last),
        "message": _build_message(message.content),
        "receivedAt": message.at_us // 1_000,
        "receivedDate": format_iso(message.at_us),
    }


def _copy_wire(last: Message | None) -> dict[str, str]:
    wire = {} if last is None else last.submission.wire
    return {name: value for name, value in wire.items() if name != "destination"}


# Quirk(wavy) no-type: places and contacts come without one (page "WhatsApp API", 2026-11)
def _build_message(content: InboundContent) -> dict[str, object]:
    if content.media is not None:
        return _build_media(content.media)
    if content.location is not None:
        return {"location": _build_place(content.location)}
    if content.cards is not None:
        return {"contacts": [_build_card(card) for card in content.cards]}
    if content.words is not None:
        return {"type": "TEXT", "messageText": content.words}
    return {"type": "UNKNOWN"}


def _build_media(media: Media) -> dict[str, object]:
    caption = {} if media.caption is None else {"caption": media.caption}
    kind = TYPES.get(media.kind, media.kind.upper())
    return {"type": kind, "mediaUrl": media.url, "mimeType": media.mime_type, **caption}


def _build_card(card: Card) -> dict[str, object]:
    return {"name": {"formatted_name": card.name}, "phones": [{"phone": phone} for phone in card.phones]}


def _build_place(place: Location) -> dict[str, object]:
    return {"geoPoint": f"{place.latitude},{place.longitude}", "name": place.label, "address": place.address}
