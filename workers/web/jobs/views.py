"""From a job to a row of an answer or a file. Pure.

In a CSV file, times stand in columns of their own, and the dialer's own columns behind ours; one that is named like one
of ours is called `own_<name>` there.
"""

from collections.abc import Sequence
from datetime import datetime

from shared.ledger.model import Answers
from shared.reports.reporting import Reported
from workers.web.files import csv_line
from workers.web.jobs.schemas import JobView, Times

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


def job_view(reported: Reported) -> JobView:
    job, row, answers = reported.job, reported.row, reported.job.answers
    return JobView(
        contact=row.address,
        contact_id=reported.contact,
        external_contact_id=row.external_contact_id,
        own=row.own,
        state=job.state,
        attempt=job.attempt,
        code=job.code or None,
        reason=job.reason or None,
        provider_message_id=job.provider_message_id or None,
        times=Times.model_validate(job.times),
        replied_at=None if answers is None else answers.replied_at,
        reply=None if answers is None else answers.reply,
        answer=(answers.label or None) if answers is not None else None,
        opted_out_at=None if answers is None else answers.opted_out_at,
        price_category=job.price_category or None,
    )


def header_line(own: Sequence[str]) -> str:
    return csv_line([*COLUMNS, *(f"own_{name}" if name in COLUMNS else name for name in own)])


def job_line(reported: Reported, own: Sequence[str]) -> str:
    """own: the dialer's columns, in the header's order."""
    job, row = reported.job, reported.row
    times = [job.times.get(name) for name in ("accepted", "delivered", "read", "failed")]
    return csv_line(
        [
            row.address,
            reported.contact,
            row.external_contact_id or "",
            job.state.value,
            str(job.attempt),
            job.code,
            job.reason,
            job.provider_message_id,
            *(_instant(at) for at in times),
            *_answer_cells(job.answers),
            job.price_category,
            *(row.own.get(name, "") for name in own),
        ]
    )


def _answer_cells(answers: Answers | None) -> tuple[str, ...]:
    """What the contact said, as `replied_at`, `reply`, `answer`, `opted_out_at`."""
    if answers is None:
        return ("", "", "", "")
    return (_instant(answers.replied_at), answers.reply, answers.label, _instant(answers.opted_out_at))


def _instant(at: datetime | None) -> str:
    return "" if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
