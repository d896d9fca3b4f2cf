"""Results: the outcome of every contact of a campaign, as a table for spreadsheets. Owns its columns.

Each time has a column. The dialer's own columns follow ours; if its name is one of ours, it becomes `own_<name>`.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from shared.campaigns.model import Campaign
from shared.ground.tables import csv_line
from shared.ledger.model import TIMES, AnswerSummary
from shared.reports.reporting import Reported, Reporting, Wanted

COLUMNS = (
    "contact",
    "contact_id",
    "external_contact_id",
    "state",
    "attempt",
    "code",
    "reason",
    "provider_message_id",
    "accepted_at",
    "delivered_at",
    "read_at",
    "failed_at",
    "replied_at",
    "reply",
    "answer",
    "opted_out_at",
    "price_category",
)


async def csv_lines(reporting: Reporting, campaign: Campaign, wanted: Wanted) -> AsyncIterator[str]:
    """Yield the header, then a line per contact. All rows are read once before, because the header needs every column."""
    own = await reporting.own_columns(campaign)
    yield csv_line(header(own))
    async for reported in reporting.jobs(campaign, wanted):
        yield csv_line(cells(reported, own))


def header(own: Sequence[str]) -> list[str]:
    """own: the dialer's columns."""
    return [*COLUMNS, *(f"own_{name}" if name in COLUMNS else name for name in own)]


def cells(reported: Reported, own: Sequence[str]) -> list[str]:
    """One contact's row. own: in the header's order."""
    job, row = reported.job, reported.row
    return [
        row.address,
        reported.contact,
        row.external_contact_id or "",
        job.state.value,
        str(job.attempt),
        job.code,
        job.reason,
        job.provider_message_id,
        *(_instant(job.times.get(name)) for name in TIMES),
        *_answer_cells(job.answers),
        job.price_category,
        *(row.own.get(name, "") for name in own),
    ]


def _answer_cells(answers: AnswerSummary | None) -> tuple[str, ...]:
    """The cells `replied_at`, `reply`, `answer`, `opted_out_at`."""
    if answers is None:
        return ("", "", "", "")
    return (_instant(answers.replied_at), answers.reply, answers.label, _instant(answers.opted_out_at))


def _instant(at: datetime | None) -> str:
    return "" if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
