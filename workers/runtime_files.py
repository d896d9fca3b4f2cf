"""The files that say what runs in a data directory: the lock, the process ids, and the endpoints.

Owns writing and removing them; `config.endpoints` reads the endpoints. All are private to the user.
"""

import asyncio
import contextlib
import fcntl
import os
from pathlib import Path

from config.endpoints import Endpoints, endpoints_path, is_alive, run_dir
from shared.errors import ConfigurationError

POLL_SECONDS = 0.05


class RuntimeFiles:
    """One supervisor per data directory.

    Decision: the lock is a descriptor that every child inherits. It is free only when the last process of an earlier
    start is gone, so that two servers never write one data directory, even after `kill -9` of a supervisor.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._folder = run_dir(data_dir)
        self._lock: int | None = None

    @property
    def lock_descriptor(self) -> int:
        if self._lock is None:
            raise RuntimeError("the lock is not held")
        return self._lock

    async def lock(self, wait_seconds: float) -> None:
        """wait_seconds: for the processes of a supervisor that was killed, which are still ending.

        *Raises*: ConfigurationError at once when a supervisor lives there, or after the wait.
        """
        self._make_folders()
        descriptor = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            await self._acquire(descriptor, wait_seconds)
        except BaseException:
            os.close(descriptor)
            raise
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._lock = descriptor

    def _make_folders(self) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"{self._data_dir} cannot hold our data: {error.strerror}; choose another with --data-dir"
            ) from None

    async def _acquire(self, descriptor: int, wait_seconds: float) -> None:
        deadline = asyncio.get_running_loop().time() + wait_seconds
        while not _locked(descriptor):
            holder = _number(os.pread(descriptor, 32, 0))
            alive = holder is not None and is_alive(holder)
            if alive or asyncio.get_running_loop().time() > deadline:
                raise ConfigurationError(self._occupied(holder, alive=alive))
            await asyncio.sleep(POLL_SECONDS)

    def _occupied(self, holder: int | None, *, alive: bool) -> str:
        if alive:
            return (
                f"{self._data_dir} is in use by process {holder}: stop it, or choose another directory with --data-dir"
            )
        left = ", ".join(f"{name} ({pid})" for name, pid in self.pids().items() if is_alive(pid))
        return f"{self._data_dir} is in use by processes of an earlier start: {left or 'unknown'}; stop them first"

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
        if self._lock is None:
            return
        for path in (*self._folder.glob("*.pid"), endpoints_path(self._data_dir)):
            path.unlink(missing_ok=True)
        os.close(self._lock)  # the file stays: removing it would let two hold a lock of the same name
        self._lock = None


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
