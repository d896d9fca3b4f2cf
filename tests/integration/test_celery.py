"""Celery's own commands, and ours, attach to what runs in a data directory; where nothing runs they say so."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.world import ROOT, Plan, World

pytestmark = pytest.mark.processes

CELERY = (str(Path(sys.executable).parent / "celery"), "-A", "workers.app")
SECONDS = 60


async def run(data_dir: Path, config: Path | None, *command: str) -> subprocess.CompletedProcess[str]:
    """In an environment that names the data directory, and no other installation."""
    apart = {name: value for name, value in os.environ.items() if not name.startswith(("ORIEL_", "CELERY_"))}
    told = {"ORIEL_DATA_DIR": str(data_dir), **({"ORIEL_CONFIG": str(config)} if config else {})}
    return await asyncio.to_thread(
        subprocess.run,
        command,
        cwd=ROOT,
        env={**apart, **told},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


async def test_celery_finds_the_workers(tmp_path):
    async with World(tmp_path, Plan(), seed=0) as world:
        answer = await run(world.data_dir, world.config, *CELERY, "inspect", "ping")

        assert answer.returncode == 0, answer.stderr
        assert answer.stdout.count("pong") == 3
        assert "dialer-" in answer.stdout
        assert "sender-" in answer.stdout
        assert "replier-" in answer.stdout


@pytest.mark.parametrize(
    "command",
    [
        (*CELERY, "inspect", "ping"),
        (*CELERY, "worker", "-Q", "send.bulk"),
        (sys.executable, "-m", "workers.consumer"),
        (sys.executable, "-m", "workers.janitor"),
        (sys.executable, "-m", "workers.webhook"),
        (sys.executable, "-m", "workers.web"),
    ],
    ids=lambda command: "-".join(command[-2:]),
)
async def test_where_nothing_runs(tmp_path, command):
    answer = await run(tmp_path / "elsewhere", None, *command)

    assert answer.returncode == 2, answer.stderr
    assert "nothing is running here" in answer.stderr
    assert "oriel up" in answer.stderr
    assert "Traceback" not in answer.stderr
