"""A contact's message in Meta's JSON: who wrote, and what. Owns no envelope and no status. Total.

What is kept and what is not: a kind that we do not know, and what Meta itself calls unsupported, was written by a person
who may expect an answer, so it is heard as UNKNOWN. What takes something back or changes it (`revoke`, `edit`, a reaction
without an emoji), what no person wrote (`request_welcome`, `system`) and what was written in a group is not heard.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages (one page a
kind; system messages as of 2026-08-11); github.com/nyaruka/courier `handlers/meta/` @350e9350 and
github.com/weni-ai/courier `handlers/facebookapp` @0afa5f92 for contacts without a number.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

from shared.providers.events import (
    AddressChanged,
    Content,
    ContentKind,
    IncomingMedia,
    Location,
    MessageReceived,
    ProviderEvent,
    Unrecognised,
)
from shared.providers.meta.wire import Card, Contact, File, Interactive, Message, Place, Value, addresses
from shared.providers.reading import identifier

FILES: Final[Mapping[str, ContentKind]] = MappingProxyType(
    {
        "image": ContentKind.IMAGE,
        "video": ContentKind.VIDEO,
        "audio": ContentKind.AUDIO,
        "voice": ContentKind.AUDIO,
        "document": ContentKind.DOCUMENT,
        "sticker": ContentKind.STICKER,
    }
)
UNHEARD: Final = frozenset({"revoke", "edit", "request_welcome"})
CARDS_READ: Final = 20
MOST_LATITUDE: Final = 90.0


def messages(value: Value, received_at: datetime) -> list[ProviderEvent]:
    """received_at: of the webhook; nothing that it tells can have happened later."""
    found: list[ProviderEvent] = []
    for one in value.messages:
        found += _events(value, Message.model_validate(one), received_at)
    return found


def _events(value: Value, said: Message, received_at: datetime) -> Sequence[ProviderEvent]:
    at = min(said.timestamp or received_at, received_at)
    if said.group_id:
        return (Unrecognised("message:group"),)
    if said.type == "system":
        return _renamed(value, said, at) or (Unrecognised("message:system"),)
    if (kind := _unheard(said)) is not None:
        return (Unrecognised(f"message:{kind}"),)
    return (_heard(value, said, at),)


def _unheard(said: Message) -> str | None:
    if said.type in UNHEARD:
        return said.type
    if said.type == "reaction" and not said.reaction.emoji:
        return "reaction-removed"
    if said.type == "interactive" and said.interactive.type == "call_permission_reply":
        return "call-permission"
    return None


def _heard(value: Value, said: Message, at: datetime) -> ProviderEvent:
    contact = contact_of(value, said.from_, said.from_user_id)
    names = addresses(said.from_, contact.wa_id, said.from_user_id, contact.user_id)
    if not identifier(said.id) or not names:
        return Unrecognised("message:no-sender" if identifier(said.id) else "message:no-id")
    replied = said.reaction.message_id if said.type == "reaction" else said.context.id
    return MessageReceived(
        provider_message_id=said.id,
        addresses=names,
        to=value.metadata.phone_number_id or None,
        at=at,
        content=content(said),
        reply_to=identifier(replied) or None,
        profile_name=contact.profile.name.strip() or None,
    )


def contact_of(value: Value, *names: str) -> Contact:
    """The one who is called so. Of somebody without any name, the only one there is."""
    given = {name for name in names if name}
    for contact in value.contacts:
        if given & {contact.wa_id, contact.user_id}:
            return contact
    return value.contacts[0] if not given and len(value.contacts) == 1 else Contact()


def _renamed(value: Value, said: Message, at: datetime) -> Sequence[ProviderEvent]:
    """A new number brings a new user id; each follows its own predecessor, as far as both are told."""
    system = said.system
    if system.type not in {"user_changed_number", "user_changed_user_id"}:
        return ()
    previous = addresses(said.from_, system.previous_user_id)
    current = addresses(system.wa_id or system.new_wa_id, system.user_id)
    to = value.metadata.phone_number_id or None
    return [AddressChanged(old, new, at, to) for old, new in zip(previous, current, strict=False) if old != new]


# ── what was said ───────────────────────────────────────────────────────────────────────────────────────────────────


def content(said: Message) -> Content:
    """By its type; but a text is one whatever its type, since it may be a STOP."""
    match said.type:
        case "button":
            return Content(ContentKind.BUTTON, said.button.text, said.button.payload or None)
        case "interactive":
            return _chosen(said.interactive)
        case "image" | "video" | "audio" | "voice" | "document" | "sticker":
            file: File = getattr(said, said.type)
            return Content(FILES[said.type], file.caption, media=_media(file))
        case "location" if (place := _location(said.location)) is not None:
            return Content(ContentKind.LOCATION, location=place)
        case "contacts":
            lines = [line_of(card) for card in said.contacts[:CARDS_READ]]
            return Content(ContentKind.CONTACTS, "\n".join(lines).strip())
        case "order":
            return Content(ContentKind.ORDER, said.order.text)
        case "reaction":
            return Content(ContentKind.REACTION, said.reaction.emoji)
        case _:
            text = said.text.body
            return Content(ContentKind.TEXT if text.strip() else ContentKind.UNKNOWN, text)


def _chosen(reply: Interactive) -> Content:
    """What was filled into a flow is its payload, as Meta wrote it; no kind of ours means a form."""
    match reply.type:
        case "button_reply":
            return Content(ContentKind.BUTTON, reply.button_reply.title, reply.button_reply.id or None)
        case "list_reply":
            return Content(ContentKind.CHOICE, reply.list_reply.title, reply.list_reply.id or None)
        case _:
            return Content(ContentKind.UNKNOWN, reply.nfm_reply.body, reply.nfm_reply.response_json or None)


def _media(file: File) -> tuple[IncomingMedia, ...]:
    """Both, where there is a URL: it dies within minutes, and the id can be asked for another for weeks."""
    if not file.id and not file.url:
        return ()
    return (IncomingMedia(file.mime_type, file.url or None, file.id or None, file.filename or None),)


def _location(place: Place) -> Location | None:
    if place.latitude is None or place.longitude is None or abs(place.latitude) > MOST_LATITUDE:
        return None
    return Location(place.latitude, place.longitude, place.name, place.address)


def line_of(card: Card) -> str:
    """What an agent can use of it: a name, and its numbers."""
    name = card.name.formatted_name or f"{card.name.first_name} {card.name.last_name}".strip()
    return " ".join(part for part in (name, *(phone.phone for phone in card.phones)) if part)
