"""Forked processes are like started ones, but sooner ready: the same parent, signals, logs, exit statuses and ends."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import textwrap
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from config.endpoints import is_alive
from config.loading import load_settings
from tests.reading import present
from workers.machine import fork_server
from workers.machine.forks import Forks
from workers.machine.supervisor import Supervisor

pytestmark = pytest.mark.processes

SECONDS = 60.0  # the fork server imports for two seconds on an idle machine
SIMULATOR = {"simulator": [sys.executable, "-m", "workers.simulator"]}


@pytest.fixture
def environ(tmp_path):
    """Both stores configured, never asked: the simulator needs none."""
    return {
        "ORIEL_STATE__URL": "redis://127.0.0.1:1/1",
        "ORIEL_BROKER__URL": "redis://127.0.0.1:1/0",
        "ORIEL_API__LISTEN": "127.0.0.1:0",
        "ORIEL_WEBHOOK__LISTEN": "127.0.0.1:0",
        "ORIEL_DATA_DIR": str(tmp_path / "data"),
    }


@pytest.fixture
async def supervise(environ, tmp_path):
    """Starts a supervisor whose only process is forked, and stops it after the test."""
    started = []

    async def start(**options):
        journal = {"ORIEL_SIMULATOR__JOURNAL": str(tmp_path / "journal.jsonl")}
        given = {"extra_env": journal, "forks": Forks(SIMULATOR, os.environ), **options}
        supervisor = Supervisor(load_settings(environ=environ), processes=SIMULATOR, **given)
        started.append(supervisor)
        await supervisor.start()
        return supervisor

    yield start
    for supervisor in started:
        await supervisor.stop()


async def until(condition, seconds=SECONDS):
    """The condition's first true value."""
    async with asyncio.timeout(seconds):
        while not (value := condition()):
            await asyncio.sleep(0.01)
        return value


async def runs(supervisor, besides=None):
    """Its process id, once the simulator listens."""
    address = urlsplit(supervisor.endpoints.simulator)

    def listens() -> bool:
        with suppress(OSError), socket.create_connection((address.hostname, address.port), 1):
            return supervisor.pids["simulator"] not in {None, besides}
        return False

    await until(listens)
    return present(supervisor.pids["simulator"])


def status_of(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def arguments_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").rstrip("\0").split("\0")


def servers_of(parent: int) -> list[int]:
    """The fork servers among the children of a process."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (
                fork_server.__name__ in arguments_of(int(folder.name))
                and int(status_of(int(folder.name))["PPid"]) == parent
            ):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


async def test_a_forked_process_is_the_supervisors_child_in_a_session_of_its_own(supervise):
    supervisor = await supervise()
    pid = await runs(supervisor)

    assert int(status_of(pid)["PPid"]) == os.getpid()
    assert os.getsid(pid) == os.getpgid(pid) == pid
    assert status_of(pid)["Name"] == "oriel-simulator"[:15]
    assert arguments_of(pid)[-2:] == ["-m", "workers.simulator"]
    log = supervisor.endpoints.data_dir / "logs" / "simulator.log"
    assert [Path(f"/proc/{pid}/fd/{number}").readlink() for number in range(3)] == [Path("/dev/null"), log, log]


async def test_a_killed_one_comes_back(supervise):
    supervisor = await supervise()
    first = await runs(supervisor)

    os.kill(first, signal.SIGKILL)

    second = await runs(supervisor, besides=first)
    assert supervisor.restarts == {"simulator": 1}
    assert status_of(second)["Name"] == "oriel-simulator"[:15], "it was forked again"


async def test_the_end_of_the_fork_server_ends_nothing_else(supervise):
    supervisor = await supervise()
    first = await runs(supervisor)
    (server,) = servers_of(os.getpid())

    os.kill(server, signal.SIGKILL)
    await until(lambda: not is_alive(server))
    assert supervisor.restarts == {"simulator": 0}
    os.kill(first, signal.SIGKILL)

    second = await runs(supervisor, besides=first)
    assert status_of(second)["Name"] != "oriel-simulator"[:15], "it was started as a program"


async def test_a_wrong_configuration_stops_everything(supervise):
    supervisor = await supervise(extra_env={})

    assert await asyncio.wait_for(supervisor.wait(), SECONDS) == 2
    assert "ORIEL_SIMULATOR__JOURNAL" in supervisor.failure
    assert servers_of(os.getpid()) == []


async def test_a_stop_does_not_wait_for_imports(supervise):
    supervisor = await supervise()

    await supervisor.stop()

    assert supervisor.pids == {"simulator": None}
    assert servers_of(os.getpid()) == []


def test_without_a_supervisor_it_ends_with_its_block():
    with Forks(SIMULATOR, os.environ):
        (server,) = servers_of(os.getpid())

    assert not is_alive(server)


async def test_its_output_goes_to_the_terminal(environ, tmp_path):
    code = f"""
    import asyncio, os, sys
    from config.loading import load_settings
    from workers.machine.forks import Forks
    from workers.machine.supervisor import Supervisor
    async def main():
        processes = {{"simulator": [sys.executable, "-m", "workers.simulator"]}}
        forks = Forks(processes, os.environ)
        extra = {{"ORIEL_SIMULATOR__JOURNAL": {str(tmp_path / "journal.jsonl")!r}}}
        supervisor = Supervisor(load_settings(), processes=processes, extra_env=extra, terminal=True, forks=forks)
        await supervisor.start()
        await supervisor.wait()
    asyncio.run(main())
    """
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-c", textwrap.dedent(code), stderr=subprocess.PIPE, env={**os.environ, **environ}
    )
    try:
        line = await present(program.stderr).readline()
        left = [int(path.read_text()) for path in (tmp_path / "data" / "run").glob("*.pid")] + servers_of(program.pid)
    finally:
        program.kill()
        await program.communicate()

    assert line.startswith(b"simulator   | ")
    assert len(left) == 3  # the supervisor, its process and the fork server
    await until(lambda: not any(is_alive(pid) for pid in left))


# ── what is imported ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("module", [*fork_server.BY_MODULE])
def test_a_forked_process_imports_only_what_depends_on_its_configuration(module, environ):
    """A module that is missing in `fork_server` costs time and memory in each process."""
    entry = {"celery": "workers.celery_process", "workers.web": "workers.web.__main__"}.get(module, module)
    entry = "workers.webhook.__main__" if module == "workers.webhook" else entry
    code = f"""
    import importlib, sys, threading
    from workers.machine import fork_server
    fork_server.import_all([{module!r}])
    assert threading.active_count() == 1
    before = set(sys.modules)
    importlib.import_module({entry!r})
    print(*sorted(set(sys.modules) - before))
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, env={**os.environ, **environ}, check=False
    )
    assert ran.returncode == 0, ran.stderr.decode()
    late = ran.stdout.decode().split()
    assert [name for name in late if not name.startswith("workers.")] == []
    assert "workers.app" in late or module == "workers.simulator"
