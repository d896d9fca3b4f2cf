"""The process as it is deployed: `python -m workers.web`, from a store that is not there yet to SIGTERM."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import contextmanager

import aiohttp
import pytest
from redis.asyncio import Redis

from tests.integration.web.client import ACME_KEY, CAMPAIGN, CONFIGURATION, base
from workers.machine.embedded import EmbeddedServer
from workers.machine.ports import find_free_port

pytestmark = pytest.mark.processes

HEADERS = {"Authorization": f"Bearer {ACME_KEY}"}


@pytest.fixture
def server(tmp_path):
    """Not started yet."""
    server = EmbeddedServer(tmp_path / "state")
    yield server
    server.stop()


@pytest.fixture
def web(tmp_path, server):
    """Starts the process; answers it and the API's URL."""

    @contextmanager
    def start(configuration: str = CONFIGURATION, **environment: str):
        file = tmp_path / "oriel.toml"
        file.write_text(configuration, encoding="utf-8")
        port = find_free_port("127.0.0.1")
        environ = {
            **os.environ,
            "ORIEL_CONFIG": str(file),
            "ORIEL_DATA_DIR": str(tmp_path / "data"),
            "ORIEL_STATE__URL": server.url(1),
            "ORIEL_BROKER__URL": server.url(0),
            "ORIEL_API__LISTEN": f"127.0.0.1:{port}",
            **environment,
        }
        output = (tmp_path / "web.log").open("ab")
        process = subprocess.Popen([sys.executable, "-m", "workers.web"], env=environ, stdout=output, stderr=output)
        try:
            yield process, f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()
            output.close()

    return start


async def status_of(session: aiohttp.ClientSession, url: str) -> int | None:
    try:
        async with session.get(url, headers=HEADERS) as response:
            await response.read()
            return response.status
    except aiohttp.ClientError:
        return None


async def until_status(session: aiohttp.ClientSession, url: str, status: int | None, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while await status_of(session, url) != status:
        assert time.monotonic() < deadline, f"{url} never answered {status}"
        await asyncio.sleep(0.02)


async def until_staged(url: str, seconds: float = 30) -> None:
    """An upload is under way, and its first page has come in."""
    deadline = time.monotonic() + seconds
    async with Redis.from_url(url) as redis:
        while not [key async for key in redis.scan_iter("*:staged:*")]:
            assert time.monotonic() < deadline, "nothing was staged"
            await asyncio.sleep(0.02)


async def test_it_waits_for_its_store_and_says_so(web, server):
    with web() as (process, url):
        async with aiohttp.ClientSession() as session:
            await until_status(session, f"{url}/livez", 200)
            await until_status(session, f"{url}/readyz", 503)
            assert await status_of(session, f"{url}/v1/campaigns") == 503
            server.start()
            await until_status(session, f"{url}/v1/campaigns", 200)
            await until_status(session, f"{url}/readyz", 200)
        assert process.poll() is None


async def test_a_term_lets_requests_end(web, server):
    server.start()
    go_on = asyncio.Event()

    async def rows() -> AsyncIterator[bytes]:
        yield base(200).encode()
        await go_on.wait()
        yield base(200, first=5_000).encode().partition(b"\n")[2]

    with web() as (process, url):
        async with aiohttp.ClientSession(headers=HEADERS) as session:
            await until_status(session, f"{url}/v1/campaigns", 200)
            async with session.post(f"{url}/v1/campaigns", json=CAMPAIGN) as created:
                path = created.headers["Location"]
            headers = {"Content-Type": "text/csv"}
            upload = asyncio.create_task(session.post(f"{url}{path}/contacts", data=rows(), headers=headers))
            await until_staged(server.url(1))
            process.send_signal(signal.SIGTERM)
            async with aiohttp.ClientSession() as another:
                await until_status(another, f"{url}/livez", None)
            go_on.set()
            async with await upload as response:
                assert (await response.json())["admitted"] == 400
        assert await asyncio.to_thread(process.wait, 15) == 0


@pytest.mark.parametrize(
    ("configuration", "said"),
    [("colour = 1\n", "colour"), ("[[senders]]\nid = 'x'\nprovider = 'carrier'\naddress = '+1'\n", "carrier")],
)
def test_what_cannot_run_says_so_and_ends(web, tmp_path, configuration, said):
    with web(configuration) as (process, _):
        assert process.wait(30) == 2
    assert said in (tmp_path / "web.log").read_text()


def test_a_port_that_is_taken(web, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        with web(ORIEL_API__LISTEN=listen) as (process, _):
            assert process.wait(30) == 2
    assert f"[api] listen = '{listen}'" in (tmp_path / "web.log").read_text()
