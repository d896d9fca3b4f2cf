"""`oriel optin`, `oriel optout`: what contacts agreed to, and refused. Owns how it is told; others judge what it allows."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from workers.cli.options import DataDir, Json, Tenant

Contact = Annotated[
    str | None,
    typer.Argument(metavar="[CONTACT]", show_default=False, help="A number as +14155550123, or a contact id."),
]
ConsentFile = Annotated[
    Path | None,
    typer.Option(
        metavar="CSV",
        exists=True,
        dir_okay=False,
        help="Many at once: columns contact (or phone), source, at, evidence, scope.",
    ),
]


Source = Annotated[str | None, typer.Option(help="Where it was said: web_form, sms_link, mailing, agent, inbound …")]
Evidence = Annotated[str | None, typer.Option(help="What proves it: a form's number, a recording's name.")]
ConsentScope = Annotated[
    str | None, typer.Option("--scope", help="all, utility, marketing or authentication; all if left out.")
]


def optin(
    contact: Contact = None,
    source: Source = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="When, as 2026-05-01T10:30-03:00; unknown if left out.")
    ] = None,
    evidence: Evidence = None,
    scope: ConsentScope = None,
    file: ConsentFile = None,
    tenant: Tenant = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Record that contacts agreed to be written to.

    Example: oriel optin +14155550123 --source web_form --evidence form-2231
    """
    from workers.cli import output

    body = _said(contact, source, at, evidence, scope, file)
    output.run(_record("v1/opt-ins", body, file, tenant, data_dir, as_json=as_json), as_json=as_json)


def optout(
    contact: Contact = None,
    source: Source = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="When, as 2026-05-01T10:30-03:00; now if left out.")
    ] = None,
    evidence: Evidence = None,
    scope: ConsentScope = None,
    file: ConsentFile = None,
    tenant: Tenant = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Record that contacts refused to be written to. When it returns, no campaign writes to them any more.

    Example: oriel optout +14155550123 --source agent --evidence call-2231
    """
    from workers.cli import output

    body = _said(contact, source, at, evidence, scope, file)
    output.run(_record("v1/opt-outs", body, file, tenant, data_dir, as_json=as_json), as_json=as_json)


def _said(
    contact: str | None, source: str | None, at: str | None, evidence: str | None, scope: str | None, file: Path | None
) -> Mapping[str, str]:
    """What one contact said; nothing where a file says it."""
    if (contact is None) == (file is None):
        raise typer.BadParameter("name one CONTACT, or give many with --file", param_hint="CONTACT")
    if contact is not None and source is None:
        raise typer.BadParameter("say where the contact said so, as web_form or agent", param_hint="--source")
    said = {"contact": contact, "source": source, "at": at, "evidence": evidence, "scope": scope}
    return {name: value for name, value in said.items() if value is not None}


async def _record(
    path: str, body: Mapping[str, str], file: Path | None, tenant: str | None, data_dir: Path | None, *, as_json: bool
) -> int:
    """The exit status: 1 when what somebody said was not recorded."""
    from workers.cli import client, output

    async with client.Api(client.locate(data_dir), tenant) as api:
        if file is None:
            answer = await api.post(path, body)
        else:
            answer = await api.upload(path, file, "text/csv")
    if as_json:
        output.emit(answer)
    else:
        screen = output.console()
        screen.print(f"recorded {answer['recorded']}, rejected {len(answer['rejected'])}")
        rows = [(one["line"], one["reason"], one["detail"]) for one in answer["rejected"]]
        if rows:
            screen.print(output.table(("line", "reason", "what to do"), rows))
    return output.FAILURE if answer["rejected"] else 0
