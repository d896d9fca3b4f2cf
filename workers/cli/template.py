"""`oriel template …`. Owns how templates are listed; which there are is the registry's."""

from typing import Annotated

import typer

from workers.cli.options import DataDir, Json, Tenant

app = typer.Typer(help="The messages that providers have enabled.", no_args_is_help=True)

COLUMNS = ("sender", "name", "language", "category", "status", "body", "remedy")


@app.callback()
def _noun() -> None:
    """A single command below would otherwise take its noun's place."""


@app.command(name="list")
def list_(
    sender: Annotated[str | None, typer.Option(metavar="ID", help="Only this sender's.")] = None,
    tenant: Tenant = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """List the templates that campaigns can use.

    Example: oriel template list --sender clinic
    """
    from workers.cli import listing, output

    query = {} if sender is None else {"sender": sender}
    output.run(listing.show("v1/templates", COLUMNS, tenant, data_dir, query, as_json=as_json), as_json=as_json)
