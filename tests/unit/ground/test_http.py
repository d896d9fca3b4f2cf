"""The transport against a real server, and what each failure of it proves."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from aiohttp import ClientError
from aiohttp.http_exceptions import HttpProcessingError
from hypothesis import given
from hypothesis import strategies as st

from shared.ground.errors import Again, NotAccepted, OutcomeUnknown, SendError, SenderUnusable
from shared.ground.http import (
    EVIDENCE,
    LATE,
    MAX_BODY_BYTES,
    MAX_RETRY_AFTER_S,
    HttpRequest,
    HttpResponse,
    HttpTimeouts,
    HttpTransport,
    evidence,
    retry_after_s,
)
from shared.ground.lean_http import LeanTransport
from tests.contract.providers.wireserver import (
    BEGINS_A_BODY,
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

QUICK = HttpTimeouts(total_s=5.0, connect_s=2.0, read_s=0.2)
CONTACT = "14155550123"


@pytest.fixture(params=[HttpTransport, LeanTransport])
def kind(request: pytest.FixtureRequest) -> type[HttpTransport]:
    """Both ways have one contract."""
    of_transport: type[HttpTransport] = request.param
    return of_transport


@pytest.fixture
async def transport(kind: type[HttpTransport]) -> AsyncIterator[HttpTransport]:
    async with kind(QUICK) as opened:
        yield opened


def post(url: str, body: bytes = b"a=1") -> HttpRequest:
    return HttpRequest("POST", f"{url}/messages/{CONTACT}", {"Content-Type": "text/plain", "X-Mine": "yes"}, body)


async def fault(transport: HttpTransport, request: HttpRequest) -> SendError:
    with pytest.raises(SendError) as raised:
        await transport.send(request)
    return raised.value


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_body_that_is_a_file_goes_to_disk_whole_or_cut_off_and_never_into_the_body(transport: HttpTransport):
    content = bytes(range(256)) * 8_192  # beyond what a body may have
    assert len(content) > MAX_BODY_BYTES
    for limit in (1 << 30, 1_000):
        async with WireServer(answers(200, content)) as server:
            request = HttpRequest("GET", server.url, {}, b"", max_bytes=limit, is_file=True)
            response = await transport.send(request)
        assert response.body == b""
        assert response.file is not None
        with response.file as file:
            assert file.read() == content[:limit]


async def test_a_refusal_in_place_of_a_file_is_a_body(transport: HttpTransport):
    async with WireServer(answers(403, b"no")) as server:
        response = await transport.send(HttpRequest("GET", server.url, {}, b"", is_file=True))
    assert (response.status, response.body, response.file) == (403, b"no", None)


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_request_and_answer_pass_unchanged(transport: HttpTransport):
    async with WireServer(answers(418, b"short \xff", {"X-Theirs": "Ja"})) as server:
        url = f"{server.url}/a%2Fb%3A+c?x=%2b&y=%20+&z="
        response = await transport.send(HttpRequest("POST", url, {"X-Mine": "yes"}, b"\0\xffbody"))

    (seen,) = server.seen
    assert (seen.method, seen.target, seen.body) == ("POST", "/a%2Fb%3A+c?x=%2b&y=%20+&z=", b"\0\xffbody")
    assert (seen.headers["x-mine"], seen.headers["user-agent"]) == ("yes", "oriel")
    assert seen.headers["accept-encoding"] == "identity"
    assert (response.status, response.body, response.headers["x-theirs"]) == (418, b"short \xff", "Ja")


async def test_request_without_body(transport: HttpTransport):
    async with WireServer(answers(200, b"[]")) as server:
        await transport.send(HttpRequest("GET", server.url + "/", {}, b""))

    assert server.seen[0].method == "GET"
    assert "content-type" not in server.seen[0].headers


@pytest.mark.parametrize(("status", "expected"), [(199, False), (200, True), (299, True), (300, False)])
def test_is_success(status: int, expected: bool):
    assert HttpResponse(status, {}, b"").is_success is expected


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_answers(transport: HttpTransport, status: int):
    async with WireServer(answers(status, headers={"Location": "/elsewhere"})) as server:
        response = await transport.send(post(server.url))

    assert response.status == status
    assert len(server.seen) == 1


async def test_connections_are_kept_and_cookies_are_not(transport: HttpTransport):
    async with WireServer(answers(200, b"{}", {"Set-Cookie": "crumb=1; Path=/"})) as server:
        for _ in range(3):
            await transport.send(post(server.url))

    assert server.connections == 1
    assert all("cookie" not in seen.headers for seen in server.seen)


async def test_a_connection_that_came_too_late_carries_nothing_and_stays_for_the_next_request(
    transport: HttpTransport,
):
    loop = asyncio.get_running_loop()
    async with WireServer(answers(200)) as server:
        late = await fault(transport, replace(post(server.url), send_by=loop.time() - 0.001))
        assert server.seen == []
        await transport.send(replace(post(server.url), send_by=loop.time() + 60))
        late_again = await fault(transport, replace(post(server.url), send_by=loop.time() - 0.001))
        await transport.send(post(server.url))

    assert (type(late), late.code, late_again.code) == (NotAccepted, LATE, LATE)
    assert server.connections == 1
    assert len(server.seen) == 2


async def test_proxies_of_the_environment_are_ignored(transport: HttpTransport, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    async with WireServer(answers(200)) as server:
        assert (await transport.send(post(server.url))).status == 200


@pytest.mark.parametrize("size", [MAX_BODY_BYTES - 1, MAX_BODY_BYTES, MAX_BODY_BYTES + 1, 3 * MAX_BODY_BYTES])
async def test_long_bodies_are_cut(transport: HttpTransport, size: int):
    async with WireServer(answers(200, b"x" * size)) as server:
        response = await transport.send(post(server.url))

    assert response.body == b"x" * min(size, MAX_BODY_BYTES)


async def test_a_compressed_bomb_is_cut(transport: HttpTransport):
    bomb = gzip.compress(b"x" * 8 * MAX_BODY_BYTES)
    async with WireServer(answers(200, bomb, {"Content-Encoding": "gzip"})) as server:
        response = await transport.send(post(server.url))

    assert response.body == b"x" * MAX_BODY_BYTES


# ── failures ────────────────────────────────────────────────────────────────────────────────────────────────────────

OVERLONG = b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 70_000 + b"\r\n\r\n"
BAD_CHUNK = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nZZ\r\n"
BAD_GZIP = answers(200, b"not gzip at all", {"Content-Encoding": "gzip"})

MAY_BE_ACCEPTED = {
    "silence": (stays_silent, {"timeout"}),
    "silence-in-body": (then(BEGINS_A_BODY, stays_silent), {"timeout"}),
    "closed": (hangs_up, {"reset"}),
    "reset": (resets, {"reset"}),
    "closed-in-body": (then(BEGINS_A_BODY, hangs_up), {"truncated"}),
    "reset-in-body": (then(BEGINS_A_BODY, resets), {"truncated", "reset"}),  # as the kernel tells it
    "not-http": (writes(b"220 mail.example.com ESMTP\r\n\r\n"), {"garbled"}),
    "overlong-header": (writes(OVERLONG), {"garbled"}),
    "bad-chunk": (then(writes(BAD_CHUNK), stays_silent), {"garbled", "truncated"}),
    "bad-gzip": (BAD_GZIP, {"truncated"}),
}


@pytest.mark.parametrize("name", MAY_BE_ACCEPTED)
async def test_what_may_have_been_accepted_is_unknown(transport: HttpTransport, name: str):
    act, codes = MAY_BE_ACCEPTED[name]
    async with WireServer(act) as server:
        error = await fault(transport, post(server.url))

    assert type(error) is OutcomeUnknown
    assert error.code in codes
    assert error.again is Again.NEVER
    assert len(server.seen) == 1


# Quirk(aiohttp) repeats-idempotent-methods
@pytest.mark.parametrize("broken", [hangs_up, resets], ids=["closed", "reset"])
async def test_a_post_on_a_kept_connection_is_never_repeated(transport: HttpTransport, broken: Act):
    async with WireServer(answers(200), broken) as server:
        await transport.send(post(server.url, b"first"))
        error = await fault(transport, post(server.url, b"second"))

    assert type(error) is OutcomeUnknown
    assert [seen.body for seen in server.seen] == [b"first", b"second"]
    assert server.connections == 1


async def test_total_time_is_bounded_even_if_silence_is_not(kind: type[HttpTransport]):
    impatient = HttpTimeouts(total_s=0.2, connect_s=0.1, read_s=60.0)
    async with WireServer(stays_silent) as server, kind(impatient) as transport:
        error = await fault(transport, post(server.url))

    assert (type(error), error.code) == (OutcomeUnknown, "timeout")


async def test_nobody_listens(transport: HttpTransport):
    error = await fault(transport, post(f"http://127.0.0.1:{closed_port()}"))

    assert (type(error), error.code, error.again) == (NotAccepted, "connect", Again.BACK_OFF)


async def test_no_tls_where_tls_was_asked_for(transport: HttpTransport):
    plain = then(writes(b"HTTP/1.1 400 Bad Request\r\n\r\n"), hangs_up)
    async with await asyncio.start_server(plain, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        error = await fault(transport, post(f"https://127.0.0.1:{port}"))

    assert (type(error), error.code) == (NotAccepted, "connect")


async def test_no_connection_free_in_time(kind: type[HttpTransport]):
    patient = HttpTimeouts(total_s=5.0, connect_s=0.2, read_s=2.0)
    async with WireServer(stays_silent) as server, kind(patient, connections=1) as transport:
        first = asyncio.create_task(transport.send(post(server.url, b"first")))
        await asyncio.wait_for(server.has_seen.wait(), 5)
        error = await fault(transport, post(server.url, b"second"))
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first

    assert (type(error), error.code, error.again) == (NotAccepted, "connect", Again.BACK_OFF)
    assert [seen.body for seen in server.seen] == [b"first"]


@pytest.fixture
def full_backlog() -> Iterator[int]:
    """A port whose queue of connections is full, so that a further one waits."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


