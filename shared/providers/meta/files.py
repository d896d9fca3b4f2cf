"""A file that a contact sent, by Meta: its id is asked for a link. Owns which hosts may see the access token.

A link lives for five minutes, so one that came with the message counts only where there is no id. The file itself asks for
the token as well: at lookaside.fbsbx.com, where Meta's example leads. Any other host learns nothing of us. How long Meta
keeps a file is said differently (7 or 30 days).
Source: github.com/david-lev/pywa `pywa/api.py` and `pywa/types/media.py` @0bcf2f19, and the page that they name,
https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media (not read again). Unverified against the live
service.
"""

from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from shared.ground.downloads import origin_of
from shared.ground.errors import Gone, Refused
from shared.ground.http import HttpRequest, HttpResponse, retry_after_s
from shared.providers.base import Account, Conversation, link_of
from shared.providers.events import IncomingMedia
from shared.providers.meta.sending import base_of, code_of, headers_of, verdict
from shared.providers.meta.wire import MediaResource
from shared.providers.reading import from_json

STORE: Final = origin_of("https://lookaside.fbsbx.com")
NO_SUCH_OBJECT: Final = frozenset({"33", "100"})


def file(account: Account, media: IncomingMedia) -> Conversation[HttpRequest]:
    """*Raises*: Refused with neither id nor link; Gone; as `receipt`."""
    if not media.media_id:
        return _fetching(account, link_of(media))
    answer = yield HttpRequest("GET", f"{base_of(account)}/{quote(media.media_id, safe='')}", _token(account), b"")
    return _fetching(account, _link(answer))


def _link(answer: HttpResponse) -> str:
    if answer.status == HTTPStatus.NOT_FOUND or (
        answer.status == HTTPStatus.BAD_REQUEST and code_of(answer) in NO_SUCH_OBJECT
    ):
        raise Gone("media-gone", "Meta has this file no longer: ask the contact to send it again.")
    if not answer.is_success:
        raise verdict(answer).error(retry_after_s(answer))
    found = from_json(MediaResource, answer.body) or MediaResource()
    if origin_of(found.url) is None:
        raise Refused("no-link", "Meta told no address of the file")
    return found.url


def _fetching(account: Account, link: str) -> HttpRequest:
    origin = origin_of(link)
    is_theirs = origin is not None and origin in {STORE, origin_of(account.urls["api_base"])}
    return HttpRequest("GET", link, _token(account) if is_theirs else {}, b"")


def _token(account: Account) -> dict[str, str]:
    return {"Authorization": headers_of(account)["Authorization"]}
