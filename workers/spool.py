"""The spool: webhook bodies on local disk while the state store is away. Synced, bounded, replayed in any order.

Owns the spool's files: one an entry, so that a half-written one is recognised and a replay may stop at any entry.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from structlog.stdlib import BoundLogger, get_logger

from shared.ground import telemetry
from shared.ground.errors import NO_SPACE
from shared.ground.ids import EntryId
from shared.inbound.journal.store import Entry, entry_from_bytes

SUFFIX = ".entry"
MAX_BYTES = 256 << 20  # about 200,000 webhooks: an hour of statuses at 50 messages a second


log: BoundLogger = get_logger(__name__)


class SpoolFull(Exception):  # noqa: N818 (no fault: the provider gets a 503 and repeats the webhook)
    """The spool takes no more entries until the store is back."""


class Spool:
    """*Effects*: files under `directory`, mode 0600. Blocking: call it off the loop."""

    def __init__(self, directory: Path, max_bytes: int = MAX_BYTES) -> None:
        self._directory = directory
        self._max_bytes = max_bytes
        self._make_directory()
        for unfinished in directory.glob("*.part"):
            unfinished.unlink()
        self._bytes = sum(path.stat().st_size for path in self._list_files())
        telemetry.SPOOL_BYTES.set(self._bytes)

    @property
    def is_empty(self) -> bool:
        return self._bytes == 0

    def put(self, entry: Entry) -> None:
        """Returns once the entry would survive a power cut. *Raises*: SpoolFull; OSError, with nothing left on disk."""
        packed = entry.to_bytes()
        if self._bytes + len(packed) > self._max_bytes:
            raise SpoolFull
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self._directory / f"{entry.id}.part"
        try:
            _write_synced(part, packed)
            part.rename(part.with_suffix(SUFFIX))
        except OSError:
            part.unlink(missing_ok=True)  # the disk is full perhaps: half an entry would keep its room
            raise
        self._sync_directory()
        self._count(len(packed))

    def read_entries(self) -> Iterator[Entry]:
        """Every entry, in any order. *Effects*: sets damaged files aside."""
        for path in self._list_files():
            try:
                yield entry_from_bytes(EntryId(path.stem), path.read_bytes())
            except (json.JSONDecodeError, KeyError):  # damaged on disk: kept for a person, never replayed
                path.rename(path.with_suffix(".damaged"))

    def remove(self, entry: Entry) -> None:
        """Remove an entry that is in the journal now."""
        path = self._directory / f"{entry.id}{SUFFIX}"
        size = path.stat().st_size
        path.unlink()
        self._count(-size)

    def _make_directory(self) -> None:
        """On a full disk, the process serves all the same: a store that answers needs no spool."""
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            if error.errno not in NO_SPACE:
                raise
            log.warning("spool_not_made", error=error.strerror)

    def _list_files(self) -> list[Path]:
        return list(self._directory.glob(f"*{SUFFIX}"))

    def _count(self, change: int) -> None:
        self._bytes += change
        telemetry.SPOOL_BYTES.set(self._bytes)

    def _sync_directory(self) -> None:
        descriptor = os.open(self._directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _write_synced(path: Path, data: bytes) -> None:
    """All of it: a disk that is nearly full takes a part of a write and reports no error."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
