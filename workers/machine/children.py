"""Child processes as the operating system sees them: kept alive, ended with us, written down.

Owns starting one command again and again, its output and its end; which commands there are is `supervisor`'s.
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import structlog

from config.logs import redacted_text
from shared.ground.errors import ConfigurationError

EXIT_MISCONFIGURED = 2
QUICK_SECONDS = 5.0  # a process that lived shorter than this died of something that will happen again
FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 0.1, 5.0
LARGEST_LOG_BYTES = 50 * 2**20
TAIL_BYTES, TAIL_LINES = 8192, 20

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None  # looked up before any fork

log = structlog.get_logger(__name__)


def die_with_parent() -> Callable[[], None] | None:
    """For `preexec_fn`: SIGTERM reaches the child when this process ends in any way, `kill -9` included. Linux only.

    The kernel watches the *thread* that starts the child: start it from one that lives as long as the process.
    """
    libc, parent = _LIBC, os.getpid()
    if libc is None:
        return None

    def ask_kernel() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it ended before we could ask
            os._exit(1)

    return ask_kernel


class Backoff:
    """How long to wait before the next start: nothing at first, then 0.1 s doubling to 5 s for quick deaths in a row."""

    def __init__(self) -> None:
        self._quick_deaths = 0

    def after(self, lived_seconds: float) -> float:
        """Seconds. To be told of every death, in order."""
        self._quick_deaths = 0 if lived_seconds >= QUICK_SECONDS else self._quick_deaths + 1
        if self._quick_deaths <= 1:
            return 0.0
        return min(FIRST_DELAY_SECONDS * 2.0 ** min(self._quick_deaths - 2, 16), LONGEST_DELAY_SECONDS)


class Output:
    """Where one child's output goes: its log file, or this terminal with the child's name before every line."""

    def __init__(self, name: str, folder: Path | None) -> None:
        """folder: None is the terminal."""
        self._prefix = f"{name:<12}| ".encode()
        self._path = folder / f"{name}.log" if folder else None
        self._start = 0

    def open(self) -> int:
        """A file descriptor to write to, or PIPE; `follow` must then be run. The descriptor is the caller's."""
        if self._path is None:
            return PIPE
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        if self._path.exists() and self._path.stat().st_size > LARGEST_LOG_BYTES:
            flags |= os.O_TRUNC
        descriptor = os.open(self._path, flags, 0o600)
        self._start = os.fstat(descriptor).st_size
        return descriptor

    async def follow(self, stream: asyncio.StreamReader | None) -> None:
        """Copies to the terminal until the child's end."""
        pending = b""
        while stream is not None and (chunk := await stream.read(65_536)):
            *lines, pending = (pending + chunk).split(b"\n")
            self._show(lines)
        if pending:
            self._show([pending])

    def _show(self, lines: Sequence[bytes]) -> None:
        for line in lines:
            sys.stderr.buffer.write(self._prefix + line + b"\n")
        sys.stderr.buffer.flush()

    def tail(self) -> str:
        """The last lines since the last `open`; nothing for a terminal, where they have been seen."""
        if self._path is None:
            return ""
        with self._path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(self._start, size - TAIL_BYTES))
            lines = file.read().decode(errors="replace").strip().splitlines()
        return redacted_text("\n".join(lines[-TAIL_LINES:]))


class Child:
    """One command that is to run until it is told to end.

    on_start: told the process id at every start.  keeps_open: a descriptor every incarnation inherits.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        output: Output,
        on_start: Callable[[str, int], None],
        keeps_open: int,
    ) -> None:
        self.name = name
        self.restarts = 0
        self._command = command
        self._environment = environment
        self._output = output
        self._on_start = on_start
        self._keeps_open = keeps_open
        self._backoff = Backoff()
        self._ending = asyncio.Event()
        self._process: Process | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.returncode is None else None

    def last_words(self) -> str:
        return self._output.tail()

    async def keep(self) -> None:
        """Runs it until `end`. *Raises*: ConfigurationError when its first run ends with status 2."""
        while not self._ending.is_set():
            began = time.monotonic()
            status = await self._run_once()
            if self._ending.is_set():
                return
            if status == EXIT_MISCONFIGURED and self.restarts == 0:
                raise ConfigurationError(f"{self.name} cannot run like this\n{self._output.tail()}".strip())
            delay = self._backoff.after(time.monotonic() - began)
            self.restarts += 1
            log.warning("process_died", child=self.name, status=status, restarts=self.restarts, delay_seconds=delay)
            await self._pause(delay)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ending.wait(), seconds)

    async def _run_once(self) -> int:
        process = await self._start()
        self._process = process
        self._on_start(self.name, process.pid)
        log.info("process_started", child=self.name, pid=process.pid)
        if self._ending.is_set():
            self._signal(signal.SIGTERM)
        await self._output.follow(process.stdout)
        return await process.wait()

    async def _start(self) -> Process:
        target = self._output.open()
        try:
            return await asyncio.create_subprocess_exec(
                *self._command,
                env=dict(self._environment),  # uvloop takes nothing else
                stdin=asyncio.subprocess.DEVNULL,
                stdout=target,
                stderr=STDOUT,
                start_new_session=True,  # a terminal's Ctrl-C is the supervisor's to pass on
                pass_fds=(self._keeps_open,),
                preexec_fn=die_with_parent(),  # no more than prctl and getppid
            )
        except OSError as error:
            raise ConfigurationError(f"{self.name}: {self._command[0]} cannot be started: {error.strerror}") from None
        finally:
            if target != PIPE:
                os.close(target)

    def end(self) -> None:
        """Asks it to end, and starts it no more."""
        self._ending.set()
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it, and whatever it started in its own session."""
        self._ending.set()
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)
