"""Wavy's MO: the record that brings what a contact says. Owns no batch.

It names no message that it answers: its `correlationId` is that of the last message to the contact, whichever that was.
Assumed: what a button or a list gives comes as its title, and a sticker as a picture, since Wavy documents neither; VIDEO.
Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api, "MO"
"""

from collections.abc import Mapping

from workers.simulator.messages import Message
from workers.simulator.plain import iso
from workers.simulator.provider import Callback, Letter, Line
from workers.simulator.speech import Card, Location, Media, Remark
from workers.simulator.wavy.posting import batch
from workers.simulator.wavy.statuses import CAMPAIGN

TYPES: Mapping[str, str] = {"sticker": "IMAGE"}


def inbound(letter: Letter, line: Line, *, forged: bool) -> Callback:
    record = {**_record(letter, line), **letter.raw}
    return batch(line.target.url, {name: value for name, value in record.items() if value is not None}, forged=forged)


def _record(letter: Letter, line: Line) -> dict[str, object]:
    return {
        "id": letter.id,
        "source": letter.contact.removeprefix("+"),
        "origin": line.sender.removeprefix("+"),
        "userProfile": {"name": letter.profile_name or ""},
        "campaignId": CAMPAIGN,
        **_carried(line.last),
        "message": _message(letter.remark),
        "receivedAt": letter.at_us // 1_000,
        "receivedDate": iso(letter.at_us),
    }


def _carried(last: Message | None) -> dict[str, str]:
    wire = {} if last is None else last.submission.wire
    return {name: value for name, value in wire.items() if name != "destination"}


def _message(remark: Remark) -> dict[str, object]:
    """Quirk(wavy): places and contacts come without a type, in the vendor's samples."""
    if remark.media is not None:
        return _media(remark.media)
    if remark.location is not None:
        return {"location": _place(remark.location)}
    if remark.cards is not None:
        return {"contacts": [_card(card) for card in remark.cards]}
    if remark.words is not None:
        return {"type": "TEXT", "messageText": remark.words}
    return {"type": "UNKNOWN"}


def _media(media: Media) -> dict[str, object]:
    caption = {} if media.caption is None else {"caption": media.caption}
    kind = TYPES.get(media.kind, media.kind.upper())
    return {"type": kind, "mediaUrl": media.url, "mimeType": media.mime_type, **caption}


def _card(card: Card) -> dict[str, object]:
    return {"name": {"formatted_name": card.name}, "phones": [{"phone": phone} for phone in card.phones]}


def _place(place: Location) -> dict[str, object]:
    return {"geoPoint": f"{place.latitude},{place.longitude}", "name": place.label, "address": place.address}
