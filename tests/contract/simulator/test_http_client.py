"""The simulator's own HTTP client against every kind of answer that a webhook may give."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from workers.simulator.http_client import HttpClient, PostResult


@dataclass
class Peer:
    """A server that gives prepared bytes, whatever it is asked. connections: how many were opened."""

    answers: Sequence[bytes | None]
    url: str = ""
    connections: int = 0
    heads: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await self._head(reader):
                self.heads.append(head)
                answer = self.answers[len(self.heads) - 1]
                if answer is None:
                    break
                writer.write(answer)
                if b"close" in answer or b"HTTP/1.0" in answer or b"HTTP/1.1" not in answer:
                    break
        finally:
            writer.close()

    async def _head(self, reader: asyncio.StreamReader) -> bytes:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""
        await reader.readexactly(len(b"a=1"))
        return head


@asynccontextmanager
async def peering(*answers: bytes | None) -> AsyncIterator[tuple[Peer, HttpClient]]:
    peer, client = Peer(answers), HttpClient(total_s=0.5)
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    peer.url = f"http://{host}:{port}"
    async with server:
        yield peer, client
        client.close()


EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=1\r\n0123456789\r\n0\r\nX: y\r\n\r\n"
COUNTED = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 5\r\n\r\nabcde"
CLOSED = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc"
OLD = b"HTTP/1.0 200 OK\r\n\r\nabc"


@pytest.mark.parametrize(
    ("answer", "status", "connections"),
    [(EMPTY, 204, 1), (CHUNKED, 200, 1), (COUNTED, 403, 1), (CLOSED, 200, 2), (OLD, 200, 2)],
)
async def test_an_answer_is_read_to_its_end_and_the_connection_kept(
    answer: bytes, status: int, connections: int
) -> None:
    async with peering(answer, answer) as (peer, client):
        replies = [await client.post(peer.url, {}, b"a=1") for _ in range(2)]
    assert replies == [PostResult(status)] * 2
    assert peer.connections == connections


@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n close",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nconnection: close\r\n\r\nabc",
    ],
)
async def test_a_connection_that_breaks_is_a_trouble(answer: bytes | None) -> None:
    async with peering(answer) as (peer, client):
        assert await client.post(peer.url, {}, b"a=1") == PostResult(None, "ct")


async def test_silence_is_a_trouble() -> None:
    async with peering(b"HTTP/1.1 200 OK\r\n") as (peer, client):
        assert await client.post(peer.url, {}, b"a=1") == PostResult(None, "rt")


async def test_nobody_there_is_a_trouble() -> None:
    async with peering() as (peer, _):
        url = peer.url
    assert await HttpClient().post(url, {}, b"a=1") == PostResult(None, "ct")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:99999/", "http://[::1", "gopher://127.0.0.1/", "http://127.0.0.1:1/é"]
)
async def test_no_url_is_too_odd(url: str) -> None:
    assert await HttpClient().post(url, {}, b"") == PostResult(None, "ct")


async def test_the_request_is_sent_byte_for_byte() -> None:
    async with peering(EMPTY, EMPTY) as (peer, client):
        await client.post(f"{peer.url}/a%2Fb?x=%20&y", {"X-One": "1"}, b"a=1")
        await client.post(peer.url, {}, b"a=1")
    host = peer.url.removeprefix("http://")
    assert peer.heads == [
        f"POST /a%2Fb?x=%20&y HTTP/1.1\r\nHost: {host}\r\nContent-Length: 3\r\nX-One: 1\r\n\r\n".encode(),
        f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 3\r\n\r\n".encode(),
    ]
