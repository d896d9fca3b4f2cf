"""`oriel contact`: what a person says about who a contact is. Owns the options; the API does it."""

from typing import Annotated

import typer

from workers.cli.invocation import Invocation
from workers.cli.options import Contact, DataDir, Json, Tenant

app = typer.Typer(help="Say who a contact is.", no_args_is_help=True)

Names = Annotated[
    list[str],
    typer.Argument(metavar="NAME...", help="Those that are somebody else: numbers, user ids or ids of `other_ids`."),
]


@app.command()
def separate(
    contact: Contact, names: Names, tenant: Tenant = None, data_dir: DataDir = None, as_json: Json = False
) -> None:
    """Undo a wrong merge: these names are another person. Refusals stay with both; it stays undone.

    Example: oriel contact separate +14155550123 +14155550124
    """
    invocation = Invocation(tenant, data_dir, as_json)
    invocation.run(_separate(invocation, contact, names))


async def _separate(invocation: Invocation, contact: str, names: list[str]) -> None:
    from workers.cli import output
    from workers.cli.contact_lookup import look_up_contact

    async with invocation.open_api() as api:
        name = await look_up_contact(api, contact)
        done = await api.post(f"v1/contacts/{name}/separate", {"names": names})
    if invocation.as_json:
        output.emit(done)
        return
    screen = output.console()
    for one in (done, done["separated"]):
        others = f" (also {', '.join(one['other_ids'])})" if one["other_ids"] else ""
        screen.print(f"contact {one['contact_id']}{others}", markup=False)
