"""The fork server: `python -m workers.machine.fork_server`. It imports once what our processes need, and forks them.

`forks` is the supervisor's side. A forked process becomes a child of the supervisor: it is orphaned by a double fork, and
the supervisor is a subreaper. So signals, exit statuses, and the end with the supervisor are those of a started program,
and whatever happens to this server happens to no process that it has forked. Linux only.

Nothing here may start a thread or open a connection: a fork would copy it. `workers.app` is not imported, because it
reads the configuration, of which a restarted process must see the present one.
"""

import ctypes
import gc
import importlib
import json
import os
import runpy
import socket
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from workers.machine.parent import make_ending_with

MAX_REQUEST_BYTES = 1 << 20  # the kernel sends no message of more than 208 KiB, unless it is told to
FAILED = b"-"  # the answer when no process could be forked, else its id in decimal digits
PR_SET_NAME = 15
ARGUMENTS = slice(45, 47)  # behind the program's name in /proc/PID/stat: where its arguments begin and end in memory
COMMON = (
    "asyncio", "celery.app.amqp", "celery.app.control", "celery.app.events", "celery.app.log", "celery.fixups.django",
    "celery.loaders.app", "celery.worker.worker", "config.celeryconfig", "config.endpoints", "config.loading",
    "config.logs", "encodings.idna", "importlib.readers", "kombu.transport.redis", "multiprocessing.util", "uvloop",
    "workers.broker_connection", "workers.domain_events", "workers.hints", "workers.ops", "workers.readiness",
    "workers.watchdog", "workers.wiring.installation",
)  # fmt: skip
CELERY = (
    "billiard.pool", "celery.apps.worker", "celery.backends.base", "celery.bin.celery",
    "celery.bin.worker", "celery.concurrency.thread", "celery.events", "celery.events.dispatcher",
    "celery.events.receiver", "celery.worker.autoscale", "celery.worker.components", "celery.worker.consumer",
    "celery.worker.consumer.delayed_delivery", "celery.worker.control", "celery.worker.pidbox", "celery.worker.strategy",
    "workers.backlog", "workers.loop_thread",
)  # fmt: skip
BY_MODULE: Mapping[str, Sequence[str]] = {
    "celery": CELERY,
    "workers.consumer": ("workers.backlog", "workers.event_consumer", "workers.loop_thread"),
    "workers.janitor": ("shared.upkeep.singleton",),
    "workers.simulator": ("workers.simulator.server",),
    "workers.web": ("workers.web.app",),
    "workers.webhook": ("workers.webhook.ingress", "workers.spool"),
}
"""What a process imports beside COMMON before it has read its configuration: `celery`, or the module of `python -m`."""


@dataclass(frozen=True, slots=True)
class Request:
    """One process to be. module: of `python -m`, or `celery`.  parent: the supervisor's process id."""

    name: str
    module: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    parent: int

    def to_json(self) -> bytes:
        fields = [self.name, self.module, list(self.arguments), dict(self.environment), self.parent]
        return json.dumps(fields).encode()

    @classmethod
    def from_json(cls, text: bytes) -> "Request":
        return cls(*json.loads(text))


def main() -> None:
    """Arguments: the number of the control socket, then what will be forked, as in BY_MODULE."""
    control = socket.socket(fileno=int(sys.argv[1]))
    import_all(sys.argv[2:])
    become = serve(control)
    if become is not None:
        become()


def import_all(modules: Sequence[str]) -> None:
    """*Effects*: the collector never examines the imported objects, so that forked processes go on sharing their memory."""
    gc.disable()
    with _left_out():
        for name in (*COMMON, *(name for module in modules for name in BY_MODULE.get(module, ()))):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()
    gc.enable()


@contextmanager
def _left_out() -> Iterator[None]:
    """Without two packages for terminals, which no process needs and which take a fifth of the time: `rich`, of which
    structlog makes its tracebacks if it can, and `click_repl`, of which Celery makes the command `celery amqp repl`.
    """
    stand_in = ModuleType("click_repl")
    stand_in.__dict__["register_repl"] = lambda _group: None
    hidden: dict[str, Any] = {"click_repl": stand_in, "rich": None}
    sys.modules.update(hidden)
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def serve(control: socket.socket) -> Callable[[], None] | None:
    """None when the supervisor has closed its end. In a forked process: what it must do, with nothing else left to do."""
    while True:
        text, descriptors, _, _ = socket.recv_fds(control, MAX_REQUEST_BYTES, 2)
        if not text:
            return None
        request, (output, kept) = Request.from_json(text), descriptors
        try:
            go = _fork(control)
        except OSError:
            control.send(FAILED)
            go = None
        if go is not None:
            control.close()
            return lambda: _become(request, output, kept, go)
        os.close(output)
        os.close(kept)


def _fork(control: socket.socket) -> int | None:
    """None in the server. In the new process: a descriptor that gives one byte once its parent is the supervisor."""
    go, say_go = os.pipe()
    told, tell = os.pipe()
    between = os.fork()
    if between == 0:
        forked = _fork_again()
        if forked != 0:
            os.write(tell, b"%d" % forked)
            os._exit(0)
        for descriptor in (say_go, told, tell):
            os.close(descriptor)
        return go
    for descriptor in (go, tell):
        os.close(descriptor)
    os.waitpid(between, 0)  # from here on its child is the supervisor's
    control.send(os.read(told, 32) or FAILED)
    with suppress(BrokenPipeError):  # it was killed meanwhile
        os.write(say_go, b"!")
    os.close(say_go)
    os.close(told)
    return None


def _fork_again() -> int:
    """As `os.fork`. Where that fails the process in between ends, and its silence is the answer."""
    try:
        return os.fork()
    except OSError:
        os._exit(1)


# ── in the forked process ───────────────────────────────────────────────────────────────────────────────────────────


def _become(request: Request, output: int, kept: int, go: int) -> None:
    """kept: stays open, so that the lock behind it lives as long as this process."""
    os.setsid()  # the supervisor passes a terminal's Ctrl-C on, in its own order
    if not os.read(go, 1):  # the server has ended, and nobody knows of this process
        os._exit(1)
    os.close(go)
    make_ending_with(request.parent)()
    os.set_inheritable(kept, True)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    os.environ.clear()
    os.environ.update(request.environment)
    _run(request)


def _run(request: Request) -> None:
    """As `python -m module arguments`, which `ps -o args` shows; `ps -o comm` shows the name."""
    ctypes.CDLL(None).prctl(PR_SET_NAME, f"oriel-{request.name}".encode()[:15])
    _show_arguments([sys.executable, "-m", request.module, *request.arguments])
    sys.argv = [request.module, *request.arguments]
    runpy.run_module(request.module, run_name="__main__", alter_sys=True)


def _show_arguments(words: Sequence[str]) -> None:
    """Over those of the fork server, in the memory from which the kernel reads them, as far as there is room.

    Source: proc(5), fields 48 and 49 of /proc/PID/stat.
    """
    fields = Path("/proc/self/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    start, end = (int(field) for field in fields[ARGUMENTS])
    if 0 < start < end:
        text = b"\0".join(os.fsencode(word) for word in words)[: end - start - 1]
        ctypes.memmove(start, text.ljust(end - start, b"\0"), end - start)


if __name__ == "__main__":
    main()
