"""Processes that a benchmark starts, and ends with everything that they have started. Owns no measure."""

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import MappingProxyType

from workers.machine.parent import die_with_parent

ROOT = Path(__file__).parents[2]
END_S = 40.0  # a sender takes 30 s at most to finish its requests
NOTHING: Mapping[str, str] = MappingProxyType({})


@asynccontextmanager
async def started(
    command: Sequence[str], log: Path, environ: Mapping[str, str] = NOTHING, folder: Path = ROOT
) -> AsyncIterator[Process]:
    """Runs for as long as the block lasts. Its stdout is the caller's to read; log: a file for its stderr."""
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, env={**os.environ, **environ}, stdin=asyncio.subprocess.DEVNULL, stdout=PIPE,
            stderr=errors, start_new_session=True, preexec_fn=die_with_parent(),
        )  # fmt: skip
    try:
        yield process
    finally:
        await _end(process)


async def _end(process: Process) -> None:
    """SIGTERM to itself, which ends its children; what is left of its group after that is killed."""
    if process.returncode is None:
        process.terminate()
    with suppress(TimeoutError):
        await asyncio.wait_for(process.communicate(), END_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


async def output_of(command: Sequence[str], log: Path, environ: Mapping[str, str] = NOTHING) -> bytes:
    """What it printed. *Raises*: RuntimeError with the end of its log when it failed."""
    async with started(command, log, environ) as process:
        printed, _ = await process.communicate()
        if process.returncode:
            raise RuntimeError(f"{' '.join(command)}\n{end_of(log)}")
        return printed


def end_of(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-10:])
