"""The supervisor with real processes: what dies comes back where it was, and nothing is left behind, however it ends."""

import asyncio
import contextlib
import errno
import io
import os
import signal
import socket
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
import redis

from config.endpoints import endpoints_path, is_alive, read_endpoints
from config.loading import load_settings
from config.settings import Listen
from shared.ground.errors import ConfigurationError, OutOfSpace
from tests.reading import object_in, present
from workers.machine import output, runtime_files
from workers.machine.children import Backoff
from workers.machine.output import MAX_LOG_BYTES, Output
from workers.machine.ports import find_free_port
from workers.machine.procfile import read_procfile
from workers.machine.supervisor import Supervisor

pytestmark = pytest.mark.processes

SECONDS = 15.0
LOCKS = ["lock", "processes.lock"]

# A process that listens where it is told and says on request what its environment is.
LISTENER = """
import json, os, signal, socket, sys
host, _, port = os.environ["ORIEL_OPS__LISTEN"].rpartition(":")
server = socket.create_server((host, int(port)))
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("listening", flush=True)
while True:
    connection, _ = server.accept()
    with connection:
        connection.sendall(json.dumps(dict(os.environ)).encode())
"""
STUCK = """
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503)
        self.end_headers()
host, _, port = os.environ["ORIEL_OPS__LISTEN"].rpartition(":")
http.server.HTTPServer((host, int(port)), Handler).serve_forever()
"""
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(99)"
)
SLEEPER = "import time; print('up', flush=True); time.sleep(99)"
MISCONFIGURED = "import sys; sys.stderr.write('set [state] url\\n'); sys.exit(2)"


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@pytest.fixture
def environ(tmp_path):
    """Both stores configured, never asked: most of these tests need no server."""
    return {
        "ORIEL_STATE__URL": "redis://127.0.0.1:1/1",
        "ORIEL_BROKER__URL": "redis://127.0.0.1:1/0",
        "ORIEL_API__LISTEN": "127.0.0.1:0",
        "ORIEL_WEBHOOK__LISTEN": "127.0.0.1:0",
        "ORIEL_DATA_DIR": str(tmp_path / "data"),
    }


@pytest.fixture
async def supervise(environ):
    """Starts a supervisor, and stops it after the test."""
    started = []

    async def start(processes, without=(), **options):
        given = {name: value for name, value in environ.items() if name not in without}
        supervisor = Supervisor(load_settings(environ=given), processes=processes, **options)
        started.append(supervisor)
        await supervisor.start()
        return supervisor

    yield start
    for supervisor in started:
        await supervisor.stop()


async def until(condition, seconds=SECONDS):
    """The condition's first true value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it never came true"
        await asyncio.sleep(0.01)
    return value


def told(url: str) -> dict[str, str] | None:
    """The environment of the listener at this URL, or None while nobody answers."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    with contextlib.suppress(OSError, ValueError), socket.create_connection((host, int(port)), 1) as connection:
        return object_in(connection.makefile().read())
    return None


def pid_in(data_dir: Path, name: str) -> int | None:
    with contextlib.suppress(OSError, ValueError):
        return int((data_dir / "run" / f"{name}.pid").read_text())
    return None


# ── what a process is told ──────────────────────────────────────────────────────────────────────────────────────────


