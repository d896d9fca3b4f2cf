"""The only client of providers' HTTP APIs: one connection pool, and a table of the evidence in each kind of failure. Files
at URLs that come from outside are fetched by `downloads`.

Owns no provider's words and no retries: a response of any status is returned.
Source: aiohttp 3.14 `client.py`: a request is silently repeated on a fresh connection only when its method is
in `IDEMPOTENT_METHODS`, which POST is not; `_connect_and_send_request` shows which exceptions come before the
first byte.
Source: RFC 9110, sections 10.2.3 (Retry-After) and 6.6.1 (Date).
"""

import asyncio
import re
import tempfile
from collections.abc import Awaitable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http import HTTPStatus
from types import MappingProxyType, TracebackType
from typing import BinaryIO, Final, Protocol, Self, TypeVar

import aiohttp
from aiohttp import client_exceptions as failures
from aiohttp import http_exceptions as malformed
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from yarl import URL

from shared.ground.errors import Again, NotAccepted, OutcomeUnknown, SendError, SenderUnusable
from shared.ground.values import value

MAX_BODY_BYTES: Final = 1 << 20  # a receipt is under 2 KB, a page of templates under 300 KB; more would fill the memory
FILE_S: Final = 900.0  # for 300 MB, a list of ten million contacts, at 350 KB/s
MIN_CONNECT_S: Final = 0.001  # enough to take an open connection from the pool; aiohttp reads 0 as no limit
KEEPALIVE_S: Final = 15.0  # load balancers close idle connections after 60 s or more; closing first avoids a reset
CHUNK_BYTES: Final = 256 << 10
CONNECTIONS: Final = 64  # the in-flight limit of one process
DNS_CACHE_S: Final = 60
USER_AGENT: Final = "oriel"
_SUCCESSES: Final = range(HTTPStatus.OK, HTTPStatus.MULTIPLE_CHOICES)
LATE: Final = "late"  # the code of a request that was not written because `send_by` had passed
MAX_RETRY_AFTER_S: Final = 86_400.0  # a longer one is a mistake: the longest limits of providers are per day

Result = TypeVar("Result")

# ── values ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@value(frozen=True, slots=True)
class HttpRequest:
    """url: sent byte for byte, so it is percent-encoded already. `repr` hides it: it may hold a contact's number.

    connect_within_s: seconds to wait for a connection, if that is less than the transport's own timeout; afterwards the
    request is not sent, because it would be late (LATE).  send_by: of the loop's clock: a request whose connection comes
    later is not sent (LATE), and its connection stays open for the next one.  max_bytes: of the response body; the rest is
    cut off.
    is_file: the body may be large, so it goes to a file on disk and not into memory, and may take FILE_S in all.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    connect_within_s: float | None = None
    send_by: float | None = None
    max_bytes: int = MAX_BODY_BYTES
    is_file: bool = False


@value(frozen=True, slots=True)
class HttpResponse:
    """headers: names in lower case. body: at most `HttpRequest.max_bytes`; the rest was cut off.

    file: the body of a request with `is_file` that succeeded, at its start; it is gone from disk once it is closed.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    file: BinaryIO | None = field(default=None, repr=False, compare=False)

    @property
    def is_success(self) -> bool:
        return self.status in _SUCCESSES


@dataclass(frozen=True, slots=True)
class HttpTimeouts:
    """connect_s: to wait for a free connection and to open it.  read_s: between two reads.  total_s: for the whole request.

    *Raises*: ValueError unless connect_s < total_s. Only then a timeout of `total_s` means that the request was connected,
    and may have been sent.
    """

    total_s: float = 20.0
    connect_s: float = 5.0
    read_s: float = 20.0

    def __post_init__(self) -> None:
        if not 0 < self.connect_s < self.total_s or self.read_s <= 0:
            raise ValueError(f"timeouts must satisfy 0 < connect < total and 0 < read: {self}")


