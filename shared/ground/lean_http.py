"""The transport for many small POSTs: `http.HttpTransport` with less work a request. Owns every inner name of aiohttp that
we use, and the check at start that they are what they were.

A POST with a small body goes over aiohttp's own connector (pool, DNS, TLS, time to connect), connection and C parser, but
its bytes are made here and written at once, and neither a ClientRequest nor a ClientResponse is made. Everything else
(another method, a file, a large body, a header that governs the connection) goes the way of `HttpTransport`, through the
same pool. A failure raises the same leaf either way: the same connector, connection and parser raise, and `EVIDENCE` reads
them.

Cost of a request, µs of processor time: 110 by `HttpTransport`, 97 by a bare ClientSession, 34 by `LeanTransport`, 12 by an
`asyncio.Protocol` that reads nothing (medians of 9 alternated turns on two shared cores under a load of 8;
`python -m tests.benchmarks.transports`).
Source: aiohttp 3.14 `client.py` (`_request`), `client_reqrep.py` (`ClientRequest`, `ClientResponse.start`), `connector.py`,
`client_proto.py`, `streams.py`.
"""

from __future__ import annotations  # names of aiohttp that only annotations need are not asked for at run time

import asyncio
import inspect
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple, Never, cast

import aiohttp
from aiohttp import client_exceptions as failures
from aiohttp import http_exceptions as malformed
from structlog.stdlib import BoundLogger, get_logger
from yarl import URL

from shared.ground.http import (
    CONNECTIONS,
    SEND_BY,
    HttpRequest,
    HttpResponse,
    HttpTimeouts,
    HttpTransport,
    TooLate,
    parse_url,
    read_at_most,
)

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.client_reqrep import ConnectionKey
    from aiohttp.connector import Connection
    from aiohttp.http_parser import HttpResponseParser
    from aiohttp.tracing import Trace

log: BoundLogger = get_logger(__name__)

TRIED: Final = ((3, 14, 4), (3, 15))  # versions of aiohttp, from the first to before the second
SMALL_BODY_BYTES: Final = 32 << 10  # far below the 64 KiB of unsent bytes at which a writer has to wait
HEADS_KEPT: Final = 1_024  # most providers have one URL and one set of headers per account
REHEARSAL_S: Final = 5.0  # it takes a millisecond or two

# They say how the connection or the body is to be read, so aiohttp interprets them.
_GOVERNING: Final = frozenset(
    ("connection", "content-encoding", "content-length", "expect", "host", "transfer-encoding")
)
_SCHEMES: Final = ("http", "https")
_LINE: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t -~]*")  # no CR or LF: a value never ends its line
_TARGET: Final = re.compile(r"[!-~]+")
_INTERIM: Final = range(100, 200)  # an answer that announces another, but for 101
_NO_TRACES: Final[list[Trace]] = []


class _Origin(NamedTuple):
    """Where a request goes, as a connector asks for it."""

    key: ConnectionKey
    request: aiohttp.ClientRequest


class _Head(NamedTuple):
    """What requests with one URL and one set of headers have in common. lines: everything before the length of the body."""

    origin: _Origin
    lines: bytes


# ── the choice ──────────────────────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def open_transport(timeouts: HttpTimeouts, connections: int = CONNECTIONS) -> AsyncIterator[HttpTransport]:
    """The lean transport, or the plain one where aiohttp is not as this module expects it. *Effects*: logs the reason."""
    fault = await find_fault()
    if fault is not None:
        log.warning("lean_transport_refused", reason=fault, aiohttp=aiohttp.__version__)
    async with (HttpTransport if fault else LeanTransport)(timeouts, connections) as transport:
        yield transport


async def find_fault() -> str | None:
    """Why `LeanTransport` may not be used with the aiohttp that is installed."""
    if not TRIED[0] <= tuple(map(int, re.findall(r"[0-9]+", aiohttp.__version__))) < TRIED[1]:
        return "this version was never tried"
    try:
        _check_signatures()
        async with asyncio.timeout(REHEARSAL_S):
            await _rehearse()
    except Exception as error:  # noqa: BLE001 (whatever it is, the plain way is there)
        return repr(error)
    return None


