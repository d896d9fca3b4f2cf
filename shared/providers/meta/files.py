"""A contact's file at Meta: its id is exchanged for a link.

A link lives for five minutes, so a link that came with the message counts only where there is no id. The file itself
needs the token as well: at lookaside.fbsbx.com, where Meta's example leads. Any other host learns nothing of us. Sources
differ on the time for which Meta keeps a file (7 or 30 days).
Source: github.com/david-lev/pywa `pywa/api.py` and `pywa/types/media.py` @0bcf2f19, and the page that they name,
https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media (not read again). Unverified against the live
service.
"""

from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from shared.ground.downloads import origin_of
from shared.ground.errors import Gone, Refused
from shared.ground.http import HttpRequest, HttpResponse
from shared.providers.account import Account
from shared.providers.codes import require_success
from shared.providers.events import IncomingMedia
from shared.providers.files import build_download, get_link
from shared.providers.flows import RequestFlow
from shared.providers.meta.account import build_base, build_credentials
from shared.providers.meta.codes import find_code, judge
from shared.providers.meta.wire.answers import MediaResource
from shared.providers.wire import parse_json

STORE: Final = origin_of("https://lookaside.fbsbx.com")
# Quirk(meta) gone-is-400: an unknown node is a bad request with code 100 or 33 (page "error codes", 2026-09)
NO_SUCH_OBJECT: Final = frozenset({"33", "100"})


def locate(account: Account, media: IncomingMedia) -> RequestFlow[HttpRequest]:
    """*Raises*: Refused with neither id nor link; Gone; as `read_receipt`."""
    credentials = build_credentials(account)
    if not media.media_id:
        return build_download(account, get_link(media), credentials, STORE)
    url = f"{build_base(account)}/{quote(media.media_id, safe='')}"
    link = _read_link((yield HttpRequest("GET", url, credentials, b"")))
    return build_download(account, link, credentials, STORE)


def _read_link(answer: HttpResponse) -> str:
    if answer.status == HTTPStatus.NOT_FOUND or (
        answer.status == HTTPStatus.BAD_REQUEST and find_code(answer) in NO_SUCH_OBJECT
    ):
        raise Gone("media-gone", "Meta has this file no longer: ask the contact to send it again.")
    require_success(answer, judge)
    found = parse_json(MediaResource, answer.body) or MediaResource()
    if origin_of(found.url) is None:
        raise Refused("no-link", "Meta told no address of the file")
    return found.url
