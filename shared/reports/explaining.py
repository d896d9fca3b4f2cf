"""Explaining: why this person did or did not get what, what comes next, and until when one may write.

Owns the words; every judgement is the one by which messages are sent or are not. What they are about: `gathering`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import assert_never

from shared.campaigns.model import UnconfirmedPolicy
from shared.conversations.interactions.model import InteractionState
from shared.conversations.windows import Window, window_of
from shared.ground.clock import Now
from shared.ground.ids import SenderId
from shared.ground.keys import PAGE_ROWS
from shared.ground.names import join_names
from shared.ledger.model import JobRecord, Standing
from shared.ledger.states import OPEN_FOR_REDRIVES, CampaignState, JobState
from shared.people.consent.model import EVERYTHING, SCOPES, ConsentKind, ConsentRecord, Records, has_refused
from shared.people.sessions.model import Session
from shared.providers.reconciling import Finding
from shared.reports.gathering import Dossier, Placed, Told
from shared.rules.judge import judge
from shared.rules.question import ReplyQuestion, TemplateQuestion
from shared.rules.verdict import Allowed, Later, Never, Reason, Verdict
from shared.rules.window import free_form_until

At = Callable[[datetime], str]
"""An instant as people read it."""

HEARD: Mapping[JobState, str] = {
    JobState.ACCEPTED: "the provider accepted it{on}; no delivery has been reported yet.",
    JobState.DELIVERED: "delivered{on}; not reported as read.",
    JobState.READ: "read{on}.",
    JobState.FAILED: "the provider refused it{on}{cause}.",
}
PLAIN: Mapping[JobState, str] = {
    JobState.SENDING: "it is being sent at this moment.",
    JobState.CANCELLED: "not sent: the campaign was cancelled before their turn.",
}
SUPPRESSED: Mapping[str, str] = {
    Reason.OPTED_OUT: "they had refused to be written to.",
    "repeated": "they had got the same message a short while before.",
}
LISTED: Mapping[str, str] = {
    Finding.ABSENT: "the provider did not answer, and does not list the message",
    Finding.SEVERAL: "the provider did not answer, and lists several messages that could be this one",
    Finding.UNCLEAR: "the provider did not answer, and its list does not show whether it has the message",
}
REPEATS: Mapping[str, str] = {
    "duplicate": "was not taken",
    "replaced": "replaced an earlier one",
}
OBSTACLES: Mapping[Reason, str] = {
    Reason.WINDOW_CLOSED: ": their conversation is not open.",
    Reason.OPTED_OUT: ": they have refused.",
    Reason.NOT_IN_CONTROL: ": somebody else holds their conversation.",
    Reason.NO_OPT_IN: " unless an opt-in is recorded before the campaign ends, or soon after "
    "([timing] reopens_for_seconds).",
    Reason.DEADLINE: ": the campaign's deadline comes before their turn.",
    Reason.SEND_AT: ", as its base asks",
}
"""Behind `it waits, and will not be sent` or `it waits for …`."""


@dataclass(frozen=True, slots=True)
class Explaining:
    """margin: before a window's end, in which nothing is taken any more."""

    margin: timedelta
    now: Now

    def explanation(self, dossier: Dossier, zone: tzinfo) -> list[str]:
        """A sentence or two a line. zone: in which times are told."""
        return explain(dossier, self.margin, self.now(), zone)

    def windows(self, dossier: Dossier) -> Mapping[SenderId, Window]:
        """The contact's window with each sender of the tenant; closed ones too."""
        records = dossier.records
        return {sender: window_of(session, records, self.margin) for sender, session in dossier.sessions.items()}


# ── all of it is pure ───────────────────────────────────────────────────────────────────────────────────────────────


def explain(dossier: Dossier, margin: timedelta, now: datetime, zone: tzinfo) -> list[str]:
    """What was agreed, what became of each campaign's message, what may be written until when, and who answers."""

    def at(instant: datetime) -> str:
        return instant.astimezone(zone).isoformat(sep=" ", timespec="minutes")

    return [
        *_consent_lines(dossier.records, at),
        *(_job_line(job, dossier.records, now, at) for job in dossier.jobs),
        *([] if dossier.jobs else ["They are in no campaign."]),
        *_row_lines(dossier),
        *_window_lines(dossier, margin, at),
        *_interaction_lines(dossier, at),
    ]


