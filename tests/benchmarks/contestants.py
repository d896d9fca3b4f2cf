"""Everybody who runs the course: a bare loop, plain Celery (threads or prefork), dramatiq, arq, and Oriel.

Owns how each is started, and when its time begins and ends. A rival's ends with the last acceptance; Oriel's when all
receipts are in its ledger, on disk.
"""

import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from redis import Redis

from tests.benchmarks.configuration import configuration
from tests.benchmarks.course import Finish, Provider, Turn
from tests.benchmarks.installation import Tree, up
from tests.benchmarks.machine import CORES, processor_s, spent_s, us_each
from tests.benchmarks.message import SENDER, base, person
from tests.benchmarks.processes import ROOT, output_of, started
from tests.benchmarks.rivals import BROKER, IN_FLIGHT, PROVIDER
from workers.machine.embedded import EmbeddedServer

BARE, CELERY, DRAMATIQ, ARQ = "bare loop", "plain Celery", "dramatiq", "arq"
ORIEL, SINGLE = "Oriel", "Oriel, one job a message"
APPS = "tests.benchmarks.rivals"
ARQ_PYTHON = str(ROOT / ".venv" / "arq" / "bin" / "python")


@dataclass(frozen=True)
class Rival:
    """worker: what works. publisher: a command that takes the number of messages."""

    name: str
    worker: Sequence[str]
    publisher: Sequence[str]


def celery(pool: str) -> Rival:
    """pool: threads or prefork, with as many at a time."""
    words = ("-m", "celery", "-A", f"{APPS}.celery_app", "worker", "--pool", pool, "--concurrency", str(IN_FLIGHT))
    return Rival(f"{CELERY} ({pool})", (sys.executable, *words), (sys.executable, "-m", f"{APPS}.celery_app"))


def dramatiq() -> Rival:
    """A process a core, as it is without options, and as many threads as make 64 together."""
    words = ("-m", "dramatiq", f"{APPS}.dramatiq_app", "--processes", str(CORES), "--threads", str(IN_FLIGHT // CORES))
    return Rival(DRAMATIQ, (sys.executable, *words), (sys.executable, "-m", f"{APPS}.dramatiq_app"))


def arq() -> Rival:
    """*Raises*: RuntimeError when its environment is not there."""
    if not Path(ARQ_PYTHON).exists():
        raise RuntimeError("arq has no environment: `make .venv/arq/.ready` makes it, as `make bench` does")
    module = f"{APPS}.arq_app"
    return Rival(ARQ, (ARQ_PYTHON, "-m", "arq", f"{module}.WorkerSettings"), (ARQ_PYTHON, "-m", module))


async def bare(provider: Provider, folder: Path, messages: int) -> Turn:
    folder.mkdir()
    await provider.reset()
    command = (sys.executable, "-m", f"{APPS}.bare", str(messages))
    told = json.loads(await output_of(command, folder / "bare.log", {PROVIDER: provider.url}))
    finish = await provider.finish(messages)
    return _turn(BARE, finish, told["began_at"], finish.at, {"loop": told["processor_s"]})


async def rival(one: Rival, provider: Provider, folder: Path, messages: int) -> Turn:
    """From the first publish on; the worker has sent one message before, so that it is known to work."""
    folder.mkdir()
    async with _working(one, provider, folder) as (environ, pids):
        before = processor_s(pids)
        told = json.loads(await output_of((*one.publisher, str(messages)), folder / "publisher.log", environ))
        finish = await provider.finish(messages)
        spent = spent_s(before, processor_s(pids)) | {"publisher": told["processor_s"]}
        return _turn(one.name, finish, told["began_at"], finish.at, spent)


@asynccontextmanager
async def _working(
    one: Rival, provider: Provider, folder: Path
) -> AsyncIterator[tuple[dict[str, str], dict[str, int]]]:
    """Environment of its publishers, process ids."""
    with EmbeddedServer(folder / "broker") as server:
        with Redis.from_url(server.url()) as client:
            client.config_set("appendonly", "no")
        environ = {BROKER: server.url(), PROVIDER: provider.url, "PYTHONPATH": str(ROOT)}
        async with started(one.worker, folder / "worker.log", environ) as worker:
            await provider.reset()
            await output_of((*one.publisher, "1"), folder / "publisher.log", environ)
            await provider.until(1)
            await provider.reset()
            yield environ, {"worker": worker.pid, "broker": server.pid or 0}


async def oriel(tree: Tree, provider: Provider, folder: Path, messages: int, jobs_per_message: int) -> Turn:
    """From the start of a campaign, admitted and not yet split, to the last receipt in the ledger."""
    async with up(tree, folder, configuration(provider.url, jobs_per_message=jobs_per_message)) as running:
        people, arrived = base(person(number) for number in range(messages)), time.monotonic()
        campaign = await running.admitted(SENDER, people, messages)
        import_s = time.monotonic() - arrived
        await provider.reset()
        before, began_at = processor_s(running.pids), time.time()
        await running.start(campaign)
        finish = await provider.finish(messages)
        ended_at = await running.settled(campaign, messages)
        spent = spent_s(before, processor_s(running.pids))
        name = ORIEL if jobs_per_message > 1 else SINGLE
        return replace(_turn(name, finish, began_at, ended_at, spent), import_s=import_s)


def _turn(name: str, finish: Finish, began_at: float, ended_at: float, spent: dict[str, float]) -> Turn:
    each = us_each(spent, finish.messages)
    return Turn(name, finish.messages, ended_at - began_at, each, finish.provider_us, finish.provider_share)
