"""The window: free form until the margin before its end, to the millisecond; a template needs none."""

from datetime import timedelta

import pytest

from shared.people.sessions.model import Session
from shared.rules.question import ConfirmationQuestion, ReplyQuestion, TemplateQuestion
from shared.rules.verdict import ALLOWED, Never, Reason
from shared.rules.window import free_form_until, judge_window
from tests.stores import START

MARGIN = timedelta(seconds=60)
MILLISECOND = timedelta(milliseconds=1)


def session(left: timedelta | None) -> Session:
    return Session(START, None if left is None else START + left)


@pytest.mark.parametrize(
    ("left", "is_open"),
    [
        (None, False),
        (timedelta(hours=24), True),
        (MARGIN + MILLISECOND, True),
        (MARGIN, False),
        (MILLISECOND, False),
        (timedelta(0), False),
        (-MARGIN, False),
    ],
)
def test_free_form_needs_a_window(left: timedelta | None, is_open: bool) -> None:
    verdict = ALLOWED if is_open else Never(Reason.WINDOW_CLOSED)

    assert judge_window(ReplyQuestion({}, session(left), MARGIN)) == verdict
    assert judge_window(ConfirmationQuestion(session(left), MARGIN)) == verdict


def test_a_template_needs_none() -> None:
    assert judge_window(TemplateQuestion({}, "utility", require_opt_in=True, now=START)) == ALLOWED


def test_until_when() -> None:
    assert free_form_until(session(timedelta(hours=1)), MARGIN) == START + timedelta(minutes=59)
    assert free_form_until(session(None), MARGIN) is None
