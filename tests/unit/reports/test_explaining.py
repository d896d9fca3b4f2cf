"""Why this person did or did not get what, what comes next, and until when one may write."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypedDict, Unpack
from zoneinfo import ZoneInfo

import pytest

from shared.campaigns.model import UnconfirmedPolicy
from shared.conversations.interactions.model import About, Interaction, InteractionState
from shared.ground.ids import CampaignId, InteractionId, SenderId, UploadId
from shared.ledger.model import AnswerSummary, JobRecord, Redrive, RedriveOrder, Standing
from shared.ledger.states import CampaignState, JobState
from shared.ledger.uploads import RowVerdict
from shared.people.consent.model import ConsentKind, ConsentRecord
from shared.people.contacts.store import Identity
from shared.people.sessions.model import Session
from shared.reports.explaining import explain
from shared.reports.gathering import Dossier, Placed, Told
from shared.reports.reporting import Place, Reported
from tests.factories import CAMPAIGN, SENDER, TENANT, campaign, contact, row
from tests.fields import RowFields, RulesFields
from tests.stores import START
from tests.wired import MARGIN

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
DESK = SenderId("desk")
NO_CONVERSATION = "No conversation is open: only a template may be sent."
UNTIL_AGREED = "no template of it is sent until a later opt-in of the same scope, or of all, is recorded."
NO_OPT_IN = "No opt-in is recorded: a campaign that requires one does not write to them."


def records(*given: ConsentRecord) -> Mapping[str, ConsentRecord]:
    return {record.field: record for record in given}


def agreed(scope: str = "all", at: datetime = NOW - timedelta(days=3)) -> ConsentRecord:
    return ConsentRecord(ConsentKind.OPT_IN, scope, "web_form", at)


def refused(scope: str = "all", at: datetime = NOW - timedelta(days=2)) -> ConsentRecord:
    return ConsentRecord(ConsentKind.OPT_OUT, scope, "keyword", at)


class JobFields(TypedDict, total=False):
    attempt: int
    code: str
    reason: str
    times: Mapping[str, datetime]
    answers: AnswerSummary


def placed(
    state: JobState = JobState.PENDING,
    campaign_state: CampaignState = CampaignState.RUNNING,
    rules: RulesFields | None = None,
    job: JobFields | None = None,
    planned: int = 1,
    reason: str = "",
    **of_row: Unpack[RowFields],
) -> Placed:
    """A job of `Reminders of May`, which requires no opt-in unless its rules say so."""
    made = JobRecord(0, state, 1, "", "", "", {state.value: NOW - timedelta(hours=1)})
    counts = dict.fromkeys(JobState, 0)
    standing = Standing(campaign_state, reason, "", 1, counts, 1, planned, START, START, None, 0)
    reported = Reported(replace(made, **(job or {})), row(0, **of_row), contact(0))
    return Placed(Place(campaign(rules), reported), standing, "utility")


def window(left: timedelta | None) -> Session:
    """Open for so long, since so long that it makes 24 hours."""
    if left is None:
        return Session(NOW)
    return Session(NOW, NOW + left, NOW + left - timedelta(hours=24))


def talk(state: InteractionState = InteractionState.OPEN, agent: str | None = None, of: CampaignId | None = CAMPAIGN):
    about = About(TENANT, SENDER, contact(0), of)
    return Interaction(InteractionId("i1"), about, state, NOW, NOW - timedelta(minutes=5), agent)


def dossier(
    *jobs: Placed,
    consents: Mapping[str, ConsentRecord] | None = None,
    windows: Mapping[SenderId, Session] | None = None,
    talks: tuple[Interaction, ...] = (),
) -> Dossier:
    """By default somebody who agreed and has not written."""
    known = records(agreed()) if consents is None else consents
    return Dossier(Identity(contact(0)), known, [], windows or {SENDER: window(None)}, jobs, talks)


def told(of: Dossier, zone=UTC) -> list[str]:
    return explain(of, MARGIN, NOW, zone)


def of_job(job: Placed, consents: Mapping[str, ConsentRecord] | None = None) -> str:
    """The line of its message."""
    (line,) = [line for line in told(dossier(job, consents=consents)) if line.startswith("Reminders of May")]
    return line.partition(": ")[2]


# ── consent ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("consents", "lines"),
    [
        (records(), [NO_OPT_IN]),
        (records(agreed()), ["They agreed to all messages on 2026-05-01 12:00+00:00 (web_form)."]),
        (
            records(agreed("utility"), agreed("marketing")),
            [
                "They agreed to marketing messages on 2026-05-01 12:00+00:00 (web_form).",
                "They agreed to utility messages on 2026-05-01 12:00+00:00 (web_form).",
            ],
        ),
        (
            records(agreed(), refused()),
            [f"They refused all messages on 2026-05-02 12:00+00:00 (keyword): {UNTIL_AGREED}"],
        ),
        (
            records(refused(), agreed(at=NOW)),
            ["They agreed to all messages on 2026-05-04 12:00+00:00 (web_form)."],
        ),
        (
            records(agreed(), refused("marketing")),
            [
                f"They refused marketing messages on 2026-05-02 12:00+00:00 (keyword): {UNTIL_AGREED}",
                "They agreed to all messages on 2026-05-01 12:00+00:00 (web_form).",
            ],
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_what_was_agreed(consents: Mapping[str, ConsentRecord], lines: list[str]) -> None:
    assert told(dossier(consents=consents)) == [*lines, "They are in no campaign.", NO_CONVERSATION]


def test_times_are_told_in_the_tenants_zone() -> None:
    assert told(dossier(), ZoneInfo("America/Montevideo"))[0].endswith("on 2026-05-01 09:00-03:00 (web_form).")


# ── what became of a message ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("job", "line"),
    [
        (placed(), "it waits; it is sent when their turn comes."),
        (placed(campaign_state=CampaignState.DRAFT, planned=0), "it waits; the campaign has not been started."),
        (
            placed(campaign_state=CampaignState.PAUSED, reason="template-unusable:63016"),
            "it waits; the campaign is paused (template-unusable:63016), and resuming it sends exactly the rest.",
        ),
        (
            placed(campaign_state=CampaignState.PAUSED),
            "it waits; the campaign is paused, and resuming it sends exactly the rest.",
        ),
        (placed(campaign_state=CampaignState.FINISHED), "it waits; the campaign has ended."),
        (
            placed(JobState.DEFERRED, send_at=NOW + timedelta(hours=2)),
            "it waits for 2026-05-04 14:00+00:00, as its base asks; it is sent when their turn comes.",
        ),
        (
            placed(JobState.DEFERRED, job={"code": "63018", "reason": "too fast."}, send_at=NOW - timedelta(hours=2)),
            "it waits to be tried again: too fast (63018); it is sent when their turn comes.",
        ),
        (
            placed(JobState.DEFERRED, CampaignState.PAUSED, job={"code": "63018", "reason": "too fast."}, reason="lunch"),
            ("it waits to be tried again: too fast (63018); the campaign is paused (lunch), and resuming it sends exactly "
            "the rest."),
        ),
        (placed(JobState.DEFERRED, job={"attempt": 2}), "it waits to be tried again; it is sent when their turn comes."),
        (
            placed(JobState.DEFERRED, send_at=NOW - timedelta(hours=2)),
            "it waits; it is sent when their turn comes.",
        ),
        (placed(JobState.LEASED), "it is about to be sent."),
        (
            placed(JobState.LEASED, CampaignState.PAUSED),
            "it waits; the campaign is paused, and resuming it sends exactly the rest.",
        ),
        (placed(JobState.SENDING), "it is being sent at this moment."),
        (
            placed(JobState.ACCEPTED),
            "the provider accepted it on 2026-05-04 11:00+00:00; no delivery has been reported yet.",
        ),
        (placed(JobState.DELIVERED), "delivered on 2026-05-04 11:00+00:00; not reported as read."),
        (placed(JobState.READ), "read on 2026-05-04 11:00+00:00."),
        (placed(JobState.READ, job={"times": {}}), "read."),
        (
            placed(JobState.FAILED, job={"code": "63024", "reason": "the number is not on WhatsApp"}),
            ("the provider refused it on 2026-05-04 11:00+00:00: the number is not on WhatsApp (63024). "
            "It is not sent again by itself; `oriel campaign redrive` orders another try."),
        ),
        (
            placed(JobState.FAILED, CampaignState.CANCELLED, job={"code": "63024", "times": {}}),
            "the provider refused it: (63024). It is not sent again.",
        ),
        (
            placed(JobState.SUPPRESSED, job={"reason": "opted-out"}),
            "not sent on purpose: they had refused to be written to.",
        ),
        (
            placed(JobState.SUPPRESSED, job={"reason": "no-opt-in"}),
            ("not sent on purpose: no opt-in was recorded when they were judged. One has been recorded since, and the "
            "campaign judges them again."),
        ),
        (
            placed(JobState.SUPPRESSED, job={"code": "63032", "reason": "blocked us"}),
            "not sent on purpose: their refusal at the provider: blocked us (63032).",
        ),
        (
            placed(JobState.UNCONFIRMED),
            ("its outcome is unknown: the provider may have it, and has not said so. It is not sent again by itself, so "
            "that nobody is written to twice; `oriel campaign redrive` orders another try."),
        ),
        (
            placed(JobState.UNCONFIRMED, CampaignState.CANCELLED, rules={"unconfirmed": UnconfirmedPolicy.RESEND}),
            ("its outcome is unknown: the provider may have it, and has not said so. It is not sent again, so that nobody "
            "is written to twice."),
        ),
        (
            placed(JobState.UNCONFIRMED, CampaignState.PAUSED, rules={"unconfirmed": UnconfirmedPolicy.RESEND}),
            ("its outcome is unknown: the provider may have it, and has not said so. It is sent again if it stays so and "
            "the campaign is resumed, as the campaign's rules say."),
        ),
        (
            placed(JobState.UNCONFIRMED, rules={"unconfirmed": UnconfirmedPolicy.RESEND}),
            ("its outcome is unknown: the provider may have it, and has not said so. It is sent again if it stays so, as "
            "the campaign's rules say."),
        ),
        (
            placed(JobState.UNCONFIRMED, job={"reason": "not-listed"}),
            ("its outcome is unknown: the provider did not answer, and does not list the message. It is not sent again by "
            "itself, so that nobody is written to twice; `oriel campaign redrive` orders another try."),
        ),
        (
            placed(
                JobState.UNCONFIRMED, job={"reason": "several-listed"}, rules={"unconfirmed": UnconfirmedPolicy.RESEND}
            ),
            ("its outcome is unknown: the provider did not answer, and lists several messages that could be this one. It "
            "is not sent again by itself, so that nobody is written to twice; "
            "`oriel campaign redrive` orders another try."),
        ),
        (placed(JobState.CANCELLED), "not sent: the campaign was cancelled before their turn."),
        (
            placed(JobState.EXPIRED, rules={"deadline_at": NOW}, job={"reason": "deadline"}),
            "not sent: the campaign's deadline (2026-05-04 12:00+00:00) came before their turn.",
        ),
        (
            placed(JobState.EXPIRED, rules={"deadline_at": NOW}, job={"reason": "deadline", "code": "63049"}),
            ("not sent: the provider did not take it (63049), and the campaign's deadline (2026-05-04 12:00+00:00) came "
            "before another try."),
        ),
        (
            placed(rules={"deadline_at": NOW}),
            "it waits, and will not be sent: the campaign's deadline comes before their turn.",
        ),
    ],
    ids=lambda value: "" if isinstance(value, str) else value.reported.job.state.value,
)  # fmt: skip
def test_what_became_of_it(job: Placed, line: str) -> None:
    assert of_job(job) == line


@pytest.mark.parametrize("state", JobState)
@pytest.mark.parametrize("campaign_state", CampaignState)
def test_every_state_has_words(state: JobState, campaign_state: CampaignState) -> None:
    assert of_job(placed(state, campaign_state)).endswith(".")


def test_a_provider_cannot_write_our_sentences() -> None:
    job = placed(JobState.FAILED, job={"code": "{on}", "reason": "{cause} {0}"})

    assert "{cause} {0} ({on})" in of_job(job)


def test_whoever_has_refused_is_not_written_to_any_more() -> None:
    assert (
        of_job(placed(), consents=records(agreed(), refused())) == "it waits, and will not be sent: they have refused."
    )
    assert of_job(placed(), consents=records(agreed(), refused("marketing"))).startswith("it waits; it is sent")


def test_a_missing_opt_in_matters_until_the_campaign_is_planned() -> None:
    strict: RulesFields = {"require_opt_in": True}

    assert "unless an opt-in is recorded" in of_job(placed(planned=0, rules=strict), consents={})
    assert of_job(placed(planned=1, rules=strict), consents={}).startswith("it waits; it is sent")
    assert of_job(placed(planned=0), consents={}).startswith("it waits; it is sent")


SOON_AFTER = "One that comes before the campaign ends, or soon after ([timing] reopens_for_seconds), still counts."
TOO_LATE = "The campaign has ended: one that comes now counts for the next campaign."


@pytest.mark.parametrize(
    ("state", "reopens_in", "consents", "told"),
    [
        (CampaignState.RUNNING, None, records(), SOON_AFTER),
        (CampaignState.PAUSED, None, records(), SOON_AFTER),
        (CampaignState.RUNNING, -timedelta(days=1), records(), SOON_AFTER),
        (
            CampaignState.FINISHED,
            timedelta(hours=2),
            records(),
            "One that comes until 2026-05-04 14:00+00:00 still counts: the campaign runs again for them.",
        ),
        (CampaignState.FINISHED, timedelta(0), records(), TOO_LATE),
        (CampaignState.FINISHED, None, records(), TOO_LATE),
        (CampaignState.CANCELLED, timedelta(hours=2), records(), TOO_LATE),
        (CampaignState.RUNNING, None, records(agreed("marketing")), SOON_AFTER),
        (CampaignState.RUNNING, None, records(agreed(), refused()), SOON_AFTER),
        (CampaignState.PAUSED, None, records(agreed()), "One has been recorded since, and the campaign judges them again."),
        (
            CampaignState.FINISHED,
            timedelta(hours=2),
            records(agreed()),
            "One has been recorded since, and the campaign judges them again.",
        ),
        (CampaignState.CANCELLED, None, records(agreed()), TOO_LATE),
    ],
    ids=str,
)  # fmt: skip
def test_whether_a_late_opt_in_still_counts(
    state: CampaignState, reopens_in: timedelta | None, consents: Mapping[str, ConsentRecord], told: str
) -> None:
    made = placed(JobState.SUPPRESSED, state, {"require_opt_in": True}, {"reason": "no-opt-in"})
    until = None if reopens_in is None else NOW + reopens_in
    made = replace(made, standing=replace(made.standing, reopens_until=until))
    line = of_job(made, consents)
    assert line == f"not sent on purpose: no opt-in was recorded when they were judged. {told}"


@pytest.mark.parametrize("state", [CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.FINISHED])
@pytest.mark.parametrize("consents", [{}, records(agreed())], ids=["no opt-in", "opt-in"])
def test_nothing_is_promised_behind_the_deadline(state: CampaignState, consents: Mapping[str, ConsentRecord]) -> None:
    rules: RulesFields = {"require_opt_in": True, "unconfirmed": UnconfirmedPolicy.RESEND, "deadline_at": NOW}
    lacking = placed(JobState.SUPPRESSED, state, rules, {"reason": "no-opt-in"})
    lacking = replace(lacking, standing=replace(lacking.standing, reopens_until=NOW + timedelta(hours=2)))
    assert of_job(lacking, consents).endswith(
        "The campaign's deadline has passed: one that comes now counts for the next campaign."
    )
    for other in (JobState.FAILED, JobState.UNCONFIRMED):
        line = of_job(placed(other, state, rules))
        assert "It is not sent again" in line
        assert line.endswith(": the campaign's deadline has passed.")


@pytest.mark.parametrize(
    ("codes", "page", "state", "is_ordered"),
    [
        ([], 0, JobState.FAILED, True),
        (["7"], 0, JobState.FAILED, True),
        (["8"], 0, JobState.FAILED, False),
        ([], 1, JobState.FAILED, False),
        ([], 0, JobState.UNCONFIRMED, False),
    ],
    ids=["any", "its code", "another code", "left out already", "another state"],
)
def test_an_order_to_try_again_is_told(codes: list[str], page: int, state: JobState, is_ordered: bool) -> None:
    made = placed(state, job={"code": "7"})
    order = RedriveOrder("one", frozenset({JobState.FAILED}), frozenset(codes), "ana", NOW)
    made = replace(made, standing=replace(made.standing, redrive=Redrive(order, 0, 0, page)))
    assert of_job(made).endswith("ana has ordered another try.") is is_ordered
    assert ("`oriel campaign redrive` orders" in of_job(made)) is not is_ordered


@pytest.mark.parametrize(
    ("reason", "is_held", "end"),
    [
        ("missing-parameter", False, "was rejected at import (missing-parameter): Fill 1."),
        (
            "missing-parameter",
            True,
            "was rejected at import (missing-parameter): Fill 1. The row that the campaign holds of them counts.",
        ),
        ("replaced", True, "replaced an earlier one (replaced): Fill 1."),
        ("duplicate", True, "was not taken (duplicate): Fill 1."),
    ],
)
def test_a_row_that_became_no_new_contact_is_told_also_of_one_whom_the_campaign_holds(
    reason: str, is_held: bool, end: str
) -> None:
    row_of = Told(campaign(), UploadId("u7"), RowVerdict(3, reason, "Fill 1."))
    found = replace(dossier(*([placed()] if is_held else [])), rows=[row_of])
    assert f"Reminders of May: the row in line 3 of upload u7 {end}" in told(found)


def test_an_answer_is_told_with_what_it_counts_as_and_without_what_it_said() -> None:
    at = NOW - timedelta(minutes=30)
    plain = placed(JobState.READ, job={"answers": AnswerSummary(at, "yes, my number is …", "confirmed")})
    gone = placed(JobState.READ, job={"answers": AnswerSummary(at, "?", "", at + timedelta(minutes=1))})

    assert of_job(plain).endswith("They answered on 2026-05-04 11:30+00:00, which counts as confirmed.")
    assert "my number" not in of_job(plain)
    assert of_job(gone).endswith(
        "They answered on 2026-05-04 11:30+00:00. With it they refused further messages, on 2026-05-04 11:31+00:00."
    )


def test_an_attempt_that_is_not_the_first_is_counted() -> None:
    (_, line, _) = told(dossier(placed(job={"attempt": 3})))

    assert line == "Reminders of May (attempt 3): it waits; it is sent when their turn comes."


# ── until when ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("left", "until"),
    [
        (timedelta(hours=3, minutes=13, seconds=20), "2026-05-04 15:12+00:00 (for 3 h 12 min)."),
        (timedelta(minutes=5), "2026-05-04 12:04+00:00 (for 4 min)."),
        (timedelta(seconds=61), "2026-05-04 12:00+00:00 (for 1 s)."),
    ],
)  # fmt: skip
def test_until_when_one_may_write(left: timedelta, until: str) -> None:
    wrote_at = (NOW + left - timedelta(hours=24)).isoformat(sep=" ", timespec="minutes")

    assert told(dossier(windows={SENDER: window(left)}))[-1] == (
        f"clinic: they wrote last on {wrote_at}, so anything may be written until {until}"
    )


def test_in_the_last_minute_nothing_is_taken() -> None:
    last = told(dossier(windows={SENDER: window(MARGIN)}))[-1]

    assert last.endswith("the conversation ends on 2026-05-04 12:01+00:00, too soon for a message to be taken.")


@pytest.mark.parametrize("left", [None, timedelta(0)])
def test_without_a_conversation_only_templates(left: timedelta | None) -> None:
    assert told(dossier(windows={SENDER: window(left)}))[-1] == NO_CONVERSATION


def test_whoever_refused_since_is_left_alone() -> None:
    windows = {SENDER: window(timedelta(hours=20))}
    late = dossier(consents=records(agreed(), refused(at=NOW)), windows=windows)
    early = dossier(consents=records(agreed(), refused(at=NOW - timedelta(hours=5))), windows=windows)

    assert told(late)[-1].endswith("and have refused since: nothing may be written until they write again.")
    assert "anything may be written until" in told(early)[-1]


def test_of_the_other_senders_only_those_that_it_has_to_do_with() -> None:
    windows = {DESK: window(timedelta(hours=1)), SENDER: window(None), SenderId("shop"): window(None)}

    assert told(dossier(placed(), windows=windows))[-1] == (
        "clinic: no conversation is open, only a template may be sent."
    )
    assert told(dossier(windows=windows))[-1].startswith("desk: they wrote last")


# ── who answers ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("one", "job", "line"),
    [
        (talk(), placed(), "What they said to Reminders of May, last on 2026-05-04 11:55+00:00, waits for an agent."),
        (
            talk(InteractionState.ASSIGNED, "ana"),
            placed(),
            "What they said to Reminders of May, last on 2026-05-04 11:55+00:00, is in the hands of ana.",
        ),
        (talk(of=None), placed(), "What they said to clinic, last on 2026-05-04 11:55+00:00, waits for an agent."),
    ],
)
def test_who_has_it_in_hand(one: Interaction, job: Placed, line: str) -> None:
    assert told(dossier(job, talks=(one,)))[-1] == line


def test_what_is_closed_waits_for_nobody() -> None:
    assert told(dossier(talks=(talk(InteractionState.CLOSED),)))[-1] == NO_CONVERSATION
