"""Fetching: a file that a contact sent, brought from its provider to whoever has the conversation. Nothing of it is kept.

Owns what the provider's answer means to a person: it is there, it is gone, or not to be had now.
"""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from shared.ground.downloads import Downloads
from shared.ground.errors import Again, Gone, NotAccepted, NotFound, Refused, SendError, SenderUnusable
from shared.ground.ids import SenderId
from shared.providers.client import ProviderClient
from shared.providers.events import IncomingMedia

UNTYPED = "application/octet-stream"
VAGUE = frozenset({UNTYPED, "binary/octet-stream"})
_MEDIA_TYPE = re.compile(r"([\w.+-]+/[\w.+-]+)(?: ?; ?[\w-]+=\"?[\w.+-]+\"?)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Fetched:
    """media_type: harmless in a header. size: where it is known. chunks *raises*: a leaf of SendError."""

    media_type: str
    size: int | None
    chunks: AsyncIterator[bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fetching:
    clients: Mapping[SenderId, ProviderClient]
    downloads: Downloads

    @asynccontextmanager
    async def open(self, sender: SenderId, media: IncomingMedia) -> AsyncIterator[Fetched]:
        """It has begun to come, and comes as it is read.

        *Raises*: Gone; NotFound for a sender that is not configured any more; a leaf of SendError.
        """
        if (client := self.clients.get(sender)) is None:
            raise NotFound("sender-not-found", "The sender of this conversation is not configured any more.")
        request = await client.file_request(media)
        async with self.downloads.open(request, client.origins) as answer:
            if not answer.is_success:
                raise _why_not(answer.status, is_known="Authorization" in request.headers)
            told = answer.headers.get("content-type", "")
            yield Fetched(media_type_of(told, media.mime_type), answer.size, answer.chunks)


def _why_not(status: int, *, is_known: bool) -> Gone | SendError:
    """is_known: whether we said who we are. Where nobody asked for that, what is forbidden is a link that has expired."""
    code = f"http-{status}"
    match status:
        case HTTPStatus.NOT_FOUND | HTTPStatus.GONE:
            return _gone()
        case HTTPStatus.FORBIDDEN if not is_known:
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


def media_type_of(*told: str) -> str:
    """The first word that says something.

    >>> media_type_of("binary/octet-stream", "audio/ogg; codecs=opus"), media_type_of("", "nonsense")
    ('audio/ogg; codecs=opus', 'application/octet-stream')
    """
    found = [match for one in told if (match := _MEDIA_TYPE.fullmatch(one.strip()))]
    return next((one[0] for one in found if one[1].lower() not in VAGUE), UNTYPED)
