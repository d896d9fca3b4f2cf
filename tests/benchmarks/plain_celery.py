"""The second contestant: Celery as its first chapter teaches it, one task a contact, with a pooled HTTP client.

This module is both the application that the worker loads and the contestant. The broker is an embedded Valkey of its
own, and it need not reach the disk: plain Celery promises nothing that would need it.
"""

import asyncio
import http.client
import os
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from celery import Celery
from redis import Redis

from config.settings import load_settings
from tests.benchmarks.course import Provider, Turn, request
from tests.benchmarks.machine import processor_s, spent_us
from workers.supervisor import Supervisor

NAME = "plain Celery"
THREADS = 64
READY_S = 30.0
BROKER_VARIABLE, PROVIDER_VARIABLE = "PLAIN_CELERY_BROKER", "PLAIN_CELERY_PROVIDER"

app = Celery("plain", broker=os.environ.get(BROKER_VARIABLE))
app.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True, worker_hijack_root_logger=False)

_local = threading.local()


# ── the worker's side ───────────────────────────────────────────────────────────────────────────────────────────────


@app.task(name="plain.send")
def send(number: int) -> None:
    """One message to one contact, on this thread's own connection."""
    url = os.environ[PROVIDER_VARIABLE]
    one = request(url, number)
    connection = _connection(url)
    connection.request(one.method, urlsplit(one.url).path, one.body, dict(one.headers))
    answer = connection.getresponse()
    answer.read()
    if answer.status != http.HTTPStatus.CREATED:
        raise RuntimeError(f"the provider answered {answer.status}")


def _connection(url: str) -> http.client.HTTPConnection:
    if not hasattr(_local, "connection"):
        _local.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    return _local.connection


# ── the contestant ──────────────────────────────────────────────────────────────────────────────────────────────────


async def plain_celery(provider: Provider, folder: Path, contacts: int) -> Turn:
    """From the first publish to the last acceptance, with the worker waiting for it."""
    async with _worker(provider, folder) as (supervisor, broker):
        pids = {"provider": provider.pid, "publisher": os.getpid(), **supervisor.pids}
        await provider.reset()
        before, began_at = processor_s(pids), time.time()
        publishing = asyncio.create_task(asyncio.to_thread(_publish, broker, contacts))
        turn = await provider.turn(NAME, contacts, began_at)
        await publishing
        return replace(turn, spent_us=spent_us(before, processor_s(pids), contacts))


@asynccontextmanager
async def _worker(provider: Provider, folder: Path) -> AsyncIterator[tuple[Supervisor, str]]:
    settings = load_settings(data_dir=folder / "celery", environ={})
    command = (sys.executable, "-m", "celery", "-A", __spec__.name, "worker", "-P", "threads", "-c", str(THREADS))
    supervisor = Supervisor(settings, processes={}, terminal=False)
    worker: Supervisor | None = None
    try:
        await supervisor.start()
        broker = supervisor.endpoints.broker
        _forget_the_disk(broker)
        urls = {BROKER_VARIABLE: broker, PROVIDER_VARIABLE: provider.url}
        stores = {"ORIEL_STATE__URL": supervisor.endpoints.state, "ORIEL_BROKER__URL": broker}
        worker = Supervisor(
            load_settings(data_dir=folder / "celery-worker", environ=stores),
            processes={"worker": command},
            extra_env=urls,
        )
        await worker.start()
        await asyncio.to_thread(_until_ready, broker)
        yield worker, broker
    finally:
        if worker is not None:
            await worker.stop()
        await supervisor.stop()
