"""States and moves: one letter each, and no move that leads out of an end."""

from shared.ledger.states import (
    BY_LETTER,
    HOLE,
    LETTERS,
    MOVES,
    OPEN_FOR_CONTACTS,
    CampaignState,
    JobState,
    Move,
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
