"""When something may be tried again: a function of the fact, of chance and of time."""

from datetime import timedelta

import pytest

from shared.ground.errors import Again
from shared.ground.retry import (
    MAX_ATTEMPTS,
    NOT_ACCEPTED_S,
    WAITS,
    limited_until,
    next_attempt_at,
    not_accepted_until,
)
from tests.stores import START
from tests.wired import refusal


def test_every_again_has_a_limit_and_all_but_never_a_wait() -> None:
    assert set(MAX_ATTEMPTS) == set(Again)
    assert set(WAITS) == set(Again) - {Again.NEVER}


@pytest.mark.parametrize(
    ("again", "waits_s"),
    [
        (Again.NOW, [30, 60, None]),
        (Again.BACK_OFF, [300, 600, None]),
        (Again.DAY_IF_REPEATED, [300, 86_400, None]),
        (Again.NEXT_DAY, [86_400, None]),
        (Again.NEVER, [None]),
    ],
)
def test_the_next_attempt(again: Again, waits_s: list[int | None]) -> None:
    for attempt, wait_s in enumerate([*waits_s, None], start=1):
        at = next_attempt_at(refusal("refused", again=again), attempt, START)
        assert at == (None if wait_s is None else START + timedelta(seconds=wait_s))


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("retry_after_s", [None, 0.0, 2.5, 600.0])
def test_what_was_not_accepted_waits_a_little_or_as_asked(chance: float, retry_after_s: float | None) -> None:
    error = refusal("not_accepted", retry_after_s=retry_after_s)
    low, high = NOT_ACCEPTED_S
    waited_s = (not_accepted_until(error, START, chance) - START).total_seconds()
    assert waited_s == pytest.approx(max(low + (high - low) * chance, retry_after_s or 0))


def test_what_one_contact_s_limit_asks_for_is_waited_for() -> None:
    assert not_accepted_until(refusal("not_accepted", wait_s=64.0), START, 0.5) == START + timedelta(seconds=64)


def test_a_limit_that_may_be_one_of_speed_is_tried_again_in_five_minutes() -> None:
    assert limited_until(refusal("not_accepted", again="day_if_repeated"), START) == START + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("retry_after_s", "waited_s"), [(None, 86_400), (0.0, 300), (1.0, 300), (3_600.0, 3_600), (172_800.0, 172_800)]
)
def test_a_daily_limit_lasts_as_long_as_the_provider_says_else_a_day(
    retry_after_s: float | None, waited_s: float
) -> None:
    """Seconds would be asked again and again: five minutes are the least."""
    error = refusal("not_accepted", again="next_day", retry_after_s=retry_after_s)
    assert (limited_until(error, START) - START).total_seconds() == waited_s
