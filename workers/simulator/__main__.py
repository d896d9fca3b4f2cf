"""`python -m workers.simulator`: options, signals and the event loop. The server owns everything else."""

import asyncio
import gc
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated

import typer

from shared.ground.errors import ConfigurationError
from workers.simulator.script import Script, load_script
from workers.simulator.server import Simulator

ENVIRONMENT = "ORIEL_SIMULATOR__"

Listen = Annotated[
    str,
    typer.Option(
        envvar=f"{ENVIRONMENT}LISTEN", help="The address to listen on, as HOST:PORT; port 0 takes a free one."
    ),
]
JournalFile = Annotated[
    Path,
    typer.Option(
        "--journal",
        envvar=f"{ENVIRONMENT}JOURNAL",
        help="A file to append to: one JSON line for each request and webhook.",
    ),
]
ScriptFile = Annotated[
    Path | None,
    typer.Option(
        "--script",
        envvar=f"{ENVIRONMENT}SCRIPT",
        help="A JSON file with the behaviour of providers and contacts; the defaults if not given.",
    ),
]


def main(journal: JournalFile, listen: Listen = "127.0.0.1:8900", script: ScriptFile = None) -> None:
    """Play the providers and the contacts, over real HTTP, until SIGTERM or SIGINT."""
    try:
        host, port = _parse_address(listen)
        _run(_serve(load_script(script), journal, host, port))
    except ConfigurationError as error:
        typer.echo(error, err=True)
        raise typer.Exit(2) from None
    except OSError as error:
        typer.echo(f"simulator: {error}", err=True)
        raise typer.Exit(1) from None


async def _serve(script: Script, journal: Path, host: str, port: int) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    simulator = Simulator(script, journal)
    try:
        await simulator.start(host, port)
        typer.echo(f"simulator listens on {simulator.url}")
        await simulator.wait(stop)
    finally:
        await simulator.stop()


def _parse_address(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()):
        raise ConfigurationError(f"--listen {listen}: expected HOST:PORT, such as 127.0.0.1:8900")
    return host.strip("[]"), int(port)


def _run(serving: Coroutine[None, None, None]) -> None:
    # A full collection walks 100,000 kept messages for 200 ms, which a client would measure as latency. Nearly no object
    # here is cyclic, so the oldest generation is collected after 20 million new objects only.
    gc.set_threshold(2_000, 10, 1_000)
    with asyncio.Runner(loop_factory=_choose_loop_factory()) as runner:
        runner.run(serving)


def _choose_loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


if __name__ == "__main__":
    typer.run(main)