async def test_every_process_is_told_where_everything_is(supervise, tmp_path, environ):
    (tmp_path / "o.toml").write_text("", encoding="utf-8")
    supervisor = await supervise(
        {"web": python(LISTENER), "sender": python(LISTENER)},
        scale={"sender": 2},
        config=tmp_path / "o.toml",
        extra_env={"EXTRA": "1"},
    )
    endpoints = supervisor.endpoints

    one, two, web = [await until(lambda url=endpoints.ops[name]: told(url)) for name in ("sender", "sender.2", "web")]

    for name, environment in (("sender", one), ("sender.2", two), ("web", web)):
        assert environment["ORIEL_PROCESS"] == name
        assert environment["ORIEL_DATA_DIR"] == environ["ORIEL_DATA_DIR"]
        assert environment["ORIEL_CONFIG"] == str(tmp_path / "o.toml")
        assert environment["ORIEL_STATE__URL"] == endpoints.state == environ["ORIEL_STATE__URL"]
        assert environment["ORIEL_BROKER__URL"] == endpoints.broker
        assert environment.get("ORIEL_API__OPERATOR_KEY") == (endpoints.operator_key if name == "web" else None)
        assert f"http://{environment['ORIEL_API__LISTEN']}" == endpoints.api
        assert f"http://{environment['ORIEL_WEBHOOK__LISTEN']}" == endpoints.webhook == endpoints.public_url
        assert environment["ORIEL_WEBHOOK__PUBLIC_URL"] == endpoints.public_url
        assert environment["EXTRA"] == environment["PYTHONUNBUFFERED"] == "1"
        assert load_settings(environ=environment).ops.listen.url == endpoints.ops[name]
    assert len({environment["CELERY_WORKER_HOSTNAME"] for environment in (one, two, web)}) == 3
    assert len({endpoints.api, endpoints.webhook, *endpoints.ops.values()}) == 5


async def test_files_say_what_runs_and_are_gone_afterwards(supervise, tmp_path):
    supervisor = await supervise({"web": python(LISTENER), "sender": python(SLEEPER)}, scale={"sender": 2})
    data_dir = tmp_path / "data"

    pids = {name: await until(lambda name=name: pid_in(data_dir, name)) for name in ("web", "sender", "sender.2")}

    assert pids == supervisor.pids
    assert pid_in(data_dir, "oriel") == os.getpid()
    assert read_endpoints(data_dir) == supervisor.endpoints
    assert stat.S_IMODE(endpoints_path(data_dir).stat().st_mode) == 0o600
    await supervisor.stop()
    assert sorted(path.name for path in (data_dir / "run").iterdir()) == LOCKS
    assert not any(is_alive(pid) for pid in pids.values())


async def test_output_goes_to_files(supervise, tmp_path):
    await supervise({"web": python(SLEEPER)})

    log = tmp_path / "data" / "logs" / "web.log"
    await until(lambda: log.exists() and log.read_text() == "up\n")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


async def test_output_goes_to_the_terminal_with_names(supervise, capfdbinary, monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(io.FileIO(os.dup(2), "w")))  # pytest's own has no buffer
    shown = b""

    def seen() -> bool:
        nonlocal shown
        shown += capfdbinary.readouterr().err
        return b"web         | up\n" in shown and b"web         | tail\n" in shown

    await supervise({"web": python("import sys; print('up'); sys.stdout.write('tail')")}, terminal=True)

    await until(seen)
    sys.stderr.close()


def test_a_large_log_is_begun_anew(tmp_path):
    path = tmp_path / "web.log"
    path.touch()
    os.truncate(path, MAX_LOG_BYTES + 1)

    os.close(Output("web", tmp_path).open())

    assert path.stat().st_size == 0


# ── what dies ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_killed_process_comes_back_on_its_port(supervise, tmp_path):
    supervisor = await supervise({"web": python(LISTENER)})
    url = supervisor.endpoints.ops["web"]
    first = await until(lambda: told(url) and supervisor.pids["web"])

    os.kill(first, signal.SIGKILL)

    second = await until(lambda: (pid := pid_in(tmp_path / "data", "web")) != first and pid)
    await until(lambda: told(url))
    assert supervisor.restarts == {"web": 1}
    assert supervisor.pids == {"web": second}


