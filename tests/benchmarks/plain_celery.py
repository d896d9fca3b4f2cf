"""The second contestant: Celery as its first chapter teaches it, one task a contact, with a pooled HTTP client.

This module is both the application that the worker loads and the contestant. The broker is an embedded Valkey of its
own, and writes nothing to disk: plain Celery promises nothing that would need it.
"""

import asyncio
import http.client
import os
import sys
import threading
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from celery import Celery
from redis import Redis

from config.loading import load_settings
from tests.benchmarks.course import Provider, Turn, request
from tests.benchmarks.machine import processor_s, spent_us
from workers.machine.embedded import EmbeddedServer
from workers.machine.supervisor import Supervisor

NAME = "plain Celery"
THREADS = 64
READY_S = 30.0
HTTP_S = 20.0
BROKER_VARIABLE, PROVIDER_VARIABLE = "PLAIN_CELERY_BROKER", "PLAIN_CELERY_PROVIDER"

app = Celery("plain", broker=os.environ.get(BROKER_VARIABLE))
app.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True)

_thread = threading.local()


# ── the worker's side ───────────────────────────────────────────────────────────────────────────────────────────────


@app.task(name="plain.send")
def send(number: int) -> None:
    """One message to one contact, over this thread's own connection."""
    url = os.environ[PROVIDER_VARIABLE]
    one = request(url, number)
    connection = _connection(url)
    connection.request(one.method, urlsplit(one.url).path, one.body, dict(one.headers))
    answer = connection.getresponse()
    answer.read()
    if answer.status != HTTPStatus.CREATED:
        raise RuntimeError(f"the provider answered {answer.status}")


def _connection(url: str) -> http.client.HTTPConnection:
    if not hasattr(_thread, "connection"):
        _thread.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=HTTP_S)
    kept: http.client.HTTPConnection = _thread.connection
    return kept


# ── the contestant ──────────────────────────────────────────────────────────────────────────────────────────────────


async def plain_celery(provider: Provider, folder: Path, contacts: int) -> Turn:
    """From the first publish to the last acceptance; the worker waits for it."""
    async with _worker(provider, folder) as (publisher, workers):
        pids = {"publisher": os.getpid(), "provider": provider.pid, **workers}
        await provider.reset()
        before, began_at = processor_s(pids), time.time()
        publishing = asyncio.create_task(asyncio.to_thread(_publish, publisher, contacts))
        turn = await provider.turn(NAME, contacts, began_at)
        await publishing
        return replace(turn, spent_us=spent_us(before, processor_s(pids), contacts))


@asynccontextmanager
async def _worker(provider: Provider, folder: Path) -> AsyncIterator[tuple[Celery, Mapping[str, int | None]]]:
    """A publisher, and the process ids of those who work for it."""
    with EmbeddedServer(folder / "broker") as server:
        _forget_the_disk(server)
        stores = {"ORIEL_STATE__URL": server.url(1), "ORIEL_BROKER__URL": server.url()}
        supervisor = Supervisor(
            load_settings(data_dir=folder / "celery", environ=stores),
            processes={"worker": _command()},
            extra_env={BROKER_VARIABLE: server.url(), PROVIDER_VARIABLE: provider.url},
        )
        try:
            await supervisor.start()
            publisher = Celery("plain", broker=server.url())
            await asyncio.to_thread(until_it_works, publisher)
            yield publisher, {"broker": server.pid, **supervisor.pids}
        finally:
            await supervisor.stop()


def _command() -> list[str]:
    program = [sys.executable, "-m", "celery", "-A", "tests.benchmarks.plain_celery"]
    return [*program, "worker", "--pool", "threads", "--concurrency", str(THREADS)]


def _forget_the_disk(server: EmbeddedServer) -> None:
    with Redis.from_url(server.url()) as client:
        client.config_set("appendonly", "no")


def until_it_works(app: Celery, workers: int = 1) -> None:
    """Until that many workers answer. *Raises*: RuntimeError."""
    deadline = time.monotonic() + READY_S
    while len(app.control.ping(timeout=1.0, limit=workers)) < workers:
        if time.monotonic() > deadline:
            raise RuntimeError(f"fewer than {workers} Celery workers answered in {READY_S:.0f} s")


def _publish(publisher: Celery, contacts: int) -> None:
    for number in range(contacts):
        publisher.send_task("plain.send", args=[number])
