"""The supervisor: every process of one machine under one parent, from the first start to the last end.

Owns the order of starting and stopping. `environment` decides addresses and variables, `children` keeps each process
alive, `health` starts one anew whose loops stand still, and the processes own their work.
"""

import asyncio
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from config.endpoints import Endpoints
from config.loading import Settings
from shared.ground.errors import ConfigurationError, OrielError, OutOfSpace, explain_file_error
from workers.machine.children import EXIT_MISCONFIGURED, Child
from workers.machine.embedded import EmbeddedServer
from workers.machine.environment import Addresses, build_environment, decide_addresses
from workers.machine.forks import Forks
from workers.machine.health import watch
from workers.machine.operator_key import without_operator_key
from workers.machine.output import Output
from workers.machine.procfile import add_replicas
from workers.machine.runtime_files import RuntimeFiles

ITSELF, EMBEDDED = "oriel", "state"
STOP_SECONDS = 30.0  # a sender needs them to finish its requests on the wire and to give its other jobs back
START_SECONDS = 60.0  # the embedded server reads a large append-only file before it answers
GIVE_UP_AFTER_STARTS = 3
MIN_FREE_BYTES = 1 << 20  # with less, a server that does not start has no room for its append-only file
POLL_SECONDS = 0.02

log = structlog.get_logger(__name__)


