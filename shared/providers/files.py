"""The part of a dialect that finds a contact's files: which request fetches one, and which hosts may see credentials.

`OPEN_LINKS` serves a dialect whose links open by themselves.
"""

from collections.abc import Mapping
from typing import Final, Protocol

from shared.ground.downloads import Origin, origin_of
from shared.ground.errors import Refused
from shared.ground.http import HttpRequest
from shared.providers.account import Account
from shared.providers.events import IncomingMedia
from shared.providers.flows import RequestFlow


class Files(Protocol):
    """Every function is pure."""

    def locate(self, account: Account, media: IncomingMedia) -> RequestFlow[HttpRequest]:
        """A flow that ends with the request that fetches the file. Only requests to the provider's own hosts hold
        credentials, and only in headers.

        *Raises* (while the flow runs): a leaf of SendError, also where there is neither link nor id; Gone.
        """
        ...


def get_link(media: IncomingMedia) -> str:
    """*Raises*: Refused where there is none."""
    if not media.url:
        raise Refused("no-link", "the provider told no address of the file")
    return media.url


def build_download(account: Account, link: str, credentials: Mapping[str, str], own: Origin | None) -> HttpRequest:
    """The request for a link. credentials: headers, left out unless the link leads to `own` or to the account's `api_base`:
    a link comes from outside, and a stranger's host must learn nothing.
    """
    origin = origin_of(link)
    is_trusted = origin is not None and origin in {own, origin_of(account.urls["api_base"])}
    return HttpRequest("GET", link, credentials if is_trusted else {}, b"")


class OpenLinks:
    """Links that open without credentials."""

    def locate(self, _account: Account, media: IncomingMedia) -> RequestFlow[HttpRequest]:
        """Asks nothing. *Raises*: Refused without a link."""
        yield from ()
        return HttpRequest("GET", get_link(media), {}, b"")


OPEN_LINKS: Final = OpenLinks()
