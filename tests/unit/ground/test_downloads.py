"""Files from where somebody else says that they lie: how far a link is followed, and what it may reach."""

import asyncio
import gzip
from collections.abc import AsyncIterator

import pytest

from shared.ground.downloads import MAX_REDIRECTS, Download, Downloads, Origin, is_public, origin_of
from shared.ground.errors import NotAccepted, OutcomeUnknown, Refused, SendError
from shared.ground.http import HttpRequest, HttpTimeouts
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

QUICK = HttpTimeouts(total_s=2.0, connect_s=1.0, read_s=0.2)
MAX_BYTES = 1_000
CREDENTIALS = {"Authorization": "Basic bWFkZTp1cA=="}
BEGINS = writes(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhalf of it")
BODY = b"\0\xffpicture"


@pytest.fixture
async def downloads() -> AsyncIterator[Downloads]:
    async with Downloads(QUICK, MAX_BYTES) as opened:
        yield opened


def get(url: str) -> HttpRequest:
    return HttpRequest("GET", url, CREDENTIALS, b"")


def own(*servers: WireServer | str) -> frozenset[Origin]:
    found = [origin_of(one if isinstance(one, str) else one.url) for one in servers]
    return frozenset(one for one in found if one is not None)


async def fetch(downloads: Downloads, url: str, *servers: WireServer | str) -> tuple[Download, bytes]:
    async with downloads.open(get(url), own(*servers)) as file:
        return file, b"".join([chunk async for chunk in file.chunks])


async def fault(downloads: Downloads, url: str, *servers: WireServer | str) -> SendError:
    with pytest.raises(SendError) as raised:
        await fetch(downloads, url, *servers)
    return raised.value


# ── a file ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_file_comes_as_it_is(downloads: Downloads):
    async with WireServer(answers(200, BODY, {"Content-Type": "image/png"})) as server:
        file, body = await fetch(downloads, f"{server.url}/a%2Fb?sig=%2b+x", server)

    assert (file.status, file.headers["content-type"], file.size, body) == (200, "image/png", len(BODY), BODY)
    assert server.seen[0].target == "/a%2Fb?sig=%2b+x"
    assert server.seen[0].headers["authorization"] == CREDENTIALS["Authorization"]


async def test_what_a_link_does_not_quote_is_quoted(downloads: Downloads):
    async with WireServer(answers(200, BODY)) as server:
        await fetch(downloads, f"{server.url}/a b\r\nX-Mine: ñ", server)

    assert server.seen[0].target == "/a%20bX-Mine:%20%C3%B1"


@pytest.mark.parametrize("status", [204, 302, 404, 500])
async def test_a_status_is_an_answer(downloads: Downloads, status: int):
    async with WireServer(answers(status)) as server:
        file, _ = await fetch(downloads, server.url, server)

    assert (file.status, file.is_success) == (status, status == 204)


async def test_a_compressed_file_has_no_size_that_is_known(downloads: Downloads):
    async with WireServer(answers(200, gzip.compress(BODY), {"Content-Encoding": "gzip"})) as server:
        file, body = await fetch(downloads, server.url, server)

    assert (file.size, body) == (None, BODY)


# ── redirects ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_another_host_is_told_no_credentials(downloads: Downloads, status: int):
    async with (
        WireServer(answers(200, BODY)) as other,
        WireServer(answers(status, headers={"Location": f"{other.url}/b?sig=%2b"})) as first,
    ):
        _, body = await fetch(downloads, first.url, first, other)

    assert body == BODY
    assert (other.seen[0].method, other.seen[0].target) == ("GET", "/b?sig=%2b")
    assert "authorization" not in other.seen[0].headers


async def test_nor_is_a_host_that_leads_back(downloads: Downloads):
    async def leads_back(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answers(302, headers={"Location": first.url})(reader, writer)

    async with (
        WireServer(leads_back) as other,
        WireServer(answers(302, headers={"Location": other.url}), answers(200, BODY)) as first,
    ):
        await fetch(downloads, first.url, first, other)

    assert ["authorization" in seen.headers for seen in first.seen] == [True, False]


async def test_the_same_host_is(downloads: Downloads):
    async with WireServer(answers(302, headers={"Location": "../b"}), answers(200, BODY)) as server:
        await fetch(downloads, f"{server.url}/x/a", server)

    assert [(seen.target, "authorization" in seen.headers) for seen in server.seen] == [("/x/a", True), ("/b", True)]


@pytest.mark.parametrize("hops", [MAX_REDIRECTS, MAX_REDIRECTS + 1])
async def test_three_redirects_are_followed(downloads: Downloads, hops: int):
    further = [answers(302, headers={"Location": f"/{n}"}) for n in range(hops)]
    async with WireServer(*further, answers(200, BODY)) as server:
        if hops > MAX_REDIRECTS:
            assert (await fault(downloads, server.url, server)).code == "redirects"
        else:
            assert (await fetch(downloads, server.url, server))[1] == BODY

    assert len(server.seen) == 1 + MAX_REDIRECTS


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/", "https://a:b@example.com/"])
async def test_nor_does_a_redirect_leave_the_web(downloads: Downloads, target: str):
    async with WireServer(answers(302, headers={"Location": target})) as server:
        error = await fault(downloads, server.url, server)

    assert (type(error), error.code) == (Refused, "link")


# ── where a link may lead ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
async def test_this_machine_is_not_reached(downloads: Downloads, host: str):
    """By its address or by a name that leads there."""
    async with WireServer(answers(200, BODY)) as server:
        error = await fault(downloads, f"http://{host}:{server.port}/1")

    assert (type(error), error.code) == (Refused, "not-public")
    assert server.connections == 0


async def test_nor_by_a_redirect(downloads: Downloads):
    async with (
        WireServer(answers(200, BODY)) as inside,
        WireServer(answers(302, headers={"Location": inside.url})) as server,
    ):
        error = await fault(downloads, server.url, server)

    assert error.code == "not-public"
    assert inside.connections == 0


async def test_nor_by_a_connection_that_is_open_already(downloads: Downloads):
    async with WireServer(answers(200, BODY)) as server:
        await fetch(downloads, server.url, server)
        error = await fault(downloads, server.url)

    assert (error.code, len(server.seen)) == ("not-public", 1)


@pytest.mark.parametrize("port", [1, 8091])
async def test_what_is_configured_on_this_machine_opens_one_port(downloads: Downloads, port: int):
    error = await fault(downloads, f"http://127.0.0.1:{port}/", "http://127.0.0.1:8090")

    assert error.code == "not-public"


@pytest.mark.parametrize(
    "host",
    [
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.1.2.3",
        "224.0.0.1",
        "[::1]",
        "[fd00::1]",
    ],
)
async def test_private_addresses_are_not_even_tried(downloads: Downloads, host: str):
    assert (await fault(downloads, f"http://{host}/")).code == "not-public"


@pytest.mark.parametrize(
    "url", ["", "nowhere", "http://", "ftp://example.com/", "http://2130706433/", f"http://{'x' * 70}/"]
)
async def test_an_address_that_is_none(downloads: Downloads, url: str):
    error = await fault(downloads, url)

    assert (type(error), error.code) == (Refused, "link")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("64:ff9b::5db8:d70e", True),  # NAT64 of the first
        ("192.0.2.1", False),
        ("198.18.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b:1::1", False),
        ("2002:7f00:1::", False),
        ("2001:0:1::", False),
        ("2001:db8::1", False),
        ("fe80::1%eth0", False),
        ("fec0::1", False),
        ("ff02::1", False),
    ],
)
def test_which_addresses_are_anybodys(address: str, expected: bool):
    assert is_public(address) is expected


