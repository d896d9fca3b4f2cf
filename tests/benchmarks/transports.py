"""Processor time a request by each transport, and by a bare ClientSession, in alternated turns against one provider that
only counts bytes: what is measured is the client. `python -m tests.benchmarks.transports`.
"""

import asyncio
import json
import multiprocessing
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Annotated, cast

import aiohttp
import typer
import uvloop
from rich.console import Console
from rich.table import Table

from shared.ground.http import HttpRequest, HttpTimeouts, HttpTransport
from shared.ground.lean_http import LeanTransport
from tests.benchmarks.machine import machine

CONNECTIONS = 64
HEADERS = {"Authorization": f"Basic {'x' * 90}", "Content-Type": "application/x-www-form-urlencoded"}
BODY = b"To=whatsapp%3A%2B14155550123&From=whatsapp%3A%2B14155550100&ContentVariables=" + b"x" * 330
RECEIPT = json.dumps({"sid": "SM00000000000000000000000000000001", "status": "queued", "body": "x" * 300}).encode()
HEAD = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nX-Request-Id: RQ1\r\nContent-Length: %d\r\n\r\n"
ANSWER = HEAD % len(RECEIPT) + RECEIPT
READY_S = 10.0

Post = Callable[[], Awaitable[int]]
Requests = Annotated[int, typer.Option(min=1_000, help="In one turn.")]
Turns = Annotated[int, typer.Option(min=1, help="Of each contestant.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document, for machines.")]


def main(requests: Requests = 5_000, turns: Turns = 9, as_json: Json = False) -> None:
    """Measure, and show the medians."""
    with provider() as url:
        spent: dict[str, list[float]] = {"bare ClientSession": [], "HttpTransport": [], "LeanTransport": []}
        for _ in range(turns):
            spent["bare ClientSession"].append(uvloop.run(_by_session(url, requests)))
            spent["HttpTransport"].append(uvloop.run(_by_transport(HttpTransport, url, requests)))
            spent["LeanTransport"].append(uvloop.run(_by_transport(LeanTransport, url, requests)))
    if as_json:
        sys.stdout.write(json.dumps({"machine": machine(), "requests": requests, "cpu_us": spent}, indent=2) + "\n")
        return
    table = Table("by", "µs of processor time a request", "least", "most")
    for name, figures in spent.items():
        table.add_row(name, f"{statistics.median(figures):.1f}", f"{min(figures):.1f}", f"{max(figures):.1f}")
    Console().print(table)


async def _by_session(url: str, requests: int) -> float:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as session:

        async def post() -> int:
            async with session.post(url, data=BODY, headers=HEADERS) as answer:
                await answer.read()
                return answer.status

        return await _measure(post, requests)


async def _by_transport(kind: type[HttpTransport], url: str, requests: int) -> float:
    async with kind(HttpTimeouts(), CONNECTIONS) as transport:

        async def post() -> int:
            return (await transport.send(HttpRequest("POST", url, HEADERS, BODY, connect_within_s=1.0))).status

        return await _measure(post, requests)


async def _measure(post: Post, requests: int) -> float:
    await _post_all(post, CONNECTIONS)  # opens the connections
    before = time.process_time()
    await _post_all(post, requests)
    return (time.process_time() - before) * 1e6 / requests


async def _post_all(post: Post, requests: int) -> None:
    left = iter(range(requests))

    async def one() -> None:
        for _ in left:
            if await post() != 201:
                raise RuntimeError("the provider did not accept")

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))


# ── the provider ────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def provider() -> Iterator[str]:
    """A process that accepts everything. Its URL."""
    spawning = multiprocessing.get_context("spawn")
    ours, its = spawning.Pipe()
    process = spawning.Process(target=_provide, args=(its,), daemon=True)
    process.start()
    try:
        if not ours.poll(READY_S):
            raise RuntimeError(f"no provider within {READY_S:.0f} s")
        yield f"http://127.0.0.1:{ours.recv()}/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages.json"
    finally:
        process.terminate()
        process.join()


def _provide(port: Connection) -> None:
    uvloop.run(_serve(port))


async def _serve(port: Connection) -> None:
    server = await asyncio.get_running_loop().create_server(_Counting, "127.0.0.1", 0)
    port.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


class _Counting(asyncio.Protocol):
    """Answers each request once its bytes are there: a head of any length, and BODY."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport, self._unread = cast("asyncio.Transport", transport), b""

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while (end := self._unread.find(b"\r\n\r\n")) >= 0 and len(self._unread) >= end + 4 + len(BODY):
            self._unread = self._unread[end + 4 + len(BODY) :]
            self._transport.write(ANSWER)


if __name__ == "__main__":
    typer.run(main)
