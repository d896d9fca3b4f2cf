"""All processes of one machine under one parent: `oriel up`, the demo and the fault tests stand on it.

Owns who runs, where they listen and what they are told; keeping a single one alive is `children`'s, and what a process
does is its own.

Decision: processes learn everything through the environment, as they would in a container, so that nothing works here
that would not work there. Ports are decided once: a restarted process comes back where it was.
Decision: Celery's node name is given through CELERY_WORKER_HOSTNAME, the variable of `celery worker --hostname`: the
Procfile's lines stay those of production, and two replicas on one machine never share a name.
"""

import asyncio
import contextlib
import hashlib
import os
import re
import secrets
import shlex
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from config.endpoints import Endpoints
from config.loading import Settings
from config.settings import Listen
from shared.ground.errors import ConfigurationError
from workers.machine.children import EXIT_MISCONFIGURED, Child, Output
from workers.machine.embedded import BROKER_DATABASE, STATE_DATABASE, EmbeddedServer
from workers.machine.ports import settled
from workers.machine.runtime_files import RuntimeFiles

ITSELF, EMBEDDED, SIMULATOR = "oriel", "state", "simulator"
ONE_PORT = frozenset({"web", "webhook", SIMULATOR})  # a second one would find its port taken
OWN_PROGRAMS = frozenset({"python", "celery", "oriel"})
STOP_SECONDS = 30.0  # what a sender may need to finish what is on the wire, and to give the rest back
START_SECONDS = 60.0  # a large append-only file is read before the embedded server answers
GIVE_UP_AFTER_STARTS = 3
POLL_SECONDS = 0.02

log = structlog.get_logger(__name__)


# ── the Procfile ────────────────────────────────────────────────────────────────────────────────────────────────────


