"""The command line as people start it: a process of its own, and what it leaves on the machine."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from config.endpoints import is_alive, run_dir
from tests.reading import object_of

ORIEL = Path(sys.executable).parent / "oriel"
SECONDS = 100.0  # five times what any of these takes on an idle machine; shorter than a test may
EVERYBODY = {"oriel", "state", "web", "webhook", "dialer", "sender", "replier", "consumer", "janitor"}


class Command:
    """One `oriel …` that runs. pids: of every process that was ever seen in its data directory."""

    def __init__(self, data_dir: Path, *arguments: str, environ: dict[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self.pids: dict[str, set[int]] = {}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("ORIEL_")}
        self._out, self._err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115 (closed by kill)
        self._process = subprocess.Popen(
            [str(ORIEL), *arguments, "--data-dir", str(data_dir)],
            env={**inherited, **(environ or {})},
            cwd=data_dir.parent,
            stdout=self._out,
            stderr=self._err,
            start_new_session=True,
        )

    @property
    def stdout(self) -> str:
        """All that was written so far."""
        return _whole(self._out)

    @property
    def stderr(self) -> str:
        return _whole(self._err)

    def look(self) -> dict[str, int]:
        """Process → id, as the files say now."""
        found = {}
        for path in run_dir(self.data_dir).glob("*.pid"):
            text = path.read_text() if path.exists() else ""
            if text.strip().isdigit():
                found[path.stem] = int(text)
                self.pids.setdefault(path.stem, set()).add(int(text))
        return found

    def until(self, condition: Callable[[], object], seconds: float = SECONDS) -> None:
        """Waits for a condition while the command runs."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert not self._has_ended(0.02), f"it has ended: {self.stderr}"
            assert time.monotonic() < deadline, f"it never came: {self.stderr}"

    def interrupt(self) -> None:
        self.look()
        self._process.send_signal(signal.SIGINT)

    def end(self, seconds: float = SECONDS) -> tuple[int, str, str]:
        """Exit status, stdout, stderr."""
        deadline = time.monotonic() + seconds
        while not self._has_ended(0.1):
            assert time.monotonic() < deadline, f"it does not end, {self.left_behind()} live: {self.stderr}"
        return self._process.returncode, self.stdout, self.stderr

    def kill(self) -> None:
        """Whatever it was, it is gone, and its output with it."""
        self._process.kill()
        self._process.wait()
        self._out.close()
        self._err.close()

    def _has_ended(self, seconds: float) -> bool:
        """Looks at its processes, then waits a little."""
        self.look()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def left_behind(self) -> dict[str, set[int]]:
        """Those of its processes that live."""
        left = {name: {pid for pid in pids if is_alive(pid)} for name, pids in self.pids.items()}
        return {name: pids for name, pids in left.items() if pids}

    def endpoints(self) -> dict[str, object]:
        return object_of(run_dir(self.data_dir) / "endpoints.json")


def _whole(file: BinaryIO) -> str:
    """From its beginning, whatever its writer is doing at its end: the position is shared with the child."""
    size = os.fstat(file.fileno()).st_size
    return os.pread(file.fileno(), size, 0).decode(errors="replace")


def lines_of(path: Path) -> int:
    """How many lines a file has by now; a missing one has none."""
    return path.read_bytes().count(b"\n") if path.exists() else 0
