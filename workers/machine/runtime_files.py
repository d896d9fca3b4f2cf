"""The files that say what runs in a data directory: the lock, the process ids, and the endpoints.

Owns writing and removing them; `config.endpoints` reads the endpoints. All are private to the user.
"""

import asyncio
import contextlib
import fcntl
import os
from pathlib import Path

from config.endpoints import Endpoints, endpoints_path, is_alive, run_dir
from shared.ground.errors import ConfigurationError

POLL_SECONDS = 0.05


class RuntimeFiles:
    """One supervisor per data directory.

    Decision: two locks. `lock` is the supervisor's own; `processes.lock` is a descriptor that every child inherits, so
    that it is free only when the last process of an earlier start is gone: two servers never write one data directory,
    even after `kill -9` of a supervisor. Process ids only name who is meant; a kernel's lock cannot be stale.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._folder = run_dir(data_dir)
        self._own: int | None = None
        self._inherited: int | None = None

    @property
    def inherited(self) -> int:
        """The descriptor that every child is to hold."""
        if self._inherited is None:
            raise RuntimeError("the lock is not held")
        return self._inherited

    async def lock(self, wait_seconds: float, give_up: asyncio.Event) -> None:
        """wait_seconds: for the processes of a supervisor that was killed, which are still ending.

        *Raises*: ConfigurationError at once when a supervisor lives there, or after the wait.
        """
        self._make_folder()
        self._own = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        if not _locked(self._own):
            holder = _number(os.pread(self._own, 32, 0)) or "unknown"
            self._release()
            raise ConfigurationError(
                f"{self._data_dir} is in use by process {holder}: stop it, or choose another directory with --data-dir"
            )
        os.ftruncate(self._own, 0)
        os.pwrite(self._own, f"{os.getpid()}\n".encode(), 0)
        await self._wait_for_others(asyncio.get_running_loop().time() + wait_seconds, give_up)

    def _make_folder(self) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"{self._data_dir} cannot hold our data: {error.strerror}; choose another with --data-dir"
            ) from None

    async def _wait_for_others(self, deadline: float, give_up: asyncio.Event) -> None:
        self._inherited = os.open(self._folder / "processes.lock", os.O_RDWR | os.O_CREAT, 0o600)
        while not _locked(self._inherited):
            if give_up.is_set() or asyncio.get_running_loop().time() > deadline:
                self._release()
                left = ", ".join(f"{name} ({pid})" for name, pid in self.pids().items() if is_alive(pid))
                raise ConfigurationError(
                    f"{self._data_dir} is in use by processes of an earlier start: {left or 'unknown'}; stop them first"
                )
            await asyncio.sleep(POLL_SECONDS)

    def pids(self) -> dict[str, int]:
        """Process ids by name, as last written."""
        found = {}
        for path in sorted(self._folder.glob("*.pid")):
            with contextlib.suppress(OSError):
                pid = _number(path.read_bytes())
                if pid is not None:
                    found[path.stem] = pid
        return found

    def write_pid(self, name: str, pid: int) -> None:
        _replace(self._folder / f"{name}.pid", f"{pid}\n")

    def write_endpoints(self, endpoints: Endpoints) -> None:
        _replace(endpoints_path(self._data_dir), endpoints.model_dump_json(indent=2) + "\n")

    def clear(self) -> None:
        """Removes what says that something runs here, and lets the directory go. May be called again."""
        if self._inherited is None:
            return
        for path in (*self._folder.glob("*.pid"), endpoints_path(self._data_dir)):
            path.unlink(missing_ok=True)
        self._release()

    def _release(self) -> None:
        """The locks' files stay: removing one would let two processes hold a lock of the same name."""
        for descriptor in (self._inherited, self._own):
            if descriptor is not None:
                os.close(descriptor)
        self._inherited = self._own = None


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _number(text: bytes) -> int | None:
    return int(text) if text.strip().isdigit() else None


def _replace(path: Path, text: str) -> None:
    """A reader sees the old file or the new one, never half of either."""
    fresh = path.with_name(f".{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)