def read_procfile(path: Path) -> dict[str, tuple[str, ...]]:
    """Process name → command, in the file's order. Plain words: no variables, pipes or redirections.

    *Raises*: ConfigurationError naming the line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
    processes: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.lstrip().startswith("#"):
            name, command = _read_line(line, f"{path}, line {number}")
            if name in processes:
                raise ConfigurationError(f"{path}, line {number}: {name} is there twice")
            processes[name] = command
    return processes


def _read_line(line: str, place: str) -> tuple[str, tuple[str, ...]]:
    match = re.fullmatch(r"\s*([A-Za-z0-9_-]+)\s*:(.*)", line)
    try:
        words = shlex.split(match[2], comments=True) if match else []
    except ValueError as error:
        raise ConfigurationError(f"{place}: {error}") from None
    if match is None or not words:
        raise ConfigurationError(f'{place}: should be "name: command"')
    return match[1], (_own_program(words[0]), *words[1:])


def _own_program(name: str) -> str:
    """Beside our own interpreter, whatever the PATH says: the environment that was set up is the one that runs."""
    if name not in OWN_PROGRAMS:
        return name
    if name == "python":
        return sys.executable
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else name


# ── the supervisor ──────────────────────────────────────────────────────────────────────────────────────────────────


class Supervisor:
    """Starts the embedded server where a store is not configured, then every process, and restarts what dies.

    processes: as `read_procfile` gives them; leave out what should not run.
    scale: process → how many; the second sender is called `sender.2`.
    extra_env: for every process, over everything else.
    state_dir: the embedded server's folder in the data directory.
    terminal: output to this terminal with names before the lines, instead of `<data dir>/logs/<process>.log`.
    stop_seconds: how long processes may take to end before they are killed.

    Used from the main thread: the kernel ends the children with the thread that started them.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        processes: Mapping[str, Sequence[str]],
        data_dir: Path | None = None,
        config: Path | None = None,
        extra_env: Mapping[str, str] | None = None,
        scale: Mapping[str, int] | None = None,
        state_dir: str = "state",
        terminal: bool = False,
        stop_seconds: float = STOP_SECONDS,
    ) -> None:
        self._settings = settings
        self._data_dir = (data_dir or settings.data_dir).absolute()
        self._config = config or settings.config_file
        self._extra_env = extra_env or {}
        self._state_dir = state_dir
        self._terminal = terminal
        self._stop_seconds = stop_seconds
        self._commands = _replicas(processes, scale or {})
        self._files = RuntimeFiles(self._data_dir)
        self._endpoints: Endpoints | None = None
        self._server: Child | None = None
        self._children: dict[str, Child] = {}
        self._keepers: dict[str, asyncio.Task[None]] = {}
        self._stop_requested = asyncio.Event()
        self._hurry = asyncio.Event()
        self._stopping: asyncio.Task[None] | None = None
        self._failure: str | None = None

    @property
    def endpoints(self) -> Endpoints:
        if self._endpoints is None:
            raise RuntimeError("not started")
        return self._endpoints

    @property
    def restarts(self) -> Mapping[str, int]:
        """Process → how often it was started again. `state` is the embedded server."""
        return {child.name: child.restarts for child in self._everybody()}

    @property
    def pids(self) -> Mapping[str, int | None]:
        """Process → its id, or None while it is down."""
        return {child.name: child.pid for child in self._everybody()}

    @property
    def failure(self) -> str | None:
        """Why it stopped by itself, for people: the message of the process that could not run."""
        return self._failure

    def _everybody(self) -> Sequence[Child]:
        return [*([self._server] if self._server else []), *self._children.values()]

    # ── start ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def start(self) -> None:
        """Returns when the stores answer and every process was started; each says at its /readyz when it can work.

        *Raises*: ConfigurationError, with nothing left running.
        """
        try:
            await self._files.lock(self._stop_seconds, self._stop_requested)
            await self._start_all()
        except BaseException:
            await self.stop()
            raise

    async def _start_all(self) -> None:
        embedded = self._embedded()
        self._endpoints = self._decide(embedded)
        self._files.write_pid(ITSELF, os.getpid())
        if embedded is not None:
            self._server = self._child(EMBEDDED, embedded.command(), os.environ)
            self._keep(self._server)
            await self._until_ready(embedded, self._server)
        self._files.write_endpoints(self._endpoints)
        for name, command in self._commands.items():
            self._children[name] = self._child(name, command, self._environment(name))
        for child in self._children.values():
            self._keep(child)

    def _embedded(self) -> EmbeddedServer | None:
        if self._settings.state.url and self._settings.broker.url:
            return None
        return EmbeddedServer(self._data_dir / self._state_dir)

    def _decide(self, embedded: EmbeddedServer | None) -> Endpoints:
        """Every address, once. *Raises*: ConfigurationError when a configured port is taken."""
        settings = self._settings
        ports = _Ports(embedded.port if embedded else None)
        api = ports.settle(settings.api.listen, "[api] listen")
        webhook = ports.settle(settings.webhook.listen, "[webhook] listen")
        simulated = SIMULATOR in self._commands
        simulator = ports.settle(settings.simulator.listen, "[simulator] listen") if simulated else None
        key = settings.api.operator_key
        self._listens = {"API": api, "WEBHOOK": webhook, **({"SIMULATOR": simulator} if simulator else {})}
        self._ops = {name: ports.settle_next(settings.ops.listen, "[ops] listen") for name in self._commands}
        return Endpoints(
            api=api.url,
            webhook=webhook.url,
            public_url=settings.webhook.public_url or webhook.url,
            ops={name: listen.url for name, listen in self._ops.items()},
            state=settings.state.url or (embedded.url(STATE_DATABASE) if embedded else ""),
            broker=settings.broker.url or (embedded.url(BROKER_DATABASE) if embedded else ""),
            operator_key=key.get_secret_value() if key else secrets.token_urlsafe(32),
            data_dir=self._data_dir,
            config=self._config.absolute() if self._config else None,
            simulator=simulator.url if simulator else None,
            pid=os.getpid(),
        )

    def _environment(self, name: str) -> dict[str, str]:
        node = _node_name(name, self._data_dir)
        return {
            **os.environ,
            **({"ORIEL_CONFIG": str(self._config.absolute())} if self._config else {}),
            **{f"ORIEL_{section}__LISTEN": str(listen) for section, listen in self._listens.items()},
            "ORIEL_PROCESS": name,
            "ORIEL_NODE": node,
            "CELERY_WORKER_HOSTNAME": f"{node}@%h",
            "ORIEL_DATA_DIR": str(self._data_dir),
            "ORIEL_OPS__LISTEN": str(self._ops[name]),
            "ORIEL_STATE__URL": self.endpoints.state,
            "ORIEL_BROKER__URL": self.endpoints.broker,
            "CELERY_BROKER_URL": self.endpoints.broker,  # Celery would prefer somebody else's from the environment
            "ORIEL_WEBHOOK__PUBLIC_URL": self.endpoints.public_url,
            "ORIEL_API__OPERATOR_KEY": self.endpoints.operator_key,
            "PYTHONUNBUFFERED": "1",
            **self._extra_env,
        }

    def _child(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> Child:
        folder = None if self._terminal else self._data_dir / "logs"
        if folder is not None:
            folder.mkdir(mode=0o700, exist_ok=True)
        output = Output(name, folder)
        return Child(name, command, environment, output, self._files.write_pid, self._files.inherited)

    def _keep(self, child: Child) -> None:
        if self._stop_requested.is_set():
            return
        task = asyncio.create_task(child.keep(), name=f"keep {child.name}")
        task.add_done_callback(self._kept)
        self._keepers[child.name] = task

    def _kept(self, task: asyncio.Task[None]) -> None:
        """A keeper ends by itself only when its process cannot run as configured; then nothing should."""
        if task.cancelled() or task.exception() is None:
            return
        self._failure = self._failure or str(task.exception())
        self._stop_requested.set()

    async def _until_ready(self, embedded: EmbeddedServer, child: Child) -> None:
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        while not self._stop_requested.is_set() and not await asyncio.to_thread(embedded.is_ready):
            if child.restarts >= GIVE_UP_AFTER_STARTS or asyncio.get_running_loop().time() > deadline:
                raise ConfigurationError(f"the embedded server does not start\n{child.last_words()}")
            await asyncio.sleep(POLL_SECONDS)

    # ── stop ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def wait(self) -> int:
        """Until it is told to stop, or cannot run. The exit status: 0, or 2 for a configuration error."""
        await self._stop_requested.wait()
        await self.stop()
        return EXIT_MISCONFIGURED if self._failure else 0

    def interrupt(self) -> None:
        """For signal handlers: the first asks everybody to end, the second does not wait for them."""
        if self._stop_requested.is_set():
            self._hurry.set()
        self._stop_requested.set()

    def terminate(self) -> None:
        """For signal handlers: asks everybody to end, however often it is said."""
        self._stop_requested.set()

    async def stop(self) -> None:
        """Processes first, the embedded server last. Returns when all are gone. May be called again."""
        self._stop_requested.set()
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop())
        await asyncio.shield(self._stopping)

    async def _stop(self) -> None:
        await self._end(list(self._children.values()))
        if self._server is not None:
            await self._end([self._server])
        self._files.clear()
        log.info("supervisor_stopped", failed=self._failure is not None)

    async def _end(self, children: Sequence[Child]) -> None:
        for child in children:
            child.end()
        keepers = [self._keepers[child.name] for child in children if child.name in self._keepers]
        if not await self._ended(keepers):
            for child in children:
                if child.pid is not None:
                    log.warning("process_killed", child=child.name, pid=child.pid)
                    child.kill()
        await asyncio.gather(*keepers, return_exceptions=True)

    async def _ended(self, keepers: Sequence[asyncio.Task[None]]) -> bool:
        """Whether all ended in time and nobody was in a hurry."""
        if not keepers:
            return True
        everybody = asyncio.create_task(_all_done(keepers))
        hurry = asyncio.create_task(self._in_a_hurry())
        await asyncio.wait({everybody, hurry}, timeout=self._stop_seconds, return_when=asyncio.FIRST_COMPLETED)
        ended = everybody.done()
        everybody.cancel()
        hurry.cancel()
        return ended

    async def _in_a_hurry(self) -> None:
        await self._hurry.wait()


