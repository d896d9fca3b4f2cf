"""A contact's message in Twilio's form: its author and its content. Owns no signature and no status. Total.

Source: https://www.twilio.com/docs/messaging/guides/webhook-request; for buttons and lists
https://www.twilio.com/docs/whatsapp/buttons; `ExternalUserId` from a capture of 2026.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from shared.providers.events import (
    Content,
    ContentKind,
    IncomingMedia,
    Keyword,
    MessageReceived,
    ProviderEvent,
    RawWebhook,
    Referral,
    Unrecognised,
)
from shared.providers.inbound import classify_media, parse_location
from shared.providers.twilio.wire import SID, Callback, parse_address
from shared.providers.wire import collect_addresses

KEYWORDS: Final[Mapping[str, Keyword]] = MappingProxyType(
    {"STOP": Keyword.STOP, "START": Keyword.START, "HELP": Keyword.HELP}
)
OTHER_KINDS: Final = frozenset({"contacts", "order", "reaction"})
_SID = re.compile(r"[SM]M([0-9A-Fa-f]{32})")
_COUNTS: Final = frozenset(str(count) for count in range(11))  # MediaUrl0 … MediaUrl9
_VCARD: Final = frozenset({"text/vcard", "text/x-vcard", "text/directory"})


# Quirk(twilio) no-time-of-its-own: a message has no timestamp (page on webhook requests, 2026-11)
def read_message(callback: Callback, fields: Mapping[str, str], webhook: RawWebhook) -> ProviderEvent:
    """Its time is the webhook's: Twilio gives no time of the contact's own."""
    sid = callback.message_sid or callback.sms_sid
    names = callback.from_, callback.wa_id, callback.external_user_id, callback.parent_external_user_id
    addresses = collect_addresses(parse_address, *names)
    if not SID.fullmatch(sid) or not addresses:
        return Unrecognised("message:no-sender" if SID.fullmatch(sid) else "message:no-id")
    replied = callback.original_replied_message_sid
    return MessageReceived(
        provider_message_id=normalise_sid(sid),
        addresses=addresses,
        to=parse_address(callback.to),
        at=webhook.received_at,
        content=_read_content(callback, fields),
        reply_to=replied if SID.fullmatch(replied) else None,
        profile_name=callback.profile_name or None,
        handled=KEYWORDS.get(callback.opt_out_type.upper()),
    )


# Quirk(twilio) sm-and-mm: a reply names by `MM…` a message that was made as `SM…` (captured form, 2026-11)
def normalise_sid(sid: str) -> str:
    """The part that two spellings of one message's id share.

    A message made as `SM…` comes as `MM…` in OriginalRepliedMessageSid; the 32 digits
    behind the letters are the same.

    >>> normalise_sid("MM0123456789abcdef0123456789abcdef")
    '0123456789abcdef0123456789abcdef'
    """
    digits = _SID.fullmatch(sid)
    return digits[1].lower() if digits else sid


# ── content ─────────────────────────────────────────────────────────────────────────────────────────────────────────


# Quirk(twilio) button-repeats-body: Body repeats the button's text (captured form, 2026-11)
# Quirk(twilio) type-is-no-kind: MessageType of a quick reply is `interactive` (captured form, 2026-11)
def _read_content(callback: Callback, fields: Mapping[str, str]) -> Content:
    """A button or a choice comes first: its text is repeated in Body. A text is a text whatever its MessageType, since it
    may be a STOP.
    """
    text, kind, referral = callback.body or "", callback.message_type.lower(), _read_referral(callback)
    if callback.button_payload or callback.button_text:
        return Content(ContentKind.BUTTON, callback.button_text or text, callback.button_payload or None)
    if callback.list_id or callback.list_title:
        return Content(ContentKind.CHOICE, callback.list_title or text, callback.list_id or None)
    place = parse_location(callback.latitude, callback.longitude, callback.label, callback.address)
    if place is not None:
        return Content(ContentKind.LOCATION, text, location=place, referral=referral)
    if media := _read_media(callback, fields):
        return Content(_classify(kind, media[0].mime_type), text, media=media, referral=referral)
    if kind in OTHER_KINDS:
        return Content(ContentKind(kind), text, referral=referral)
    return Content(ContentKind.TEXT if text else ContentKind.UNKNOWN, text, referral=referral)


# Quirk(twilio) referral-of-every-message: ReferralNumMedia comes without any ad (page on webhook requests, 2026-11)
def _read_referral(callback: Callback) -> Referral | None:
    """The ad that brought the contact; None for a message that no ad brought."""
    found = Referral(
        callback.referral_source_type,
        callback.referral_source_id,
        callback.referral_source_url,
        callback.referral_headline,
        callback.referral_body,
        callback.referral_ctwa_clid,
    )
    return None if found == Referral() else found


def _read_media(callback: Callback, fields: Mapping[str, str]) -> tuple[IncomingMedia, ...]:
    count = int(callback.num_media or 0) if callback.num_media in _COUNTS else 0
    files = [(fields.get(f"MediaUrl{n}"), fields.get(f"MediaContentType{n}", "")) for n in range(count)]
    return tuple(IncomingMedia(mime_type, url) for url, mime_type in files if url)


# Quirk(twilio) media-without-a-type: a file may come without its MediaContentType (field report, 2026-11)
def _classify(kind: str, mime_type: str) -> ContentKind:
    """kind: MessageType in small letters."""
    if kind == "sticker":
        return ContentKind.STICKER
    if mime_type.partition(";")[0].lower() in _VCARD:
        return ContentKind.CONTACTS
    return classify_media(mime_type, kind)
