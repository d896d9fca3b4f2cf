"""A contact's message in Meta's JSON: its author and its content. Owns no envelope and no status. Total.

Decision: a message of an unknown kind, or of a kind that Meta itself calls unsupported, becomes UNKNOWN, since a person
wrote it and may expect an answer. An edit is a message of its own, with the text as it is now and the id of the message
that it changes; a message that was taken back (`revoke`) is a note. Left out are a reaction that was taken back, messages
that no person wrote (`request_welcome`, `system`), and those to a group.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages (one page a
kind; system messages as of 2026-08-11, edits 2026-07-20);
https://developers.facebook.com/documentation/business-messaging/whatsapp/conversation-routing/conversation-context;
github.com/nyaruka/courier `handlers/meta/` @350e9350 and
github.com/weni-ai/courier `handlers/facebookapp` @0afa5f92 for contacts without a number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from shared.providers.events import (
    AddressChanged,
    Author,
    Content,
    ContentKind,
    IncomingMedia,
    Location,
    MessageReceived,
    NoteReported,
    Order,
    OrderItem,
    ProviderEvent,
    Referral,
    Unrecognised,
)
from shared.providers.inbound import MAX_ITEMS_READ, describe_cards, describe_order, parse_location
from shared.providers.meta.wire import messages as wire
from shared.providers.meta.wire.messages import File, Interactive, Message, Place
from shared.providers.meta.wire.values import parse_address
from shared.providers.meta.wire.webhooks import Contact, Value
from shared.providers.wire import choose_time, collect_addresses, parse_id

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
IGNORED: Final = frozenset({"request_welcome"})
MAX_QUANTITY_DIGITS: Final = 9  # a longer number is no quantity of a product
RENAMINGS: Final = frozenset({"user_changed_number", "user_changed_user_id"})


def read_messages(value: Value, received_at: datetime, *, in_standby: bool = False) -> list[ProviderEvent]:
    """received_at: of the webhook. in_standby: somebody else holds these threads."""
    messages = map(Message.model_validate, value.messages)
    return [
        replace(event, in_standby=in_standby) if isinstance(event, MessageReceived) else event
        for message in messages
        for event in _read_message(value, message, received_at)
    ]


def _read_message(value: Value, message: Message, received_at: datetime) -> Sequence[ProviderEvent]:
    at = choose_time(received_at, message.timestamp)
    if message.group_id:
        return (Unrecognised("message:group"),)
    if message.type == "system":
        return _read_renaming(value, message, at) or (Unrecognised("message:system"),)
    if (kind := _find_ignored_kind(message)) is not None:
        return (Unrecognised(f"message:{kind}"),)
    if message.type == "revoke":
        return (_read_revoked(value, message, at),)
    return _read_summary(value, message, at, _read_received(value, message, at))


# Quirk(meta) reaction-without-emoji: it was taken back (page "reaction", 2026-11)
def _find_ignored_kind(message: Message) -> str | None:
    """The kind of a message that is left out; None for every other."""
    if message.type in IGNORED:
        return message.type
    if message.type == "reaction" and not message.reaction.emoji:
        return "reaction-removed"
    if message.type == "interactive" and message.interactive.type == "call_permission_reply":
        return "call-permission"
    return None


# Quirk(meta) reaction-names-its-message: in itself, and not in the context (page "reaction", 2026-11)
def _read_received(value: Value, message: Message, at: datetime) -> ProviderEvent:
    contact, addresses = _find_author(value, message)
    if not parse_id(message.id) or not addresses:
        return Unrecognised("message:no-sender" if parse_id(message.id) else "message:no-id")
    current = _find_edited(message)
    replied = message.reaction.message_id if message.type == "reaction" else current.context.id or message.context.id
    return MessageReceived(
        provider_message_id=message.id,
        addresses=addresses,
        to=value.metadata.phone_number_id or None,
        at=at,
        content=replace(
            read_content(current),
            referral=_read_referral(message.referral),
            changes=parse_id(message.edit.original_message_id) or None,
        ),
        reply_to=parse_id(replied) or None,
        profile_name=contact.profile.name.strip() or None,
    )


def _find_author(value: Value, message: Message) -> tuple[Contact, tuple[str, ...]]:
    """The contact that wrote it, and all of its addresses."""
    contact = find_contact(value, message.from_, message.from_user_id)
    own = message.from_, contact.wa_id, message.from_user_id, contact.user_id
    return contact, collect_addresses(parse_address, *own, message.from_parent_user_id, contact.parent_user_id)


def _find_edited(message: Message) -> Message:
    """The message as it is now: what stands inside an edit, and every other message itself."""
    if message.type != "edit" or not message.edit.message:
        return message
    return Message.model_validate(message.edit.message)


def _read_revoked(value: Value, message: Message, at: datetime) -> ProviderEvent:
    _, addresses = _find_author(value, message)
    original = parse_id(message.revoke.original_message_id)
    if not parse_id(message.id) or not addresses or not original:
        return Unrecognised("message:revoke")
    to, content = value.metadata.phone_number_id or None, Content(ContentKind.REVOKED, changes=original)
    return NoteReported(message.id, addresses, to, at, content, Author.CONTACT)


# Quirk(meta) summary-beside-a-message: in the message, or in the change around it (page "conversation context", 2026-11)
def _read_summary(value: Value, message: Message, at: datetime, received: ProviderEvent) -> Sequence[ProviderEvent]:
    """The message, and behind it what Meta's agent says of the conversation before it."""
    around = value.conversation_context.summary.text if len(value.messages) == 1 else ""  # else it is of one of them
    summary = message.conversation_context.summary.text or around
    if not summary.strip() or not isinstance(received, MessageReceived):
        return (received,)
    note = NoteReported(
        f"{message.id}:summary", received.addresses, received.to, at, Content(ContentKind.HANDOVER, summary),
        Author.AI_AGENT,
    )  # fmt: skip
    return received, note


