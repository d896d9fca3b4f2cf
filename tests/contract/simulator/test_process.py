"""The simulator as a process: options, environment, signals."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.contract.simulator.client import BASIC, FORM, MESSAGES
from tests.reading import object_from
from workers.simulator.journal import RequestRecord, read_journal

DEADLINE_S = 5.0  # 2 s on a machine of its own; this one may be shared
COMMAND = (sys.executable, "-m", "workers.simulator")


@asynccontextmanager
async def process(*options: str, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    started = await asyncio.create_subprocess_exec(
        *COMMAND,
        *options,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(20):
            yield started
    finally:
        if started.returncode is None:
            started.kill()
            await started.wait()


async def url_of(started: asyncio.subprocess.Process) -> str:
    assert started.stdout is not None
    return (await started.stdout.readline()).decode().split()[-1]


async def summary_of(session: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    async with session.get(f"{url}/_simulator/summary") as response:
        return await object_from(response)


@pytest.mark.processes
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
async def test_a_signal_ends_it_soon_and_keeps_every_line(tmp_path: Path, name: str) -> None:
    journal, script = tmp_path / "journal.jsonl", tmp_path / "script.json"
    hangs = {"match": {"numbers": ["+14155550109"]}, "do": "hang_after_acceptance", "seconds": 60}
    script.write_text(json.dumps({"faults": [hangs]}))
    options = ("--listen", "127.0.0.1:0", "--journal", str(journal), "--script", str(script))
    async with process(*options) as started, aiohttp.ClientSession(headers={"Authorization": BASIC}) as session:
        url = await url_of(started)
        async with session.post(url + MESSAGES, data=FORM) as response:
            assert response.status == 201
        hanging = asyncio.create_task(session.post(url + MESSAGES, data={**FORM, "To": "whatsapp:+14155550109"}))
        while (await summary_of(session, url))["accepted"] < 2:
            pass  # each look is a round trip; `process` has the deadline
        asked_at = asyncio.get_running_loop().time()
        started.send_signal(signal.Signals[name])
        assert await started.wait() == 0
        assert asyncio.get_running_loop().time() - asked_at < DEADLINE_S
        with pytest.raises(aiohttp.ClientError):
            await hanging
    requests = [record for record in read_journal(journal) if isinstance(record, RequestRecord)]
    assert [record.answered for record in requests] == [True, False]


@pytest.mark.processes
async def test_the_environment_gives_defaults(tmp_path: Path) -> None:
    environment = {
        "ORIEL_SIMULATOR__LISTEN": "127.0.0.1:0",
        "ORIEL_SIMULATOR__JOURNAL": str(tmp_path / "journal.jsonl"),
    }
    async with process(**environment) as started, aiohttp.ClientSession() as session:
        async with session.get(await url_of(started) + "/livez") as response:
            assert response.status == 200
        started.terminate()
        assert await started.wait() == 0


@pytest.mark.processes
@pytest.mark.parametrize(
    ("options", "status", "complaint"),
    [
        (["--listen", "nowhere"], 2, "--listen nowhere: expected HOST:PORT"),
        (["--listen", "127.0.0.1:0", "--script", "absent.json"], 2, "script absent.json: No such file"),
        (["--listen", "127.0.0.1:0", "--journal", "/dev/null/journal"], 1, "simulator: "),
        (["--listen", "127.0.0.1:0", "--journal", "/dev/full"], 1, "simulator: "),
    ],
)
async def test_a_mistake_is_told_and_ends_it(tmp_path: Path, options: list[str], status: int, complaint: str) -> None:
    async with process("--journal", str(tmp_path / "journal.jsonl"), *options) as started:
        _, errors = await started.communicate()
    assert started.returncode == status
    assert complaint in errors.decode()
