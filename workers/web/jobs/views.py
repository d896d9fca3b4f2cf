"""From a job to a row of an answer. Pure."""

from shared.reports.reporting import Reported
from workers.web.jobs.schemas import JobView, Times


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