def find_contact(value: Value, *names: str) -> Contact:
    """The contact of one of these names; without any name, the only contact in the change."""
    given = {name for name in names if name}
    for contact in value.contacts:
        if given & {contact.wa_id, contact.user_id}:
            return contact
    return value.contacts[0] if not given and len(value.contacts) == 1 else Contact()


def _read_renaming(value: Value, message: Message, at: datetime) -> Sequence[ProviderEvent]:
    """A new number brings a new user id; each follows its own predecessor, as far as both are in the message. The new id is
    the first name's, too: a later STOP may come under it alone.
    """
    system = message.system
    if system.type not in RENAMINGS:
        return ()
    previous = collect_addresses(parse_address, message.from_, system.previous_user_id or message.from_user_id)
    current = collect_addresses(parse_address, system.wa_id or system.new_wa_id, system.user_id)
    to = value.metadata.phone_number_id or None
    pairs = [*zip(previous, current, strict=False), *zip(previous[:1], current[-1:], strict=False)]
    pairs += zip(previous[-1:], current[-1:], strict=False)
    return [AddressChanged(old, new, at, to) for old, new in dict.fromkeys(pairs) if old != new]


# ── content ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_content(message: Message) -> Content:
    """By its type; but a text is a text whatever its type, and so is a caption, since it may be a STOP."""
    match message.type:
        case "button":
            return Content(ContentKind.BUTTON, message.button.text, message.button.payload or None)
        case "interactive":
            return _read_choice(message.interactive)
        case "image" | "video" | "audio" | "voice" | "document" | "sticker":
            return _read_medium(message, message.type)
        case "location" if (place := _read_location(message.location)) is not None:
            return Content(ContentKind.LOCATION, location=place)
        case "contacts":
            return Content(ContentKind.CONTACTS, describe_cards(message.contacts))
        case "order":
            order = _read_order(message.order)
            return Content(ContentKind.ORDER, describe_order(order), order=order)
        case "reaction":
            return Content(ContentKind.REACTION, message.reaction.emoji)
        case _:
            return _read_untyped(message)


def _read_untyped(message: Message) -> Content:
    """Of a type that is not known, or is not named: what stands in it all the same."""
    text = message.text.body
    media = (_read_medium(message, kind) for kind in FILES)
    found = next((one for one in media if one.media or one.text.strip()), Content(ContentKind.UNKNOWN, text))
    return Content(ContentKind.TEXT, text) if text.strip() else found


def _read_medium(message: Message, kind: str) -> Content:
    file: File = getattr(message, kind)
    return Content(FILES[kind], file.caption, media=_read_file(file))


def _read_order(order: wire.Order) -> Order:
    items = [
        OrderItem(one.product_retailer_id, _read_quantity(one.quantity), one.item_price, one.currency)
        for one in order.product_items[:MAX_ITEMS_READ]
    ]
    return Order(order.catalog_id, tuple(items), order.text)


def _read_quantity(digits: str) -> int:
    """One where it cannot be said."""
    whole = digits.partition(".")[0]
    return int(whole) if whole and len(whole) <= MAX_QUANTITY_DIGITS else 1


def _read_referral(clicked: wire.Referral) -> Referral | None:
    found = Referral(
        clicked.source_type, clicked.source_id, clicked.source_url, clicked.headline, clicked.body, clicked.ctwa_clid
    )
    return None if found == Referral() else found


def _read_choice(reply: Interactive) -> Content:
    """A form that was filled in (a flow) has its fields as payload, in Meta's JSON; no kind of ours means a form."""
    match reply.type:
        case "button_reply":
            return Content(ContentKind.BUTTON, reply.button_reply.title, reply.button_reply.id or None)
        case "list_reply":
            return Content(ContentKind.CHOICE, reply.list_reply.title, reply.list_reply.id or None)
        case _:
            return Content(ContentKind.UNKNOWN, reply.nfm_reply.body, reply.nfm_reply.response_json or None)


def _read_file(file: File) -> tuple[IncomingMedia, ...]:
    """Both id and URL, where there is a URL: it expires within minutes, and the id gives another one for weeks."""
    if not file.id and not file.url:
        return ()
    return (IncomingMedia(file.mime_type, file.url or None, file.id or None, file.filename or None),)


def _read_location(place: Place) -> Location | None:
    return parse_location(place.latitude, place.longitude, place.name, place.address)
