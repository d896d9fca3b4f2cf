"""`oriel demo`: options, processes and exit status. `scenario` has the steps."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workers.cli.demo.base import MAX_CONTACTS, MIN_CONTACTS
from workers.cli.demo.provider_accounts import PROVIDERS
from workers.cli.options import Config, DataDir, Json

if TYPE_CHECKING:
    from rich.console import Console

    from workers.cli.demo.setup import DemoSetup
    from workers.machine.forks import Forks
    from workers.machine.supervisor import Supervisor

STOP_SECONDS = 5.0  # shorter than for `up`: no real person waits for a demo's last messages

Contacts = Annotated[
    int, typer.Option(metavar="N", min=MIN_CONTACTS, max=MAX_CONTACTS, help="How many rows the base has.")
]
Provider = Annotated[str, typer.Option(metavar="P", help=f"The provider to simulate: {', '.join(PROVIDERS)}.")]
Keep = Annotated[bool, typer.Option("--keep", help="Leave everything running after the report, until Ctrl-C.")]


def demo(
    contacts: Contacts = 100,
    provider: Provider = "twilio",
    keep: Keep = False,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Run a whole campaign against a simulated provider: real processes, real HTTP, no message to real people.

    Exit status 0 only if every sum holds, the campaign finished and the provider accepted no message twice.

    Example: oriel demo --contacts 2000
    """
    import time

    from workers.machine.forks import begin_forks

    began = time.monotonic()
    with begin_forks() as forks:  # before everything else: it imports for two seconds
        from workers.cli import output

        output.run(
            _demo(contacts, provider, config, data_dir, forks, began, keep=keep, as_json=as_json), as_json=as_json
        )


async def _demo(
    contacts: int,
    provider: str,
    config: Path | None,
    data_dir: Path | None,
    forks: "Forks",
    began: float,
    *,
    keep: bool,
    as_json: bool,
) -> int:
    from workers.cli import foreground, output
    from workers.cli.demo.folder import open_folder
    from workers.cli.demo.isolation import isolate_process
    from workers.cli.demo.setup import STATE_DIR, prepare
    from workers.machine.supervisor import Supervisor

    setup = prepare(contacts, provider, config, data_dir, isolate_process())
    with open_folder(setup):
        log_to_file(setup)
        supervisor = Supervisor(
            setup.settings,
            processes=forks.processes,
            extra_env=setup.environment,
            state_dir=STATE_DIR,
            stop_seconds=STOP_SECONDS,
            forks=forks,
        )
        screen = output.console(stderr=as_json)
        return await foreground.run_beside(
            supervisor, lambda: _run_and_report(setup, supervisor, screen, began, keep=keep, as_json=as_json)
        )


async def _run_and_report(
    setup: "DemoSetup", supervisor: "Supervisor", screen: "Console", began: float, *, keep: bool, as_json: bool
) -> int:
    import asyncio

    from workers.cli import output
    from workers.cli.demo import document, report, scenario

    result = await scenario.run(setup, supervisor, screen, began)
    if as_json:
        output.emit(document.build_document(result))
    else:
        report.show(result, setup, screen)
    if keep:
        report.show_addresses(result, setup, supervisor.endpoints, screen)
        await asyncio.get_running_loop().create_future()
    return output.FAILURE if result.problems else 0


def log_to_file(setup: "DemoSetup") -> None:
    """Sends the supervisor's log lines to a file, as the processes' are: the terminal shows the live picture."""
    from config.logs import configure_logging
    from workers.machine.supervisor import ITSELF

    folder = setup.settings.data_dir / "logs"
    folder.mkdir(mode=0o700, exist_ok=True)
    stream = (folder / f"{ITSELF}.log").open("a", encoding="utf-8")  # open as long as the process
    configure_logging(ITSELF, setup.settings.logging, setup.settings.secret_values(), stream)
    sys.excepthook = sys.__excepthook__  # an unexpected error still shows on the terminal
