"""The one door to HTTP: one pooled client, and what an absent or broken answer proves about the request. Files that lie
wherever somebody else says are fetched by `downloads`.

Owns no provider's words and no retries: a status is an answer here, whatever its number.
Source: aiohttp 3.14 `client.py`: a request is silently repeated on a fresh connection only when its method is
in `IDEMPOTENT_METHODS`, which POST is not; `_connect_and_send_request` shows which exceptions come before the
first byte.
Source: RFC 9110, sections 10.2.3 (Retry-After) and 6.6.1 (Date).
"""

import re
from collections.abc import Awaitable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http import HTTPStatus
from types import MappingProxyType, TracebackType
from typing import Final, Protocol, Self, TypeVar

import aiohttp
from aiohttp import client_exceptions as failures
from aiohttp import http_exceptions as malformed
from yarl import URL

from shared.ground.errors import Again, NotAccepted, OutcomeUnknown, SendError, SenderUnusable

MAX_BODY_BYTES: Final = 1 << 20  # a receipt is under 2 KB, a page of templates under 300; more is not for us
LEAST_CONNECT_S: Final = 0.001  # enough for a connection that is open
KEEPALIVE_S: Final = 15.0  # load balancers close idle connections after 60 s or more: ours should go first
CONNECTIONS: Final = 64  # the in-flight limit of one process
DNS_CACHE_S: Final = 60
USER_AGENT: Final = "oriel"
MAX_RETRY_AFTER_S: Final = 86_400.0  # a wish beyond a day is a mistake: the longest limits are counted by the day

Result = TypeVar("Result")

# ── values ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """url: sent byte for byte, so already percent-encoded. Not shown: it may hold a contact's number.

    connect_within_s: how long a connection may be waited for, where that is less than the transport's own time: then
    nothing is sent, rather than late.  most_bytes: of the answer; the rest is cut off.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    connect_within_s: float | None = None
    most_bytes: int = MAX_BODY_BYTES


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """headers: names in lower case. body: whole, at most 1 MiB (the transport cuts the rest off)."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def is_success(self) -> bool:
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


@dataclass(frozen=True, slots=True)
class HttpTimeouts:
    """connect_s: waiting for a free connection and opening one.  read_s: silence.  total_s: all of it.

    *Raises*: ValueError unless connect_s < total_s: only then does an end by `total_s` come after connecting.
    """

    total_s: float = 20.0
    connect_s: float = 5.0
    read_s: float = 20.0

    def __post_init__(self) -> None:
        if not 0 < self.connect_s < self.total_s or self.read_s <= 0:
            raise ValueError(f"timeouts must satisfy 0 < connect < total and 0 < read: {self}")


class Transport(Protocol):
    """What a provider client needs of HTTP."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        """*Raises*: a leaf of SendError when there is no whole answer."""
        ...


# ── what a failure proves ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one kind of failure says about the request it ended."""

    leaf: type[SendError]
    code: str
    gloss: str
    again: Again = Again.NEVER

    def error(self) -> SendError:
        return self.leaf(self.code, self.gloss, self.again)


def _unsent(gloss: str) -> Evidence:
    return Evidence(NotAccepted, "connect", gloss, Again.BACK_OFF)


_NO_HOST = _unsent("the provider's host name could not be resolved; nothing was sent")
_NO_TIME = _unsent("no connection was free or opened in time; nothing was sent")
_NO_CONNECTION = _unsent("no connection to the provider could be opened; nothing was sent")
_NO_TLS = _unsent("no encrypted connection to the provider could be opened; nothing was sent")
_NO_TRUST = _unsent("the provider's certificate is not valid; nothing was sent")
_NO_PROXY = _unsent("a proxy refused the way to the provider; nothing was sent")
_BAD_URL = Evidence(SenderUnusable, "url", "the provider's configured address is not a URL; nothing was sent")
_TIMEOUT = Evidence(OutcomeUnknown, "timeout", "the provider did not answer in time; it may have accepted")
_RESET = Evidence(OutcomeUnknown, "reset", "the connection broke before the answer; it may have accepted")
_TRUNCATED = Evidence(OutcomeUnknown, "truncated", "the provider's answer broke off; it may have accepted")
_GARBLED = Evidence(OutcomeUnknown, "garbled", "the provider's answer was not HTTP; it may have accepted")
_REDIRECT = Evidence(OutcomeUnknown, "redirect", "the provider answered by a redirect; it may have accepted")

EVIDENCE: Final[Mapping[type[BaseException], Evidence]] = MappingProxyType(
    {
        # Provably before the first byte of the request: all of these come out of the connector only.
        failures.ClientConnectorError: _NO_CONNECTION,
        failures.ClientConnectorDNSError: _NO_HOST,
        failures.UnixClientConnectorError: _NO_CONNECTION,
        failures.ConnectionTimeoutError: _NO_TIME,
        failures.ClientSSLError: _NO_TLS,
        failures.ClientConnectorSSLError: _NO_TLS,
        failures.ClientConnectorCertificateError: _NO_TRUST,
        failures.ServerFingerprintMismatch: _NO_TLS,
        failures.ClientProxyConnectionError: _NO_PROXY,
        failures.ClientHttpProxyError: _NO_PROXY,
        failures.InvalidURL: _BAD_URL,
        failures.InvalidUrlClientError: _BAD_URL,
        failures.NonHttpUrlClientError: _BAD_URL,
        # The request may have been written: silence.
        failures.ServerTimeoutError: _TIMEOUT,
        failures.SocketTimeoutError: _TIMEOUT,
        TimeoutError: _TIMEOUT,
        # The request may have been written: the connection broke. An idle connection that the server closed
        # in the same moment is among them; that it read nothing is likely, and not provable.
        failures.ServerDisconnectedError: _RESET,
        failures.ServerConnectionError: _RESET,
        failures.ClientConnectionResetError: _RESET,
        failures.ClientConnectionError: _RESET,
        failures.ClientOSError: _RESET,
        failures.UploadAbortedError: _RESET,
        OSError: _RESET,
        # The request was written: the answer began and cannot be used.
        failures.ClientPayloadError: _TRUNCATED,
        malformed.HttpProcessingError: _GARBLED,
        failures.ClientResponseError: _GARBLED,
        failures.ContentTypeError: _GARBLED,
        failures.WSServerHandshakeError: _GARBLED,
        failures.TooManyRedirects: _REDIRECT,
        failures.RedirectClientError: _REDIRECT,
        failures.InvalidUrlRedirectClientError: _REDIRECT,
        failures.NonHttpUrlRedirectClientError: _REDIRECT,
        failures.ClientError: _RESET,
    }
)

