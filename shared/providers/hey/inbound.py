"""A contact's message in Hey's form: who wrote, and what. Owns no status. Total.

Source: two recorded webhooks, and the client that reads them: text, files and ids come from `data`, never from
`lastMessageTrace`, which may describe an older message. How buttons, lists, places and reactions come is not known: what
has neither text nor file is UNKNOWN. Unverified against the live service.
"""

from collections.abc import Mapping
from typing import Final

from shared.providers.events import (
    Content,
    ContentKind,
    IncomingMedia,
    MessageReceived,
    ProviderEvent,
    RawWebhook,
    Unrecognised,
)
from shared.providers.hey.wire import Contact, Data, Envelope, File, address, instant
from shared.providers.reading import identifier

BY_MEDIA_TYPE: Final[Mapping[str, ContentKind]] = {
    "image": ContentKind.IMAGE,
    "video": ContentKind.VIDEO,
    "audio": ContentKind.AUDIO,
}
WEBP: Final = "image/webp"  # WhatsApp's pictures are JPEG or PNG; this is how its stickers are made


def message(envelope: Envelope, webhook: RawWebhook) -> ProviderEvent:
    data = envelope.data
    given, contact = identifier(data.id_message), address(data.client_id)
    if not given or contact is None:
        return Unrecognised("message:no-sender" if given else "message:no-id")
    return MessageReceived(
        provider_message_id=given,
        addresses=(contact,),
        to=data.platform_id or None,
        at=instant(data.date) or webhook.received_at,
        content=_content(data),
        profile_name=_name(envelope.event.new.contact),
        thread=identifier(data.session) or None,
    )


def _content(data: Data) -> Content:
    media = tuple(_medium(file) for file in data.meta_data.temporal if file.url_fileshare or file.temporal_id)
    if media:
        return Content(_kind(media[0].mime_type), data.message, media=media)
    return Content(ContentKind.TEXT if data.message else ContentKind.UNKNOWN, data.message)


def _medium(file: File) -> IncomingMedia:
    url = file.url_fileshare or None
    return IncomingMedia(file.mime_type, url, None if url else file.temporal_id, file.name or None)


def _kind(mime_type: str) -> ContentKind:
    bare = mime_type.partition(";")[0].strip().lower()
    if bare == WEBP:
        return ContentKind.STICKER
    return BY_MEDIA_TYPE.get(bare.partition("/")[0], ContentKind.DOCUMENT)


def _name(contact: Contact) -> str | None:
    return f"{contact.first_name} {contact.last_name}".strip() or None