class Supervisor:
    """Starts the embedded server if a store is not configured, then every process, and restarts those that die.

    processes: as `read_procfile` returns them, without those that should not run.
    scale: process → replicas; the second sender is `sender.2`.
    extra_env: variables for every process, over everything else.
    state_dir: the embedded server's folder in the data directory.
    terminal: output to this terminal with names before the lines, instead of `<data dir>/logs/<process>.log`.
    stop_seconds: the time to end before a process is killed.
    forks: starts the processes, for a quick start and less memory; stopped with them.

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
        forks: Forks | None = None,
    ) -> None:
        self._settings = settings
        self._data_dir = (data_dir or settings.data_dir).absolute()
        self._config = config or settings.config_file
        self._extra_env = extra_env or {}
        self._state_dir = state_dir
        self._terminal = terminal
        self._stop_seconds = stop_seconds
        self._forks = forks
        self._commands = add_replicas(processes, scale or {})
        self._files = RuntimeFiles(self._data_dir)
        self._addresses: Addresses | None = None
        self._server: Child | None = None
        self._children: dict[str, Child] = {}
        self._keepers: dict[str, asyncio.Task[None]] = {}
        self._watchers: list[asyncio.Task[None]] = []
        self._stop_requested = asyncio.Event()
        self._kill_requested = asyncio.Event()
        self._stopping: asyncio.Task[None] | None = None
        self._failure: str | None = None

    @property
    def endpoints(self) -> Endpoints:
        if self._addresses is None:
            raise RuntimeError("not started")
        return self._addresses.endpoints

    @property
    def restarts(self) -> Mapping[str, int]:
        """Process → number of restarts. `state` is the embedded server."""
        return {child.name: child.restarts for child in self._all_children}

    @property
    def pids(self) -> Mapping[str, int | None]:
        """Process → its id, or None while it is down."""
        return {child.name: child.pid for child in self._all_children}

    @property
    def failure(self) -> str | None:
        """The reason of an unrequested stop, for people: the message of the process that could not run."""
        return self._failure

    @property
    def _all_children(self) -> Sequence[Child]:
        return [*([self._server] if self._server else []), *self._children.values()]

    # ── start ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def start(self) -> None:
        """Returns when the stores answer and every process was started. A process's /readyz says when it is ready.

        *Raises*: ConfigurationError; OutOfSpace. Nothing is left running.
        """
        try:
            await self._files.lock(self._stop_seconds, self._stop_requested)
            await self._start_all()
        except OSError as error:
            await self.stop()
            raise explain_file_error(error.filename or self._data_dir, error) from None
        except BaseException:
            await self.stop()
            raise

    async def _start_all(self) -> None:
        embedded = self._make_embedded()
        addresses = decide_addresses(self._settings, self._commands, self._data_dir, self._config, embedded)
        self._addresses = addresses
        self._files.write_pid(ITSELF, os.getpid())
        if embedded is not None:
            self._server = self._make_child(EMBEDDED, embedded.command(), without_operator_key(os.environ))
            self._keep(self._server)
            await self._wait_until_ready(embedded, self._server)
        self._files.write_endpoints(addresses.endpoints)
        for name, command in self._commands.items():
            self._children[name] = self._make_child(name, command, build_environment(name, addresses, self._extra_env))
        for name, child in self._children.items():
            self._keep(child)
            if name in addresses.ops:
                self._watchers.append(asyncio.create_task(watch(child, addresses.endpoints.ops[name])))

    def _make_embedded(self) -> EmbeddedServer | None:
        if self._settings.state.url and self._settings.broker.url:
            return None
        return EmbeddedServer(self._data_dir / self._state_dir)

    def _make_child(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> Child:
        folder = None if self._terminal else self._data_dir / "logs"
        if folder is not None:
            folder.mkdir(mode=0o700, exist_ok=True)
        output = Output(name, folder)
        return Child(name, command, environment, output, self._files.write_pid, self._files.inherited, self._forks)

    def _keep(self, child: Child) -> None:
        if self._stop_requested.is_set():
            return
        task = asyncio.create_task(child.keep(), name=f"keep {child.name}")
        task.add_done_callback(self._check_keeper)
        self._keepers[child.name] = task

    def _check_keeper(self, task: asyncio.Task[None]) -> None:
        """A keeper fails only if its process cannot run with this configuration; then everything stops."""
        if task.cancelled() or task.exception() is None:
            return
        self._failure = self._failure or str(task.exception())
        self._stop_requested.set()

    async def _wait_until_ready(self, embedded: EmbeddedServer, child: Child) -> None:
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        while not self._stop_requested.is_set() and not await asyncio.to_thread(embedded.is_ready):
            if child.restarts >= GIVE_UP_AFTER_STARTS or asyncio.get_running_loop().time() > deadline:
                raise self._explain_dead_server(child)
            await asyncio.sleep(POLL_SECONDS)

    def _explain_dead_server(self, child: Child) -> OrielError:
        """A server that ends at once on a full disk cannot write why."""
        if shutil.disk_usage(self._data_dir).free < MIN_FREE_BYTES:
            return OutOfSpace(f"the embedded server does not start: the disk of {self._data_dir} is full; make room")
        return ConfigurationError(f"the embedded server does not start\n{child.tail()}")

    # ── stop ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def wait(self) -> int:
        """Until a stop is requested, or a process cannot run. The exit status: 0, or 2 for a configuration error."""
        await self._stop_requested.wait()
        await self.stop()
        return EXIT_MISCONFIGURED if self._failure else 0

    def interrupt(self) -> None:
        """For signal handlers: the first call asks every process to end, the second has them killed."""
        if self._stop_requested.is_set():
            self._kill_requested.set()
        self._stop_requested.set()

    def terminate(self) -> None:
        """For signal handlers: asks every process to end; a second call changes nothing."""
        self._stop_requested.set()

    async def stop(self) -> None:
        """Processes first, the embedded server last. Returns when all are gone. May be called again."""
        self._stop_requested.set()
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop())
        await asyncio.shield(self._stopping)

    async def _stop(self) -> None:
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)
        for child in self._children.values():
            child.end()  # before the forks, so that none of them is started as a program instead
        if self._forks is not None:
            await self._forks.stop()
        await self._end(list(self._children.values()))
        if self._server is not None:
            await self._end([self._server])
        self._files.clear()
        log.info("supervisor_stopped", failed=self._failure is not None)

    async def _end(self, children: Sequence[Child]) -> None:
        for child in children:
            child.end()
        keepers = [self._keepers[child.name] for child in children if child.name in self._keepers]
        if not await self._wait_for_end(keepers):
            for child in children:
                if child.pid is not None:
                    log.warning("process_killed", child=child.name, pid=child.pid)
                    child.kill()
        await asyncio.gather(*keepers, return_exceptions=True)

    async def _wait_for_end(self, keepers: Sequence[asyncio.Task[None]]) -> bool:
        """Whether all ended in time, before a second Ctrl-C."""
        if not keepers:
            return True
        ended = asyncio.ensure_future(asyncio.wait(keepers))
        killed = asyncio.create_task(self._kill_requested.wait())
        await asyncio.wait({ended, killed}, timeout=self._stop_seconds, return_when=asyncio.FIRST_COMPLETED)
        all_ended = ended.done()
        ended.cancel()
        killed.cancel()
        return all_ended
