"""Facts by themselves: the state that they end in, and the gravest of failures."""

import pytest

from shared.ledger.facts import Facts, Failure, after_facts, derive
from shared.ledger.states import JobState


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (Facts(), None),
        (Facts(accepted=True), JobState.ACCEPTED),
        (Facts(accepted=True, failed=Failure.RETRIABLE), JobState.DEFERRED),
        (Facts(accepted=True, failed=Failure.FINAL), JobState.FAILED),
        (Facts(failed=Failure.SUPPRESSED), JobState.SUPPRESSED),
        (Facts(delivered=True, failed=Failure.SUPPRESSED), JobState.DELIVERED),
        (Facts(read=True), JobState.READ),
        (Facts(delivered=True, read=True, failed=Failure.FINAL), JobState.READ),
    ],
)
def test_what_facts_amount_to(facts: Facts, state: JobState | None) -> None:
    assert derive(facts) is state


@pytest.mark.parametrize("state", JobState)
def test_nothing_known_changes_nothing(state: JobState) -> None:
    assert after_facts(state, Facts()) is state


def test_the_gravest_failure_counts() -> None:
    assert Facts(failed=Failure.RETRIABLE).merge(Facts(failed=Failure.FINAL)).failed is Failure.FINAL
    assert Facts(failed=Failure.SUPPRESSED).merge(Facts(failed=Failure.FINAL)).failed is Failure.SUPPRESSED
