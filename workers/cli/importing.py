"""A base of contacts on its way into a campaign, and the gate's verdict on it. Owns what is shown; the gate judges."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from workers.cli.client import Api, Document, locate
from workers.cli.output import console, emit, show_warnings, table

REJECTIONS_SHOWN = 5
MEDIA_TYPES: Final = {
    ".csv": "text/csv",
    ".txt": "text/csv",
    ".json": "application/json",
    ".ndjson": "application/x-ndjson",
    ".jsonl": "application/x-ndjson",
}


async def import_base(
    campaign: str, base: Path, media_type: str, tenant: str | None, data_dir: Path | None, *, as_json: bool
) -> None:
    async with Api(locate(data_dir), tenant) as api:
        report = await _upload(api, campaign, base, media_type)
        rejections = await first_rejections(api, report, REJECTIONS_SHOWN)
    if as_json:
        emit({**report, "rejections": rejections})
    else:
        _show(report, rejections)


async def _upload(api: Api, campaign: str, base: Path, media_type: str) -> Document:
    screen = console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
        task = progress.add_task(base.name, total=_size(base))
        return await api.upload(
            f"v1/campaigns/{campaign}/contacts", base, media_type, lambda more: progress.advance(task, more)
        )


def _size(base: Path) -> int:
    return base.stat().st_size


async def first_rejections(api: Api, report: Document, most: int) -> list[Document]:
    """Rows that did not become contacts, duplicates among them: `most` of them, or all there are."""
    wanted = min(not_admitted(report), most)
    found: list[Document] = []
    if wanted:
        async for rejection in api.items(str(report["rejections_url"])):
            found.append(rejection)
            if len(found) == wanted:
                break
    return found


def not_admitted(report: Document) -> int:
    return int(report["rejected"]) + int(report["duplicates"])


def _show(report: Document, rejections: Sequence[Document]) -> None:
    screen = console()
    counted = ("received", "admitted", "rejected", "duplicates")
    screen.print(", ".join(f"{name} {report[name]}" for name in counted), markup=False)
    if rejections:
        rows = [(rejection["line"], rejection["reason"], rejection["detail"]) for rejection in rejections]
        screen.print(table(("line", "reason", "what to do"), rows))
    rest = not_admitted(report) - len(rejections)
    if rest:
        screen.print(f"and {rest} more, at {report['rejections_url']}", markup=False)
    show_warnings(report, screen)
