"""The spool: webhook bodies on local disk while the state store is away. Synced, bounded, replayed in any order.

Owns the spool's files: one an entry, so that a half-written one is recognised and a replay may stop at any entry.

Decision: processes that share a data directory share the spool, and how many bytes it holds stands in a file of it, which
is locked while it changes. A listing under that lock tells the same number, so a process that dies is counted right
again by the next start or replay. To list the directory for each entry would cost 0.3 s in a full spool of 200,000; a
directory for each process would need a bound that knows how many there are. The cost: a lock and a write of 20 bytes an
entry, not synced.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from structlog.stdlib import BoundLogger, get_logger

from shared.ground import telemetry
from shared.ground.errors import NO_SPACE
from shared.ground.ids import EntryId
from shared.inbound.journal.store import Entry, entry_from_bytes

SUFFIX, PART = ".entry", ".part"
TALLY = "bytes"  # the file with the number of bytes; whoever changes the spool holds its lock
DIGITS = 20
MAX_BYTES = 256 << 20  # about 200,000 webhooks: an hour of statuses at 50 messages a second


log: BoundLogger = get_logger(__name__)


class SpoolFull(Exception):  # noqa: N818 (no fault: the provider gets a 503 and repeats the webhook)
    """The spool takes no more entries until the store is back."""


class Spool:
    """*Effects*: files under `directory`, mode 0600. Blocking: call it off the loop, but for `is_empty`."""

    def __init__(self, directory: Path, max_bytes: int = MAX_BYTES) -> None:
        self._directory = directory
        self._max_bytes = max_bytes
        try:
            self._make_directory()
            with self._locked() as tally:
                self._remove_half_written()
                self._recount(tally)
        except OSError as error:  # on a full disk the process serves all the same: a store that answers needs no spool
            if error.errno not in NO_SPACE:
                raise
            log.warning("spool_not_made", error=error.strerror)

    @property
    def is_empty(self) -> bool:
        """Whether no process has entries in it."""
        try:
            held = int((self._directory / TALLY).read_bytes() or 0)
        except (FileNotFoundError, ValueError):
            held = 0
        telemetry.SPOOL_BYTES.set(held)
        return held == 0

    def put(self, entry: Entry) -> None:
        """Returns once the entry would survive a power cut. *Raises*: SpoolFull; OSError, with nothing left on disk."""
        packed = entry.to_bytes()
        self._make_directory()
        part = self._directory / f"{entry.id}{PART}"
        descriptor = self._claim(part, len(packed))
        try:
            _write_synced(descriptor, packed)
            with self._locked():
                part.rename(part.with_suffix(SUFFIX))
        except OSError:  # the disk is full perhaps: half an entry would keep its room
            with self._locked() as tally:
                part.unlink(missing_ok=True)
                self._add(tally, -len(packed))
            raise
        finally:
            os.close(descriptor)
        self._sync_directory()

    def read_entries(self) -> Iterator[Entry]:
        """Every entry, in any order. *Effects*: sets damaged files aside; counts what is left at the end."""
        for path in self._list_files(SUFFIX):
            try:
                yield entry_from_bytes(EntryId(path.stem), path.read_bytes())
            except FileNotFoundError:
                continue  # another process was faster
            except (ValueError, KeyError, TypeError):  # damaged on disk: kept for a person, never replayed
                with suppress(FileNotFoundError):  # another process has set it aside
                    path.rename(path.with_suffix(".damaged"))
        with self._locked() as tally:
            self._recount(tally)

    def remove(self, entry: Entry) -> None:
        """Remove an entry that is in the journal now. Another process may have removed it."""
        path = self._directory / f"{entry.id}{SUFFIX}"
        with self._locked() as tally:
            if path.exists():
                size = path.stat().st_size
                path.unlink()
                self._add(tally, -size)

    # ── its bytes ───────────────────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """The tally's descriptor, locked against every other thread and process."""
        descriptor = os.open(self._directory / TALLY, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)

    def _claim(self, part: Path, size: int) -> int:
        """The descriptor of an entry's file, which has its size already, so that a listing counts it. It stays locked until
        it is closed: the living are told from the dead by that. *Raises*: SpoolFull; OSError.
        """
        with self._locked() as tally:
            held = int(os.pread(tally, DIGITS, 0) or 0)
            if held + size > self._max_bytes:
                raise SpoolFull
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                os.ftruncate(descriptor, size)
                self._add(tally, size)
            except OSError:
                os.close(descriptor)
                part.unlink(missing_ok=True)
                raise
            return descriptor

    def _add(self, tally: int, change: int) -> None:
        _write_number(tally, int(os.pread(tally, DIGITS, 0) or 0) + change)

    def _recount(self, tally: int) -> None:
        _write_number(tally, sum(path.stat().st_size for end in (SUFFIX, PART) for path in self._list_files(end)))

    # ── its files ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _make_directory(self) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _remove_half_written(self) -> None:
        """Those of processes that died: nobody holds their lock."""
        for part in self._list_files(PART):
            descriptor = os.open(part, os.O_WRONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            else:
                part.unlink()
            finally:
                os.close(descriptor)

    def _list_files(self, end: str = SUFFIX) -> list[Path]:
        return list(self._directory.glob(f"*{end}"))

    def _sync_directory(self) -> None:
        descriptor = os.open(self._directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _write_number(tally: int, number: int) -> None:
    """Always as wide, in place: a disk that has become full takes it as well."""
    os.pwrite(tally, f"{number:0{DIGITS}d}".encode(), 0)
    telemetry.SPOOL_BYTES.set(number)


def _write_synced(descriptor: int, data: bytes) -> None:
    """All of it: a disk that is nearly full takes a part of a write and reports no error."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    os.fsync(descriptor)
