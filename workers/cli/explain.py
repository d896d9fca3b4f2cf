"""`oriel explain`: one contact, and why what came of it did. Owns how it is laid out; the judgement is the API's."""

from pathlib import Path
from typing import TYPE_CHECKING

from workers.cli.options import Contact, DataDir, Json, Tenant

if TYPE_CHECKING:
    from workers.cli.client import Document

TIMES = ("accepted", "delivered", "read", "failed")


def explain(contact: Contact, tenant: Tenant = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Say why a person did or did not get what, what comes next, and until when one may write.

    Example: oriel explain +14155550123
    """
    from workers.cli import output

    output.run(_explain(contact, tenant, data_dir, as_json=as_json), as_json=as_json)


async def _explain(contact: str, tenant: str | None, data_dir: Path | None, *, as_json: bool) -> None:
    from workers.cli import client, naming, output

    async with client.Api(client.locate(data_dir), tenant) as api:
        found = await api.get(f"v1/contacts/{await naming.contact_id(api, contact)}")
    if as_json:
        output.emit(found)
    else:
        _show(found)


def _show(found: "Document") -> None:
    from workers.cli import output

    screen = output.console()
    name = f", {output.plain(found['name'])}" if found["name"] else ""
    screen.print(f"contact {found['contact_id']}{name}", markup=False)
    for line in found["explanation"]:
        screen.print(f"  {output.plain(line)}", markup=False)
    for title, columns, rows in (
        ("consents", ("when", "what", "scope", "source", "evidence"), consent_rows(found)),
        ("campaigns", ("campaign", "state", "since", "reason", "answer", "id"), job_rows(found)),
    ):
        if rows:
            screen.print()
            screen.print(output.table(columns, rows, title))


def consent_rows(found: "Document") -> list[tuple[str, ...]]:
    """All that was ever recorded, by time."""
    from workers.cli.output import plain, when

    return [
        (when(one["at"]), one["kind"], one["scope"], plain(one["source"]), plain(one["evidence"] or ""))
        for one in found["history"]
    ]


def job_rows(found: "Document") -> list[tuple[str, ...]]:
    """Newest campaign first. since: when the provider last said something."""
    from workers.cli.output import plain, when

    rows: list[tuple[str, ...]] = []
    for job in found["jobs"]:
        times = [job["times"][name] for name in TIMES if job["times"][name]]
        reason = " ".join(part for part in (job["reason"], f"({job['code']})" if job["code"] else "") if part)
        answer = job["answer"] or job["reply"] or ""
        rows.append(
            (
                plain(job["campaign_name"]),
                job["state"],
                when(max(times)) if times else "",
                plain(reason),
                plain(answer),
                job["campaign"],
            )
        )
    return rows
