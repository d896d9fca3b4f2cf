"""The files of a running installation in its data directory: locks, process ids, and the endpoints.

Owns writing and removing them; `config.endpoints` reads the endpoints. Only the user may read them.
"""

import asyncio
import contextlib
import fcntl
import os
from pathlib import Path

from config.endpoints import Endpoints, endpoints_path, is_alive, run_dir
from shared.ground.errors import ConfigurationError, explain_file_error

POLL_SECONDS = 0.05


class RuntimeFiles:
    """One supervisor per data directory.

    Decision: two locks. The supervisor holds `lock`; every child inherits a descriptor of `processes.lock`, which is free
    only when the last process of an earlier start is gone: two servers never write one data directory, even after
    `kill -9` of a supervisor. Process ids serve messages only; unlike them, a kernel's lock cannot be stale.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._folder = run_dir(data_dir)
        self._own: int | None = None
        self._inherited: int | None = None

    @property
    def inherited(self) -> int:
        """The descriptor that every child must inherit."""
        if self._inherited is None:
            raise RuntimeError("the lock is not held")
        return self._inherited

    async def lock(self, wait_seconds: float, give_up: asyncio.Event) -> None:
        """wait_seconds: for processes of a killed supervisor that are still ending.

        *Raises*: ConfigurationError at once if a supervisor runs there, or after the wait.
        """
        self._make_folder()
        self._own = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        if not _try_lock(self._own):
            holder = _parse_pid(os.pread(self._own, 32, 0)) or "unknown"
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
            raise explain_file_error(self._data_dir, error) from None

    async def _wait_for_others(self, deadline: float, give_up: asyncio.Event) -> None:
        self._inherited = os.open(self._folder / "processes.lock", os.O_RDWR | os.O_CREAT, 0o600)
        while not _try_lock(self._inherited):
            if give_up.is_set() or asyncio.get_running_loop().time() > deadline:
                self._release()
                left = ", ".join(f"{name} ({pid})" for name, pid in self.pids().items() if is_alive(pid))
                raise ConfigurationError(
                    f"{self._data_dir} is in use by processes of an earlier start: {left or 'unknown'}; stop them first"
                )
            await asyncio.sleep(POLL_SECONDS)

    def pids(self) -> dict[str, int]:
        """Process ids by name, as last written."""
        pids = {}
        for path in sorted(self._folder.glob("*.pid")):
            with contextlib.suppress(OSError):
                pid = _parse_pid(path.read_bytes())
                if pid is not None:
                    pids[path.stem] = pid
        return pids

    def write_pid(self, name: str, pid: int) -> None:
        """*Raises*: OSError; then there is no file, since an old one would name a process that is gone."""
        path = self._folder / f"{name}.pid"
        try:
            write_private(path, f"{pid}\n")
        except OSError:
            path.unlink(missing_ok=True)
            raise

    def write_endpoints(self, endpoints: Endpoints) -> None:
        write_private(endpoints_path(self._data_dir), endpoints.model_dump_json(indent=2) + "\n")

    def clear(self) -> None:
        """Removes process ids and endpoints, and releases the locks. May be called again."""
        if self._inherited is None:
            return
        for path in (*self._folder.glob("*.pid"), endpoints_path(self._data_dir)):
            path.unlink(missing_ok=True)
        self._release()

    def _release(self) -> None:
        """The locks' files stay: after a removal two processes could hold locks of the same name."""
        for descriptor in (self._inherited, self._own):
            if descriptor is not None:
                os.close(descriptor)
        self._inherited = self._own = None


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _parse_pid(text: bytes) -> int | None:
    return int(text) if text.strip().isdigit() else None


def write_private(path: Path, text: str) -> None:
    """For this user only, and atomic: a reader sees the old file or the new one. *Raises*: OSError."""
    fresh = path.with_name(f".{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)  # half a file takes room on a full disk
        raise
