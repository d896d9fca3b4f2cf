"""Files, from where a provider says that they lie: links come from outside, so they lead to public addresses only.

Owns which address may be called, and with what; no provider's words and no retries.
"""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from types import TracebackType
from typing import Final, NamedTuple, Self

import aiohttp
from aiohttp import client_exceptions as failures
from yarl import URL

from shared.ground.errors import Refused
from shared.ground.http import Evidence, HttpRequest, HttpTimeouts, session_of, told

MAX_FILE_BYTES: Final = 100 << 20  # WhatsApp's largest documents have 100 MB
FILE_S: Final = 300.0  # for the largest at 350 KB/s
FILES: Final = 16  # fetched at once by one process
REDIRECTS: Final = 3  # Twilio needs one or two

# ── where a URL leads ───────────────────────────────────────────────────────────────────────────────────────────────

_READY: Final = re.compile(r"[!-~]+")  # percent-encoded already: a signature in it may count every byte
_GLOBAL: Final = IPv6Network("2000::/3")  # all of IPv6 that is given to anybody
_NAT64: Final = IPv6Network("64:ff9b::/96")


class Origin(NamedTuple):
    """Whom a request reaches."""

    scheme: str
    host: str
    port: int


def origin_of(url: str) -> Origin | None:
    """None for what may not be fetched: not by http or https, without a host, or with a user of its own.

    >>> origin_of("https://API.example.com/a?b"), origin_of("https://api.example.com@example.net/"), origin_of("file:///")
    (Origin(scheme='https', host='api.example.com', port=443), None, None)
    """
    parsed = _parsed(url)
    return None if parsed is None else _origin(parsed)


def _parsed(url: str) -> URL | None:
    with suppress(ValueError):
        return URL(url, encoded=_READY.fullmatch(url) is not None)
    return None


def _origin(url: URL) -> Origin | None:
    if url.scheme not in {"http", "https"} or not url.host or url.port is None:
        return None
    return Origin(url.scheme, url.host, url.port) if url.user is None and url.password is None else None


def is_public(address: str) -> bool:
    """Whether an IP address is anybody's: not this machine's, not a private network's, not a group's.

    >>> [is_public(one) for one in ("93.184.215.14", "127.0.0.1", "169.254.169.254", "100.64.0.1", "224.0.0.1")]
    [True, False, False, False, False]
    """
    found = _carried(ip_address(address))
    is_given = isinstance(found, IPv4Address) or found in _GLOBAL
    return is_given and found.is_global and not found.is_multicast


def _carried(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address behind an IPv6 one that only leads to it."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────────

_REDIRECTED: Final = frozenset({301, 302, 303, 307, 308})
_BAD_LINK: Final = Evidence(Refused, "link", "the file's address is none that may be fetched")
_TOO_MANY: Final = Evidence(Refused, "redirects", "the file's address leads to another one, and so on")
_TOO_LARGE: Final = Evidence(Refused, "too-large", "the file is larger than 100 MB")
_NOT_PUBLIC: Final = Evidence(Refused, "not-public", "the file's address lies in a network that is not public")


class _NotPublicError(OSError):
    """An address that no file of a stranger's may lie at."""


def _public_socket(found: aiohttp.AddrInfoType) -> socket.socket:
    """Asked with what is about to be connected to: whatever a name meant a moment ago does not count."""
    family, kind, protocol, _, address = found
    if not is_public(str(address[0])):
        raise _NotPublicError("not a public address")
    return socket.socket(family, kind, protocol)


@dataclass(frozen=True, slots=True)
class Download:
    """An answer whose body comes as it is read. headers: names in lower case. size: of the body, where it is known.

    chunks *raises*: a leaf of SendError when it breaks off, takes too long, or is larger than it may be.
    """

    status: int
    headers: Mapping[str, str]
    size: int | None
    chunks: AsyncIterator[bytes] = field(repr=False)

    @property
    def is_success(self) -> bool:
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


class Downloads:
    """Files, from where a provider says that they lie. Made inside a running event loop.

    Decision: a link comes from outside, so it is followed to public addresses only, judged when a socket is made for one.
    The provider's own configured addresses are the exception: who configured them may have it at home. They have a pool of
    their own, so that no other link finds a connection of theirs open. Of a redirect to another origin nothing is repeated
    but the question: no header, so no credentials.

    *Effects*: holds sockets until `close`.
    """

    def __init__(self, timeouts: HttpTimeouts, most_bytes: int = MAX_FILE_BYTES) -> None:
        self._first_s = timeouts.total_s
        self._most_bytes = most_bytes
        whole = HttpTimeouts(max(FILE_S, timeouts.total_s), timeouts.connect_s, timeouts.read_s)
        self._own = session_of(whole, FILES)
        self._others = session_of(whole, FILES, _public_socket)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._own.close()
        await self._others.close()

    @asynccontextmanager
    async def open(self, request: HttpRequest, own: frozenset[Origin]) -> AsyncIterator[Download]:
        """The answer at the end of at most 3 redirects, whatever its status; it has begun. own: the provider's origins.

        *Raises*: a leaf of SendError.
        """
        response = await told(self._answer(request, own))
        try:
            yield self._download(response)
        finally:
            response.release()

    async def _answer(self, request: HttpRequest, own: frozenset[Origin]) -> aiohttp.ClientResponse:
        async with asyncio.timeout(self._first_s):
            url, headers = _parsed(request.url), request.headers
            for _ in range(1 + REDIRECTS):
                origin = None if url is None else _origin(url)
                if url is None or origin is None:
                    raise _BAD_LINK.error()
                response = await self._ask(url, headers, is_own=origin in own)
                if response.status not in _REDIRECTED or "Location" not in response.headers:
                    return response
                response.release()
                url = _following(response)
                if url is not None and _origin(url) != origin:
                    headers = {}
            raise _TOO_MANY.error()

    async def _ask(self, url: URL, headers: Mapping[str, str], *, is_own: bool) -> aiohttp.ClientResponse:
        session = self._own if is_own else self._others
        try:
            return await session.get(url, headers=headers, allow_redirects=False)
        except aiohttp.ClientConnectorError as error:
            if not isinstance(error.os_error, _NotPublicError):
                raise
            verdict = _NOT_PUBLIC.error()
        except (failures.InvalidURL, UnicodeError):  # UnicodeError: a resolver's, of a name that cannot be one
            verdict = _BAD_LINK.error()
        raise verdict

    def _download(self, response: aiohttp.ClientResponse) -> Download:
        """*Raises*: Refused for what says itself that it is too large."""
        size = None if "Content-Encoding" in response.headers else response.content_length
        if size is not None and size > self._most_bytes:
            raise _TOO_LARGE.error()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Download(response.status, headers, size, self._chunks(response.content))

    async def _chunks(self, content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
        left = self._most_bytes
        while chunk := await told(content.readany()):
            left -= len(chunk)
            if left < 0:
                raise _TOO_LARGE.error()
            yield chunk


def _following(response: aiohttp.ClientResponse) -> URL | None:
    target = _parsed(response.headers["Location"])
    return None if target is None else response.url.join(target)
