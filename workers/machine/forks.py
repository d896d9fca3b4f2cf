"""Processes forked from one that has imported everything: the supervisor's side of `fork_server`.

Decision: eight processes that import the same thousand modules took 17 s of processor time at each start, and 90 MB each.
Forked, they share both. Where it does not work (not Linux, a command that is not ours, a fork server that has ended),
a process is started as a program, with the same result.
Cost: a process that is started anew runs the code that was there when the supervisor began.
"""

import asyncio
import ctypes
import os
import signal
import socket
import subprocess
import sys
from asyncio.subprocess import PIPE
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Self

from workers.machine import fork_server
from workers.machine.fork_server import Request
from workers.machine.operator_key import without_operator_key
from workers.machine.parent import die_with_parent
from workers.machine.procfile import find_procfile

PR_SET_CHILD_SUBREAPER = 36


def read_command(command: Sequence[str]) -> tuple[str, Sequence[str]] | None:
    """The module that `python -m` would run, and its arguments; None for any other program. `celery` is its own module."""
    match command:
        case [program, "-m", module, *arguments] if program == sys.executable and module in fork_server.BY_MODULE:
            return module, arguments
        case [program, *arguments] if Path(program) == Path(sys.executable).parent / "celery":
            return "celery", arguments
    return None


def begin_forks(without: Collection[str] = ()) -> "Forks":
    """For the processes of our own Procfile. without: some of their names. *Raises*: ConfigurationError."""
    commands = {name: command for name, command in find_procfile().items() if name not in without}
    return Forks(commands, {**without_operator_key(os.environ), "PYTHONUNBUFFERED": "1"})


class Forked:
    """A child of this process that was forked elsewhere. Like `asyncio.subprocess.Process`, as far as `children` asks."""

    def __init__(self, pid: int) -> None:
        """*Raises*: OSError where it cannot be watched."""
        self.pid = pid
        self.stdout: asyncio.StreamReader | None = None
        self.returncode: int | None = None
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._descriptor = os.pidfd_open(pid)
        asyncio.get_running_loop().add_reader(self._descriptor, self._reap)

    async def wait(self) -> int:
        return await asyncio.shield(self._ended)

    def send_signal(self, number: int) -> None:
        """*Raises*: ProcessLookupError."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def _reap(self) -> None:
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid == 0:
            return
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)
        self.returncode = os.waitstatus_to_exitcode(status)
        self._ended.set_result(self.returncode)


class Forks:
    """One fork server. Begin it as early as possible, from the main thread: it imports for two seconds.

    processes: name → command, of those that it will fork.
    """

    def __init__(self, processes: Mapping[str, Sequence[str]], environment: Mapping[str, str]) -> None:
        """environment: of the fork server. It decides nothing: each process is given its own."""
        self.processes = processes
        self._process: subprocess.Popen[bytes] | None = None
        self._one_at_a_time = asyncio.Lock()
        modules = sorted({found[0] for command in processes.values() if (found := read_command(command))})
        if modules and hasattr(os, "pidfd_open") and _adopt_orphans():
            self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self._control.setblocking(False)
            with theirs:
                self._process = _start(theirs.fileno(), modules, environment)
            if self._process is None:
                self._control.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the fork server, unless `stop` has: the supervisor may never have begun."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.wait()
            self._control.close()

    async def fork(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], target: int, kept: int
    ) -> Forked | None:
        """A new child of this process; None where it must be started as a program.

        target: for its stdout and stderr, or PIPE.  kept: a descriptor that it keeps open.
        """
        found = read_command(command)
        if self._process is None or found is None:
            return None
        if target != PIPE:
            return await self._ask(Request(name, *found, environment, os.getpid()), target, kept)
        reading, writing = os.pipe()
        try:
            forked = await self._ask(Request(name, *found, environment, os.getpid()), writing, kept)
        finally:
            os.close(writing)
        if forked is None:
            os.close(reading)
        else:
            forked.stdout = await _read_from(reading)
        return forked

    async def _ask(self, request: Request, output: int, kept: int) -> Forked | None:
        async with self._one_at_a_time:
            try:
                socket.send_fds(self._control, [request.to_json()], [output, kept])
                answer = await asyncio.get_running_loop().sock_recv(self._control, 32)
            except OSError:
                return None
        return _watch(int(answer)) if answer.isdigit() else None

    async def stop(self) -> None:
        """Its processes live on, and a fork that is asked for meanwhile fails. May be called again."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        await asyncio.to_thread(process.wait)
        async with self._one_at_a_time:
            self._control.close()


def _watch(pid: int) -> Forked:
    """*Raises*: OSError. A process that cannot be watched is killed."""
    try:
        return Forked(pid)
    except OSError:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise


async def _read_from(descriptor: int) -> asyncio.StreamReader:
    stream = asyncio.StreamReader()
    file = os.fdopen(descriptor, "rb", buffering=0)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), file)
    return stream


def _adopt_orphans() -> bool:
    """*Effects*: orphans among this process's descendants become its children. False where the kernel cannot do it."""
    if sys.platform != "linux":
        return False
    return bool(ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1) == 0)


def _start(control: int, modules: Sequence[str], environment: Mapping[str, str]) -> "subprocess.Popen[bytes] | None":
    try:
        return subprocess.Popen(  # noqa: S603 (our own module)
            [sys.executable, "-m", fork_server.__name__, str(control), *modules],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # a mistake that ends it ends the programs, too, which say so in their logs
            pass_fds=(control,),
            start_new_session=True,
            preexec_fn=die_with_parent(),  # noqa: PLW1509 (no more than prctl and getppid)
        )
    except OSError:
        return None