class Transport(Protocol):
    """The part of HttpTransport that a provider client needs."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        """*Raises*: a leaf of SendError when no complete response arrived."""
        ...


# ── evidence of failures ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Evidence:
    """The conclusion from one kind of failure: whether the request may have been accepted, as an error to raise."""

    leaf: type[SendError]
    code: str
    gloss: str
    again: Again = Again.NEVER

    def error(self) -> SendError:
        """A doubt may concern everybody: what leaves one request in doubt may leave the next ones so, too."""
        return self.leaf(self.code, self.gloss, self.again, may_concern_all=self.leaf is OutcomeUnknown)


def _unsent(gloss: str) -> Evidence:
    return Evidence(NotAccepted, "connect", gloss, Again.BACK_OFF)


class TooLate(aiohttp.ClientConnectionError):
    """A connection was there, but only after the request's `send_by`."""


_TOO_LATE = Evidence(NotAccepted, LATE, "no connection was free or opened before its slot ended; nothing was sent")
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

# A break of the network ends all requests under way like this, at once. An answer, even a useless one, comes one by one.
UNANSWERED: Final = frozenset(one.code for one in (_TIMEOUT, _RESET, _TRUNCATED))

EVIDENCE: Final[Mapping[type[BaseException], Evidence]] = MappingProxyType(
    {
        # Provably before the first byte of the request: only the connector raises these.
        TooLate: _TOO_LATE,
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
        # The request may have been written: no answer came in time.
        failures.ServerTimeoutError: _TIMEOUT,
        failures.SocketTimeoutError: _TIMEOUT,
        TimeoutError: _TIMEOUT,
        # The request may have been written: the connection broke. If the server closed an idle connection at the same
        # moment, it probably read nothing, but nothing proves that.
        failures.ServerDisconnectedError: _RESET,
        failures.ServerConnectionError: _RESET,
        failures.ClientConnectionResetError: _RESET,
        failures.ClientConnectionError: _RESET,
        failures.ClientOSError: _RESET,
        failures.UploadAbortedError: _RESET,
        OSError: _RESET,
        # The request was written: the response began and is unusable.
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

_FAILURES: Final = (aiohttp.ClientError, malformed.HttpProcessingError, OSError)  # TimeoutError is an OSError


def evidence(error: BaseException) -> Evidence:
    """The row of the error's nearest class. *Raises*: KeyError for a class that no HTTP call raises."""
    for kind in type(error).__mro__:
        if kind in EVIDENCE:
            return EVIDENCE[kind]
    raise KeyError(type(error).__name__)


async def translate_failures(step: Awaitable[Result]) -> Result:
    """Await `step`. *Raises*: for a failure of aiohttp, the leaf of SendError that EVIDENCE names."""
    try:
        return await step
    except _FAILURES as error:
        verdict = evidence(error).error()
    # Raised outside the handler, without a cause: aiohttp's errors hold the URL, and a URL may hold a number.
    raise verdict


# ── the transport ───────────────────────────────────────────────────────────────────────────────────────────────────


# Quirk(aiohttp) repeats-idempotent-methods: on a fresh connection, in silence (aiohttp `client.py`, 2026-11)
class HttpTransport:
    """One connection pool, without cookies, redirects, proxies or retries. Construct it inside a running event loop.

    *Effects*: holds sockets until `close`.
    """

    def __init__(self, timeouts: HttpTimeouts, connections: int = CONNECTIONS) -> None:
        self._timeouts = timeouts
        self._timeout = _client_timeout(timeouts, timeouts.connect_s)
        self._session = make_session(timeouts, connections)

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
        """Send the request and return the response, of any status. *Raises*: the leaf of SendError that EVIDENCE names."""
        if request.connect_within_s is None:
            return await translate_failures(self._exchange(request))
        return await translate_failures(self._exchange_hastily(request, request.connect_within_s))

    async def _exchange_hastily(self, request: HttpRequest, within_s: float) -> HttpResponse:
        """Where the request's own haste has ended the wait for a connection, the provider has refused nothing."""
        try:
            return await self._exchange(request)
        except failures.ConnectionTimeoutError:
            if within_s < self._timeouts.connect_s:
                raise TooLate("the request's time to connect has passed") from None
            raise

    async def _exchange(self, request: HttpRequest) -> HttpResponse:
        SEND_BY.set(request.send_by)
        async with self._session.request(
            request.method,
            parse_url(request.url),
            headers=request.headers,
            data=request.body or None,
            allow_redirects=False,
            timeout=self._timeout_of(request),
        ) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            if request.is_file and response.ok:
                file = await _keep_at_most(response.content, request.max_bytes)
                return HttpResponse(response.status, headers, b"", file)
            body = await read_at_most(response.content, request.max_bytes)
            return HttpResponse(response.status, headers, body)

    def _timeout_of(self, request: HttpRequest) -> aiohttp.ClientTimeout:
        """The usual one, with more time for a file, or with less to connect; at least MIN_CONNECT_S, because aiohttp reads
        0 as no limit.
        """
        if request.is_file:
            longer = replace(self._timeouts, total_s=max(FILE_S, self._timeouts.total_s))
            return _client_timeout(longer, self._timeouts.connect_s)
        if request.connect_within_s is None:
            return self._timeout
        connect_s = max(MIN_CONNECT_S, min(request.connect_within_s, self._timeouts.connect_s))
        return _client_timeout(self._timeouts, connect_s)


def _client_timeout(timeouts: HttpTimeouts, connect_s: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=timeouts.total_s,
        connect=connect_s,
        # A read timeout as long as the total needs no timer of its own: two timers fewer per request.
        sock_read=timeouts.read_s if timeouts.read_s < timeouts.total_s else None,
    )


SEND_BY: ContextVar[float | None] = ContextVar("send_by", default=None)
"""`HttpRequest.send_by` of the task's request, for the connector: aiohttp hands it no value of ours."""


class PunctualConnector(aiohttp.TCPConnector):
    """Gives no connection to a request after its `send_by`: the connection goes to the pool, for the next request."""

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 (aiohttp's)
    ) -> Connection:
        connection = await super().connect(req, traces, timeout)
        send_by = SEND_BY.get()
        if send_by is not None and asyncio.get_running_loop().time() > send_by:
            connection.release()
            raise TooLate("the request's slot has passed")
        return connection


def make_session(
    timeouts: HttpTimeouts, connections: int, socket_factory: aiohttp.SocketFactoryType | None = None
) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=PunctualConnector(
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


@lru_cache(1_024)  # most providers have one URL per account
def parse_url(url: str) -> URL:
    """The URL byte for byte. *Raises*: InvalidURL."""
    with suppress(ValueError):
        parsed = URL(url, encoded=True)
        if parsed.raw_host:  # reading it makes yarl check host and port
            return parsed
    raise failures.InvalidURL("not a URL")


async def read_at_most(content: aiohttp.StreamReader, limit: int) -> bytes:
    body = bytearray()
    while len(body) < limit and (chunk := await content.read(limit - len(body))):
        body += chunk
    return bytes(body)


async def _keep_at_most(content: aiohttp.StreamReader, limit: int) -> BinaryIO:
    """On disk, without a name. The file belongs to the caller; a body that breaks off leaves none."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (read after this function)
    try:
        left = limit
        while left and (chunk := await content.read(min(left, CHUNK_BYTES))):
            file.write(chunk)
            left -= len(chunk)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


# ── headers with the same meaning at every provider ─────────────────────────────────────────────────────────────────

_SECONDS = re.compile(r"[0-9]{1,10}")
# Raised by the parser of dates on other text, and by subtracting an aware instant from a naive one.
_NOT_A_DATE = (ValueError, TypeError, IndexError, OverflowError)


def retry_after_s(response: HttpResponse) -> float | None:
    """The seconds in `Retry-After`, 0 to MAX_RETRY_AFTER_S, or None. Total on arbitrary headers.

    A date counts from the response's own `Date`, so that a wrong clock on our side changes nothing.
    """
    value = response.headers.get("retry-after", "").strip()
    seconds = float(value) if _SECONDS.fullmatch(value) else _seconds_between(response.headers.get("date", ""), value)
    return None if seconds is None else min(max(seconds, 0.0), MAX_RETRY_AFTER_S)


def _seconds_between(earlier: str, later: str) -> float | None:
    with suppress(*_NOT_A_DATE):
        return (parsedate_to_datetime(later) - parsedate_to_datetime(earlier)).total_seconds()
    return None
