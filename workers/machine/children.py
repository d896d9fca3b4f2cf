"""Child processes: started, restarted if they die, ended with this process. Owns one command's life.

`procfile` names the commands; `output` keeps their logs.
"""

import asyncio
import contextlib
import errno
import os
import signal
import time
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Callable, Mapping, Sequence

import structlog

from shared.ground.errors import ConfigurationError
from workers.machine.forks import Forked, Forks
from workers.machine.output import Output
from workers.machine.parent import die_with_parent

EXIT_MISCONFIGURED = 2
QUICK_SECONDS = 5.0  # a process that lived shorter than this will probably die of the same cause again
HOPELESS = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.ENOEXEC})  # of a program
MIN_DELAY_SECONDS, MAX_DELAY_SECONDS = 0.1, 5.0

log = structlog.get_logger(__name__)


class Backoff:
    """The pause before the next start: none after the first death, then 0.1 s doubling to 5 s for quick deaths in a row."""

    def __init__(self) -> None:
        self._quick_deaths = 0

    def after(self, lived_seconds: float) -> float:
        """Seconds. Must be called for every death, in order."""
        self._quick_deaths = 0 if lived_seconds >= QUICK_SECONDS else self._quick_deaths + 1
        if self._quick_deaths <= 1:
            return 0.0
        return min(MIN_DELAY_SECONDS * 2.0 ** min(self._quick_deaths - 2, 16), MAX_DELAY_SECONDS)


class Child:
    """One command that runs until `end`.

    on_start: called with the process id at every start.  keeps_open: a descriptor that every incarnation inherits.
    forks: starts it where it can; without, it is started as a program.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        output: Output,
        on_start: Callable[[str, int], None],
        keeps_open: int,
        forks: Forks | None = None,
    ) -> None:
        self.name = name
        self.restarts = 0
        self._command = command
        self._environment = environment
        self._output = output
        self._on_start = on_start
        self._keeps_open = keeps_open
        self._forks = forks
        self._backoff = Backoff()
        self._ending = asyncio.Event()
        self._process: Process | Forked | None = None

    @property
    def is_ending(self) -> bool:
        return self._ending.is_set()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.returncode is None else None

    def tail(self) -> str:
        """The last lines of its output."""
        return self._output.tail()

    async def keep(self) -> None:
        """Run it until `end`. *Raises*: ConfigurationError if its first run ends with status 2, or cannot begin at all.

        Later, a start that fails (full disk, too many processes, a program that is being replaced) counts as a death.
        """
        while not self._ending.is_set():
            began = time.monotonic()
            status = await self._try_once()
            if self._ending.is_set():
                return
            if status == EXIT_MISCONFIGURED and self.restarts == 0:
                raise ConfigurationError(f"{self.name} cannot run with this configuration\n{self.tail()}".strip())
            delay = self._backoff.after(time.monotonic() - began)
            self.restarts += 1
            log.warning("process_died", child=self.name, status=status, restarts=self.restarts, delay_seconds=delay)
            await self._pause(delay)

    async def _try_once(self) -> int | None:
        """The exit status; None if it could not be started."""
        try:
            return await self._run_once()
        except OSError as error:
            if self.restarts == 0 and self._process is None and error.errno in HOPELESS:
                reason = f"{self._command[0]} cannot be started: {error.strerror}"
                raise ConfigurationError(f"{self.name}: {reason}") from None
            log.warning("process_not_started", child=self.name, kind=type(error).__name__, error=error.strerror)
            return None

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ending.wait(), seconds)

    async def _run_once(self) -> int | None:
        process = await self._start()
        if process is None:
            return None
        self._process = process
        self._note_start(process.pid)
        log.info("process_started", child=self.name, pid=process.pid, forked=isinstance(process, Forked))
        if self._ending.is_set():
            self._signal(signal.SIGTERM)
        await self._output.follow(process.stdout)
        return await process.wait()

    async def _start(self) -> Process | Forked | None:
        """None if it was ended meanwhile."""
        target = self._output.open()
        try:
            if self._forks is not None:
                forked = await self._forks.fork(self.name, self._command, self._environment, target, self._keeps_open)
                if forked is not None or self._ending.is_set():
                    return forked
            return await self._start_program(target)
        finally:
            if target != PIPE:
                os.close(target)

    async def _start_program(self, target: int) -> Process:
        return await asyncio.create_subprocess_exec(
            *self._command,
            env=dict(self._environment),  # uvloop takes nothing but a dict
            stdin=asyncio.subprocess.DEVNULL,
            stdout=target,
            stderr=STDOUT,
            start_new_session=True,  # the supervisor passes a terminal's Ctrl-C on, in its own order
            pass_fds=(self._keeps_open,),
            preexec_fn=die_with_parent(),  # no more than prctl and getppid
        )

    def _note_start(self, pid: int) -> None:
        """A process that runs is worth more than the note of its id, for which a full disk may have no room."""
        try:
            self._on_start(self.name, pid)
        except OSError as error:
            log.warning("process_id_not_written", child=self.name, error=error.strerror)

    def start_anew(self, kill: bool = False) -> None:
        """Send SIGTERM, or kill it: `keep` starts it again."""
        self._signal(signal.SIGKILL if kill else signal.SIGTERM)

    def end(self) -> None:
        """Send SIGTERM, and do not start it again."""
        self._ending.set()
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it, and every process that it started in its own session."""
        self._ending.set()
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)
