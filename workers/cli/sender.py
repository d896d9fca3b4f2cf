"""`oriel sender …`. Owns how senders are listed and checked; they are configured, and the API says which there are."""

from pathlib import Path
from typing import Annotated

import typer

from workers.cli.options import DataDir, Json, Tenant

app = typer.Typer(help="The numbers that write.", no_args_is_help=True)

NOTHING_ASKED = "There is nothing that this provider, as it is configured, can be asked without sending."
COLUMNS = ("id", "provider", "address", "rate_per_second", "region")


@app.command(name="list")
def list_(tenant: Tenant = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """List the senders that campaigns can use.

    Example: oriel sender list
    """
    from workers.cli import listing, output

    output.run(listing.show("v1/senders", COLUMNS, tenant, data_dir, {}, as_json=as_json), as_json=as_json)


@app.command()
def check(
    sender: Annotated[str, typer.Argument(metavar="ID", help="Which: see `oriel sender list`.")],
    tenant: Tenant = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Ask the provider what can be asked without sending, and say what is wrong: credentials, number, templates, limits.

    Exit status 1 when something is wrong.

    Example: oriel sender check clinic
    """
    from workers.cli import output

    output.run(_check(sender, tenant, data_dir, as_json=as_json), as_json=as_json)


async def _check(sender: str, tenant: str | None, data_dir: Path | None, *, as_json: bool) -> int:
    from urllib.parse import quote

    from workers.cli import client, output

    async with client.Api(client.locate(data_dir), tenant) as api:
        found = await api.post(f"v1/senders/{quote(sender, safe='')}/check")
    if as_json:
        output.emit(found)
    else:
        rows = [("ok" if one["good"] else "WRONG", one["name"], one["said"]) for one in found["findings"]]
        screen = output.console()
        told = output.table(("", "about", "what the provider said"), rows) if rows else NOTHING_ASKED
        screen.print(told)
        screen.print(f"It should call {found['webhook_url']}", markup=False, soft_wrap=True)
    return 0 if found["good"] else output.FAILURE
