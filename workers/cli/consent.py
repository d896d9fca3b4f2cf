"""`oriel optin`, `oriel optout`: record consents and refusals. Owns the options; the API records and judges."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from workers.cli.invocation import Invocation
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
Source = Annotated[
    str | None, typer.Option(help="Where the contact said so: web_form, sms_link, mailing, agent, inbound …")
]
Evidence = Annotated[str | None, typer.Option(help="The proof: a form's number, a recording's name.")]
ConsentScope = Annotated[
    str | None, typer.Option("--scope", help="all, utility, marketing or authentication. Default: all.")
]
OptInTime = Annotated[
    str | None, typer.Option(metavar="TIME", help="When, as 2026-05-01T10:30-03:00. Default: unknown.")
]
OptOutTime = Annotated[str | None, typer.Option(metavar="TIME", help="When, as 2026-05-01T10:30-03:00. Default: now.")]


def optin(
    contact: Contact = None,
    source: Source = None,
    at: OptInTime = None,
    evidence: Evidence = None,
    scope: ConsentScope = None,
    file: ConsentFile = None,
    tenant: Tenant = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Record that contacts agreed to get messages.

    Example: oriel optin +14155550123 --source web_form --evidence form-2231
    """
    invocation = Invocation(tenant, data_dir, as_json)
    statement = {"contact": contact, "source": source, "at": at, "evidence": evidence, "scope": scope}
    invocation.run(_record(invocation, "v1/opt-ins", _build_body(statement, file), file))


def optout(
    contact: Contact = None,
    source: Source = None,
    at: OptOutTime = None,
    evidence: Evidence = None,
    scope: ConsentScope = None,
    file: ConsentFile = None,
    tenant: Tenant = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Record that contacts refused messages. When the command returns, no campaign writes to them any more.

    Example: oriel optout +14155550123 --source agent --evidence call-2231
    """
    invocation = Invocation(tenant, data_dir, as_json)
    statement = {"contact": contact, "source": source, "at": at, "evidence": evidence, "scope": scope}
    invocation.run(_record(invocation, "v1/opt-outs", _build_body(statement, file), file))


def _build_body(statement: Mapping[str, str | None], file: Path | None) -> Mapping[str, str]:
    """The statement of one contact; empty if a file has the statements."""
    if (statement["contact"] is None) == (file is None):
        raise typer.BadParameter("name one CONTACT, or give many with --file", param_hint="CONTACT")
    if file is None and statement["source"] is None:
        raise typer.BadParameter("name where the contact said so, as web_form or agent", param_hint="--source")
    return {name: value for name, value in statement.items() if value is not None}


async def _record(invocation: Invocation, path: str, body: Mapping[str, str], file: Path | None) -> int:
    """The exit status: 1 if a statement was not recorded."""
    from workers.cli import output

    async with invocation.open_api() as api:
        answer = await (api.post(path, body) if file is None else api.upload(path, file, "text/csv"))
    if invocation.as_json:
        output.emit(answer)
    else:
        screen = output.console()
        screen.print(f"recorded {answer['recorded']}, rejected {len(answer['rejected'])}")
        rows = [(rejection["line"], rejection["reason"], rejection["detail"]) for rejection in answer["rejected"]]
        if rows:
            screen.print(output.table(("line", "reason", "what to do"), rows))
    return output.FAILURE if answer["rejected"] else 0