# ── consent ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _consent_lines(records: Records, at: At) -> list[str]:
    refusals = [one for one in _of_kind(records, ConsentKind.OPT_OUT) if has_refused(records, one.scope)]
    agreements = _of_kind(records, ConsentKind.OPT_IN)
    lines = [_refusal_line(record, at) for record in refusals]
    if EVERYTHING in {record.scope for record in refusals}:
        return lines[:1]
    if not agreements:
        return [*lines, "No opt-in is recorded: a campaign that requires one does not write to them."]
    return [*lines, *(f"They agreed to {_scope(one)} on {at(one.at)} ({one.source})." for one in agreements)]


def _of_kind(records: Records, kind: ConsentKind) -> list[ConsentRecord]:
    """In the order of the scopes, the widest first."""
    return [records[field] for scope in SCOPES if (field := f"{kind}:{scope}") in records]


def _refusal_line(record: ConsentRecord, at: At) -> str:
    said = f"They refused {_scope(record)} on {at(record.at)} ({record.source})"
    return f"{said}: no template of it is sent until a later opt-in of the same scope, or of all, is recorded."


def _scope(record: ConsentRecord) -> str:
    return "all messages" if record.scope == EVERYTHING else f"{record.scope} messages"


# ── campaigns ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _job_line(placed: Placed, records: Records, now: datetime, at: At) -> str:
    job = placed.reported.job
    attempt = f" (attempt {job.attempt})" if job.attempt > 1 else ""
    said = [f"{placed.campaign.name}{attempt}: {_fate(placed, records, now, at)}", *_answer(job, at)]
    return " ".join(said)


def _row_lines(dossier: Dossier) -> list[str]:
    """Rows that became no new contact. Of a contact whom the campaign holds, another row is the one that counts."""
    held = {job.campaign.id for job in dossier.jobs}
    return [_row_line(one, is_held=one.campaign.id in held) for one in dossier.rows]


def _row_line(told: Told, *, is_held: bool) -> str:
    verdict = told.verdict
    what = REPEATS.get(verdict.reason, "was rejected at import")
    line = f"{told.campaign.name}: the row in line {verdict.line} of upload {told.upload} {what} ({verdict.reason}): "
    other = " The row that the campaign holds of them counts." if is_held and verdict.reason not in REPEATS else ""
    return f"{line}{verdict.detail}{other}"


def _fate(placed: Placed, records: Records, now: datetime, at: At) -> str:
    """What became of the message, or will."""
    job = placed.reported.job
    match job.state:
        case JobState.PENDING | JobState.DEFERRED | JobState.LEASED:
            return _wait(placed, records, now, at)
        case JobState.ACCEPTED | JobState.DELIVERED | JobState.READ:
            return HEARD[job.state].format(on=_on(job, at))
        case JobState.FAILED:
            return f"{HEARD[job.state].format(on=_on(job, at), cause=_cause(job))} {_again(placed, now, '')}"
        case JobState.SUPPRESSED:
            return f"not sent on purpose: {_suppressed(placed, records, now, at)}"
        case JobState.UNCONFIRMED:
            return _unconfirmed(placed, now)
        case JobState.EXPIRED:
            return _expired(placed, at)
        case JobState.SENDING | JobState.CANCELLED:
            return PLAIN[job.state]
        case _:
            assert_never(job.state)


def _wait(placed: Placed, records: Records, now: datetime, at: At) -> str:
    job = placed.reported.job
    match _verdict(placed, records, now):
        case Never(reason):
            return f"it waits, and will not be sent{OBSTACLES[reason]}"
        case Later(until, reason):
            return f"it waits for {at(until)}{OBSTACLES[reason]}{_next_step(placed.standing)}"
        case Allowed() if job.state is JobState.LEASED and placed.standing.state is CampaignState.RUNNING:
            return "it is about to be sent."
        case Allowed() if job.state is JobState.DEFERRED and (job.code or job.reason or job.attempt > 1):
            return f"it waits to be tried again{_cause(job)}{_next_step(placed.standing)}"
        case Allowed():
            return f"it waits{_next_step(placed.standing)}"


