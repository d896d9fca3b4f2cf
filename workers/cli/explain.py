"""`oriel explain`: a contact's messages and consents, with the reasons. Owns the layout; the API judges."""

from typing import TYPE_CHECKING

from workers.cli.invocation import Invocation
from workers.cli.options import Contact, DataDir, Json, Tenant

if TYPE_CHECKING:
    from workers.cli.client import Document

TIMES = ("accepted", "delivered", "read", "failed")


def explain(contact: Contact, tenant: Tenant = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Show which messages a contact got or did not get, why, what comes next, and until when you may write freely.

    Example: oriel explain +14155550123
    """
    invocation = Invocation(tenant, data_dir, as_json)
    invocation.run(_explain(invocation, contact))


async def _explain(invocation: Invocation, contact: str) -> None:
    from workers.cli import output
    from workers.cli.contact_lookup import look_up_contact

    async with invocation.open_api() as api:
        found = await api.get(f"v1/contacts/{await look_up_contact(api, contact)}")
    if invocation.as_json:
        output.emit(found)
    else:
        _show(found)


def _show(contact: "Document") -> None:
    from workers.cli import output

    screen = output.console()
    name = f", {output.make_plain(contact['name'])}" if contact["name"] else ""
    screen.print(f"contact {contact['contact_id']}{name}", markup=False)
    for line in contact["explanation"]:
        screen.print(f"  {output.make_plain(line)}", markup=False)
    for title, columns, rows in (
        ("consents", ("when", "what", "scope", "source", "evidence"), build_consent_rows(contact)),
        ("campaigns", ("campaign", "state", "since", "reason", "answer", "id"), build_job_rows(contact)),
    ):
        if rows:
            screen.print()
            screen.print(output.table(columns, rows, title))


def build_consent_rows(contact: "Document") -> list[tuple[str, ...]]:
    """Every recorded consent and refusal, in order of time."""
    from workers.cli.output import format_instant, make_plain

    return [
        (
            format_instant(event["at"]),
            event["kind"],
            event["scope"],
            make_plain(event["source"]),
            make_plain(event["evidence"] or ""),
        )
        for event in contact["history"]
    ]


def build_job_rows(contact: "Document") -> list[tuple[str, ...]]:
    """Newest campaign first. since: the provider's last report."""
    from workers.cli.output import format_instant, make_plain

    rows: list[tuple[str, ...]] = []
    for job in contact["jobs"]:
        times = [job["times"][name] for name in TIMES if job["times"][name]]
        reason = " ".join(part for part in (job["reason"], f"({job['code']})" if job["code"] else "") if part)
        answer = job["answer"] or job["reply"] or ""
        rows.append(
            (
                make_plain(job["campaign_name"]),
                job["state"],
                format_instant(max(times)) if times else "",
                make_plain(reason),
                make_plain(answer),
                job["campaign"],
            )
        )
    return rows
