"""Explaining: why this person did or did not get what, what comes next, and until when one may write.

Owns the words; every judgement is the one by which messages are sent or are not. What they are about: `gathering`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import assert_never

from shared.campaigns.model import Campaign, UnconfirmedPolicy
from shared.conversations.interactions.model import InteractionState
from shared.conversations.windows import Window, window_of
from shared.ground.clock import Now
from shared.ground.ids import SenderId
from shared.ground.names import join_names
from shared.ledger.model import JobRecord, Standing
from shared.ledger.states import CampaignState, JobState
from shared.people.consent.model import EVERYTHING, SCOPES, ConsentKind, ConsentRecord, Records, has_refused
from shared.people.sessions.model import Session
from shared.reports.gathering import Dossier, Placed
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
    JobState.FAILED: "the provider refused it{on}{cause}. It is not sent again.",
}
PLAIN: Mapping[JobState, str] = {
    JobState.LEASED: "it is being sent at this moment.",
    JobState.SENDING: "it is being sent at this moment.",
    JobState.CANCELLED: "not sent: the campaign was cancelled before their turn.",
    JobState.EXPIRED: "not sent: its time had passed before their turn.",
}
SUPPRESSED: Mapping[str, str] = {
    Reason.OPTED_OUT: "they had refused to be written to.",
    Reason.NO_OPT_IN: "no opt-in was recorded when the campaign was planned. One that comes before the "
    "campaign has ended still counts; a later one counts for the next campaign.",
    "repeated": "they had got the same message a short while before.",
}
REPEATS: Mapping[str, str] = {
    "duplicate": "was not taken",
    "replaced": "replaced an earlier one",
}
OBSTACLES: Mapping[Reason, str] = {
    Reason.WINDOW_CLOSED: ": their conversation is not open.",
    Reason.OPTED_OUT: ": they have refused.",
    Reason.NOT_IN_CONTROL: ": somebody else holds their conversation.",
    Reason.NO_OPT_IN: " unless an opt-in is recorded before the campaign gets to them.",
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
    return f"{said}: nothing of it is sent until a later opt-in of the same scope, or of all, is recorded."


def _scope(record: ConsentRecord) -> str:
    return "all messages" if record.scope == EVERYTHING else f"{record.scope} messages"


# ── campaigns ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _job_line(placed: Placed, records: Records, now: datetime, at: At) -> str:
    job = placed.reported.job
    attempt = f" (attempt {job.attempt})" if job.attempt > 1 else ""
    said = [f"{placed.campaign.name}{attempt}: {_fate(placed, records, now, at)}", *_answer(job, at)]
    return " ".join(said)


def _row_lines(dossier: Dossier) -> list[str]:
    """Rows that became no new contact. A contact that came in after all needs no word about a row that was rejected."""
    held = {job.campaign.id for job in dossier.jobs}
    told = [one for one in dossier.rows if one.verdict.reason in REPEATS or one.campaign.id not in held]
    return [
        f"{one.campaign.name}: the row in line {one.verdict.line} of upload {one.upload} "
        f"{REPEATS.get(one.verdict.reason, 'was rejected at import')} ({one.verdict.reason}): {one.verdict.detail}"
        for one in told
    ]


def _fate(placed: Placed, records: Records, now: datetime, at: At) -> str:
    """What became of the message, or will."""
    job = placed.reported.job
    match job.state:
        case JobState.PENDING | JobState.DEFERRED:
            return _wait(placed, records, now, at)
        case JobState.ACCEPTED | JobState.DELIVERED | JobState.READ | JobState.FAILED:
            return HEARD[job.state].format(on=_on(job, at), cause=_cause(job))
        case JobState.SUPPRESSED:
            return f"not sent on purpose: {_suppressed(job)}"
        case JobState.UNCONFIRMED:
            return _unconfirmed(placed.campaign)
        case JobState.LEASED | JobState.SENDING | JobState.CANCELLED | JobState.EXPIRED:
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
        case Allowed() if job.state is JobState.DEFERRED:
            return f"it waits, and is tried again by itself{_cause(job)}."
        case Allowed():
            return f"it waits{_next_step(placed.standing)}"


def _verdict(placed: Placed, records: Records, now: datetime) -> Verdict:
    """An opt-in is required when a job is planned, and not again; a refusal counts until it is sent."""
    require_opt_in = placed.campaign.rules.require_opt_in and not placed.is_planned
    return judge(TemplateQuestion(records, placed.category, require_opt_in, now, placed.reported.row.send_at))


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


def _suppressed(job: JobRecord) -> str:
    known = SUPPRESSED.get(job.reason)
    return known if known is not None else f"their refusal at the provider{_cause(job)}."


def _unconfirmed(campaign: Campaign) -> str:
    unknown = "its outcome is unknown: the provider may have it, and has not said so."
    if campaign.rules.unconfirmed is UnconfirmedPolicy.RESEND:
        return f"{unknown} It is sent again if it stays so, as the campaign's rules say."
    return f"{unknown} It is not sent again, so that nobody is written to twice."


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