def _verdict(placed: Placed, records: Records, now: datetime) -> Verdict:
    """An opt-in is required when a job is planned, and not again; a refusal counts until it is sent."""
    require_opt_in = placed.campaign.rules.require_opt_in and not placed.is_planned
    send_at, deadline_at = placed.reported.row.send_at, placed.campaign.rules.deadline_at
    return judge(TemplateQuestion(records, placed.category, require_opt_in, now, send_at, deadline_at))


def _is_over(placed: Placed, now: datetime) -> bool:
    """Whether the campaign's deadline has passed, so that it sends nothing any more, in whatever state it is."""
    deadline_at = placed.campaign.rules.deadline_at
    return deadline_at is not None and deadline_at <= now


def _expired(placed: Placed, at: At) -> str:
    job, deadline_at = placed.reported.job, placed.campaign.rules.deadline_at
    when = f" ({at(deadline_at)})" if deadline_at is not None else ""
    if job.code:
        refused = f"the provider did not take it ({job.code})"
        return f"not sent: {refused}, and the campaign's deadline{when} came before another try."
    return f"not sent: the campaign's deadline{when} came before their turn."


def _next_step(standing: Standing) -> str:
    match standing.state:
        case CampaignState.DRAFT | CampaignState.SCHEDULED:
            return "; the campaign has not been started."
        case CampaignState.PAUSED:
            why = f" ({standing.reason})" if standing.reason else ""
            return f"; the campaign is paused{why}, and resuming it sends exactly the rest."
        case CampaignState.RUNNING:
            return "; it is sent when their turn comes."
        case CampaignState.FINISHED | CampaignState.CANCELLED:
            return "; the campaign has ended."
        case _:
            assert_never(standing.state)


def _suppressed(placed: Placed, records: Records, now: datetime, at: At) -> str:
    job = placed.reported.job
    if job.reason == Reason.NO_OPT_IN:
        return f"no opt-in was recorded when they were judged. {_late_opt_in(placed, records, now, at)}"
    known = SUPPRESSED.get(job.reason)
    return known if known is not None else f"their refusal at the provider{_cause(job)}."


def _late_opt_in(placed: Placed, records: Records, now: datetime, at: At) -> str:
    """What an opt-in that comes, or came, after the judgement changes: the campaign takes them up, also from its end on for
    as long as it opens again.
    """
    standing = placed.standing
    if _is_over(placed, now):
        return "The campaign's deadline has passed: one that comes now counts for the next campaign."
    until = standing.reopens_until if standing.state is CampaignState.FINISHED else None
    if standing.state not in {CampaignState.RUNNING, CampaignState.PAUSED} and (until is None or until <= now):
        return "The campaign has ended: one that comes now counts for the next campaign."
    if not isinstance(judge(TemplateQuestion(records, placed.category, require_opt_in=True, now=now)), Never):
        return "One has been recorded since, and the campaign judges them again."
    if until is not None:
        return f"One that comes until {at(until)} still counts: the campaign runs again for them."
    return "One that comes before the campaign ends, or soon after ([timing] reopens_for_seconds), still counts."


def _unconfirmed(placed: Placed, now: datetime) -> str:
    reason = placed.reported.job.reason
    unknown = f"its outcome is unknown: {LISTED.get(reason, 'the provider may have it, and has not said so')}."
    is_held = reason in {Finding.SEVERAL, Finding.UNCLEAR}
    if placed.campaign.rules.unconfirmed is UnconfirmedPolicy.RESEND and not is_held and not _is_over(placed, now):
        if placed.standing.state is CampaignState.RUNNING:
            return f"{unknown} It is sent again if it stays so, as the campaign's rules say."
        if placed.standing.state is CampaignState.PAUSED:
            return (
                f"{unknown} It is sent again if it stays so and the campaign is resumed, as the campaign's rules say."
            )
    return f"{unknown} {_again(placed, now, ', so that nobody is written to twice')}"


