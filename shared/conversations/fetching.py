"""Fetching: a contact's file, streamed from its provider to an agent. Nothing of it is stored.

Owns the translation of the provider's answer: the file is there, is gone, or cannot be had now.
"""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol

from shared.conversations import content_json
from shared.conversations.interactions.model import Interaction
from shared.ground.downloads import Download, Origin
from shared.ground.errors import Again, Gone, NotAccepted, NotFound, Refused, SendError, SenderUnusable
from shared.ground.http import HttpRequest
from shared.ground.ids import SenderId
from shared.providers.client import ProviderClient
from shared.providers.events import IncomingMedia

UNTYPED = "application/octet-stream"
VAGUE = frozenset({UNTYPED, "binary/octet-stream"})
_PLACE = re.compile(r"[0-9]{1,3}")
_MEDIA_TYPE = re.compile(r"([\w.+-]+/[\w.+-]+)(?: ?; ?[\w-]+=\"?[\w.+-]+\"?)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Fetched:
    """media_type: safe in a header. size: bytes, None if unknown. chunks *raises*: a leaf of SendError."""

    media_type: str
    size: int | None
    chunks: AsyncIterator[bytes] = field(repr=False)


class FileSource(Protocol):
    """The part of Downloads that fetching needs."""

    def open(self, request: HttpRequest, own: frozenset[Origin]) -> AbstractAsyncContextManager[Download]:
        """own: the provider's origins. *Raises*: a leaf of SendError."""
        ...


@dataclass(frozen=True, slots=True)
class Fetching:
    clients: Mapping[SenderId, ProviderClient]
    files: FileSource

    @asynccontextmanager
    async def open(self, sender: SenderId, media: IncomingMedia) -> AsyncIterator[Fetched]:
        """Open a file; its bytes are fetched as they are read.

        *Raises*: Gone; NotFound for a sender that is not configured any more; a leaf of SendError.
        """
        if (client := self.clients.get(sender)) is None:
            raise NotFound("sender-not-found", "The sender of this conversation is not configured any more.")
        request = await client.locate_file(media)
        async with self.files.open(request, client.origins) as answer:
            if not answer.is_success:
                raise _error_of(answer.status, is_authorised="Authorization" in request.headers)
            declared = answer.headers.get("content-type", "")
            yield Fetched(media_type_of(declared, media.mime_type), answer.size, answer.chunks)


def medium_of(interaction: Interaction, message: str, place: str) -> IncomingMedia:
    """A file of one of the contact's messages. place: from 0. *Raises*: NotFound."""
    said = [
        content_json.from_json(one.body) for one in interaction.thread if one.event is not None and one.event == message
    ]
    if not said:
        raise NotFound("message-not-found", "The contact said nothing of that id in this interaction.")
    media = dict(enumerate(said[0].media))
    if not _PLACE.fullmatch(place) or int(place) not in media:
        raise NotFound("media-not-found", f"The message has {len(media)} files; the first is 0.")
    return media[int(place)]


def _error_of(status: int, *, is_authorised: bool) -> Gone | SendError:
    """is_authorised: the request carried credentials. Without them, 403 means that a signed link has expired."""
    code = f"http-{status}"
    match status:
        case HTTPStatus.NOT_FOUND | HTTPStatus.GONE:
            return _gone()
        case HTTPStatus.FORBIDDEN if not is_authorised:
            return _gone()
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return SenderUnusable(code, "the credentials were refused, or none were known to be needed")
        case HTTPStatus.REQUEST_TIMEOUT | HTTPStatus.TOO_MANY_REQUESTS:
            return NotAccepted(code, "too many requests", Again.BACK_OFF)
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return NotAccepted(code, "the provider failed", Again.BACK_OFF)
        case _:
            return Refused(code, "an answer that is no file")


def _gone() -> Gone:
    return Gone("media-gone", "The provider has this file no longer: ask the contact to send it again.")


def media_type_of(*candidates: str) -> str:
    """The first candidate that is a specific media type, else `application/octet-stream`.

    >>> media_type_of("binary/octet-stream", "audio/ogg; codecs=opus"), media_type_of("", "nonsense")
    ('audio/ogg; codecs=opus', 'application/octet-stream')
    """
    found = [match for one in candidates if (match := _MEDIA_TYPE.fullmatch(one.strip()))]
    return next((one[0] for one in found if one[1].lower() not in VAGUE), UNTYPED)