_FAILURES: Final = (aiohttp.ClientError, malformed.HttpProcessingError, OSError)  # OSError: TimeoutError too


def evidence(error: BaseException) -> Evidence:
    """The row of the nearest class. *Raises*: KeyError for what HTTP never raises."""
    for kind in type(error).__mro__:
        if kind in EVIDENCE:
            return EVIDENCE[kind]
    raise KeyError(type(error).__name__)


async def told(step: Awaitable[Result]) -> Result:
    """*Raises*: the leaf of SendError that EVIDENCE names."""
    try:
        return await step
    except _FAILURES as error:
        verdict = evidence(error).error()
    # Outside the handler: what aiohttp raises holds the URL, and a URL may hold a number.
    raise verdict


# ── the transport ───────────────────────────────────────────────────────────────────────────────────────────────────


class HttpTransport:
    """One connection pool, without cookies, redirects, proxies or repeats. Made inside a running event loop.

    *Effects*: holds sockets until `close`.
    """

    def __init__(self, timeouts: HttpTimeouts, connections: int = CONNECTIONS) -> None:
        self._timeouts = timeouts
        self._usual = _client_timeout(timeouts, timeouts.connect_s)
        self._session = session_of(timeouts, connections)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """*Effects*: requests under way end as OutcomeUnknown."""
        await self._session.close()

    async def send(self, request: HttpRequest) -> HttpResponse:
        """The whole answer, whatever its status. *Raises*: the leaf of SendError that EVIDENCE names."""
        return await told(self._exchange(request))

    async def _exchange(self, request: HttpRequest) -> HttpResponse:
        async with self._session.request(
            request.method,
            _as_given(request.url),
            headers=request.headers,
            data=request.body or None,
            allow_redirects=False,
            timeout=self._usual if request.connect_within_s is None else self._hurried(request.connect_within_s),
        ) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            body = await _read_at_most(response.content, request.most_bytes)
            return HttpResponse(response.status, headers, body)

    def _hurried(self, connect_within_s: float) -> aiohttp.ClientTimeout:
        """aiohttp takes 0 and less for no limit at all."""
        return _client_timeout(self._timeouts, max(LEAST_CONNECT_S, min(connect_within_s, self._timeouts.connect_s)))


def _client_timeout(timeouts: HttpTimeouts, connect_s: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=timeouts.total_s,
        connect=connect_s,
        # A silence as long as everything may take is no timer of its own: two fewer a request.
        sock_read=timeouts.read_s if timeouts.read_s < timeouts.total_s else None,
    )


def session_of(
    timeouts: HttpTimeouts, connections: int, socket_factory: aiohttp.SocketFactoryType | None = None
) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=connections,
            keepalive_timeout=KEEPALIVE_S,
            ttl_dns_cache=DNS_CACHE_S,
            socket_factory=socket_factory,
        ),
        timeout=_client_timeout(timeouts, timeouts.connect_s),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
        trust_env=False,
    )


@lru_cache(1_024)  # most providers have one URL an account
def _as_given(url: str) -> URL:
    """*Raises*: InvalidURL."""
    with suppress(ValueError):
        parsed = URL(url, encoded=True)
        if parsed.raw_host:  # which is when yarl looks at host and port
            return parsed
    raise failures.InvalidURL("not a URL")


async def _read_at_most(content: aiohttp.StreamReader, limit: int) -> bytes:
    body = bytearray()
    while len(body) < limit and (chunk := await content.read(limit - len(body))):
        body += chunk
    return bytes(body)


# ── headers that every provider means alike ─────────────────────────────────────────────────────────────────────────

_SECONDS = re.compile(r"[0-9]{1,10}")
# What the parser of dates raises on other text, and what subtracting an aware instant from a naive one does.
_NOT_A_DATE = (ValueError, TypeError, IndexError, OverflowError)


def retry_after_s(response: HttpResponse) -> float | None:
    """The wish in `Retry-After`, 0 to MAX_RETRY_AFTER_S, or None. Total on arbitrary headers.

    A date is measured from the answer's own `Date`, so no clock but the server's has to be right.
    """
    wish = response.headers.get("retry-after", "").strip()
    seconds = float(wish) if _SECONDS.fullmatch(wish) else _between(response.headers.get("date", ""), wish)
    return None if seconds is None else min(max(seconds, 0.0), MAX_RETRY_AFTER_S)


def _between(earlier: str, later: str) -> float | None:
    with suppress(*_NOT_A_DATE):
        return (parsedate_to_datetime(later) - parsedate_to_datetime(earlier)).total_seconds()
    return None