def _again(placed: Placed, now: datetime, why_not: str) -> str:
    """Whether a person has ordered another try of what has ended, or may. why_not: behind `not sent again by itself`."""
    if _is_over(placed, now):
        return "It is not sent again: the campaign's deadline has passed."
    job, redrive = placed.reported.job, placed.standing.redrive
    if redrive is not None and redrive.order.takes(job) and job.ordinal // PAGE_ROWS >= (redrive.page or 0):
        return f"{redrive.order.by} has ordered another try."
    if placed.standing.state in OPEN_FOR_REDRIVES:
        return f"It is not sent again by itself{why_not}; `oriel campaign redrive` orders another try."
    return f"It is not sent again{why_not}."


def _answer(job: JobRecord, at: At) -> list[str]:
    if job.answers is None:
        return []
    counted = f", which counts as {job.answers.label}" if job.answers.label else ""
    refused = job.answers.opted_out_at
    said = [f"They answered on {at(job.answers.replied_at)}{counted}."]
    return said if refused is None else [*said, f"With it they refused further messages, on {at(refused)}."]


def _on(job: JobRecord, at: At) -> str:
    """When it came into its state, whose name is that of the time."""
    return f" on {at(job.times[job.state])}" if job.state in job.times else ""


def _cause(job: JobRecord) -> str:
    """The provider's word, where there is one."""
    said = [part for part in (job.reason.rstrip("."), f"({job.code})" if job.code else "") if part]
    return f": {' '.join(said)}" if said else ""


# ── windows and people ──────────────────────────────────────────────────────────────────────────────────────────────


def _window_lines(dossier: Dossier, margin: timedelta, at: At) -> list[str]:
    """Each that is open; the others together, as far as this contact has to do with them."""
    lines = [
        f"{sender}: {_window(session, dossier.records, margin, at)}"
        for sender, session in dossier.sessions.items()
        if session.is_open
    ]
    met = {job.campaign.sender for job in dossier.jobs} | {one.about.sender for one in dossier.interactions}
    closed = [sender for sender, session in dossier.sessions.items() if not session.is_open]
    if not lines:
        return ["No conversation is open: only a template may be sent."]
    others = sorted(met & set(closed))
    return [
        *lines,
        *([f"{join_names(others)}: no conversation is open, only a template may be sent."] if others else []),
    ]


def _window(session: Session, records: Records, margin: timedelta, at: At) -> str:
    until = free_form_until(session, margin)
    if session.expires_at is None or session.last_inbound_at is None or until is None:
        return "no conversation is open."
    wrote = f"they wrote last on {at(session.last_inbound_at)}"
    match judge(ReplyQuestion(records, session, margin)):
        case Allowed():
            return f"{wrote}, so anything may be written until {at(until)} (for {_span(until - session.asked_at)})."
        case Never(Reason.WINDOW_CLOSED):
            return f"{wrote}; the conversation ends on {at(session.expires_at)}, too soon for a message to be taken."
        case Never(Reason.OPTED_OUT):
            return f"{wrote} and have refused since: nothing may be written until they write again."
        case Never(Reason.NOT_IN_CONTROL):
            return f"{wrote}; {session.holder} holds the conversation, so only templates may be sent until it is ours."
        case Never(reason):
            return f"{wrote}; nothing may be written ({reason})."
        case Later(first, reason):
            return f"{wrote}; nothing may be written before {at(first)} ({reason})."


def _span(left: timedelta) -> str:
    """Rounded down.

    >>> _span(timedelta(hours=3, minutes=12, seconds=59)), _span(timedelta(seconds=59))
    ('3 h 12 min', '59 s')
    """
    seconds = int(left.total_seconds())
    hours, minutes = seconds // 3600, seconds // 60 % 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{seconds} s"


def _interaction_lines(dossier: Dossier, at: At) -> list[str]:
    names = {job.campaign.id: job.campaign.name for job in dossier.jobs}
    lines = []
    for one in dossier.interactions:
        campaign = one.about.campaign
        about = one.about.sender if campaign is None else names.get(campaign, campaign)
        if one.state is not InteractionState.CLOSED:
            waits = (
                "waits for an agent" if one.state is not InteractionState.STANDBY else "is answered by somebody else"
            )
            hands = waits if one.agent is None else f"is in the hands of {one.agent}"
            lines.append(f"What they said to {about}, last on {at(one.updated_at)}, {hands}.")
    return lines
