"""States and moves: one letter each, and no move that leads out of an end."""

import pytest

from shared.ledger.states import (
    BY_LETTER,
    HOLE,
    LETTERS,
    MOVES,
    OPEN_FOR_CONTACTS,
    UNFINISHED,
    CampaignState,
    Facts,
    Failure,
    JobState,
    Move,
    after_facts,
    derive,
)

ENDS = {CampaignState.FINISHED, CampaignState.CANCELLED}


def test_every_state_has_a_letter_of_its_own() -> None:
    assert set(LETTERS) == set(JobState)
    assert len(set(LETTERS.values())) == len(JobState)
    assert HOLE not in BY_LETTER
    assert all(BY_LETTER[state.letter] is state for state in JobState)


def test_every_move_has_a_rule_and_nothing_leads_out_of_an_end() -> None:
    assert set(MOVES) == set(Move)
    assert not any(rule.sources & ENDS for rule in MOVES.values())
    assert not ENDS & OPEN_FOR_CONTACTS
    assert all(rule.target not in rule.sources for rule in MOVES.values())


def test_what_is_unfinished() -> None:
    assert {state.letter for state in UNFINISHED} == set("pdls")


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
