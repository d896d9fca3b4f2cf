"""The writing end of the journal. Owns the file; `journal` owns the format.

A line is on disk at most `FLUSH_S` after it was written; at once when the journal is read over HTTP; and at the end.
"""

import asyncio
import json
from pathlib import Path
from typing import BinaryIO

from workers.simulator.journal import JournalRecord, encode_record

FLUSH_S = 0.05  # at 4,000 lines/s one write of 200 lines; short beside the 1 s after which a test looks again

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Journal:
    """*Effects*: creates the file and its folder; never truncates."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file: BinaryIO = path.open("ab")
        self._lines: list[str] = []

    def write(self, record: JournalRecord) -> None:
        self._lines.append(_encode(encode_record(record)))

    def flush(self) -> None:
        """*Raises*: OSError, and the process ends: a journal with holes would prove nothing."""
        if self._lines:
            lines, self._lines = self._lines, []
            self._file.write(("\n".join(lines) + "\n").encode())
            self._file.flush()

    async def keep_flushing(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            self.flush()

    def close(self) -> None:
        try:
            self.flush()
        finally:
            self._file.close()