async def _all_done(tasks: Sequence[asyncio.Task[None]]) -> None:
    await asyncio.wait(tasks)


class _Ports:
    """No port is promised twice."""

    def __init__(self, embedded: int | None) -> None:
        self._taken = frozenset({embedded} if embedded else ())

    def settle(self, listen: Listen, setting: str) -> Listen:
        decided = settled(listen, setting, self._taken)
        self._taken |= {decided.port}
        return decided

    def settle_next(self, first: Listen, setting: str) -> Listen:
        """Any free one, or the first from the configured one on that was not promised yet."""
        port = first.port
        while port and port in self._taken:
            port += 1
        return self.settle(Listen(first.host, port), setting)


def _replicas(processes: Mapping[str, Sequence[str]], scale: Mapping[str, int]) -> dict[str, Sequence[str]]:
    unknown = scale.keys() - processes.keys()
    if unknown:
        raise ConfigurationError(f"there is no process {', '.join(sorted(unknown))} (allowed: {', '.join(processes)})")
    crowded = sorted(name for name, count in scale.items() if count > 1 and name in ONE_PORT)
    if crowded:
        raise ConfigurationError(f"{', '.join(crowded)} listens on one port: on one machine there can be only one")
    commands: dict[str, Sequence[str]] = {}
    for name, command in processes.items():
        for number in range(1, scale.get(name, 1) + 1):
            commands[name if number == 1 else f"{name}.{number}"] = command
    return commands


def _node_name(name: str, data_dir: Path) -> str:
    """The same after a restart, and another for every replica and every data directory of a machine."""
    return f"{name}-{hashlib.blake2b(str(data_dir).encode(), digest_size=4).hexdigest()}"


# ── as a program ────────────────────────────────────────────────────────────────────────────────────────────────────


async def run(supervisor: Supervisor) -> int:
    """Until a signal or a configuration error. The exit status; the reason of a 2 is written to stderr."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, supervisor.interrupt)
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, supervisor.terminate)
    try:
        await supervisor.start()
        status = await supervisor.wait()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with contextlib.suppress(ValueError):
                loop.remove_signal_handler(number)
    if supervisor.failure:
        sys.stderr.write(supervisor.failure + "\n")
    return status
