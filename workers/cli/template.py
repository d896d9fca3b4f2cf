"""`oriel template …`. Owns how templates are listed, shown and asked for anew; which there are is the registry's."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workers.cli.options import DataDir, Json, Tenant

if TYPE_CHECKING:
    from workers.cli.client import Document

app = typer.Typer(help="The messages that providers have enabled.", no_args_is_help=True)

COLUMNS = ("sender", "name", "language", "category", "status", "quality", "body", "remedy")

OneSender = Annotated[str | None, typer.Option("--sender", metavar="ID", help="Only this sender's.")]


@app.command(name="list")
def list_(sender: OneSender = None, tenant: Tenant = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """List the templates that campaigns can use.

    Example: oriel template list --sender clinic
    """
    from workers.cli import listing, output

    query = {} if sender is None else {"sender": sender}
    output.run(listing.show("v1/templates", COLUMNS, tenant, data_dir, query, as_json=as_json), as_json=as_json)


@app.command()
def sync(sender: OneSender = None, tenant: Tenant = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Ask the providers for their templates now. Campaigns follow: one that is disabled pauses those that use it.

    Exit status 1 when a provider could not be asked.

    Example: oriel template sync --sender clinic
    """
    from workers.cli import output

    body = {} if sender is None else {"sender": sender}
    output.run(_sync(body, tenant, data_dir, as_json=as_json), as_json=as_json)


@app.command()
def preview(
    name: Annotated[str, typer.Argument(metavar="TEMPLATE", help="Its name: see `oriel template list`.")],
    sender: Annotated[str, typer.Option(metavar="ID", help="Whose template it is.")],
    language: Annotated[str, typer.Option(metavar="LANG", help="In which language.")],
    param: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="What fills a placeholder; several times.")
    ] = None,
    tenant: Tenant = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show a template as a contact will read it. Nothing is sent.

    Example: oriel template preview reminder --sender clinic --language en --param "1=cut" --param "2=May 5"
    """
    from workers.cli import output

    params = dict(_parameter(one) for one in param or ())
    body = {"sender": sender, "name": name, "language": language, "params": params}
    output.run(_preview(body, tenant, data_dir, as_json=as_json), as_json=as_json)


def _parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name.strip() or not equals:
        raise typer.BadParameter("write NAME=VALUE, as 1=cut", param_hint="--param")
    return name.strip(), value


async def _sync(body: Mapping[str, str], tenant: str | None, data_dir: Path | None, *, as_json: bool) -> int:
    from workers.cli import client, output

    async with client.Api(client.locate(data_dir), tenant) as api:
        found = await api.post("v1/templates/sync", body)
    if as_json:
        output.emit(found)
    else:
        output.console().print(
            output.table(("sender", "what the provider said"), [_said(one) for one in found["items"]])
        )
    return output.FAILURE if any(one["problem"] for one in found["items"]) else 0


def _said(item: "Document") -> tuple[str, str]:
    if item["problem"]:
        return item["sender"], item["problem"]
    if not item["listed"]:
        return item["sender"], "It lists no templates: those of the configuration count."
    return item["sender"], f"{item['templates']} templates, {item['enabled']} enabled, {item['gone']} gone"


async def _preview(body: Mapping[str, object], tenant: str | None, data_dir: Path | None, *, as_json: bool) -> None:
    from workers.cli import client, output

    async with client.Api(client.locate(data_dir), tenant) as api:
        found = await api.post("v1/templates/preview", body)
    if as_json:
        output.emit(found)
        return
    typer.echo("\n".join(part for part in (found["header"], found["text"], *_buttons(found)) if part))
    if found["remedy"]:
        typer.echo(f"\nNo campaign can start with it: {found['remedy']}", err=True)


def _buttons(found: "Document") -> list[str]:
    return [f"[ {title} ]" for title in found["buttons"]]
