"""`oriel sender …`. Owns how senders are listed; they are configured, and the API says which there are."""

import typer

from workers.cli.options import DataDir, Json, Tenant

app = typer.Typer(help="The numbers that write.", no_args_is_help=True)

COLUMNS = ("id", "provider", "address", "rate_per_second", "region")


@app.callback()
def _noun() -> None:
    """A single command below would otherwise take its noun's place."""


@app.command(name="list")
def list_(tenant: Tenant = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """List the senders that campaigns can use.

    Example: oriel sender list
    """
    from workers.cli import listing, output

    output.run(listing.show("v1/senders", COLUMNS, tenant, data_dir, {}, as_json=as_json), as_json=as_json)