def test_the_first_restart_is_at_once_and_quick_deaths_slow_down():
    backoff = Backoff()

    assert [backoff.after(1) for _ in range(9)] == [0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    assert backoff.after(60) == 0
    assert [backoff.after(4.9), backoff.after(0)] == [0, 0.1]


async def test_status_2_at_the_first_start_stops_everything(supervise, tmp_path):
    supervisor = await supervise({"web": python(MISCONFIGURED), "sender": python(SLEEPER)})

    status = await asyncio.wait_for(supervisor.wait(), SECONDS)

    assert status == 2
    assert supervisor.failure == "web cannot run with this configuration\nset [state] url"
    assert supervisor.pids == {"web": None, "sender": None}
    assert read_endpoints(tmp_path / "data") is None


async def test_a_program_that_is_not_there_stops_everything(supervise):
    supervisor = await supervise({"web": ["/nowhere/at-all"]})

    assert await asyncio.wait_for(supervisor.wait(), SECONDS) == 2
    assert "/nowhere/at-all cannot be started: No such file" in supervisor.failure


# ── a full disk ─────────────────────────────────────────────────────────────────────────────────────────────────────


def full_disk(monkeypatch, *modules):
    """Nothing can be written by these modules until the returned list is emptied."""
    is_full = [True]
    real = os.open

    def opened(path, flags, *more, **options):
        if is_full and flags & os.O_CREAT:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return real(path, flags, *more, **options)

    for module in modules:
        monkeypatch.setattr(module, "os", SimpleNamespace(**{**vars(os), "open": opened}))
    return is_full


async def test_on_a_full_disk_a_dead_process_comes_back_without_its_log(supervise, tmp_path, monkeypatch):
    supervisor = await supervise({"web": python(LISTENER), "sender": python(SLEEPER)})
    url = supervisor.endpoints.ops["web"]
    first = await until(lambda: told(url) and supervisor.pids["web"])
    is_full = full_disk(monkeypatch, output, runtime_files)

    os.kill(first, signal.SIGKILL)

    await until(lambda: (pid := supervisor.pids["web"]) not in {None, first} and told(url) and pid)
    assert supervisor.failure is None
    assert pid_in(tmp_path / "data", "web") is None, "an old id would name a process that is gone"
    is_full.clear()
    second = supervisor.pids["web"]
    os.kill(second, signal.SIGKILL)
    await until(lambda: pid_in(tmp_path / "data", "web") not in {None, second})
    assert supervisor.restarts["sender"] == 0


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENOENT])
async def test_a_restart_that_cannot_be_made_is_tried_again(supervise, monkeypatch, fault):
    """The machine has no memory, no process or no file left, or the program is being replaced: that passes."""
    supervisor = await supervise({"web": python(LISTENER)})
    first = await until(lambda: supervisor.pids["web"])
    real = asyncio.create_subprocess_exec
    refused: list[tuple[str, ...]] = []

    async def refuse(*command, **options):
        if len(refused) < 2:
            refused.append(command)
            raise OSError(fault, os.strerror(fault))
        return await real(*command, **options)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", refuse)
    os.kill(first, signal.SIGKILL)

    await until(lambda: supervisor.pids["web"] not in {None, first})
    assert len(refused) == 2
    assert supervisor.failure is None


async def test_a_start_on_a_full_disk_is_no_mistake_in_the_configuration(supervise, monkeypatch):
    full_disk(monkeypatch, runtime_files)
    with pytest.raises(OutOfSpace, match="the disk is full; make room"):
        await supervise({"web": python(LISTENER)})


# ── what does not end ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_deaf_process_is_killed_after_its_time(supervise, tmp_path):
    supervisor = await supervise({"web": python(STUBBORN)}, stop_seconds=0.2)
    log = tmp_path / "data" / "logs" / "web.log"
    await until(lambda: log.exists() and "deaf" in log.read_text())
    pid = supervisor.pids["web"]

    await asyncio.wait_for(supervisor.stop(), SECONDS)

    assert not is_alive(pid)


async def test_a_process_whose_livez_says_that_it_is_stuck_is_started_anew(supervise, monkeypatch):
    monkeypatch.setattr("workers.machine.health.ASK_S", 0.05)
    supervisor = await supervise({"web": python(STUCK)})

    await until(lambda: supervisor.restarts["web"] >= 1)


# ── the embedded server ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_embedded_server_is_first_and_keeps_what_it_acknowledged(supervise, tmp_path):
    supervisor = await supervise({"web": python(LISTENER)}, without={"ORIEL_STATE__URL", "ORIEL_BROKER__URL"})
    endpoints = supervisor.endpoints
    assert (endpoints.broker[-2:], endpoints.state[-2:]) == ("/0", "/1")
    configuration = (tmp_path / "data" / "state" / "server.conf").read_text(encoding="utf-8")
    assert f"requirepass {urlsplit(endpoints.state).password}\n" in configuration
    first = pid_in(tmp_path / "data", "state")

    with redis.Redis.from_url(endpoints.state, retry=None) as client:
        client.set("mark", "1")
    os.kill(present(first), signal.SIGKILL)
    await until(lambda: pid_in(tmp_path / "data", "state") != first)

    with redis.Redis.from_url(endpoints.state) as client:

        def kept() -> bool:
            with contextlib.suppress(redis.RedisError):
                kept: bool = client.get("mark") == b"1"
                return kept
            return False

        await until(kept)
    assert supervisor.restarts == {"state": 1, "web": 0}
    last = supervisor.pids["state"]
    await supervisor.stop()
    assert not is_alive(last)


