"""The lean transport has the contract of the plain one (test_http.py), says the same on the wire, and draws the same
conclusion from whatever comes back.
"""

import asyncio
import gzip
import socket
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import aiohttp
import pytest
from aiohttp.client_proto import ResponseHandler
from hypothesis import example, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from shared.ground import lean_http
from shared.ground.errors import NotAccepted, OutcomeUnknown, SendError
from shared.ground.http import LATE, HttpRequest, HttpResponse, HttpTimeouts, HttpTransport
from shared.ground.lean_http import SMALL_BODY_BYTES, LeanTransport, find_fault, open_transport
from tests.contract.providers.wireserver import (
    Act,
    WireServer,
    answers,
    closed_port,
    hangs_up,
    resets,
    stays_silent,
    then,
    writes,
)

QUICK = HttpTimeouts(total_s=5.0, connect_s=2.0, read_s=0.3)
BOTH: tuple[type[HttpTransport], ...] = (HttpTransport, LeanTransport)
WAIT_S = 5.0

Result = TypeVar("Result")
Meaning = tuple[bytes, list[tuple[bytes, bytes]], bytes]
Outcome = HttpResponse | tuple[type[BaseException], str]


def post(url: str, body: bytes = b"a=1", max_bytes: int = 1 << 20) -> HttpRequest:
    return HttpRequest("POST", f"{url}/messages", {"Content-Type": "text/plain"}, body, max_bytes=max_bytes)


async def outcome(sending: Awaitable[HttpResponse]) -> Outcome:
    try:
        return await sending
    except SendError as error:
        return type(error), error.code
    except Exception as error:  # noqa: BLE001 (what is no SendError must be the same fault, too)
        return type(error), str(error)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not is_so():
            await asyncio.sleep(0.001)


# ── the same conclusions ────────────────────────────────────────────────────────────────────────────────────────────

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
MANY = b"".join(b"X-%d: 1\r\n" % number for number in range(200))


def piecemeal(*pieces: bytes) -> Act:
    """Each as a segment of its own."""

    async def writes_pieces(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.02)

    return writes_pieces


