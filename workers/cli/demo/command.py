"""`oriel demo`: the main job on real processes, with a verdict. Owns options and exit status."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workers.cli.options import Config, DataDir, Json

if TYPE_CHECKING:
    from rich.console import Console

    from workers.cli.demo.stage import Stage
    from workers.machine.supervisor import Supervisor

FEWEST, MOST = 5, 10_000
STOP_SECONDS = 5.0  # nobody's message is on the wire when a demo ends, or nobody's that matters

Contacts = Annotated[int, typer.Option(metavar="N", min=FEWEST, max=MOST, help="How many rows the base has.")]
Provider = Annotated[str, typer.Option(metavar="P", help="Whom the simulator plays: twilio, wavy, hey, meta.")]
Keep = Annotated[bool, typer.Option("--keep", help="Leave everything running after the report, until Ctrl-C.")]


def demo(
    contacts: Contacts = 100,
    provider: Provider = "twilio",
    keep: Keep = False,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Run a whole campaign against an imaginary provider: real processes, real HTTP, nobody is written to.

    Exit status 0 only if every sum holds, the campaign finished and the provider saw nobody twice.

    Example: oriel demo --contacts 2000
    """
    from workers.cli import output

    output.run(_demo(contacts, provider, config, data_dir, keep=keep, as_json=as_json), as_json=as_json)


async def _demo(
    contacts: int, provider: str, config: Path | None, data_dir: Path | None, *, keep: bool, as_json: bool
) -> int:
    import time

    from workers.cli import foreground, output
    from workers.cli.demo import stage as staging
    from workers.machine.supervisor import Supervisor

    began = time.monotonic()
    stage = staging.set_stage(contacts, provider, config, data_dir, staging.environ_apart())
    with staging.folder_of(stage):
        log_to_file(stage)
        supervisor = Supervisor(
            stage.settings,
            processes=foreground.procfile(),
            extra_env=stage.environment,
            state_dir=staging.STATE_DIR,
            stop_seconds=STOP_SECONDS,
        )
        screen = output.console(stderr=as_json)
        return await foreground.perform(
            supervisor, lambda: _play(stage, supervisor, screen, began, keep=keep, as_json=as_json)
        )


async def _play(
    stage: "Stage", supervisor: "Supervisor", screen: "Console", began: float, *, keep: bool, as_json: bool
) -> int:
    import asyncio

    from workers.cli import output
    from workers.cli.demo import report, story

    ending = await story.tell(stage, supervisor, screen, began)
    if as_json:
        output.emit(report.document(ending))
    else:
        report.show(ending, stage, screen)
    if keep:
        report.show_addresses(ending, stage, supervisor.endpoints, screen)
        await asyncio.get_running_loop().create_future()
    return output.FAILURE if ending.problems else 0


def log_to_file(stage: "Stage") -> None:
    """The supervisor's own lines go where its children's go: the terminal is the picture's."""
    from config.logs import configure_logging
    from workers.machine.supervisor import ITSELF

    folder = stage.settings.data_dir / "logs"
    folder.mkdir(mode=0o700, exist_ok=True)
    stream = (folder / f"{ITSELF}.log").open("a", encoding="utf-8")  # as long as the process
    configure_logging(ITSELF, stage.settings.logging, stage.settings.secret_values(), stream)
    sys.excepthook = sys.__excepthook__  # a fault of ours is shown where it was asked for