def _check_signatures() -> None:
    """*Raises*: TypeError, AttributeError or ImportError."""
    from aiohttp.client_proto import ResponseHandler

    for owner, name, parameters in (
        (aiohttp.ClientRequest, "__init__", {"method", "url", "headers", "loop"}),
        (aiohttp.BaseConnector, "connect", {"req", "traces", "timeout"}),
        (aiohttp.BaseConnector, "_get", {"key", "traces"}),
        (ResponseHandler, "set_response_params", {"read_until_eof", "read_timeout"}),
        (ResponseHandler, "read", set[str]()),
        (ResponseHandler, "start_timeout", set[str]()),
        (ResponseHandler, "force_close", set[str]()),
        (ResponseHandler, "_on_read_timeout", set[str]()),
    ):
        if missing := parameters - inspect.signature(getattr(owner, name)).parameters.keys():
            raise TypeError(f"{owner.__name__}.{name} has no {', '.join(sorted(missing))}")


# ── the transport ───────────────────────────────────────────────────────────────────────────────────────────────────


class LeanTransport(HttpTransport):
    """Open it by `open_transport`, which knows whether it may be used."""

    def __init__(
        self, timeouts: HttpTimeouts, connections: int = CONNECTIONS, connector: aiohttp.BaseConnector | None = None
    ) -> None:
        """connector: in place of the one that is shared with the plain way, for the rehearsal."""
        super().__init__(timeouts, connections)
        self._loop = asyncio.get_running_loop()
        self._connector = connector or cast("aiohttp.BaseConnector", self._session.connector)
        self._deadlines = _Deadlines(self._loop)
        self._find_head = lru_cache(HEADS_KEPT)(self._make_head)
        self._find_headers = lru_cache(HEADS_KEPT)(self._make_headers)

    async def close(self) -> None:
        self._deadlines.close()
        await super().close()

    async def _exchange(self, request: HttpRequest) -> HttpResponse:
        head = None
        if request.method == "POST" and not request.is_file and len(request.body) <= SMALL_BODY_BYTES:
            head = self._find_head(request.url, tuple(request.headers.items()))
        if head is None or self._connector.closed:
            return await super()._exchange(request)
        deadline = self._loop.time() + self._timeouts.total_s
        connection = await self._connect(head.origin, request)
        if request.send_by is not None and self._loop.time() > request.send_by:
            connection.release()
            raise TooLate("the request's slot has passed")
        try:
            response = await self._converse(connection, head, request, deadline)
        except BaseException:
            connection.close()  # an answer may be under way: the next request must not take it for its own
            raise
        connection.release()
        return response

    async def _connect(self, origin: _Origin, request: HttpRequest) -> Connection:
        """One from the pool, or a new one. *Raises*: as a ClientSession does."""
        connector = self._connector
        while (connection := await connector._get(origin.key, _NO_TRACES)) is not None:
            if not _is_spoilt(connection):
                return connection
            connection.close()
        SEND_BY.set(None)  # asked by our caller, of a connection from the pool as well
        try:
            connection = await connector.connect(origin.request, _NO_TRACES, self._timeout_of(request))
        except TimeoutError as error:
            raise failures.ConnectionTimeoutError from error
        if _is_spoilt(connection) or connection.closed:  # a server that speaks first; nothing was sent
            connection.close()
            raise failures.ClientConnectorError(origin.key, OSError("not a connection for a request"))
        return connection

    async def _converse(
        self, connection: Connection, head: _Head, request: HttpRequest, deadline: float
    ) -> HttpResponse:
        protocol = connection.protocol
        if protocol is None or (transport := protocol.transport) is None:
            raise failures.ClientConnectionResetError
        protocol.set_response_params(read_until_eof=True, read_timeout=self._timeout.sock_read)
        self._deadlines.add(protocol, deadline)
        try:
            transport.write(b"%bContent-Length: %d\r\n\r\n%b" % (head.lines, len(request.body), request.body))
            protocol.start_timeout()
            message, payload = await protocol.read()
            while message.code in _INTERIM and message.code != HTTPStatus.SWITCHING_PROTOCOLS:
                message, payload = await protocol.read()
            body = _take_whole(payload)
            if body is None:
                async with asyncio.timeout_at(deadline):
                    body = await read_at_most(payload, request.max_bytes)
        finally:
            self._deadlines.remove(protocol)
        if transport.get_write_buffer_size():
            protocol.force_close()  # answered before it was sent: the rest would run into the next request
        protocol._parser = _SILENCE
        headers = {name.lower(): value for name, value in message.headers.items()}
        return HttpResponse(message.code, headers, body[: request.max_bytes])

    def _make_head(self, url: str, headers: tuple[tuple[str, str], ...]) -> _Head | None:
        """None: only a ClientSession knows what to make of it. *Raises*: InvalidURL."""
        parsed = parse_url(url)
        target = parsed.raw_path_qs
        if parsed.scheme not in _SCHEMES or "@" in parsed.raw_authority or not _TARGET.fullmatch(target):
            return None
        found = self._find_headers(parsed.origin(), headers)
        if found is None:
            return None
        origin, lines = found
        return _Head(origin, b"POST %b HTTP/1.1\r\n%b" % (target.encode("ascii"), lines))

    def _make_headers(self, origin: URL, headers: tuple[tuple[str, str], ...]) -> tuple[_Origin, bytes] | None:
        """The headers that a ClientSession would send, but for the length."""
        names = {name.lower() for name, _ in headers}
        if len(names) < len(headers) or not names.isdisjoint(_GOVERNING):
            return None
        wanted = self._session.headers.copy()
        wanted.update(headers)
        request = aiohttp.ClientRequest("POST", origin, headers=wanted, loop=self._loop)
        wanted = request.headers
        del wanted["Content-Length"]
        wanted.setdefault("Content-Type", "application/octet-stream")
        lines = [f"{name}: {value}" for name, value in wanted.items()]
        if not all(map(_LINE.fullmatch, lines)):
            return None
        return _Origin(request.connection_key, request), ("\r\n".join(lines) + "\r\n").encode("ascii")


