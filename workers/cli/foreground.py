"""Processes that live as long as one command: signals, waiting for readiness, the end.

Owns the terminal's side; the supervisor owns the processes. Used from the main thread.
"""

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from pathlib import Path

import aiohttp

from shared.ground.errors import ConfigurationError, OrielError
from workers.cli.output import CommandFailed
from workers.machine.output import Output
from workers.machine.procfile import SIMULATOR
from workers.machine.supervisor import Supervisor

READY_SECONDS = 60.0
POLL_SECONDS = 0.1
ASK_SECONDS = 3.0
HOPELESS_RESTARTS = 4  # a process that died so often before it was ready once will not become ready
OK = 200
TO_EXIT_STATUS = 128  # a shell's exit status for a command that a signal has ended: 128 and the signal's number

Work = Callable[[], Awaitable[int]]


# ── from the first signal to the last process ───────────────────────────────────────────────────────────────────────


async def run_beside(supervisor: Supervisor, work: Work) -> int:
    """Start all processes, do the work, and stop all processes, in any case.

    The exit status: that of the work, or 128 and the signal's number. *Raises*: the errors of work and supervisor.
    """
    received: list[signal.Signals] = []
    running = asyncio.create_task(_start_and_work(supervisor, work))

    def handle(number: signal.Signals) -> None:
        received.append(number)
        (supervisor.interrupt if number is signal.SIGINT else supervisor.terminate)()
        running.cancel()

    with _handle_signals(handle):
        try:
            return await running
        except (asyncio.CancelledError, OrielError):
            if not received:
                raise
            return TO_EXIT_STATUS + received[0]
        finally:
            await supervisor.stop()


async def _start_and_work(supervisor: Supervisor, work: Work) -> int:
    await supervisor.start()
    working = asyncio.ensure_future(work())
    stopping = asyncio.create_task(supervisor.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise ConfigurationError(supervisor.failure or "the processes have ended")
    finally:
        for task in (working, stopping):
            task.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)


@contextlib.contextmanager
def _handle_signals(handle: Callable[[signal.Signals], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in signals:
        loop.add_signal_handler(number, handle, number)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


# ── readiness ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def wait_until_ready(
    supervisor: Supervisor, on_late: Callable[[Collection[str]], None] = lambda _: None, seconds: float = READY_SECONDS
) -> None:
    """Return when every process is ready. on_late: called now and then with the names of those that are not.

    *Raises*: CommandFailed with the names of those that are not, the reasons, and the ends of their logs.
    """
    deadline = time.monotonic() + seconds
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ASK_SECONDS)) as session:
        while missing := await _find_missing(session, supervisor):
            hopeless = [name for name in missing if supervisor.restarts.get(name, 0) >= HOPELESS_RESTARTS]
            if hopeless or time.monotonic() > deadline:
                raise CommandFailed("not-ready", _describe_missing(missing, supervisor, seconds, hopeless))
            on_late(missing)
            await asyncio.sleep(POLL_SECONDS)


async def _find_missing(session: aiohttp.ClientSession, supervisor: Supervisor) -> dict[str, str]:
    """Process → the reason why it is not ready."""
    urls = _find_readiness_urls(supervisor)
    answers = await asyncio.gather(*(_ask(session, url) for url in urls.values()))
    return {name: answer for name, answer in zip(urls, answers, strict=True) if answer is not None}


def _find_readiness_urls(supervisor: Supervisor) -> Mapping[str, str]:
    """The simulator is no process of an installation: it has no ops port, and is ready as soon as it answers."""
    endpoints = supervisor.endpoints
    urls = {name: f"{url}/readyz" for name, url in endpoints.ops.items()}
    if endpoints.simulator is not None:
        urls[SIMULATOR] = f"{endpoints.simulator}/livez"
    return urls


async def _ask(session: aiohttp.ClientSession, url: str) -> str | None:
    """None if ready, else the reason."""
    try:
        async with session.get(url) as response:
            if response.status == OK:
                return None
            return (await response.text()).strip()
    except (aiohttp.ClientError, TimeoutError) as error:
        return f"no answer on its ops port ({type(error).__name__})"


def _describe_missing(missing: Mapping[str, str], supervisor: Supervisor, seconds: float, hopeless: list[str]) -> str:
    folder = supervisor.endpoints.data_dir / "logs"
    problem = "keeps dying" if hopeless else f"not ready within {seconds:.0f} s"
    names = hopeless or list(missing)
    parts = [f"{', '.join(names)}: {problem}."]
    for name in names:
        parts.append(f"{name}: {missing[name]}")
        parts.append(_quote_log(name, folder))
    return "\n".join(part for part in parts if part)


def _quote_log(name: str, folder: Path) -> str:
    """The end of a process's log, with phone numbers redacted."""
    try:
        text = Output(name, folder).tail()
    except OSError:
        return ""
    return f"  the end of {folder / name}.log:\n" + "\n".join(f"  | {line}" for line in text.splitlines())
