"""A contact's message in Wavy's JSON: who wrote, and what. Owns no batch and no status. Total.

Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api, "MO". A type that is not among
its four is kept as unknown; a text is one whatever its type, since it may be a STOP (a quick reply's shape is published
nowhere).
"""

from collections.abc import Mapping
from contextlib import suppress
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
from shared.providers.reading import identifier
from shared.providers.wavy.wire import Card, Message, Place, Received, address

# VIDEO is not in the vendor's table, which has been seen to lag behind its samples.
KINDS: Final[Mapping[str, ContentKind]] = MappingProxyType(
    {
        "IMAGE": ContentKind.IMAGE,
        "AUDIO": ContentKind.AUDIO,
        "DOCUMENT": ContentKind.DOCUMENT,
        "VIDEO": ContentKind.VIDEO,
    }
)
CARDS_READ: Final = 20


def message(received: Received, received_at: datetime) -> ProviderEvent:
    """received_at: of the webhook; nothing that it tells can have happened later."""
    given, sender = identifier(received.id), address(received.source)
    if received.message.wa_group_id:
        return Unrecognised("message:group")
    if not given or sender is None:
        return Unrecognised("message:no-sender" if given else "message:no-id")
    return MessageReceived(
        provider_message_id=given,
        addresses=(sender,),
        to=address(received.origin),
        at=min(received.received_at or received.received_date or received_at, received_at),
        content=content(received.message),
        reference=received.correlation_id or None,
        profile_name=received.user_profile.name.strip() or None,
    )


def content(said: Message) -> Content:
    kind = KINDS.get(said.type.upper(), ContentKind.UNKNOWN)
    if said.media_url:
        return Content(kind, said.caption or said.message_text, media=(IncomingMedia(said.mime_type, said.media_url),))
    if (place := location(said.location)) is not None:
        return Content(ContentKind.LOCATION, said.message_text, location=place)
    if said.contacts:
        return Content(ContentKind.CONTACTS, "\n".join(line_of(card) for card in said.contacts[:CARDS_READ]).strip())
    if said.message_text.strip():
        return Content(ContentKind.TEXT, said.message_text)
    return Content(kind, said.caption)


def location(place: Place) -> Location | None:
    """Degrees on Earth, or None.

    >>> location(Place(geoPoint="-34.9,-56.16", name="Clinic"))
    Location(latitude=-34.9, longitude=-56.16, name='Clinic', address='')
    """
    first, _, second = place.geo_point.partition(",")
    with suppress(ValueError):
        latitude, longitude = float(first), float(second)
        if abs(latitude) <= 90 and abs(longitude) <= 180:  # noqa: PLR2004 (degrees; also no nan and no inf)
            return Location(latitude, longitude, place.name, place.address)
    return None


def line_of(card: Card) -> str:
    """What an agent can use of it: a name, and its numbers."""
    name = card.name.formatted_name or f"{card.name.first_name} {card.name.last_name}".strip()
    return " ".join(part for part in (name, *(phone.phone for phone in card.phones)) if part)
