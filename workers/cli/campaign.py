"""`oriel campaign …`: create, import, start, pause, resume, cancel, status, results.

Owns how a campaign is asked for and shown; what may be done with one is the API's to say.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workers.cli.options import CampaignId, DataDir, Json, Tenant

if TYPE_CHECKING:
    from workers.cli.client import Api, Document

app = typer.Typer(help="Create, fill, start and watch campaigns.", no_args_is_help=True)

REJECTIONS_SHOWN = 5
MEDIA_TYPES = {
    ".csv": "text/csv",
    ".txt": "text/csv",
    ".json": "application/json",
    ".ndjson": "application/x-ndjson",
    ".jsonl": "application/x-ndjson",
}

Base = Annotated[
    Path,
    typer.Argument(metavar="BASE", exists=True, dir_okay=False, help="The contacts: .csv, .json or .ndjson, any size."),
]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Watch until it is finished.")]


# ── commands ────────────────────────────────────────────────────────────────────────────────────────────────────────


@app.command()
def create(
    name: Annotated[str, typer.Option(help="What people call it.")],
    sender: Annotated[str, typer.Option(metavar="ID", help="Who writes: see `oriel sender list`.")],
    template: Annotated[str, typer.Option(metavar="NAME", help="What is written: see `oriel template list`.")],
    language: Annotated[str, typer.Option(help="The template's language, in the provider's spelling.")] = "en",
    external_id: Annotated[str | None, typer.Option(help="Your own id: the same id is the same campaign.")] = None,
    require_opt_in: Annotated[
        bool | None, typer.Option(help="Write only to those who agreed.", show_default="required")
    ] = None,
    region: Annotated[str | None, typer.Option(metavar="UY", help="Country of numbers without +.")] = None,
    rate: Annotated[float | None, typer.Option(metavar="N", help="Messages a second; the sender's rate at most.")] = None,
    weight: Annotated[float | None, typer.Option(metavar="N", help="Share among the campaigns of its sender.")] = None,
    unconfirmed: Annotated[
        str | None, typer.Option(metavar="hold|resend", help="What happens to those of whom it is not known.")
    ] = None,
    stays_open: Annotated[
        bool | None, typer.Option("--open", help="Stays alive when everybody has been written to.", show_default=False)
    ] = None,
    tenant: Tenant = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Create a campaign, and print its id.

    Example: oriel campaign create --name "Reminders of May" --sender clinic --template appointment_reminder
    """
    rules = {
        "external_id": external_id,
        "require_opt_in": require_opt_in,
        "region": region,
        "rate_per_second": rate,
        "weight": weight,
        "unconfirmed": unconfirmed,
        "open": stays_open,
    }
    wanted = {"name": name, "sender": sender, "template": {"name": template, "language": language}}
    body = {**wanted, **{key: value for key, value in rules.items() if value is not None}}
    _ask(lambda api: api.post("v1/campaigns", body), lambda made: str(made["id"]), tenant, data_dir, as_json=as_json)


@app.command(name="import")
def import_(
    campaign: CampaignId, base: Base, tenant: Tenant = None, data_dir: DataDir = None, as_json: Json = False
) -> None:
    """Add the contacts of a file to a campaign. Sending the file again adds only what is missing.

    Example: oriel campaign import cabcdefghijklmnop base.csv
    """
    from workers.cli import output

    output.run(_import(campaign, base, tenant, data_dir, as_json=as_json), as_json=as_json)


