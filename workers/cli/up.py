"""`oriel up`: every process on this machine, under one supervisor, until Ctrl-C. Owns the texts, not the processes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Never

import typer

from workers.cli.options import Config, DataDir, Json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from config.endpoints import Endpoints
    from workers.machine.forks import Forks
    from workers.machine.supervisor import Supervisor

WARNINGS_S = (
    30.0  # between two questions whether anything should not stay as it is: each asks the store in each process
)
READY_S = 20.0  # after that, the late processes are named with their reasons, and `up` goes on

Scale = Annotated[
    list[str] | None, typer.Option(metavar="PROCESS=N", help="How many of a process; may be given several times.")
]
Logs = Annotated[bool, typer.Option("--logs", help="Show the processes' logs here, not in the data directory.")]


def up(
    config: Config = None, data_dir: DataDir = None, scale: Scale = None, logs: Logs = False, as_json: Json = False
) -> None:
    """Run every process of the installation on this machine, until Ctrl-C.

    If no state store or broker is configured, an embedded server stores both in the data directory.

    Example: oriel up --config oriel.toml --scale sender=2
    """
    counts = _parse_counts(scale or [])
    from workers.machine.forks import begin_forks
    from workers.machine.procfile import SIMULATOR

    with begin_forks({SIMULATOR}) as forks:  # before everything else: it imports for two seconds
        from workers.cli import output

        output.run(_up(config, data_dir, counts, forks, logs=logs, as_json=as_json), as_json=as_json)


def _parse_counts(scale: list[str]) -> dict[str, int]:
    counts = {}
    for option in scale:
        name, _, count = option.partition("=")
        if not name or not count.isdecimal() or int(count) == 0:
            raise typer.BadParameter(f"{option}: write it as sender=2", param_hint="--scale")
        counts[name] = int(count)
    return counts


async def _up(
    config: Path | None, data_dir: Path | None, scale: dict[str, int], forks: "Forks", *, logs: bool, as_json: bool
) -> int:
    from config.loading import load_settings
    from config.logs import configure_logging
    from workers.cli import foreground
    from workers.machine.supervisor import ITSELF, Supervisor

    settings = load_settings(config, data_dir)
    level = settings.logging if logs else settings.logging.model_copy(update={"level": "warning"})
    configure_logging(ITSELF, level, settings.secret_values())
    supervisor = Supervisor(settings, processes=forks.processes, scale=scale, terminal=logs, forks=forks)
    status = await foreground.run_beside(supervisor, lambda: _announce_and_wait(supervisor, logs=logs, as_json=as_json))
    return 0 if status >= foreground.TO_EXIT_STATUS else status  # Ctrl-C and SIGTERM are the normal end of `up`


async def _announce_and_wait(supervisor: "Supervisor", *, logs: bool, as_json: bool) -> int:
    """Prints every address once all processes are ready, or after 20 s with the late ones named."""
    from workers.cli import foreground, output, readiness

    typer.echo(f"starting in {supervisor.endpoints.data_dir} …", err=True)
    try:
        await foreground.wait_until_ready(supervisor, seconds=READY_S)
    except output.CommandFailed as late:
        output.report_error(late)
    warnings = readiness.join_warnings((await readiness.ask_all(supervisor.endpoints.ops)).values())
    if as_json:
        output.emit({**drop_secrets(supervisor.endpoints), "warnings": warnings})
    else:
        _announce(supervisor.endpoints, logs=logs)
    await _watch_warnings(supervisor, warnings)


async def _watch_warnings(supervisor: "Supervisor", warnings: "Sequence[str]") -> Never:
    """Print each warning once, also of processes that are late, and of a store that changes while they run."""
    import asyncio

    from workers.cli import readiness

    shown: set[str] = set()
    while True:
        for warning in warnings:
            if warning not in shown:
                typer.echo(f"warning: {warning}", err=True)
        shown.update(warnings)
        await asyncio.sleep(WARNINGS_S)
        warnings = readiness.join_warnings((await readiness.ask_all(supervisor.endpoints.ops)).values())


def drop_secrets(endpoints: "Endpoints") -> dict[str, object]:
    """The endpoints without the operator's key and without the stores' URLs, which may hold passwords."""
    return endpoints.model_dump(mode="json", exclude={"operator_key", "state", "broker"})


def _announce(endpoints: "Endpoints", *, logs: bool) -> None:
    from workers.cli import output

    rows = [
        ("API", endpoints.api),
        ("webhooks", endpoints.public_url),
        *((f"ops of {name}", url) for name, url in endpoints.ops.items()),
        ("data", endpoints.data_dir),
    ]
    screen = output.console()
    screen.print(output.table(("running", ""), rows))
    screen.print("Ctrl-C stops everything." if logs else f"Logs are in {endpoints.data_dir / 'logs'}. Ctrl-C stops.")
