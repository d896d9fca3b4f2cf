"""Downloads of files from the URLs that providers give. Such URLs come from outside, so only public addresses are called.

Owns which address may be called, and with which headers; no provider's words and no retries.
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
from shared.ground.http import Evidence, HttpRequest, HttpTimeouts, make_session, translate_failures

MAX_FILE_BYTES: Final = 100 << 20  # WhatsApp's largest documents have 100 MB
FILE_S: Final = 300.0  # for the largest file at 350 KB/s
CONNECTIONS: Final = 16  # files that one process fetches at the same time
MAX_REDIRECTS: Final = 3  # Twilio needs one or two

# ── addresses ───────────────────────────────────────────────────────────────────────────────────────────────────────

_ENCODED: Final = re.compile(r"[!-~]+")  # percent-encoded already: a signature in the URL may cover every byte
_GLOBAL: Final = IPv6Network("2000::/3")  # all IPv6 addresses that are allocated to networks
_NAT64: Final = IPv6Network("64:ff9b::/96")


class Origin(NamedTuple):
    """The server that a request reaches."""

    scheme: str
    host: str
    port: int


def origin_of(url: str) -> Origin | None:
    """The origin of a URL; None for a URL that may not be fetched: not http or https, without a host, or with a user in it.

    >>> origin_of("https://API.example.com/a?b"), origin_of("https://api.example.com@example.net/"), origin_of("file:///")
    (Origin(scheme='https', host='api.example.com', port=443), None, None)
    """
    parsed = _parse(url)
    return None if parsed is None else _origin(parsed)


def _parse(url: str) -> URL | None:
    with suppress(ValueError):
        return URL(url, encoded=_ENCODED.fullmatch(url) is not None)
    return None


def _origin(url: URL) -> Origin | None:
    if url.scheme not in {"http", "https"} or not url.host or url.port is None:
        return None
    return Origin(url.scheme, url.host, url.port) if url.user is None and url.password is None else None


def is_public(address: str) -> bool:
    """Whether an IP address is public: not of this machine, of a private network or of a multicast group.

    >>> [is_public(one) for one in ("93.184.215.14", "127.0.0.1", "169.254.169.254", "100.64.0.1", "224.0.0.1")]
    [True, False, False, False, False]
    """
    found = _embedded_ipv4(ip_address(address))
    is_allocated = isinstance(found, IPv4Address) or found in _GLOBAL
    return is_allocated and found.is_global and not found.is_multicast


def _embedded_ipv4(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address inside an IPv6 one (NAT64, 6to4, mapped); any other address unchanged."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────────

_REDIRECT_STATUSES: Final = frozenset({301, 302, 303, 307, 308})
_BAD_LINK: Final = Evidence(Refused, "link", "the file's address is none that may be fetched")
_TOO_MANY: Final = Evidence(Refused, "redirects", "the file's address leads to another one, and so on")
_TOO_LARGE: Final = Evidence(Refused, "too-large", "the file is larger than 100 MB")
_NOT_PUBLIC: Final = Evidence(Refused, "not-public", "the file's address lies in a network that is not public")


class _NotPublicError(OSError):
    """An address that is not public, in a URL that came from outside."""


def _public_socket(found: aiohttp.AddrInfoType) -> socket.socket:
    """A socket for a public address. The check sees the resolved address: a name may resolve differently each time."""
    family, kind, protocol, _, address = found
    if not is_public(str(address[0])):
        raise _NotPublicError("not a public address")
    return socket.socket(family, kind, protocol)


@dataclass(frozen=True, slots=True)
class Download:
    """A response whose body is read in chunks. headers: names in lower case. size: of the body in bytes, None if unknown.

    chunks *raises*: a leaf of SendError when the body breaks off, takes too long, or exceeds the maximum.
    """

    status: int
    headers: Mapping[str, str]
    size: int | None
    chunks: AsyncIterator[bytes] = field(repr=False)

    @property
    def is_success(self) -> bool:
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


class Downloads:
    """The client for files. Construct it inside a running event loop.

    Decision: a URL from outside is fetched from public addresses only; each address is checked when its socket is created.
    The provider's configured origins are exempt, because an operator may run a proxy of the provider in a private network.
    They have a connection pool of their own, so that no other URL can use one of their open connections. A redirect to
    another origin is requested without any header, so without credentials.

    *Effects*: holds sockets until `close`.
    """

    def __init__(self, timeouts: HttpTimeouts, max_bytes: int = MAX_FILE_BYTES) -> None:
        self._first_byte_s = timeouts.total_s
        self._max_bytes = max_bytes
        whole = HttpTimeouts(max(FILE_S, timeouts.total_s), timeouts.connect_s, timeouts.read_s)
        self._own = make_session(whole, CONNECTIONS)
        self._public = make_session(whole, CONNECTIONS, _public_socket)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._own.close()
        await self._public.close()

    @asynccontextmanager
    async def open(self, request: HttpRequest, own: frozenset[Origin]) -> AsyncIterator[Download]:
        """Request a file and follow at most 3 redirects. Yields the response, of any status, with its headers read.

        own: the configured origins of the provider.  *Raises*: a leaf of SendError.
        """
        response = await translate_failures(self._follow(request, own))
        try:
            yield self._download(response)
        finally:
            response.release()

    async def _follow(self, request: HttpRequest, own: frozenset[Origin]) -> aiohttp.ClientResponse:
        async with asyncio.timeout(self._first_byte_s):
            url, headers = _parse(request.url), request.headers
            for _ in range(1 + MAX_REDIRECTS):
                origin = None if url is None else _origin(url)
                if url is None or origin is None:
                    raise _BAD_LINK.error()
                response = await self._get(url, headers, is_own=origin in own)
                if response.status not in _REDIRECT_STATUSES or "Location" not in response.headers:
                    return response
                response.release()
                url = _redirect_target(response)
                if url is not None and _origin(url) != origin:
                    headers = {}
            raise _TOO_MANY.error()

    async def _get(self, url: URL, headers: Mapping[str, str], *, is_own: bool) -> aiohttp.ClientResponse:
        session = self._own if is_own else self._public
        try:
            return await session.get(url, headers=headers, allow_redirects=False)
        except aiohttp.ClientConnectorError as error:
            if not isinstance(error.os_error, _NotPublicError):
                raise
            verdict = _NOT_PUBLIC.error()
        except (
            failures.InvalidURL,
            UnicodeError,
        ):  # the resolver raises UnicodeError for a name with an impossible label
            verdict = _BAD_LINK.error()
        raise verdict

    def _download(self, response: aiohttp.ClientResponse) -> Download:
        """*Raises*: Refused for a file whose `Content-Length` exceeds the maximum."""
        size = None if "Content-Encoding" in response.headers else response.content_length
        if size is not None and size > self._max_bytes:
            raise _TOO_LARGE.error()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Download(response.status, headers, size, self._chunks(response.content))

    async def _chunks(self, content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
        left = self._max_bytes
        while chunk := await translate_failures(content.readany()):
            left -= len(chunk)
            if left < 0:
                raise _TOO_LARGE.error()
            yield chunk


def _redirect_target(response: aiohttp.ClientResponse) -> URL | None:
    target = _parse(response.headers["Location"])
    return None if target is None else response.url.join(target)
