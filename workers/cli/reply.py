"""`oriel reply`: one person writes to another. Owns what is said when it cannot be; the gate is the API's."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workers.cli.options import Contact, DataDir, Json, Tenant

if TYPE_CHECKING:
    from workers.cli.client import Api, ApiProblem, Document

POLL_SECONDS = 0.3
FOLLOW_SECONDS = 60.0  # behind a slow sender's queue; whoever waits longer asks again
KINDS = ("image", "video", "audio", "document")
UNDER_WAY = ("queued", "sending")
TAKEN = ("accepted", "delivered", "read")
NOT_NOW = ("window-closed", "opted-out")  # rightly asked, and not possible


def reply(
    contact: Contact,
    sender: Annotated[str, typer.Option(metavar="ID", help="Who writes: see `oriel sender list`.")],
    text: Annotated[
        str, typer.Argument(metavar="TEXT", show_default=False, help="What is said; under a file, its caption.")
    ] = "",
    media: Annotated[
        str | None, typer.Option(metavar="URL", help="A file that the provider fetches from there.")
    ] = None,
    kind: Annotated[str | None, typer.Option(metavar="|".join(KINDS), help="What the file is.")] = None,
    filename: Annotated[str | None, typer.Option(help="What a document is called.")] = None,
    quick_reply: Annotated[
        list[str] | None, typer.Option(metavar="ID=TITLE", help="An answer that is offered; several times.")
    ] = None,
    interaction: Annotated[
        str | None, typer.Option(metavar="ID", help="Where it belongs; the newest open one.")
    ] = None,
    agent: Annotated[str | None, typer.Option(help="Who says it; the API key's name.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait until the provider has answered.")] = False,
    tenant: Tenant = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Write to a contact in free form, and print the message's id.

    Exit status 1, and what may be sent instead, when the contact has not written in the last 24 hours.

    Example: oriel reply +14155550123 "See you on Monday." --sender clinic --follow
    """
    from workers.cli import output

    if not text.strip() and media is None:
        raise typer.BadParameter("say something, or give a file with --media", param_hint="TEXT")
    if (media is None) != (kind is None):
        raise typer.BadParameter(f"a file is --media URL and --kind {'|'.join(KINDS)}", param_hint="--media")
    file = {"kind": kind, "url": media, "filename": filename}
    said = {
        "sender": sender,
        "contact": contact,
        "text": text,
        "media": None if media is None else {name: value for name, value in file.items() if value is not None},
        "quick_replies": [_choice(one) for one in quick_reply or ()] or None,
        "interaction": interaction,
        "agent": agent,
    }
    body = {name: value for name, value in said.items() if value is not None}
    output.run(_reply(body, tenant, data_dir, follow=follow, as_json=as_json), as_json=as_json)


def _choice(wish: str) -> dict[str, str]:
    name, _, title = wish.partition("=")
    if not name or not title:
        raise typer.BadParameter(f"{wish}: write it as yes=Yes, please", param_hint="--quick-reply")
    return {"id": name, "title": title}


async def _reply(
    body: Mapping[str, Any], tenant: str | None, data_dir: Path | None, *, follow: bool, as_json: bool
) -> int:
    """The exit status: 1 when it cannot be said now, or when it was followed and did not go out."""
    from workers.cli import client, output

    async with client.Api(client.locate(data_dir), tenant) as api:
        try:
            found = await api.post("v1/replies", body)
        except client.ApiProblem as problem:
            if problem.code not in NOT_NOW:
                raise
            return _instead(problem, as_json=as_json)
        if not as_json:
            typer.echo(found["id"])
        if follow:
            found = await _followed(api, found)
    if as_json:
        output.emit(found)
    elif follow:
        typer.echo(line_of(found))
    return output.FAILURE if follow and found["state"] not in TAKEN else 0


def _instead(problem: "ApiProblem", *, as_json: bool) -> int:
    """What may be sent, and no less than the API said."""
    from workers.cli import output

    output.tell(problem, as_json=as_json)
    rows = [(one["name"], one["language"]) for one in problem.members.get("templates", ())]
    if rows:
        output.console(stderr=True).print(output.table(("may be sent", "language"), rows))
    return output.FAILURE


async def _followed(api: "Api", message: "Document") -> "Document":
    """As it is once the provider has answered, or when that takes too long."""
    import asyncio
    import time

    deadline = time.monotonic() + FOLLOW_SECONDS
    while message["state"] in UNDER_WAY and time.monotonic() < deadline:
        await asyncio.sleep(POLL_SECONDS)
        message = await api.get(f"v1/replies/{message['id']}")
    return message


def line_of(message: "Document") -> str:
    """*Shape*: `failed: why (code)`."""
    why = " ".join(part for part in (message["reason"], f"({message['code']})" if message["code"] else "") if part)
    return f"{message['state']}: {why}" if why else str(message["state"])