async def test_connecting_takes_too_long(kind: type[HttpTransport], full_backlog: int):
    async with kind(HttpTimeouts(total_s=5.0, connect_s=0.3, read_s=2.0)) as transport:
        error = await fault(transport, post(f"http://127.0.0.1:{full_backlog}"))

    assert (type(error), error.code) == (NotAccepted, "connect")


@pytest.mark.parametrize("url", ["", "nowhere", "http://", "ftp://127.0.0.1/", "http://127.0.0.1:99999/", "http://[::"])
async def test_an_address_that_is_none_stops_the_sender(transport: HttpTransport, url: str):
    error = await fault(transport, HttpRequest("POST", url, {}, b""))

    assert (type(error), error.code) == (SenderUnusable, "url")


@pytest.mark.parametrize("act", [hangs_up, stays_silent], ids=["closed", "silence"])
async def test_a_fault_tells_nothing_of_the_request(transport: HttpTransport, act: Act):
    async with WireServer(act) as server:
        error = await fault(transport, post(server.url))

    assert error.__cause__ is None
    assert error.__context__ is None
    assert CONTACT not in repr(error)


# ── the table ───────────────────────────────────────────────────────────────────────────────────────────────────────


def tree(root: type[BaseException]) -> Iterator[type[BaseException]]:
    yield root
    for child in root.__subclasses__():
        yield from tree(child)


