"""`oriel sender …`: list senders and check them. Senders are configured; the API lists them."""

from typing import Annotated

import typer

from workers.cli.invocation import Invocation
from workers.cli.options import DataDir, Json, Tenant

app = typer.Typer(help="The numbers that write.", no_args_is_help=True)

NOTHING_CHECKED = "This provider, as it is configured, has nothing that can be checked without sending a message."
COLUMNS = ("id", "provider", "address", "rate_per_second", "region")


@app.command(name="list")
def list_(tenant: Tenant = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """List the senders that campaigns can use.

    Example: oriel sender list
    """
    from workers.cli.listing import show_list

    invocation = Invocation(tenant, data_dir, as_json)
    invocation.run(show_list(invocation, "v1/senders", COLUMNS, {}))


@app.command()
def check(
    sender: Annotated[str, typer.Argument(metavar="ID", help="The sender: see `oriel sender list`.")],
    tenant: Tenant = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Check credentials, number, templates and limits at the provider. No message is sent.

    Exit status 1 if anything is wrong.

    Example: oriel sender check clinic
    """
    invocation = Invocation(tenant, data_dir, as_json)
    invocation.run(_check(invocation, sender))


async def _check(invocation: Invocation, sender: str) -> int:
    from urllib.parse import quote

    from workers.cli import output

    async with invocation.open_api() as api:
        result = await api.post(f"v1/senders/{quote(sender, safe='')}/check")
    if invocation.as_json:
        output.emit(result)
    else:
        findings = result["findings"]
        rows = [("ok" if finding["good"] else "WRONG", finding["name"], finding["said"]) for finding in findings]
        screen = output.console()
        screen.print(output.table(("", "about", "what the provider said"), rows) if rows else NOTHING_CHECKED)
        screen.print(f"Webhook URL to enter at the provider: {result['webhook_url']}", markup=False, soft_wrap=True)
    return 0 if result["good"] else output.FAILURE
