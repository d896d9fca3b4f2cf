"""`make bench`: sends per second from end to end, in one run on one machine, in turn: A B C D A B C D …

Owns the rounds and the table. Absolute figures belong to the machine; what can be compared are the ratios of one round.
"""

import json
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop
from rich.console import Console
from rich.table import Table

from config.logs import configure_logging
from config.settings import LoggingSettings
from tests.benchmarks import bare, oriel, plain_celery
from tests.benchmarks.course import Provider, Turn, provider
from tests.benchmarks.installation import JOBS_PER_MESSAGE
from tests.benchmarks.machine import machine, median

WANTED = 3.0  # times plain Celery: below it the shape is wrong, whatever the machine

Contestant = Callable[[Provider, Path], Awaitable[Turn]]
Round = dict[str, Turn]
"""Contestant → its turn, in the order of the turns."""

Contacts = Annotated[int, typer.Option(min=100, max=1_000_000, help="Messages a turn of the bare loop and of Oriel.")]
Single = Annotated[int, typer.Option(min=100, max=1_000_000, help="Messages a turn where each is a Celery message.")]
Rounds = Annotated[int, typer.Option(min=1, help="Turns of each contestant.")]
Only = Annotated[list[str] | None, typer.Option(help="Some of: bare, celery, oriel, single. All, unless given.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document, for machines.")]


def main(
    contacts: Contacts = 10_000, single: Single = 3_000, rounds: Rounds = 3, only: Only = None, as_json: Json = False
) -> None:
    """Compare Oriel with a bare loop and with plain Celery. Exit status 1 when it is below its design's shape."""
    configure_logging("bench", LoggingSettings(level="warning", format="console"))
    measured_on = machine()
    contestants = {name: run for name, run in _contestants(contacts, single).items() if not only or name in only}
    turns = uvloop.run(_compare(contestants, rounds, Console(stderr=True)))
    if as_json:
        sys.stdout.write(json.dumps({"machine": measured_on, "results": results(turns)}, indent=2) + "\n")
    else:
        _show(Console(), measured_on, turns)
    ratios = _ratios(turns, oriel.NAME, plain_celery.NAME)
    raise typer.Exit(1 if ratios and median(ratios) < WANTED else 0)


def _contestants(contacts: int, single: int) -> dict[str, Contestant]:
    return {
        "bare": lambda provider, _: bare.bare(provider, contacts),
        "celery": lambda provider, folder: plain_celery.plain_celery(provider, folder, single),
        "oriel": lambda provider, folder: oriel.oriel(provider, folder, contacts, JOBS_PER_MESSAGE),
        "single": lambda provider, folder: oriel.oriel(provider, folder, single, 1),
    }


async def _compare(contestants: dict[str, Contestant], rounds: int, console: Console) -> list[Round]:
    done: list[Round] = []
    with tempfile.TemporaryDirectory(prefix="oriel-bench-", ignore_cleanup_errors=True) as folder:
        async with provider(Path(folder)) as simulator:
            for number in range(rounds):
                turns = [await run(simulator, Path(folder) / f"{number}-{name}") for name, run in contestants.items()]
                done.append({turn.contestant: turn for turn in turns})
                told = ", ".join(f"{turn.contestant} {turn.rate:,.0f}/s" for turn in turns)
                console.print(f"round {number + 1} of {rounds}: {told}", style="dim", highlight=False)
    return done


# ── figures ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def results(rounds: Sequence[Round]) -> dict[str, dict[str, object]]:
    """Contestant → its figures. *Shape*: rates in sends a second; spent_us: µs of processor time a send, by process."""
    return {name: _figures(rounds, name) for name in rounds[0]}


def _figures(rounds: Sequence[Round], name: str) -> dict[str, object]:
    turns = [turns[name] for turns in rounds]
    middle = median(turn.rate for turn in turns)
    typical = next(turn for turn in turns if turn.rate == middle)
    return {
        "sends": typical.sends,
        "rate": round(middle),
        "rates": [round(turn.rate) for turn in turns],
        "flow": round(median(turn.flow for turn in turns)),
        "times_bare": _rounded(_ratios(rounds, name, bare.NAME)),
        "times_plain_celery": _rounded(_ratios(rounds, name, plain_celery.NAME)),
        "spent_us": dict(typical.spent_us),
    }


def _ratios(rounds: Sequence[Round], name: str, other: str) -> list[float]:
    """One a round: neighbours in time meet the same machine."""
    return [turns[name].rate / turns[other].rate for turns in rounds if name in turns and other in turns]


def _rounded(ratios: Sequence[float]) -> float | None:
    return round(median(ratios), 2) if ratios else None


# ── the table ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _show(console: Console, measured_on: dict[str, str], rounds: Sequence[Round]) -> None:
    console.print(", ".join(f"{name} {value}" for name, value in measured_on.items()), style="dim", highlight=False)
    table = Table(title="From the first word to the last acceptance", title_justify="left")
    for heading in ("", "messages", "sends/s", "of rounds", "× bare", "× plain Celery", "processor µs a send"):
        table.add_column(heading, justify="left" if heading in {"", "processor µs a send"} else "right")
    for name, figures in results(rounds).items():
        table.add_row(name, *_cells(figures))
    console.print(table)


def _cells(figures: dict[str, Any]) -> list[str]:
    rates, spent = figures["rates"], figures["spent_us"]
    return [
        f"{figures['sends']:,}",
        f"{figures['rate']:,}",
        " ".join(f"{rate:,}" for rate in rates),
        _or_dash(figures["times_bare"]),
        _or_dash(figures["times_plain_celery"]),
        ", ".join(f"{name} {us}" for name, us in sorted(spent.items(), key=lambda item: -item[1]) if us),
    ]


def _or_dash(ratio: object) -> str:
    return "–" if ratio is None else f"{ratio:.2f}"


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(main)
    app()
