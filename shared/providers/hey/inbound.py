"""A contact's message in Hey's form: its author and its content. Owns no status. Total.

Source: two recorded webhooks, and the client that reads them: text, files and ids come from `data`, never from
`lastMessageTrace`, which may describe an older message. The form of buttons, lists, places and reactions is not known: a
message with neither text nor file is UNKNOWN. Unverified against the live service.
"""

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
from shared.providers.hey.wire import Contact, Data, Envelope, File, parse_instant
from shared.providers.inbound import classify_media
from shared.providers.wire import parse_address, parse_id

WEBP: Final = "image/webp"  # the form of WhatsApp's stickers; its pictures are JPEG or PNG


def read_message(envelope: Envelope, webhook: RawWebhook) -> ProviderEvent:
    data = envelope.data
    message_id, contact = parse_id(data.id_message), parse_address(data.client_id)
    if not message_id or contact is None:
        return Unrecognised("message:no-sender" if message_id else "message:no-id")
    return MessageReceived(
        provider_message_id=message_id,
        addresses=(contact,),
        to=data.platform_id or None,
        at=parse_instant(data.date) or webhook.received_at,
        content=_read_content(data),
        profile_name=_read_name(envelope.event.new.contact),
        thread=parse_id(data.session) or None,
    )


# Quirk(hey) trace-is-older: lastMessageTrace may describe an older message (recorded body, 2026-11)
def _read_content(data: Data) -> Content:
    media = tuple(_read_file(file) for file in data.meta_data.temporal if file.url_fileshare or file.temporal_id)
    if media:
        return Content(_classify(media[0].mime_type), data.message, media=media)
    return Content(ContentKind.TEXT if data.message else ContentKind.UNKNOWN, data.message)


def _read_file(file: File) -> IncomingMedia:
    url = file.url_fileshare or None
    return IncomingMedia(file.mime_type, url, None if url else file.temporal_id, file.name or None)


def _classify(mime_type: str) -> ContentKind:
    is_sticker = mime_type.partition(";")[0].strip().lower() == WEBP
    return ContentKind.STICKER if is_sticker else classify_media(mime_type)


def _read_name(contact: Contact) -> str | None:
    return f"{contact.first_name} {contact.last_name}".strip() or None