async def test_one_configured_store_is_used(supervise, environ):
    supervisor = await supervise({}, without={"ORIEL_STATE__URL"}, state_dir="elsewhere")

    assert supervisor.endpoints.broker == environ["ORIEL_BROKER__URL"]
    assert supervisor.endpoints.state.endswith("/1")
    assert (supervisor.endpoints.data_dir / "elsewhere" / "server.conf").exists()


# ── what is refused ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_one_supervisor_per_data_directory(supervise):
    await supervise({})

    with pytest.raises(ConfigurationError, match=f"in use by process {os.getpid()}"):
        await supervise({})


async def test_a_data_directory_is_free_again_after_a_stop(supervise):
    await (await supervise({})).stop()

    await supervise({})


@pytest.mark.parametrize("section", ["API", "WEBHOOK", "OPS", "SIMULATOR"])
async def test_a_taken_port_is_named_with_its_setting(supervise, environ, section):
    with socket.create_server(("127.0.0.1", 0)) as other:
        environ[f"ORIEL_{section}__LISTEN"] = f"127.0.0.1:{other.getsockname()[1]}"

        with pytest.raises(ConfigurationError, match=rf"\[{section.lower()}\] listen.* port is taken"):
            await supervise({"web": python(SLEEPER), "simulator": python(SLEEPER)})
    assert not endpoints_path(Path(environ["ORIEL_DATA_DIR"])).exists()


async def test_a_configured_ops_port_is_the_first_of_several(supervise, environ):
    port = find_free_port()
    environ["ORIEL_OPS__LISTEN"] = f"127.0.0.1:{port}"

    supervisor = await supervise({"web": python(SLEEPER), "sender": python(SLEEPER)})

    assert supervisor.endpoints.ops == {
        "web": Listen("127.0.0.1", port).url,
        "sender": Listen("127.0.0.1", port + 1).url,
    }


async def test_the_simulator_has_no_ops_port_at_which_anybody_could_miss_it(supervise):
    """`oriel doctor` asks every ops port of the demo's installation."""
    supervisor = await supervise({"web": python(SLEEPER), "simulator": python(SLEEPER)})

    assert supervisor.endpoints.simulator is not None
    assert supervisor.endpoints.ops.keys() == {"web"}


@pytest.mark.parametrize(
    ("scale", "said"), [({"sneder": 2}, "there is no process sneder"), ({"web": 2}, "web listens on one port")]
)
def test_impossible_scales(environ, scale, said):
    with pytest.raises(ConfigurationError, match=said):
        Supervisor(load_settings(environ=environ), processes={"web": ["x"], "sender": ["x"]}, scale=scale)


# ── however it ends ─────────────────────────────────────────────────────────────────────────────────────────────────

PROGRAM = """
import asyncio, signal, sys
from config.loading import load_settings
from shared.ground.errors import ConfigurationError, OutOfSpace
from workers.machine.supervisor import Supervisor
web = [sys.executable, "-c", sys.argv[1]]
async def main():
    supervisor = Supervisor(load_settings(), processes={"web": web, "sender": web})
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, supervisor.interrupt)
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, supervisor.terminate)
    await supervisor.start()
    status = await supervisor.wait()
    if supervisor.failure:
        sys.stderr.write(supervisor.failure + "\\n")
    return status
try:
    sys.exit(asyncio.run(main()))
except ConfigurationError as error:
    sys.exit(f"refused: {error}")
"""