def raw(head: str, body: bytes = b"") -> Act:
    return writes(head.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n" + body)


def gzipped(body: bytes) -> Act:
    return answers(200, gzip.compress(body), {"Content-Encoding": "gzip"})


ACTS: dict[str, Act] = {
    "whole": answers(201, b"{}", {"X-Theirs": "Ja"}),
    "empty": answers(200),
    "in-two": piecemeal(OK[:-2], OK[-2:]),
    "byte-by-byte": piecemeal(*(OK[at : at + 1] for at in range(len(OK)))),
    "no-content": raw("HTTP/1.1 204 No Content"),
    "no-content-with-length": raw("HTTP/1.1 204 No Content\nContent-Length: 5"),
    "no-content-with-content": raw("HTTP/1.1 204 No Content\nContent-Length: 5", b"hello"),
    "reset-content": raw("HTTP/1.1 205 Reset Content\nContent-Length: 0"),
    "not-modified": raw("HTTP/1.1 304 Not Modified\nContent-Length: 5"),
    "continue": writes(b"HTTP/1.1 100 Continue\r\n\r\n" + OK),
    "continue-alone": piecemeal(b"HTTP/1.1 100 Continue\r\n\r\n", OK),
    "continue-and-nothing": then(writes(b"HTTP/1.1 100 Continue\r\n\r\n"), hangs_up),
    "early-hints": piecemeal(b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", OK),
    "no-such-status": raw("HTTP/1.1 099 Whatever\nContent-Length: 0"),
    "switching": raw("HTTP/1.1 101 Switching Protocols\nUpgrade: other\nConnection: upgrade", b"other"),
    "close": raw("HTTP/1.1 200 OK\nConnection: close\nContent-Length: 2", b"ok"),
    "close-and-closed": then(raw("HTTP/1.1 200 OK\nConnection: close\nContent-Length: 2", b"ok"), hangs_up),
    "until-end": then(raw("HTTP/1.1 200 OK", b"all of it"), hangs_up),
    "until-end-in-two": then(piecemeal(b"HTTP/1.1 200 OK\r\n\r\n", b"all ", b"of it"), hangs_up),
    "old": then(raw("HTTP/1.0 200 OK", b"all of it"), hangs_up),
    "old-with-length": raw("HTTP/1.0 200 OK\nContent-Length: 2", b"ok"),
    "old-kept": raw("HTTP/1.0 200 OK\nConnection: keep-alive\nContent-Length: 2", b"ok"),
    "chunked": writes(CHUNKED + b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n"),
    "chunked-in-pieces": piecemeal(CHUNKED, b"5\r\nhel", b"lo\r\n", b"0\r\n\r\n"),
    "chunked-cut": then(writes(CHUNKED + b"5\r\nhel"), hangs_up),
    "chunked-badly": then(writes(CHUNKED + b"ZZ\r\n"), stays_silent),
    "cut": then(raw("HTTP/1.1 201 Created\nContent-Length: 9", b"half"), hangs_up),
    "cut-in-head": then(writes(b"HTTP/1.1 201 Created\r\nContent-Le"), hangs_up),
    "closed": hangs_up,
    "reset": resets,
    "silence": stays_silent,
    "silence-in-head": then(writes(b"HTTP/1.1 201 Crea"), stays_silent),
    "silence-in-body": then(raw("HTTP/1.1 201 Created\nContent-Length: 9", b"half"), stays_silent),
    "not-http": writes(b"220 mail.example.com ESMTP\r\n\r\n"),
    "not-http-and-closed": then(writes(b"<html>"), hangs_up),
    "other-version": raw("HTTP/9.9 200 OK\nContent-Length: 0"),
    "bad-length": raw("HTTP/1.1 200 OK\nContent-Length: many", b"ok"),
    "two-lengths": raw("HTTP/1.1 200 OK\nContent-Length: 2\nContent-Length: 3", b"ok!"),
    "length-and-chunks": writes(
        CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Length: 2\r\n\r\n") + b"2\r\nok\r\n0\r\n\r\n"
    ),
    "long-header": raw(f"HTTP/1.1 200 OK\nX-Long: {'x' * 9_000}\nContent-Length: 0"),
    "long-reason": raw(f"HTTP/1.1 200 {'x' * 9_000}\nContent-Length: 0"),
    "many-headers": writes(b"HTTP/1.1 200 OK\r\n" + MANY + b"Content-Length: 0\r\n\r\n"),
    "header-twice": raw("HTTP/1.1 200 OK\nX-A: 1\nx-a: 2\nContent-Length: 0"),
    "header-not-ascii": raw("HTTP/1.1 200 OK\nX-A: \xe4 \xff\nX-B:\t x \t\nContent-Length: 0"),
    "header-folded": raw("HTTP/1.1 200 OK\nX-A: 1\n  2\nContent-Length: 0"),
    "gzip": gzipped(b"ok" * 1_000),
    "gzip-beyond-the-maximum": gzipped(b"ok" * 100_000),
    "not-gzip": answers(200, b"not gzip at all", {"Content-Encoding": "gzip"}),
    "redirect": answers(307, b"", {"Location": "/elsewhere"}),
    "beyond-the-maximum": answers(200, b"x" * 60_000),
    "far-beyond-the-maximum": answers(200, b"x" * 3_000_000),
    "stray-answer": writes(OK + OK),
    "stray-text": writes(OK + b"more"),
    "stray-lines": writes(OK + b"\r\n"),
}


async def converse(kind: type[HttpTransport], act: Act) -> tuple[list[Outcome], list[bytes], int]:
    """Of three requests the second one meets the act. What came of each, what the server saw, over how many connections."""
    async with WireServer(answers(200, b"before"), act, answers(200, b"after")) as server, kind(QUICK) as transport:
        outcomes = [await outcome(transport.send(post(server.url, body, 50_000))) for body in (b"1", b"2", b"3")]
        return outcomes, [seen.body for seen in server.seen], server.connections


@pytest.mark.parametrize("name", ACTS)
async def test_whatever_comes_back_means_the_same_by_both_ways(name: str):
    plain, lean = [await converse(kind, ACTS[name]) for kind in BOTH]

    assert lean == plain
    assert lean[1] == [b"1", b"2", b"3"]  # nothing is repeated
    assert lean[0][2] == HttpResponse(200, {"content-length": "5"}, b"after")  # and nothing of the second is left


@pytest.mark.parametrize("kind", BOTH)
async def test_a_connection_that_the_server_closes_while_idle_is_not_used_again(kind: type[HttpTransport]):
    async with WireServer(then(answers(200), hangs_up), answers(200)) as server, kind(QUICK) as transport:
        await transport.send(post(server.url, b"first"))
        (((idle, _),),) = transport._session.connector._conns.values()  # type: ignore[union-attr]
        await until(lambda: not idle.is_connected())
        await transport.send(post(server.url, b"second"))

    assert [seen.body for seen in server.seen] == [b"first", b"second"]
    assert server.connections == 2


@pytest.mark.parametrize("method", ["POST", "GET"])  # a GET goes the plain way, over the same connections
async def test_an_answer_that_arrives_while_idle_is_nobodys(method: str):
    late = asyncio.Event()

    async def answers_twice(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        await late.wait()
        writer.write(OK.replace(b"ok", b"no"))

    async with WireServer(answers_twice, answers(200, b"own")) as server, LeanTransport(QUICK) as transport:
        assert (await transport.send(HttpRequest(method, f"{server.url}/", {}, b""))).body == b"ok"
        (((idle, _),),) = transport._connector._conns.values()
        late.set()
        await until(lambda: not idle.is_connected() or len(idle) > 0)
        assert (await transport.send(post(server.url, b"second"))).body == b"own"

    assert server.connections == 2


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("begun", [b"", OK[:-1]], ids=["before-the-answer", "in-the-answer"])
async def test_a_connection_whose_request_was_cancelled_is_closed(kind: type[HttpTransport], begun: bytes):
    is_closed = asyncio.Event()

    async def sees_the_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(begun)
        await reader.read()
        is_closed.set()

    async with WireServer(sees_the_end, answers(200, b"own")) as server, kind(QUICK) as transport:
        task = asyncio.create_task(transport.send(post(server.url, b"first")))
        await asyncio.wait_for(server.has_seen.wait(), WAIT_S)
        (waiting,) = transport._session.connector._acquired  # type: ignore[union-attr]
        await until(lambda: not begun or waiting._payload is not None)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(is_closed.wait(), WAIT_S)
        assert (await transport.send(post(server.url, b"second"))).body == b"own"

    assert server.connections == 2


@pytest.mark.parametrize("kind", BOTH)
async def test_time_is_up_even_while_a_body_trickles(kind: type[HttpTransport]):
    async def trickles(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    patient = HttpTimeouts(total_s=0.3, connect_s=0.2, read_s=60.0)
    async with WireServer(trickles) as server, kind(patient) as transport:
        assert await outcome(transport.send(post(server.url))) == (OutcomeUnknown, "timeout")


async def test_every_request_has_the_whole_time():
    """One timer serves all: it goes on for those that began later."""
    loop = asyncio.get_running_loop()
    patient = HttpTimeouts(total_s=0.4, connect_s=0.2, read_s=60.0)
    async with WireServer(answers(200), stays_silent) as server, LeanTransport(patient) as transport:
        await transport.send(post(server.url))

        async def measure() -> float:
            began_at = loop.time()
            assert await outcome(transport.send(post(server.url))) == (OutcomeUnknown, "timeout")
            return loop.time() - began_at

        measuring = []
        for _ in range(3):
            await asyncio.sleep(0.15)
            measuring.append(asyncio.create_task(measure()))
        assert min(await asyncio.gather(*measuring)) > 0.39
        assert transport._deadlines._timer is None  # nobody waits, and neither does a timer


async def test_a_body_that_is_broken_is_not_whole():
    payload = aiohttp.StreamReader(ResponseHandler(asyncio.get_running_loop()), 1 << 16)
    payload.feed_data(b"ok")
    assert lean_http._take_whole(payload) is None
    payload.feed_eof()
    assert lean_http._take_whole(payload) == b"ok"
    payload.set_exception(ValueError("broken"))
    assert lean_http._take_whole(payload) is None


@pytest.mark.parametrize("kind", BOTH)
async def test_what_is_under_way_at_the_end_is_unknown(kind: type[HttpTransport]):
    async with WireServer(stays_silent) as server, kind(QUICK) as transport:
        task = asyncio.create_task(outcome(transport.send(post(server.url))))
        await asyncio.wait_for(server.has_seen.wait(), WAIT_S)
        await transport.close()
        assert await task == (OutcomeUnknown, "reset")


async def test_after_the_end_nothing_is_sent():
    outcomes = []
    for kind in BOTH:
        async with WireServer(answers(200)) as server:
            async with kind(QUICK) as transport:
                pass
            outcomes.append(await outcome(transport.send(post(server.url))))
            assert not server.seen
    assert outcomes == [(RuntimeError, "Session is closed")] * 2


# ── before the first byte ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", BOTH)
async def test_a_name_that_nobody_knows(kind: type[HttpTransport], monkeypatch: pytest.MonkeyPatch):
    async def knows_nobody(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", knows_nobody)
    async with kind(QUICK) as transport:
        with pytest.raises(NotAccepted, match="host name could not be resolved"):
            await transport.send(post("http://nowhere.invalid"))


CERTIFICATE = Path(__file__).with_name(
    "self_signed.pem"
)  # for 127.0.0.1, until 2126, by an authority that nobody trusts


def tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


@pytest.mark.parametrize("kind", BOTH)
async def test_a_certificate_that_nobody_trusts(kind: type[HttpTransport]):
    async with WireServer(answers(200), tls=tls()) as server, kind(QUICK) as transport:
        with pytest.raises(NotAccepted, match="certificate is not valid"):
            await transport.send(post(server.url))
        assert not server.seen


@pytest.mark.parametrize("kind", BOTH)
async def test_encrypted_connections_are_kept(kind: type[HttpTransport], monkeypatch: pytest.MonkeyPatch):
    trusting = ssl.create_default_context(cafile=CERTIFICATE)
    monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", trusting)
    async with WireServer(answers(200, b"ok"), tls=tls()) as server, kind(QUICK) as transport:
        for _ in range(2):
            assert (await transport.send(post(server.url))).body == b"ok"
        assert server.connections == 1


@pytest.mark.parametrize("kind", BOTH)
async def test_a_hasty_request_is_given_up_before_it_is_sent(kind: type[HttpTransport]):
    async with WireServer(stays_silent) as server, kind(QUICK, connections=1) as transport:
        first = asyncio.create_task(outcome(transport.send(post(server.url, b"first"))))
        await asyncio.wait_for(server.has_seen.wait(), WAIT_S)
        hasty = replace(post(server.url, b"second"), connect_within_s=0.0)
        assert await outcome(transport.send(hasty)) == (NotAccepted, LATE), "no refusal of the provider's"
        await first

    assert [seen.body for seen in server.seen] == [b"first"]


async def test_to_a_server_that_speaks_first_nothing_is_sent():
    """What it says would pass for the answer."""
    wires = Wires(greeting=OK)
    async with wired(LeanTransport, wires) as transport:
        assert await outcome(transport.send(post("http://example.com"))) == (NotAccepted, "connect")
    assert [wire.written for wire in wires.all] == [b""]


@pytest.mark.parametrize("kind", BOTH)
async def test_a_connection_that_was_refused_takes_no_place(kind: type[HttpTransport]):
    async with WireServer(answers(200)) as server, kind(QUICK, connections=1) as transport:
        nowhere = f"http://127.0.0.1:{closed_port()}"
        assert [await outcome(transport.send(post(nowhere))) for _ in range(3)] == [(NotAccepted, "connect")] * 3
        assert (await transport.send(post(server.url))).status == 200


# ── the same on the wire ────────────────────────────────────────────────────────────────────────────────────────────


class Wire(asyncio.Transport):
    """Keeps what is written, and answers a whole request."""

    def __init__(self, protocol: ResponseHandler, wires: "Wires") -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._protocol, self._wires, self._is_closing = protocol, wires, False
        self.written = bytearray()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data
        head, end, body = bytes(self.written).partition(b"\r\n\r\n")
        lengths = [line[16:] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length: ")]
        if end and len(body) >= int(lengths[0] if lengths else b"0"):
            self._loop.call_soon(self._answer, 0, list(self._wires.pieces))

    def _answer(self, turns: int, pieces: list[bytes]) -> None:
        """A piece at a time, each after some turns of the loop: whoever waits has read the one before."""
        if self._is_closing:
            return
        if turns:
            self._loop.call_soon(self._answer, turns - 1, pieces)
        elif pieces:
            self._protocol.data_received(pieces.pop(0))
            self._loop.call_soon(self._answer, 5, pieces)
        elif self._wires.is_closing_after:
            self._protocol.eof_received()
            self.close()

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        if not self._is_closing:
            self._is_closing = True
            self._loop.call_soon(self._protocol.connection_lost, None)

    abort = close

    def get_write_buffer_size(self) -> int:
        return self._wires.unsent

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Wires(aiohttp.BaseConnector):
    """unsent: bytes that each wire says to hold back. greeting: arrives before the request."""

    def __init__(
        self,
        pieces: Sequence[bytes] = (OK,),
        *,
        is_closing_after: bool = False,
        unsent: int = 0,
        greeting: bytes = b"",
    ) -> None:
        super().__init__(limit=1)
        self.pieces, self.is_closing_after, self.unsent, self._greeting = pieces, is_closing_after, unsent, greeting
        self.all: list[Wire] = []

    async def _create_connection(self, *_asked: object) -> ResponseHandler:
        protocol = self._factory()
        self.all.append(Wire(protocol, self))
        protocol.connection_made(self.all[-1])
        protocol.data_received(self._greeting)
        return protocol


class Timeless(asyncio.SelectorEventLoop):
    """Its time stands still while there is work, and then is that of the next timer: nobody waits, and nobody is late."""

    _ready: deque[asyncio.Handle]
    _scheduled: list[asyncio.TimerHandle]
    _now = 0.0

    def time(self) -> float:
        return self._now

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:
            self._now = max(self._now, self._scheduled[0].when())
        super()._run_once()  # type: ignore[misc]


def run_without_waiting(work: Coroutine[object, object, Result]) -> Result:
    with asyncio.Runner(loop_factory=Timeless) as runner:
        return runner.run(work)


@asynccontextmanager
async def wired(
    kind: type[HttpTransport], wires: Wires, timeouts: HttpTimeouts = QUICK
) -> AsyncIterator[HttpTransport]:
    async with kind(timeouts) as transport:
        usual = transport._session._connector
        assert usual is not None
        await usual.close()
        transport._session._connector = wires
        if isinstance(transport, LeanTransport):
            transport._connector = wires
        yield transport


def meaning(written: bytes) -> Meaning:
    """The first line, the headers in any order, the body."""
    head, _, body = written.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    parts = [line.partition(b": ") for line in lines]
    return first, sorted((name.lower(), value) for name, _, value in parts), body


async def say(kind: type[HttpTransport], request: HttpRequest) -> tuple[Outcome, list[Meaning]]:
    wires = Wires()
    async with wired(kind, wires) as transport:
        came = await outcome(transport.send(request))
        return came, [meaning(bytes(wire.written)) for wire in wires.all if wire.written]


HOSTS = ["127.0.0.1", "example.com", "H.Example.com", "[::1]", "a_b.example", "münchen.example", "me@example.com", ""]
NAMES = ["Content-Type", "content-type", "Accept", "USER-AGENT", "Authorization", "Accept-Encoding", "X-Mine", "x_m.y~"]
BAD_NAMES = ["X-é", "X Y", "X:Y", "", "X-A\r\nX-B", "Connection", "Host", "Cookie"]
PARTS = ["/", "a", "%2F", "%0d%0a", "?", "&x=", "#", "ä", " ", "\r\n", "\t", "\0", "+", "..", "@", "\x7f"]

urls = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["http", "https", "HTTP", "ftp", "ws"]),
    st.sampled_from(HOSTS),
    st.sampled_from(["", ":80", ":443", ":8080", ":99999"]),
    st.lists(st.sampled_from(PARTS), max_size=5).map("".join).map(lambda path: f"/{path}" if path else ""),
)
values = st.text(st.characters(max_codepoint=0x17F), max_size=10) | st.sampled_from(
    ["a\r\nX-B: c", "a\nb", "a\0", "\t"]
)
headers = st.dictionaries(st.sampled_from(NAMES) | st.sampled_from(BAD_NAMES), values, max_size=4)
tame = st.builds(
    HttpRequest,
    st.just("POST"),
    urls.map(lambda url: url.replace("ftp", "http")),
    st.dictionaries(st.sampled_from(NAMES), st.text("aB1 -=\t~", max_size=10), max_size=4),
    st.binary(max_size=100),
)
wild = st.builds(
    HttpRequest,
    st.sampled_from(["POST", "post", "PUT", "PO ST"]),
    urls,
    headers,
    st.binary(max_size=20) | st.just(b"x" * (SMALL_BODY_BYTES + 1)),
)


@settings(max_examples=150, deadline=None)
@given(tame | wild)
@example(HttpRequest("POST", "http://example.com/a", {"X-A": "b\r\nX-B: c"}, b"d"))
@example(HttpRequest("POST", "http://example.com/a\r\nX-B: c", {}, b"d"))
@example(HttpRequest("POST", "http://me:secret@example.com/", {}, b""))
def test_the_bytes_on_the_wire_mean_the_same_by_both_ways(request: HttpRequest):
    plain, lean = [run_without_waiting(say(kind, request)) for kind in BOTH]

    assert lean == plain
    for _, headers_sent, _ in lean[1]:
        assert b"x-b" not in dict(headers_sent)  # nobody smuggles a header in


FRAGMENTS = [
    *(b"HTTP/1.1 %s Whatever\r\n" % status for status in (b"100", b"101", b"103", b"200", b"204", b"304", b"503")),
    *(b"HTTP/1.0 200 OK\r\n", b"Content-Length: 5\r\n", b"Content-Length: 0\r\n", b"Content-Length: x\r\n"),
    *(b"Transfer-Encoding: chunked\r\n", b"Content-Encoding: gzip\r\n", b"Upgrade: h2c\r\n"),
    *(b"Connection: close\r\n", b"Connection: keep-alive\r\n", b"X-A: 1\r\n", b"X-A\r\n", b" folded\r\n"),
    *(b"\r\n", b"\r\n", b"\n", b"\0", b"hello", b"5\r\nhello\r\n", b"ffff\r\n", b"0\r\n", b"0\r\n\r\n", OK),
]
pieces = st.lists(
    st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=5).map(b"".join) | st.binary(min_size=1, max_size=8),
    max_size=5,
)
begun = pieces.map(lambda said: [b"HTTP/1.1 200 OK\r\n", *said])


async def hear(kind: type[HttpTransport], said: Sequence[bytes]) -> Outcome:
    async with wired(kind, Wires(said, is_closing_after=True)) as transport:
        return await outcome(transport.send(post("http://example.com")))


@settings(max_examples=200, deadline=None)
@given(pieces | begun)
@example([CHUNKED, b"ZZ\r\n"])  # aiohttp forgets whom to tell, so time has to end it
@example([b"HTTP/1.1 200 OK\r\n\r\n", b"all of it"])
def test_whatever_bytes_come_back_in_whatever_pieces_mean_the_same_by_both_ways(said: list[bytes]):
    plain, lean = [run_without_waiting(hear(kind, said)) for kind in BOTH]

    assert lean == plain


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("said", [[], [OK[:-1]]], ids=["before-the-answer", "in-the-answer"])
@pytest.mark.parametrize(("read_s", "total_s"), [(2.0, 4.0), (4.0, 4.0), (60.0, 4.0)])
def test_how_long_silence_is_borne(kind: type[HttpTransport], said: list[bytes], read_s: float, total_s: float):
    async def wait() -> tuple[Outcome, float]:
        async with wired(kind, Wires(said), HttpTimeouts(total_s, 1.0, read_s)) as transport:
            came = await outcome(transport.send(post("http://example.com")))
            return came, asyncio.get_running_loop().time()

    assert run_without_waiting(wait()) == ((OutcomeUnknown, "timeout"), min(read_s, total_s))


@pytest.mark.parametrize(
    "name", ["Transfer-Encoding", "expect", "CONNECTION", "Host", "Content-Length", "content-encoding"]
)
async def test_what_governs_the_connection_is_left_to_aiohttp(name: str):
    async with LeanTransport(QUICK) as transport:
        assert transport._find_head("http://example.com/", (("X-A", "b"),)) is not None
        assert transport._find_head("http://example.com/", (("X-A", "b"), (name, "1"))) is None


async def test_what_providers_are_sent_goes_the_lean_way(monkeypatch: pytest.MonkeyPatch):
    async def goes_plainly(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(HttpTransport, "_exchange", goes_plainly)
    async with wired(LeanTransport, wires := Wires()) as transport:
        for number in range(3):
            assert (await transport.send(post(f"https://example.com/{number}"))).body == b"ok"
    assert len(wires.all) == 1  # one connection carried them all


async def test_what_is_no_small_post_goes_the_plain_way(monkeypatch: pytest.MonkeyPatch):
    plainly: list[HttpRequest] = []

    async def goes_plainly(_: HttpTransport, request: HttpRequest) -> HttpResponse:
        plainly.append(request)
        return HttpResponse(200, {}, b"")

    monkeypatch.setattr(HttpTransport, "_exchange", goes_plainly)
    small = post("http://example.com", b"x" * SMALL_BODY_BYTES)
    others = [replace(small, method="GET"), replace(small, is_file=True), replace(small, body=small.body + b"x")]
    async with wired(LeanTransport, Wires()) as transport:
        for request in (small, *others):
            await transport.send(request)
    assert plainly == others


async def test_a_request_that_is_answered_before_it_is_sent_ends_its_connection():
    """What is left of it would run into the next request."""
    async with wired(LeanTransport, wires := Wires(unsent=1)) as transport:
        for _ in range(2):
            assert (await transport.send(post("http://example.com"))).body == b"ok"
    assert len(wires.all) == 2


# ── the choice ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_aiohttp_that_is_installed_is_the_one_that_was_tried():
    assert await find_fault() is None
    async with open_transport(QUICK) as transport:
        assert type(transport) is LeanTransport


def is_new(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(aiohttp, "__version__", "4.0.0")


def lacks_a_name(patch: pytest.MonkeyPatch) -> None:
    patch.delattr(ResponseHandler, "set_response_params")


def lacks_a_parameter(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(aiohttp.BaseConnector, "connect", lambda _, question: question)


def reads_otherwise(patch: pytest.MonkeyPatch) -> None:
    of_queue = ResponseHandler.read

    async def read(self: ResponseHandler) -> object:
        message, payload = await of_queue(self)
        return payload, message

    patch.setattr(ResponseHandler, "read", read)


def keeps_the_parser_elsewhere(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(lean_http, "_SILENCE", None)  # with it nobody notices an answer without a request


@pytest.fixture
def quick_rehearsal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lean_http, "REHEARSAL_S", 0.5)


@pytest.mark.usefixtures("quick_rehearsal")
@pytest.mark.parametrize(
    "change", [is_new, lacks_a_name, lacks_a_parameter, reads_otherwise, keeps_the_parser_elsewhere]
)
async def test_with_another_aiohttp_the_plain_way_is_gone_and_the_reason_told(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[pytest.MonkeyPatch], None]
):
    with monkeypatch.context() as patch, capture_logs() as logs:
        change(patch)
        async with open_transport(QUICK) as transport:
            assert type(transport) is HttpTransport

    (line,) = logs
    assert (line["event"], line["log_level"]) == ("lean_transport_refused", "warning")
    assert line["reason"]
