"""A contact's message in Twilio's form: who wrote, and what. Owns no signature and no status. Total.

Source: https://www.twilio.com/docs/messaging/guides/webhook-request; for buttons and lists
https://www.twilio.com/docs/whatsapp/buttons; `ExternalUserId` from a capture of 2026.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from shared.ground.phone import is_user_id
from shared.providers.events import (
    Content,
    ContentKind,
    IncomingMedia,
    Keyword,
    Location,
    MessageReceived,
    ProviderEvent,
    RawWebhook,
    Unrecognised,
)
from shared.providers.twilio.wire import SID, WHATSAPP, Callback

KEYWORDS: Final[Mapping[str, Keyword]] = {"STOP": Keyword.STOP, "START": Keyword.START, "HELP": Keyword.HELP}
BY_MEDIA_TYPE: Final[Mapping[str, ContentKind]] = {
    "image": ContentKind.IMAGE,
    "video": ContentKind.VIDEO,
    "audio": ContentKind.AUDIO,
}
_NUMBER = re.compile(r"\+?([1-9][0-9]{5,14})")
_SID = re.compile(r"[SM]M([0-9A-Fa-f]{32})")
_COUNTS: Final = frozenset(str(count) for count in range(11))  # MediaUrl0 … MediaUrl9
_VCARD: Final = frozenset({"text/vcard", "text/x-vcard", "text/directory"})


def message(callback: Callback, fields: Mapping[str, str], webhook: RawWebhook) -> ProviderEvent:
    """Twilio gives no time of the contact's own: it counts from when the webhook was received."""
    sid = callback.message_sid or callback.sms_sid
    addresses = _addresses(callback)
    if not SID.fullmatch(sid) or not addresses:
        return Unrecognised("message:no-sender" if SID.fullmatch(sid) else "message:no-id")
    replied = callback.original_replied_message_sid
    return MessageReceived(
        provider_message_id=same_id(sid),
        addresses=addresses,
        to=address(callback.to),
        at=webhook.received_at,
        content=_content(callback, fields),
        reply_to=replied if SID.fullmatch(replied) else None,
        profile_name=callback.profile_name or None,
        handled=KEYWORDS.get(callback.opt_out_type.upper()),
    )


def same_id(sid: str) -> str:
    """What two spellings of one id have in common.

    Quirk(twilio): a message made as `SM…` is told as `MM…` in OriginalRepliedMessageSid (captured in 2026); the 32 digits
    behind the letters are the same.

    >>> same_id("MM0123456789abcdef0123456789abcdef")
    '0123456789abcdef0123456789abcdef'
    """
    digits = _SID.fullmatch(sid)
    return digits[1].lower() if digits else sid


def address(text: str) -> str | None:
    """A contact's address without Twilio's decoration, or None.

    >>> address("whatsapp:+14155550123"), address("14155550123"), address("whatsapp:US.13491208655302741918")
    ('+14155550123', '+14155550123', 'US.13491208655302741918')
    """
    bare = text.removeprefix(WHATSAPP).strip()
    if is_user_id(bare):
        return bare
    number = _NUMBER.fullmatch(bare)
    return f"+{number[1]}" if number else None


def _addresses(callback: Callback) -> tuple[str, ...]:
    """First the one to answer to; each once."""
    named = (callback.from_, callback.wa_id, callback.external_user_id)
    return tuple(dict.fromkeys(found for text in named if (found := address(text)) is not None))


def _content(callback: Callback, fields: Mapping[str, str]) -> Content:
    """A button or a choice before everything else: their text is repeated in Body. A text is one whatever MessageType
    calls it, since it may be a STOP.
    """
    text = callback.body or ""
    if callback.button_payload or callback.button_text:
        return Content(ContentKind.BUTTON, callback.button_text or text, callback.button_payload or None)
    if callback.list_id or callback.list_title:
        return Content(ContentKind.CHOICE, callback.list_title or text, callback.list_id or None)
    if (place := _location(callback)) is not None:
        return Content(ContentKind.LOCATION, text, location=place)
    if media := _media(callback, fields):
        return Content(_media_kind(callback, media[0]), text, media=media)
    if callback.message_type.lower() in {"contacts", "order", "reaction"}:
        return Content(ContentKind(callback.message_type.lower()), text)
    return Content(ContentKind.TEXT if text else ContentKind.UNKNOWN, text)


def _media(callback: Callback, fields: Mapping[str, str]) -> tuple[IncomingMedia, ...]:
    count = int(callback.num_media or 0) if callback.num_media in _COUNTS else 0
    named = [(fields.get(f"MediaUrl{n}"), fields.get(f"MediaContentType{n}", "")) for n in range(count)]
    return tuple(IncomingMedia(kind, url) for url, kind in named if url)


def _media_kind(callback: Callback, first: IncomingMedia) -> ContentKind:
    if callback.message_type.lower() == "sticker":
        return ContentKind.STICKER
    if first.mime_type.partition(";")[0].lower() in _VCARD:
        return ContentKind.CONTACTS
    return BY_MEDIA_TYPE.get(first.mime_type.partition("/")[0].lower(), ContentKind.DOCUMENT)


def _location(callback: Callback) -> Location | None:
    with suppress(ValueError):
        latitude, longitude = float(callback.latitude), float(callback.longitude)
        if abs(latitude) <= 90 and abs(longitude) <= 180:  # noqa: PLR2004 (degrees; also no nan and no inf)
            return Location(latitude, longitude, callback.label, callback.address)
    return None
