"""Content of a contact's message that several providers write alike: kinds of files, places, contact cards, and the lines
by which an agent reads an order, a payment or an ad. Pure.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Final

from shared.providers.events import ContentKind, Location, Order, OrderItem, Payment, Referral
from shared.providers.wire import Inner, Many, Part, Text, Token

CARDS_READ: Final = 20  # of one message: an agent needs a few
MAX_ITEMS_READ: Final = 100  # of one order: more than WhatsApp's cart holds

MEDIA_KINDS: Final[Mapping[str, ContentKind]] = MappingProxyType(
    {"image": ContentKind.IMAGE, "video": ContentKind.VIDEO, "audio": ContentKind.AUDIO}
)


def classify_media(mime_type: str, otherwise: str = "") -> ContentKind:
    """By the first half of a MIME type; without one by the provider's word for the message (`otherwise`). Anything but
    pictures, films and sounds is a document.

    >>> classify_media("image/png", "audio"), classify_media("", "audio"), classify_media("", "text")
    (<ContentKind.IMAGE: 'image'>, <ContentKind.AUDIO: 'audio'>, <ContentKind.DOCUMENT: 'document'>)
    """
    kind = mime_type.partition(";")[0].partition("/")[0].strip().lower() or otherwise.lower()
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


# ── lines for an agent ──────────────────────────────────────────────────────────────────────────────────────────────


def describe_order(order: Order) -> str:
    """The contact's note, a line an item, and the total where every item has a price in one currency.

    >>> describe_order(Order("c", (OrderItem("tea", 2, "3.50", "USD"), OrderItem("cup")), "Thanks")).splitlines()
    ['Thanks', '2 × tea, 3.50 USD each', '1 × cup']
    >>> describe_order(Order("c", (OrderItem("tea", 2, "3.50", "USD"), OrderItem("cup", 1, "4", "USD")))).splitlines()
    ['2 × tea, 3.50 USD each', '1 × cup, 4 USD each', 'Total: 11.00 USD']
    """
    total = _sum_up(order)
    lines = [order.note, *map(_describe_item, order.items), f"Total: {total}" if total else ""]
    return "\n".join(line for line in lines if line.strip())


def _describe_item(item: OrderItem) -> str:
    price = f", {item.price} {item.currency}".rstrip() + " each" if item.price else ""
    return f"{item.quantity} × {item.product or 'product without an id'}{price}"


def _sum_up(order: Order) -> str:
    """Empty where it cannot be said."""
    currencies = {item.currency for item in order.items}
    if len(currencies) != 1:
        return ""
    try:
        total = sum((Decimal(item.price) * item.quantity for item in order.items), Decimal(0))
    except InvalidOperation:
        return ""
    return f"{total:f} {currencies.pop()}".strip() if total.is_finite() else ""


def describe_payment(payment: Payment) -> str:
    """A line: its reference, the provider's word, the amount.

    >>> describe_payment(Payment("order-7", "captured", "21.00", "INR")), describe_payment(Payment("order-7", "pending"))
    ('Payment order-7: captured, 21.00 INR', 'Payment order-7: pending')
    """
    amount = f", {payment.amount} {payment.currency}".rstrip() if payment.amount else ""
    return f"{f'Payment {payment.reference}'.strip()}: {payment.state or 'unknown'}{amount}"


def describe_referral(referral: Referral) -> str:
    """A line: by which ad or post the contact came.

    >>> describe_referral(Referral("ad", "120", headline="Spring check-up")), describe_referral(Referral("post", "7"))
    ('Came by the ad “Spring check-up” (120)', 'Came by the post 7')
    """
    kind = referral.source or "ad"
    if referral.headline:
        return f"Came by the {kind} “{referral.headline}” ({referral.source_id})".removesuffix(" ()")
    return f"Came by the {kind} {referral.source_id or referral.url}".rstrip()