@pytest.fixture
def launch(tmp_path, environ):
    """Runs a supervisor, embedded server included, as a program of its own."""
    programs = []
    path = tmp_path / "up.py"
    path.write_text(textwrap.dedent(PROGRAM), encoding="utf-8")
    stores = {"ORIEL_STATE__URL", "ORIEL_BROKER__URL"}
    given = {name: value for name, value in environ.items() if name not in stores}

    def start(code: str) -> subprocess.Popen[bytes]:
        program = subprocess.Popen(
            [sys.executable, path, code],
            env={**os.environ, **given, "PYTHONPATH": os.getcwd()},  # noqa: PTH109
            stderr=subprocess.PIPE,
        )
        programs.append(program)
        return program

    yield start
    for program in programs:
        program.kill()
        program.communicate()


async def everybody(data_dir: Path, word: str) -> dict[str, int]:
    """Process ids of an installation that is up: both processes said their word."""

    def all_up() -> bool:
        logs = [data_dir / "logs" / f"{name}.log" for name in ("web", "sender")]
        return all(log.exists() and word in log.read_text() for log in logs)

    await until(all_up)
    return {name: await until(lambda name=name: pid_in(data_dir, name)) for name in ("web", "sender", "state")}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
async def test_nothing_is_left_behind(launch, tmp_path, number):
    program = launch(LISTENER)
    pids = await everybody(tmp_path / "data", "listening")

    program.send_signal(number)

    await until(lambda: program.poll() is not None)
    await until(lambda: not any(is_alive(pid) for pid in pids.values()))
    assert program.returncode == (0 if number != signal.SIGKILL else -signal.SIGKILL)


async def test_a_second_interrupt_does_not_wait(launch, tmp_path):
    program = launch(STUBBORN)
    pids = await everybody(tmp_path / "data", "deaf")
    program.send_signal(signal.SIGINT)
    began = time.monotonic()

    def gone() -> bool:
        program.send_signal(signal.SIGINT)
        return program.poll() is not None

    await until(gone)
    assert time.monotonic() - began < 10
    assert not any(is_alive(pid) for pid in pids.values())


async def test_a_configuration_error_is_exit_status_2_with_its_message(launch):
    program = launch(MISCONFIGURED)

    _, errors = await asyncio.to_thread(program.communicate, timeout=SECONDS)

    assert program.returncode == 2
    assert b"cannot run with this configuration\nset [state] url" in errors


async def test_a_new_supervisor_waits_for_the_processes_of_a_killed_one(launch, tmp_path):
    lingering = "import signal, time\nsignal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.5), exit(0)))\n" + SLEEPER
    program = launch(lingering)
    before = await everybody(tmp_path / "data", "up")
    for name in ("web", "sender"):
        (tmp_path / "data" / "logs" / f"{name}.log").unlink()
    program.kill()

    launch(lingering)
    after = await everybody(tmp_path / "data", "up")

    assert not any(is_alive(pid) for pid in before.values())
    assert all(is_alive(pid) for pid in after.values())


# ── the Procfile ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_procfile_is_read_in_order_with_our_own_programs(tmp_path):
    path = tmp_path / "Procfile"
    path.write_text("# ours\nweb: python -m 'a b'  # c\n\nsender: celery -A workers.app worker\nx-y: other\n")

    processes = read_procfile(path)

    assert list(processes) == ["web", "sender", "x-y"]
    assert processes["web"] == (sys.executable, "-m", "a b")
    assert processes["sender"][0] == str(Path(sys.executable).parent / "celery")
    assert processes["x-y"] == ("other",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("web python", 'line 1: should be "name: command"'),
        ("\nweb:", "line 2: should be"),
        ("web: a\nweb: b", "line 2: web is there twice"),
        ("web: 'a", "line 1: No closing quotation"),
    ],
)
def test_a_procfile_that_cannot_be_read_says_where(tmp_path, text, said):
    path = tmp_path / "Procfile"
    path.write_text(text)

    with pytest.raises(ConfigurationError, match=said):
        read_procfile(path)


def test_our_own_procfile():
    processes = read_procfile(Path(__file__).parents[2] / "Procfile")

    assert {"web", "webhook", "dialer", "sender", "consumer", "janitor", "simulator"} <= processes.keys()
    assert all(Path(command[0]).exists() for command in processes.values())
