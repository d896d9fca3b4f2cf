"""The output of one child process: its log file, or this terminal. Owns the file; `children` owns the process."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from pathlib import Path

import structlog

from config.logs import redact

MAX_LOG_BYTES = 50 * 2**20
TAIL_BYTES, TAIL_LINES = 8192, 20

log = structlog.get_logger(__name__)


class Output:
    """A log file, or this terminal with the child's name before every line."""

    def __init__(self, name: str, folder: Path | None) -> None:
        """folder: None is the terminal."""
        self._prefix = f"{name:<12}| ".encode()
        self._path = folder / f"{name}.log" if folder else None
        self._start = 0

    def open(self) -> int:
        """A file descriptor for the child, which the caller closes; or PIPE, after which `follow` must run.

        A disk that is full, or a folder that is gone, costs the log and not the process.
        """
        if self._path is None:
            return PIPE
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        try:
            if self._path.exists() and self._path.stat().st_size > MAX_LOG_BYTES:
                flags |= os.O_TRUNC
            descriptor = os.open(self._path, flags, 0o600)
        except OSError as error:
            log.warning("process_log_not_opened", path=str(self._path), error=error.strerror)
            return os.open(os.devnull, os.O_WRONLY)
        self._start = os.fstat(descriptor).st_size
        return descriptor

    async def follow(self, stream: asyncio.StreamReader | None) -> None:
        """Copy to the terminal until the child's end."""
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
        """The last lines since the last `open`, redacted; empty for a terminal, which has shown them already."""
        if self._path is None or not self._path.exists():
            return ""
        with self._path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(self._start, size - TAIL_BYTES))
            lines = file.read().decode(errors="replace").strip().splitlines()
        return redact("\n".join(lines[-TAIL_LINES:]))