@pytest.mark.parametrize("failure", sorted(set(tree(ClientError)), key=repr))
def test_every_client_exception_has_its_own_row(failure: type[BaseException]):
    assert failure in EVIDENCE


@pytest.mark.parametrize("failure", [*tree(HttpProcessingError), TimeoutError, OSError, ConnectionResetError])
def test_every_other_exception_of_http_is_unknown(failure: type[BaseException]):
    assert evidence(failure.__new__(failure)).leaf is OutcomeUnknown


def test_only_the_connector_proves_that_nothing_was_sent():
    assert {kind.__name__ for kind, row in EVIDENCE.items() if row.leaf is not OutcomeUnknown} == {
        "ClientConnectorCertificateError",
        "ClientConnectorDNSError",
        "ClientConnectorError",
        "ClientConnectorSSLError",
        "ClientHttpProxyError",
        "ClientProxyConnectionError",
        "ClientSSLError",
        "ConnectionTimeoutError",
        "InvalidURL",
        "InvalidUrlClientError",
        "NonHttpUrlClientError",
        "ServerFingerprintMismatch",
        "TooLate",
        "UnixClientConnectorError",
    }


def test_what_http_never_raises_has_no_row():
    with pytest.raises(KeyError, match="ZeroDivisionError"):
        evidence(ZeroDivisionError())


# ── values ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("total_s", "connect_s", "read_s"), [(5.0, 5.0, 1.0), (5.0, 6.0, 1.0), (5.0, 0.0, 1.0), (5.0, 1.0, 0.0)]
)
def test_timeouts_that_would_blur_the_evidence(total_s: float, connect_s: float, read_s: float):
    with pytest.raises(ValueError, match="timeouts must satisfy"):
        HttpTimeouts(total_s, connect_s, read_s)


DATE = "Sat, 14 Mar 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": " 12 "}, 12.0),
        ({"retry-after": "9999999999"}, MAX_RETRY_AFTER_S),
        ({"retry-after": "99999999999"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "1.5"}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "later", "date": DATE}, None),
        ({"retry-after": "Sat, 14 Mar 2026 12:01:30 GMT", "date": DATE}, 90.0),
        ({"retry-after": "Sat, 14 Mar 2026 11:00:00 GMT", "date": DATE}, 0.0),
        ({"retry-after": "Sun, 14 Mar 2027 12:00:00 GMT", "date": DATE}, MAX_RETRY_AFTER_S),
        ({"retry-after": "Sat, 14 Mar 2026 12:01:30 GMT"}, None),
        ({"retry-after": "Sat, 14 Mar 2026 12:01:30 GMT", "date": "today"}, None),
        ({"retry-after": "Sat, 14 Mar 2026 12:01:30 -0000", "date": DATE}, None),
    ],
)
def test_retry_after(headers: dict[str, str], expected: float | None):
    assert retry_after_s(HttpResponse(429, headers, b"")) == expected


@given(st.dictionaries(st.sampled_from(["retry-after", "date"]), st.text(st.characters()) | st.just(DATE)))
def test_retry_after_is_total(headers: dict[str, str]):
    wish = retry_after_s(HttpResponse(429, headers, b""))

    assert wish is None or 0.0 <= wish <= MAX_RETRY_AFTER_S
