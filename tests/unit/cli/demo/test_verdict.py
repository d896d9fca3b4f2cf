"""The verdict: what must add up, and how it says what does not."""

from dataclasses import replace

import pytest

from workers.cli.demo.verdict import Intake, ProviderTotals, count_journal, find_problems, is_balanced
from workers.simulator.journal import CallbackRecord, InboundRecord, InterventionRecord, RequestRecord
from workers.simulator.traffic import Outcome

INTAKE = Intake(received=10, admitted=8, rejected=1, duplicates=1)
COUNTS = {"total": 8, "read": 3, "delivered": 2, "accepted": 0, "failed": 1, "suppressed": 1, "unconfirmed": 1}
SEEN = ProviderTotals(
    accepted=6, recipients=6, duplicates=0, first_at=1.0, delivered=2, read=3, free_form=1, answered=2, refused=1
)


def campaign(counts=COUNTS, state="finished", replied=2, opted_out=1):
    return {"state": state, "counts": counts, "replied": replied, "opted_out": opted_out}


def test_a_good_end_has_no_problems():
    assert find_problems(INTAKE, campaign(), SEEN) == []
    assert is_balanced(INTAKE, COUNTS)


@pytest.mark.parametrize("recipients", [5, 6, 7])
def test_failed_and_unconfirmed_may_or_may_not_have_been_accepted(recipients):
    assert find_problems(INTAKE, campaign(), replace(SEEN, accepted=recipients, recipients=recipients)) == []


@pytest.mark.parametrize(
    ("intake", "state", "counts", "seen", "words"),
    [
        (Intake(10, 8, 1, 0), "finished", COUNTS, SEEN, "10 rows were received, and verdicts given on 9."),
        (INTAKE, "finished", COUNTS | {"suppressed": 0}, SEEN, "The states add up to 7, the campaign has 8 contacts."),
        (
            INTAKE,
            "finished",
            COUNTS | {"total": 9, "suppressed": 2},
            SEEN,
            "8 contacts were admitted, the campaign has 9.",
        ),
        (INTAKE, "paused", COUNTS, SEEN, "The campaign is paused, not finished."),
        (
            INTAKE,
            "finished",
            COUNTS,
            replace(SEEN, accepted=7, duplicates=1),
            "accepted 1 messages to contacts for whom",
        ),
        (INTAKE, "finished", COUNTS, replace(SEEN, recipients=4), "to 4 contacts, we count between 5 and 7."),
        (INTAKE, "finished", COUNTS, replace(SEEN, recipients=8), "to 8 contacts, we count between 5 and 7."),
        (
            INTAKE,
            "finished",
            COUNTS,
            replace(SEEN, answered=3),
            "3 who answered and 1 who refused; we count 3, 2, 2 and 1.",
        ),
        (INTAKE, "finished", COUNTS, replace(SEEN, refused=0), "2 who answered and 0 who refused"),
        (
            INTAKE,
            "finished",
            COUNTS,
            replace(SEEN, read=4),
            "reported 4 read, 2 delivered, 2 who answered and 1 who refused; we count 3, 2, 2 and 1.",
        ),
    ],
)
def test_each_thing_that_does_not_add_up_is_a_sentence(intake, state, counts, seen, words):
    (said,) = find_problems(intake, campaign(counts, state), seen)

    assert words in said


def request(to, at=1.0, outcome=Outcome.ACCEPTED, template="HX1"):
    return RequestRecord(at, "twilio", "AC1", to, "+1", template, {}, None, "SM1", outcome, None, True, None)


def test_the_witness_counts_acceptances_alone():
    records = [
        InterventionRecord(0.5, "start"),
        request("+2", at=3.0),
        request("+3", at=2.0, outcome=Outcome.REFUSED),
        request("+3", at=2.5),
        request("+2", at=4.0),
        request("+2", at=5.0, template="HX2"),
        CallbackRecord(6.0, "twilio", "SM1", "sent", None, 204, 1, forged=False),
    ]

    assert count_journal(records) == ProviderTotals(accepted=4, recipients=2, duplicates=1, first_at=2.5)


def callback(message, status, http_status=204, forged=False):
    return CallbackRecord(6.0, "twilio", message, status, None, http_status, 1, forged=forged)


def test_a_status_is_told_when_it_was_answered_with_success():
    records = [
        *(callback("SM1", status) for status in ("sent", "delivered", "read", "read")),
        callback("SM2", "read"),  # backwards: its delivery comes later
        callback("SM2", "delivered"),
        callback("SM3", "delivered"),
        callback("SM3", "read", http_status=503),
        callback("SM4", "delivered", http_status=None),
        callback("SM5", "delivered", forged=True),
    ]

    sent = [replace(request(f"+{n}"), message_id=f"SM{n}") for n in range(1, 6)]
    seen = count_journal([*sent, *records, callback("SM9", "read")])
    assert (seen.delivered, seen.read) == (1, 2), "what was said in free form is no part of the campaign"


def inbound(sender, text="yes", http_status=204, forged=False):
    return InboundRecord(7.0, "twilio", "SMi", sender, "+1", "text", text, None, None, http_status, 1, forged)


def test_who_answered_and_who_refused_is_counted_once():
    records = [
        inbound("+2"),
        inbound("+2", "BAJA"),
        inbound("+2", "BAJA"),
        inbound("+3", http_status=None),
        inbound("+4", forged=True),
        inbound("+5"),
    ]
    seen = count_journal(records)
    assert (seen.answered, seen.refused) == (2, 1)


def test_free_form_is_no_duplicate():
    records = [request("+2"), request("+2", template=None), request("+2", template=None)]
    seen = count_journal(records)
    assert (seen.accepted, seen.free_form, seen.duplicates) == (1, 2, 0)


def test_a_silent_provider_is_a_witness_too():
    assert count_journal([]) == ProviderTotals(0, 0, 0, None)
