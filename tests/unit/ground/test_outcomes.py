"""The one table of what an error makes of its request, for jobs and for messages outside of campaigns."""

from datetime import timedelta

import pytest

from shared.ground.errors import Again, Disposition
from shared.ground.outcomes import FATES, Fate, outcome_of
from tests.stores import START
from tests.wired import refusal

DAY, CHANCE = timedelta(hours=24), 0.5
IN_SECONDS = timedelta(seconds=2)


def test_every_disposition_has_a_fate() -> None:
    assert set(FATES) == set(Disposition)
    assert set(FATES.values()) == set(Fate)


@pytest.mark.parametrize("disposition", Disposition)
@pytest.mark.parametrize("attempt", [None, 1])
def test_code_and_gloss_are_the_provider_s(disposition: Disposition, attempt: int | None) -> None:
    outcome = outcome_of(refusal(disposition, "7"), START, CHANCE, attempt)
    assert (outcome.fate, outcome.code, outcome.reason) == (FATES[disposition], "7", "gloss of 7")


@pytest.mark.parametrize(
    ("disposition", "again", "of_a_job", "of_a_message"),
    [
        (Disposition.REFUSED, Again.NOW, timedelta(seconds=30), None),
        (Disposition.REFUSED, Again.NEXT_DAY, DAY, None),
        (Disposition.REFUSED, Again.NEVER, None, None),
        (Disposition.SUPPRESS, Again.NEVER, None, None),
        (Disposition.NOT_ACCEPTED, Again.BACK_OFF, IN_SECONDS, IN_SECONDS),
        (Disposition.NOT_ACCEPTED, Again.NEXT_DAY, IN_SECONDS, DAY),
        (Disposition.UNKNOWN, Again.NEVER, None, None),
        (Disposition.TEMPLATE_UNUSABLE, Again.NEVER, None, None),
        (Disposition.SENDER_UNUSABLE, Again.NEVER, None, None),
    ],
)
def test_when_it_is_due(
    disposition: Disposition, again: Again, of_a_job: timedelta | None, of_a_message: timedelta | None
) -> None:
    """A campaign waits for a daily limit by being paused, a message outside of campaigns by its own due time."""
    error = refusal(disposition, again=again)
    for attempt, wait in ((1, of_a_job), (None, of_a_message)):
        assert outcome_of(error, START, CHANCE, attempt).due == (None if wait is None else START + wait)