def _is_spoilt(connection: Connection) -> bool:
    """Whether something has arrived that nobody asked for."""
    return connection.protocol is None or connection.protocol.should_close


def _take_whole(payload: aiohttp.StreamReader) -> bytes | None:
    """A body that has arrived as a whole, with the head in most cases. None: it has to be waited for, or is broken.

    `read_nowait` would ask the connection to read on, which costs as much as the parser.
    """
    if not payload.is_eof() or payload.exception() is not None:
        return None
    return b"" if payload is aiohttp.EMPTY_PAYLOAD else b"".join(payload._buffer)


class _Silence:
    """The parser of an idle connection: whatever arrives was not asked for, and by an error the connection is closed."""

    def feed_data(self, _: bytes) -> Never:
        raise malformed.BadHttpMessage("an answer without a request")

    def feed_eof(self) -> None:
        """The end is all that may come."""


_SILENCE: Final = cast("HttpResponseParser", _Silence())


class _Deadlines:
    """The end of the time that each request may take, by one timer: a timer a request costs more than this whole table."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._of: dict[ResponseHandler, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, protocol: ResponseHandler, deadline: float) -> None:
        self._of[protocol] = deadline
        if self._timer is None or deadline < self._timer.when():
            self._wait()

    def remove(self, protocol: ResponseHandler) -> None:
        self._of.pop(protocol, None)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _wait(self) -> None:
        self.close()
        self._timer = self._loop.call_at(min(self._of.values()), self._end) if self._of else None

    def _end(self) -> None:
        now = self._loop.time()
        for protocol in [protocol for protocol, deadline in self._of.items() if deadline <= now]:
            del self._of[protocol]
            protocol._on_read_timeout()
        self._wait()


# ── the rehearsal ───────────────────────────────────────────────────────────────────────────────────────────────────

_ANSWER: Final = b"HTTP/1.1 201 Created\r\nX-Of: rehearsal\r\nContent-Length: 5\r\n\r\nheard"


class _Pair(aiohttp.BaseConnector):
    """Of one connection, to a socket of this process."""

    def __init__(self, ours: socket.socket) -> None:
        super().__init__(limit=1)
        self._ours = ours

    async def _create_connection(self, *_asked: object) -> ResponseHandler:
        _, protocol = await self._loop.create_connection(self._factory, sock=self._ours)
        return protocol


async def _rehearse() -> None:
    """Two requests over one connection, and bytes that nobody asked for, which end it. *Raises*: ValueError."""
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.setblocking(False)
        async with _Pair(ours) as pair, LeanTransport(HttpTimeouts(), 1, pair) as transport:
            for _ in range(2):
                asked = loop.create_task(
                    transport.send(HttpRequest("POST", "http://127.0.0.1:9/a", {"X-A": "b"}, b"c"))
                )
                heard = await loop.sock_recv(theirs, 1 << 16)
                await loop.sock_sendall(theirs, _ANSWER)
                if await asked != HttpResponse(
                    HTTPStatus.CREATED, {"x-of": "rehearsal", "content-length": "5"}, b"heard"
                ):
                    raise ValueError("an answer was read wrongly")
                if not (
                    heard.startswith(b"POST /a HTTP/1.1\r\nHost: ") and heard.endswith(b"Content-Length: 1\r\n\r\nc")
                ):
                    raise ValueError("a request was written wrongly")
            await loop.sock_sendall(theirs, _ANSWER)
            if await loop.sock_recv(theirs, 1):
                raise ValueError("a connection outlived an answer without a request")
