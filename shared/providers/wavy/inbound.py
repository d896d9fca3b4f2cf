"""A contact's message in Wavy's JSON: its author and its content. Owns no batch and no status. Total.

Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api, "MO". A type that is not among
these is told by its file's MIME type, and is unknown without a file; a text is a text whatever its type, and a caption
is a caption, since it may be a STOP (the shape of a quick reply is published nowhere).
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from shared.providers.events import (
    Content,
    ContentKind,
    IncomingMedia,
    Location,
    MessageReceived,
    ProviderEvent,
    Unrecognised,
)
from shared.providers.inbound import classify_media, describe_cards, parse_location
from shared.providers.wavy.wire import Message, Place, Received
from shared.providers.wire import choose_time, parse_id, parse_number

# VIDEO is not in the vendor's table, which lags behind its samples; STICKER is in neither (assumed).
KINDS: Final[Mapping[str, ContentKind]] = MappingProxyType(
    {
        "IMAGE": ContentKind.IMAGE,
        "AUDIO": ContentKind.AUDIO,
        "DOCUMENT": ContentKind.DOCUMENT,
        "VIDEO": ContentKind.VIDEO,
        "STICKER": ContentKind.STICKER,
    }
)


def read_message(received: Received, received_at: datetime) -> ProviderEvent:
    """received_at: of the webhook."""
    message_id, sender = parse_id(received.id), parse_number(received.source)
    if received.message.wa_group_id:
        return Unrecognised("message:group")
    if not message_id or sender is None:
        return Unrecognised("message:no-sender" if message_id else "message:no-id")
    return MessageReceived(
        provider_message_id=message_id,
        addresses=(sender,),
        to=parse_number(received.origin),
        at=choose_time(received_at, received.received_at, received.received_date),
        content=_read_content(received.message),
        reference=received.correlation_id or None,
        profile_name=received.user_profile.name.strip() or None,
    )


def _read_content(message: Message) -> Content:
    kind, text = KINDS.get(message.type.upper()), message.message_text
    caption = message.caption if message.caption.strip() else text
    if message.media_url:
        media = IncomingMedia(message.mime_type, message.media_url)
        return Content(kind or classify_media(message.mime_type, message.type), caption, media=(media,))
    if (place := _read_location(message.location)) is not None:
        return Content(ContentKind.LOCATION, text, location=place)
    if message.contacts:
        return Content(ContentKind.CONTACTS, describe_cards(message.contacts))
    if text.strip():
        return Content(ContentKind.TEXT, text)
    return Content(kind or ContentKind.UNKNOWN, message.caption)


def _read_location(place: Place) -> Location | None:
    latitude, _, longitude = place.geo_point.partition(",")
    return parse_location(latitude, longitude, place.name, place.address)
