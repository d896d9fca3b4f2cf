"""`oriel session …`. Owns how a window is shown; whether it is open is the state store's to say."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workers.cli.options import Contact, DataDir, Json, Tenant

if TYPE_CHECKING:
    from workers.cli.client import Document

app = typer.Typer(help="The 24 hours in which a contact may be written to in free form.", no_args_is_help=True)

REASONS = {
    "window-closed": "it ends in a moment, too soon for a message to be taken",
    "opted-out": "the contact has refused since it wrote last",
}


@app.callback()
def _noun() -> None:
    """A single command below would otherwise take its noun's place."""


@app.command()
def show(
    sender: Annotated[str, typer.Argument(metavar="SENDER", help="Whose window: see `oriel sender list`.")],
    contact: Contact,
    tenant: Tenant = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show whether a contact may be written to, until when, and what it has said.

    Example: oriel session show clinic +14155550123
    """
    from workers.cli import output

    output.run(_show(sender, contact, tenant, data_dir, as_json=as_json), as_json=as_json)


async def _show(sender: str, contact: str, tenant: str | None, data_dir: Path | None, *, as_json: bool) -> None:
    from urllib.parse import quote

    from workers.cli import client, naming, output

    async with client.Api(client.locate(data_dir), tenant) as api:
        named = await naming.contact_id(api, contact, sender)
        found = await api.get(f"v1/sessions/{quote(sender, safe='')}/{named}")
    if as_json:
        output.emit(found)
        return
    screen = output.console()
    for line in lines_of(found):
        screen.print(line, markup=False)
    rows = [(output.when(one["at"]), one["kind"], output.plain(one["text"] or "")) for one in found["messages"]]
    if rows:
        screen.print(output.table(("received", "kind", "text"), rows))


def lines_of(session: "Document") -> list[str]:
    """The window, and the remaining life of the key that it is."""
    from workers.cli.output import when

    whose = f"{session['sender']}, contact {session['contact_id']}"
    if not session["open"]:
        return [f"{whose}: closed. Only a template may be sent."]
    may = (
        f"anything may be written until {when(session['reply_until'])}"
        if session["may_reply"]
        else f"nothing may be written: {REASONS[session['reason']]}"
    )
    return [
        f"{whose}: open, {may}.",
        f"The session's key lives for {span(session['seconds_left'])}, until {when(session['expires_at'])}.",
    ]


def span(seconds: float) -> str:
    """*Shape*: `23:59:07`, hours first; rounded down.

    >>> span(86_347.9)
    '23:59:07'
    """
    whole = int(seconds)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
