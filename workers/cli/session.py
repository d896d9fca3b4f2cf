"""`oriel session …`: the 24-hour window with a contact. Owns the texts; the API knows whether a window is open."""

from typing import TYPE_CHECKING, Annotated

import typer

from workers.cli.invocation import Invocation
from workers.cli.options import Contact, DataDir, Json, Tenant

if TYPE_CHECKING:
    from workers.cli.client import Document

app = typer.Typer(help="The 24-hour windows in which you may write to a contact in free form.", no_args_is_help=True)

REASONS = {
    "window-closed": "it ends in a moment, too soon for a message to be taken",
    "opted-out": "the contact has refused since it wrote last",
    "not-in-control": "somebody else holds the conversation and answers it",
}


@app.callback()
def _keep_noun() -> None:
    """With a single command, typer would drop the noun `session` without this callback."""


@app.command()
def show(
    sender: Annotated[str, typer.Argument(metavar="SENDER", help="The sender: see `oriel sender list`.")],
    contact: Contact,
    tenant: Tenant = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show whether you may write to a contact in free form, until when, and the contact's messages.

    Example: oriel session show clinic +14155550123
    """
    invocation = Invocation(tenant, data_dir, as_json)
    invocation.run(_show(invocation, sender, contact))


async def _show(invocation: Invocation, sender: str, contact: str) -> None:
    from urllib.parse import quote

    from workers.cli import output
    from workers.cli.contact_lookup import look_up_contact

    async with invocation.open_api() as api:
        contact_id = await look_up_contact(api, contact, sender)
        session = await api.get(f"v1/sessions/{quote(sender, safe='')}/{contact_id}")
    if invocation.as_json:
        output.emit(session)
        return
    screen = output.console()
    for line in build_lines(session):
        screen.print(line, markup=False)
    rows = [
        (output.format_instant(message["at"]), message["kind"], output.make_plain(message["text"] or ""))
        for message in session["messages"]
    ]
    if rows:
        screen.print(output.table(("received", "kind", "text"), rows))


def build_lines(session: "Document") -> list[str]:
    """The window's state, and the remaining life of the session's key."""
    from workers.cli.output import format_instant

    subject = f"{session['sender']}, contact {session['contact_id']}"
    if not session["open"]:
        return [f"{subject}: closed. Only a template may be sent."]
    permission = (
        f"anything may be written until {format_instant(session['reply_until'])}"
        if session["may_reply"]
        else f"nothing may be written: {REASONS[session['reason']]}"
    )
    life, end = format_span(session["seconds_left"]), format_instant(session["expires_at"])
    return [f"{subject}: open, {permission}.", f"The session's key lives for {life}, until {end}."]


def format_span(seconds: float) -> str:
    """*Shape*: `23:59:07`, hours first; rounded down.

    >>> format_span(86_347.9)
    '23:59:07'
    """
    whole = int(seconds)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
