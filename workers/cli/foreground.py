"""Processes that live as long as one command: signals, waiting until everybody can work, and the end.

Owns the terminal's side; who runs and how is the supervisor's. Used from the main thread.
"""

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from pathlib import Path

import aiohttp

import workers
from shared.ground.errors import ConfigurationError, OrielError
from workers.cli.output import CommandFailed
from workers.machine.children import Output
from workers.machine.supervisor import SIMULATOR, Supervisor, read_procfile

READY_SECONDS = 60.0
POLL_SECONDS = 0.1
ASK_SECONDS = 3.0
HOPELESS_RESTARTS = 4  # a process that died so often before it could work once will not
OK = 200
TO_EXIT_STATUS = 128  # shells say so of a command that a signal has ended

Story = Callable[[], Awaitable[int]]


def procfile() -> dict[str, tuple[str, ...]]:
    """The Procfile next to our packages (a checkout, an image), else the working directory's.

    *Raises*: ConfigurationError.
    """
    root = Path(workers.__file__).resolve().parent.parent
    beside = root / "Procfile"
    return read_procfile(beside if beside.exists() else Path("Procfile").absolute())


# ── from the first signal to the last process ───────────────────────────────────────────────────────────────────────


async def perform(supervisor: Supervisor, story: Story) -> int:
    """Starts everything, plays the story, stops everything, whatever happens meanwhile.

    The exit status: the story's own, or 128 and the signal's number. *Raises*: what story and supervisor raise.
    """
    heard: list[signal.Signals] = []
    play = asyncio.create_task(_play(supervisor, story))

    def hear(number: signal.Signals) -> None:
        heard.append(number)
        (supervisor.interrupt if number is signal.SIGINT else supervisor.terminate)()
        play.cancel()

    with _told_to(hear):
        try:
            return await play
        except (asyncio.CancelledError, OrielError):
            if not heard:
                raise
            return TO_EXIT_STATUS + heard[0]
        finally:
            await supervisor.stop()


async def _play(supervisor: Supervisor, story: Story) -> int:
    await supervisor.start()
    telling = asyncio.ensure_future(story())
    stopped = asyncio.create_task(supervisor.wait())
    try:
        await asyncio.wait({telling, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if telling.done():
            return telling.result()
        raise ConfigurationError(supervisor.failure or "the processes have ended")
    finally:
        for task in (telling, stopped):
            task.cancel()
        await asyncio.gather(telling, stopped, return_exceptions=True)


@contextlib.contextmanager
def _told_to(hear: Callable[[signal.Signals], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in signals:
        loop.add_signal_handler(number, hear, number)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


# ── readiness ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def until_ready(
    supervisor: Supervisor, on_late: Callable[[Collection[str]], None] = lambda _: None, seconds: float = READY_SECONDS
) -> None:
    """Returns when every process says that it can work. on_late: told now and then who does not yet.

    *Raises*: CommandFailed naming those that do not, why, and what they wrote last.
    """
    deadline = time.monotonic() + seconds
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ASK_SECONDS)) as session:
        while missing := await _missing(session, supervisor):
            hopeless = [name for name in missing if supervisor.restarts.get(name, 0) >= HOPELESS_RESTARTS]
            if hopeless or time.monotonic() > deadline:
                raise CommandFailed("not-ready", _not_ready(missing, supervisor, seconds, hopeless))
            on_late(missing)
            await asyncio.sleep(POLL_SECONDS)


async def _missing(session: aiohttp.ClientSession, supervisor: Supervisor) -> dict[str, str]:
    """Process → why it cannot work yet."""
    urls = _readiness_urls(supervisor)
    answers = await asyncio.gather(*(_complaint(session, url) for url in urls.values()))
    return {name: answer for name, answer in zip(urls, answers, strict=True) if answer is not None}


def _readiness_urls(supervisor: Supervisor) -> Mapping[str, str]:
    """The simulator is no process of an installation: it has one port, and lives as soon as it answers."""
    endpoints = supervisor.endpoints
    urls = {name: f"{url}/readyz" for name, url in endpoints.ops.items()}
    if endpoints.simulator is not None:
        urls[SIMULATOR] = f"{endpoints.simulator}/livez"
    return urls


async def _complaint(session: aiohttp.ClientSession, url: str) -> str | None:
    try:
        async with session.get(url) as response:
            if response.status == OK:
                return None
            return (await response.text()).strip()
    except (aiohttp.ClientError, TimeoutError) as error:
        return f"no answer on its ops port ({type(error).__name__})"


def _not_ready(missing: Mapping[str, str], supervisor: Supervisor, seconds: float, hopeless: list[str]) -> str:
    folder = supervisor.endpoints.data_dir / "logs"
    when = "keeps dying" if hopeless else f"not ready within {seconds:.0f} s"
    names = hopeless or list(missing)
    parts = [f"{', '.join(names)}: {when}."]
    for name in names:
        parts.append(f"{name}: {missing[name]}")
        parts.append(_last_words(name, folder))
    return "\n".join(part for part in parts if part)


def _last_words(name: str, folder: Path) -> str:
    """The end of a process's log, with nobody's number in it."""
    try:
        text = Output(name, folder).tail()
    except OSError:
        return ""
    return f"  the end of {folder / name}.log:\n" + "\n".join(f"  | {line}" for line in text.splitlines())
