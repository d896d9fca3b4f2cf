"""Upload a base of contacts to a campaign, and show the gate's verdict on it. The gate judges; this module shows."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from workers.cli.client import Api, Document
from workers.cli.invocation import Invocation
from workers.cli.output import console, emit, show_warnings, table

REJECTIONS_SHOWN = 5
MEDIA_TYPES: Final = {
    ".csv": "text/csv",
    ".txt": "text/csv",
    ".json": "application/json",
    ".ndjson": "application/x-ndjson",
    ".jsonl": "application/x-ndjson",
}


async def import_base(invocation: Invocation, campaign: str, base: Path, media_type: str) -> None:
    async with invocation.open_api() as api:
        report = await _upload(api, campaign, base, media_type)
        rejections = await fetch_rejections(api, report, REJECTIONS_SHOWN)
    if invocation.as_json:
        emit({**report, "rejections": rejections})
    else:
        _show(report, rejections)


async def _upload(api: Api, campaign: str, base: Path, media_type: str) -> Document:
    screen = console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task(base.name, total=_measure(base))
        return await api.upload(
            f"v1/campaigns/{campaign}/contacts", base, media_type, lambda count: bar.advance(task, count)
        )


def _measure(base: Path) -> int:
    return base.stat().st_size


async def fetch_rejections(api: Api, report: Document, most: int) -> list[Document]:
    """The first rows that did not become contacts, duplicates among them: `most` of them at the most."""
    wanted = min(count_rejections(report), most)
    rejections: list[Document] = []
    if wanted:
        async for rejection in api.items(str(report["rejections_url"])):
            rejections.append(rejection)
            if len(rejections) == wanted:
                break
    return rejections


def count_rejections(report: Document) -> int:
    return int(report["rejected"]) + int(report["duplicates"])


def _show(report: Document, rejections: Sequence[Document]) -> None:
    screen = console()
    names = ("received", "admitted", "rejected", "duplicates")
    replaced = f" ({report['replaced']} replaced the earlier row)" if report.get("replaced") else ""
    screen.print(", ".join(f"{name} {report[name]}" for name in names) + replaced, markup=False)
    if rejections:
        rows = [(rejection["line"], rejection["reason"], rejection["detail"]) for rejection in rejections]
        screen.print(table(("line", "reason", "what to do"), rows))
    rest = count_rejections(report) - len(rejections)
    if rest:
        screen.print(f"and {rest} more, at {report['rejections_url']}", markup=False)
    show_warnings(report, screen)
