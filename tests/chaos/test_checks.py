"""The fault tests' own judges: each finds what it is there to find. No process is started here."""

import pytest

from shared.ground.ids import CampaignId
from shared.ledger.states import JobState
from tests.invariants import (
    Job,
    Seen,
    check_callbacks_answered,
    check_never_twice,
    check_no_attempt_twice,
    check_truth,
    closest_pair_s,
    funnel_told,
    resent,
    seen,
    speed,
)
from tests.world import address, sender_address
from workers.simulator.journal import CallbackRecord, RequestRecord
from workers.simulator.traffic import Outcome

CAMPAIGN = CampaignId("caaaaaaaaaaaaaaaa")
CONTACT = address(1)


def accepted(message: str, at: float = 1.0, attempt: int = 1, campaign: str = CAMPAIGN) -> RequestRecord:
    return RequestRecord(
        at, "twilio", "AC", CONTACT, sender_address(), None, {}, f"{campaign}.0.{attempt}.mac", message,
        Outcome.ACCEPTED, None, answered=True, fault=None,
    )  # fmt: skip


def told(message: str, status: str, http_status: int | None = 204, at: float = 2.0, forged: bool = False):
    return CallbackRecord(at, "twilio", message, status, None, http_status, attempt=1, forged=forged)


def job(state: JobState, message: str = "SM1") -> Job:
    return Job(CONTACT, state, attempt=1, code="", message=message)


def provider(*records) -> Seen:
    return seen(records, CAMPAIGN)


ONCE = accepted("SM1")


def test_a_second_acceptance_is_found():
    twice = provider(ONCE, accepted("SM2", at=3.0))
    with pytest.raises(AssertionError, match="written to twice"):
        check_never_twice(twice)
    with pytest.raises(AssertionError):
        check_no_attempt_twice(twice)
    assert resent(twice) == 1


def test_a_second_attempt_after_a_failure_is_none():
    again = provider(ONCE, told("SM1", "undelivered"), accepted("SM2", at=3.0, attempt=2))
    check_never_twice(again)
    check_no_attempt_twice(again)


def test_a_failure_that_came_later_or_was_forged_is_no_excuse():
    for excuse in (told("SM1", "failed", at=4.0), told("SM1", "failed", forged=True)):
        with pytest.raises(AssertionError, match="written to twice"):
            check_never_twice(provider(ONCE, excuse, accepted("SM2", at=3.0, attempt=2)))


def test_other_campaigns_are_not_ours():
    assert not provider(accepted("SM1", campaign="cbbbbbbbbbbbbbbbb")).requests


@pytest.mark.parametrize(
    ("state", "message", "records"),
    [
        (JobState.PENDING, "", ()),
        (JobState.ACCEPTED, "SM1", ()),
        (JobState.CANCELLED, "", (ONCE,)),
        (JobState.ACCEPTED, "SM9", (ONCE,)),
        (JobState.ACCEPTED, "", (ONCE,)),
        (JobState.UNCONFIRMED, "", (ONCE, told("SM1", "sent"))),
        (JobState.ACCEPTED, "SM1", (ONCE, told("SM1", "delivered"))),
        (JobState.READ, "SM1", (ONCE, told("SM1", "delivered"))),
        (JobState.READ, "SM1", (ONCE, told("SM1", "read", 403, forged=True))),
        (JobState.FAILED, "SM1", (ONCE, told("SM1", "undelivered"), told("SM1", "delivered"))),
    ],
)
def test_a_report_that_is_not_true_is_found(state, message, records):
    with pytest.raises(AssertionError):
        check_truth([job(state, message)], provider(*records))


@pytest.mark.parametrize(
    ("state", "message", "records"),
    [
        (JobState.UNCONFIRMED, "", ()),
        (JobState.UNCONFIRMED, "", (ONCE,)),
        (JobState.UNCONFIRMED, "", (ONCE, told("SM1", "sent", None))),
        (JobState.ACCEPTED, "SM1", (ONCE, told("SM1", "delivered", 503))),
        (JobState.DELIVERED, "SM1", (ONCE, told("SM1", "delivered", None))),
        (JobState.READ, "SM1", (ONCE, told("SM1", "read"), told("SM1", "sent"))),
    ],
)
def test_a_true_report_is_none(state, message, records):
    check_truth([job(state, message)], provider(*records))


def test_somebody_forgotten_or_invented_is_found():
    with pytest.raises(AssertionError, match="whom we do not know"):
        check_truth([], provider(ONCE))
    with pytest.raises(AssertionError, match="two jobs"):
        check_truth([job(JobState.ACCEPTED), job(JobState.ACCEPTED)], provider(ONCE))


@pytest.mark.parametrize(("http_status", "forged"), [(500, False), (403, False), (204, True)])
def test_a_wrong_answer_to_a_callback_is_found(http_status, forged):
    with pytest.raises(AssertionError):
        check_callbacks_answered(provider(ONCE, told("SM1", "sent", http_status, forged=forged)))


def test_the_funnel_counts_what_was_answered_with_success():
    records = [ONCE, told("SM1", "delivered"), told("SM1", "read", 503)]
    assert funnel_told(provider(*records)) == {JobState.DELIVERED: 1}


def test_the_fullest_second_is_any_second():
    at = [0.0, 0.6, 0.9, 1.3, 1.5]
    journal = [accepted(f"SM{number}", instant) for number, instant in enumerate(at)]
    found = speed(journal, sender_address(), cap=2, ramp_s=0.1)
    assert found.most == 4
    assert found.used == pytest.approx(3 / 1.3 / 2)
    assert closest_pair_s(journal) == pytest.approx(0.2)
