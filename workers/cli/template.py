"""`oriel template …`: list, synchronise and preview templates. The API owns the registry of templates."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from workers.cli.invocation import Invocation
from workers.cli.options import DataDir, Json, Tenant

if TYPE_CHECKING:
    from workers.cli.client import Document

app = typer.Typer(help="The messages that providers have approved.", no_args_is_help=True)

COLUMNS = ("sender", "name", "language", "provider_id", "category", "status", "quality", "body", "remedy")

OneSender = Annotated[str | None, typer.Option("--sender", metavar="ID", help="Only this sender's templates.")]
Param = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=VALUE", help="The value of a placeholder; may be given several times."),
]


@app.command(name="list")
def list_(sender: OneSender = None, tenant: Tenant = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """List the templates that campaigns can use.

    Example: oriel template list --sender clinic
    """
    from workers.cli.listing import show_list

    query = {} if sender is None else {"sender": sender}
    invocation = Invocation(tenant, data_dir, as_json)
    invocation.run(show_list(invocation, "v1/templates", COLUMNS, query))


@app.command()
def sync(sender: OneSender = None, tenant: Tenant = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Fetch the templates from the providers now. A template that a provider has disabled pauses its campaigns.

    Exit status 1 if a provider could not be asked.

    Example: oriel template sync --sender clinic
    """
    body = {} if sender is None else {"sender": sender}
    invocation = Invocation(tenant, data_dir, as_json)
    invocation.run(_sync(invocation, body))


@app.command()
def preview(
    name: Annotated[str, typer.Argument(metavar="TEMPLATE", help="The template's name: see `oriel template list`.")],
    sender: Annotated[str, typer.Option(metavar="ID", help="The template's sender.")],
    language: Annotated[str, typer.Option(metavar="LANG", help="The template's language.")],
    param: Param = None,
    tenant: Tenant = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show a template as a contact will read it. Nothing is sent.

    Example: oriel template preview reminder --sender clinic --language en --param "1=cut" --param "2=May 5"
    """
    params = dict(_parse_param(option) for option in param or ())
    body = {"sender": sender, "name": name, "language": language, "params": params}
    invocation = Invocation(tenant, data_dir, as_json)
    invocation.run(_preview(invocation, body))


def _parse_param(option: str) -> tuple[str, str]:
    name, equals, value = option.partition("=")
    if not name.strip() or not equals:
        raise typer.BadParameter("write NAME=VALUE, as 1=cut", param_hint="--param")
    return name.strip(), value


async def _sync(invocation: Invocation, body: Mapping[str, str]) -> int:
    from workers.cli import output

    async with invocation.open_api() as api:
        result = await api.post("v1/templates/sync", body)
    if invocation.as_json:
        output.emit(result)
    else:
        rows = [(item["sender"], _describe_sync(item)) for item in result["items"]]
        output.console().print(output.table(("sender", "what the provider said"), rows))
    return output.FAILURE if any(item["problem"] for item in result["items"]) else 0


def _describe_sync(item: "Document") -> str:
    if item["problem"]:
        return str(item["problem"])
    if not item["listed"]:
        return "It lists no templates: those of the configuration count."
    return f"{item['templates']} templates, {item['enabled']} enabled, {item['gone']} gone"


async def _preview(invocation: Invocation, body: Mapping[str, object]) -> None:
    from workers.cli import output

    async with invocation.open_api() as api:
        preview = await api.post("v1/templates/preview", body)
    if invocation.as_json:
        output.emit(preview)
        return
    buttons = [f"[ {title} ]" for title in preview["buttons"]]
    typer.echo("\n".join(part for part in (preview["header"], preview["text"], *buttons) if part))
    if preview["remedy"]:
        typer.echo(f"\nNo campaign can start with it: {preview['remedy']}", err=True)