# ── bounds and faults ───────────────────────────────────────────────────────────────────────────────────────────────

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3E9\r\n" + b"x" * (MAX_BYTES + 1) + b"\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    "act",
    [
        answers(200, b"x" * (MAX_BYTES + 1)),
        writes(CHUNKED),
        answers(200, gzip.compress(b"x" * 9 * MAX_BYTES), {"Content-Encoding": "gzip"}),
    ],
    ids=["it-says-so", "it-does-not", "compressed"],
)
async def test_more_than_a_hundred_megabytes_are_not_taken(downloads: Downloads, act: Act):
    async with WireServer(act) as server:
        error = await fault(downloads, server.url, server)

    assert (type(error), error.code) == (Refused, "too-large")


async def test_as_much_as_that_is(downloads: Downloads):
    async with WireServer(answers(200, b"x" * MAX_BYTES)) as server:
        assert len((await fetch(downloads, server.url, server))[1]) == MAX_BYTES


@pytest.mark.parametrize(
    ("act", "codes"),
    [
        (stays_silent, {"timeout"}),
        (hangs_up, {"reset"}),
        (then(BEGINS, stays_silent), {"timeout"}),
        (then(BEGINS, hangs_up), {"truncated"}),
        (then(BEGINS, resets), {"truncated", "reset"}),
    ],
    ids=["silence", "closed", "silence-in-the-middle", "cut-in-the-middle", "reset-in-the-middle"],
)
async def test_what_does_not_come_whole_is_an_error(downloads: Downloads, act: Act, codes: set[str]):
    async with WireServer(act) as server:
        error = await fault(downloads, server.url + "/14155550123", server)

    assert type(error) is OutcomeUnknown
    assert error.code in codes
    assert (error.__cause__, error.__context__) == (None, None)


async def test_nobody_listens(downloads: Downloads):
    url = f"http://127.0.0.1:{closed_port()}"
    error = await fault(downloads, url, url)

    assert (type(error), error.code) == (NotAccepted, "connect")


async def test_redirects_together_have_one_answers_time():
    async def slowly(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")

    async with WireServer(slowly) as server, Downloads(HttpTimeouts(0.5, 0.2, 0.4)) as downloads:
        error = await fault(downloads, server.url, server)

    assert error.code == "timeout"
    assert len(server.seen) <= MAX_REDIRECTS


async def test_whoever_reads_may_go(downloads: Downloads):
    """An error of the reader's own is its own, and the connection is not used again."""
    async with WireServer(answers(200, b"x" * MAX_BYTES)) as server:
        for _ in range(2):
            with pytest.raises(ConnectionResetError):
                async with downloads.open(get(server.url), own(server)):
                    raise ConnectionResetError

    assert len(server.seen) == 2