@app.command()
def start(
    campaign: CampaignId,
    follow: Follow = False,
    tenant: Tenant = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Start writing to everybody in a campaign.

    Example: oriel campaign start cabcdefghijklmnop --follow
    """
    from workers.cli import output

    output.run(_show(campaign, "start", tenant, data_dir, follow=follow, as_json=as_json), as_json=as_json)


@app.command()
def pause(campaign: CampaignId, tenant: Tenant = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Stop writing within a second; keep the rest for `resume`.

    Example: oriel campaign pause cabcdefghijklmnop
    """
    _order(campaign, "pause", tenant, data_dir, as_json=as_json)


@app.command()
def resume(campaign: CampaignId, tenant: Tenant = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Write to exactly those who were left when it was paused.

    Example: oriel campaign resume cabcdefghijklmnop
    """
    _order(campaign, "resume", tenant, data_dir, as_json=as_json)


@app.command()
def cancel(campaign: CampaignId, tenant: Tenant = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Stop for good: nobody who has not been written to will be.

    Example: oriel campaign cancel cabcdefghijklmnop
    """
    _order(campaign, "cancel", tenant, data_dir, as_json=as_json)


@app.command()
def status(
    campaign: CampaignId,
    follow: Follow = False,
    tenant: Tenant = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show how far a campaign is.

    Example: oriel campaign status cabcdefghijklmnop --follow
    """
    from workers.cli import output

    output.run(_show(campaign, None, tenant, data_dir, follow=follow, as_json=as_json), as_json=as_json)


@app.command()
def results(
    campaign: CampaignId,
    file: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", dir_okay=False, help="Write there, not to stdout.")
    ] = None,
    state: Annotated[str | None, typer.Option(metavar="STATE", help="Only those: failed, read, suppressed …")] = None,
    tenant: Tenant = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Download what became of every contact, as CSV; with --json as one list.

    Example: oriel campaign results cabcdefghijklmnop --state failed -o failed.csv
    """
    from workers.cli import output

    query = {} if state is None else {"state": state}
    work = _results_as_json if as_json else _results_as_csv
    output.run(work(campaign, query, file, tenant, data_dir), as_json=as_json)


# ── what they do ────────────────────────────────────────────────────────────────────────────────────────────────────


def _ask(
    call: "Callable[[Api], Awaitable[Document]]",
    say: "Callable[[Document], str]",
    tenant: str | None,
    data_dir: Path | None,
    *,
    as_json: bool,
) -> None:
    """One call, one answer. say: the answer in one line, for people."""
    from workers.cli import client, output

    async def work() -> None:
        async with client.Api(client.locate(data_dir), tenant) as api:
            answer = await call(api)
        if as_json:
            output.emit(answer)
        else:
            typer.echo(say(answer))

    output.run(work(), as_json=as_json)


def _order(campaign: str, verb: str, tenant: str | None, data_dir: Path | None, *, as_json: bool) -> None:
    from workers.cli import funnel

    _ask(lambda api: api.post(f"v1/campaigns/{campaign}/{verb}"), funnel.line, tenant, data_dir, as_json=as_json)


async def _show(
    campaign: str, verb: str | None, tenant: str | None, data_dir: Path | None, *, follow: bool, as_json: bool
) -> int:
    """Order it, if there is something to order; then show it, once or until its end. The exit status."""
    from workers.cli import client, funnel, output

    async with client.Api(client.locate(data_dir), tenant) as api:
        path = f"v1/campaigns/{campaign}"
        found = await api.post(f"{path}/{verb}") if verb else await api.get(path)
        if follow:
            found = await funnel.follow(lambda: api.get(path), output.console(stderr=as_json))
    if as_json:
        output.emit(found)
    elif not follow:
        output.console().print(funnel.picture(found))
    return output.FAILURE if follow and found["state"] != "finished" else 0


async def _import(campaign: str, base: Path, tenant: str | None, data_dir: Path | None, *, as_json: bool) -> None:
    from workers.cli import client, output

    media_type = MEDIA_TYPES.get(base.suffix.lower())
    if media_type is None:
        raise typer.BadParameter(f"{base.name}: a base of contacts ends in {', '.join(MEDIA_TYPES)}")
    async with client.Api(client.locate(data_dir), tenant) as api:
        report = await _upload(api, campaign, base, media_type)
        wanted = int(report["rejected"]) + int(report["duplicates"])
        rejections = await first_rejections(api, report, min(wanted, REJECTIONS_SHOWN))
    if as_json:
        output.emit({**report, "rejections": rejections})
    else:
        _print_report(report, rejections)


async def _upload(api: "Api", campaign: str, base: Path, media_type: str) -> "Document":
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    from workers.cli import output

    screen = output.console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
        task = progress.add_task(base.name, total=base.stat().st_size)
        return await api.upload(
            f"v1/campaigns/{campaign}/contacts", base, media_type, lambda more: progress.advance(task, more)
        )


async def first_rejections(api: "Api", report: "Document", wanted: int) -> "list[Document]":
    """The first rows that were not admitted, as the API's report on an upload lists them."""
    if not wanted:
        return []
    found: list[Document] = []
    async for rejection in api.items(str(report["rejections_url"])):
        found.append(rejection)
        if len(found) == wanted:
            break
    return found


def _print_report(report: "Document", rejections: "list[Document]") -> None:
    from workers.cli import output

    screen = output.console()
    counted = ("received", "admitted", "rejected", "duplicates")
    screen.print(", ".join(f"{name} {report[name]}" for name in counted), markup=False)
    if rejections:
        rows = [(rejection["line"], rejection["reason"], rejection["detail"]) for rejection in rejections]
        screen.print(output.table(("line", "reason", "what to do"), rows))
    rest = int(report["rejected"]) + int(report["duplicates"]) - len(rejections)
    if rest:
        screen.print(f"and {rest} more, at {report['rejections_url']}", markup=False)
    for warning in sentences(report.get("warnings")):
        screen.print(f"warning: {warning}", markup=False)


def sentences(warnings: Any) -> list[str]:
    """Warnings as the API gives them: texts, or documents with a detail."""
    return [str(one.get("detail", one)) if isinstance(one, dict) else str(one) for one in warnings or ()]


async def _results_as_csv(
    campaign: str, query: dict[str, str], file: Path | None, tenant: str | None, data_dir: Path | None
) -> None:
    import sys

    from workers.cli import client

    async with client.Api(client.locate(data_dir), tenant) as api:
        chunks = api.download(f"v1/campaigns/{campaign}/results.csv", **query)
        if file is None:
            async for chunk in chunks:
                sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
            return
        unfinished = file.with_name(f".{file.name}.part")
        with unfinished.open("wb") as target:
            async for chunk in chunks:
                target.write(chunk)
        unfinished.replace(file)
        typer.echo(f"{file}: {file.stat().st_size} bytes", err=True)


async def _results_as_json(
    campaign: str, query: dict[str, str], file: Path | None, tenant: str | None, data_dir: Path | None
) -> None:
    import json

    from workers.cli import client, output

    async with client.Api(client.locate(data_dir), tenant) as api:
        chunks = api.download(f"v1/campaigns/{campaign}/results.ndjson", **query)
        lines = b"".join([chunk async for chunk in chunks]).splitlines()
    rows = [json.loads(line) for line in lines if line.strip()]
    if file is None:
        output.emit(rows)
    else:
        file.write_text(json.dumps(rows, ensure_ascii=False) + "\n", encoding="utf-8")
        output.emit({"file": str(file), "rows": len(rows)})
