"""Content of a contact's message that several providers write alike: kinds of files, places, contact cards. Pure."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Final

from shared.providers.events import ContentKind, Location
from shared.providers.wire import Inner, Many, Part, Text, Token

CARDS_READ: Final = 20  # of one message: an agent needs a few

MEDIA_KINDS: Final[Mapping[str, ContentKind]] = MappingProxyType(
    {"image": ContentKind.IMAGE, "video": ContentKind.VIDEO, "audio": ContentKind.AUDIO}
)


def classify_media(mime_type: str) -> ContentKind:
    """By the first half of a MIME type; anything but pictures, films and sounds is a document."""
    kind = mime_type.partition(";")[0].partition("/")[0].strip().lower()
    return MEDIA_KINDS.get(kind, ContentKind.DOCUMENT)


def parse_location(
    latitude: str | float | None, longitude: str | float | None, name: str, address: str
) -> Location | None:
    """Degrees on Earth, or None.

    >>> parse_location("-34.9", " -56.16", "Clinic", ""), parse_location("nan", "0", "", ""), parse_location(91, 0, "", "")
    (Location(latitude=-34.9, longitude=-56.16, name='Clinic', address=''), None, None)
    """
    if latitude is None or longitude is None:
        return None
    with suppress(ValueError):
        north, east = float(latitude), float(longitude)
        if abs(north) <= 90 and abs(east) <= 180:  # noqa: PLR2004 (degrees; also no nan and no inf)
            return Location(north, east, name, address)
    return None


class CardName(Part):
    formatted_name: Text = ""
    first_name: Text = ""
    last_name: Text = ""


class CardPhone(Part):
    phone: Token = ""


class Card(Part):
    """A contact card in WhatsApp's own form, which Meta and Wavy pass on: its name and its numbers."""

    name: Inner[CardName] = CardName()
    phones: Many[CardPhone] = ()


def describe_cards(cards: Sequence[Card]) -> str:
    """A line a card, for an agent: the name, then the numbers."""
    return "\n".join(_describe(card) for card in cards[:CARDS_READ]).strip()


def _describe(card: Card) -> str:
    name = card.name.formatted_name or f"{card.name.first_name} {card.name.last_name}".strip()
    return " ".join(part for part in (name, *(phone.phone for phone in card.phones)) if part)
