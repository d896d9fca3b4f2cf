"""`oriel reply`: a free-form message to one contact. Owns the texts; the API decides whether it may be sent."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workers.cli.invocation import Invocation
from workers.cli.options import Contact, DataDir, Json, Tenant

if TYPE_CHECKING:
    from workers.cli.client import Api, ApiProblem, Document

POLL_SECONDS = 0.3
FOLLOW_SECONDS = 60.0  # a message may wait behind a slow sender's queue; `oriel explain` shows it later
KINDS = ("image", "video", "audio", "document")
UNDER_WAY = ("queued", "sending")
TAKEN = ("accepted", "delivered", "read")
# A correct request that cannot be fulfilled: exit status 1, not 2.
NOT_NOW = ("window-closed", "opted-out", "not-in-control")

Sender = Annotated[str, typer.Option(metavar="ID", help="The sender: see `oriel sender list`.")]
Text = Annotated[str, typer.Argument(metavar="TEXT", show_default=False, help="The message; with a file, its caption.")]
Media = Annotated[str | None, typer.Option(metavar="URL", help="A file, at a URL from which the provider fetches it.")]
Kind = Annotated[str | None, typer.Option(metavar="|".join(KINDS), help="The file's kind.")]
Filename = Annotated[str | None, typer.Option(help="The name under which a document is shown.")]
QuickReply = Annotated[
    list[str] | None, typer.Option(metavar="ID=TITLE", help="A button with an answer; may be given several times.")
]
Interaction = Annotated[
    str | None, typer.Option(metavar="ID", help="The interaction it belongs to. Default: the newest open one.")
]
Agent = Annotated[str | None, typer.Option(help="The agent who writes. Default: the API key's name.")]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Wait until the provider has answered.")]


def reply(
    contact: Contact,
    sender: Sender,
    text: Text = "",
    media: Media = None,
    kind: Kind = None,
    filename: Filename = None,
    quick_reply: QuickReply = None,
    interaction: Interaction = None,
    agent: Agent = None,
    follow: Follow = False,
    tenant: Tenant = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Write to a contact in free form, and print the message's id.

    If the contact has not written in the last 24 hours: exit status 1, and the templates that may be sent instead.

    Example: oriel reply +14155550123 "See you on Monday." --sender clinic --follow
    """
    if not text.strip() and media is None:
        raise typer.BadParameter("give a text, or a file with --media", param_hint="TEXT")
    fields = {
        "sender": sender,
        "contact": contact,
        "text": text,
        "media": _build_media(kind, media, filename),
        "quick_replies": [_parse_quick_reply(option) for option in quick_reply or ()] or None,
        "interaction": interaction,
        "agent": agent,
    }
    body = {name: value for name, value in fields.items() if value is not None}
    invocation = Invocation(tenant, data_dir, as_json)
    invocation.run(_reply(invocation, body, follow=follow))


def _build_media(kind: str | None, url: str | None, filename: str | None) -> dict[str, str] | None:
    if (url is None) != (kind is None):
        raise typer.BadParameter(f"a file needs --media URL and --kind {'|'.join(KINDS)}", param_hint="--media")
    if url is None:
        return None
    fields = {"kind": kind, "url": url, "filename": filename}
    return {name: value for name, value in fields.items() if value is not None}


def _parse_quick_reply(option: str) -> dict[str, str]:
    name, _, title = option.partition("=")
    if not name or not title:
        raise typer.BadParameter(f"{option}: write it as yes=Yes, please", param_hint="--quick-reply")
    return {"id": name, "title": title}


async def _reply(invocation: Invocation, body: Mapping[str, Any], *, follow: bool) -> int:
    """The exit status: 1 if the message may not be sent now, or if it was followed and not accepted."""
    from workers.cli import client, output

    async with invocation.open_api() as api:
        try:
            message = await api.post("v1/replies", body)
        except client.ApiProblem as problem:
            if problem.code not in NOT_NOW:
                raise
            return _show_alternatives(problem, as_json=invocation.as_json)
        if not invocation.as_json:
            typer.echo(message["id"])
        if follow:
            message = await _follow(api, message)
    if invocation.as_json:
        output.emit(message)
    elif follow:
        typer.echo(format_line(message))
    return output.FAILURE if follow and message["state"] not in TAKEN else 0


def _show_alternatives(problem: "ApiProblem", *, as_json: bool) -> int:
    """Prints the API's problem, and the templates that may be sent instead."""
    from workers.cli import output

    output.report_error(problem, as_json=as_json)
    rows = [(template["name"], template["language"]) for template in problem.members.get("templates", ())]
    if rows:
        output.console(stderr=True).print(output.table(("may be sent", "language"), rows))
    return output.FAILURE


async def _follow(api: "Api", message: "Document") -> "Document":
    """The message once the provider has answered, or after 60 s."""
    import asyncio
    import time

    deadline = time.monotonic() + FOLLOW_SECONDS
    while message["state"] in UNDER_WAY and time.monotonic() < deadline:
        await asyncio.sleep(POLL_SECONDS)
        message = await api.get(f"v1/replies/{message['id']}")
    return message


def format_line(message: "Document") -> str:
    """*Shape*: `failed: why (code)`."""
    why = " ".join(part for part in (message["reason"], f"({message['code']})" if message["code"] else "") if part)
    return f"{message['state']}: {why}" if why else str(message["state"])
