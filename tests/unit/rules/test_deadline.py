"""The deadline: until then a message may be sent, and from then on never."""

from datetime import datetime, timedelta

import pytest

from shared.people.sessions.model import Session
from shared.rules.deadline import judge_deadline
from shared.rules.question import ConfirmationQuestion, ReplyQuestion, TemplateQuestion
from shared.rules.verdict import ALLOWED, Never, Reason, Verdict
from tests.stores import START

MOMENT = timedelta(milliseconds=1)
TOO_LATE = Never(Reason.DEADLINE)


@pytest.mark.parametrize(
    ("deadline_at", "send_at", "expected"),
    [
        (None, None, ALLOWED),
        (START + MOMENT, None, ALLOWED),
        (START, None, TOO_LATE),
        (START - MOMENT, None, TOO_LATE),
        (START + MOMENT, START, ALLOWED),
        (START + MOMENT, START + MOMENT, TOO_LATE),
        (START, START - MOMENT, TOO_LATE),
        (None, START + MOMENT, ALLOWED),
    ],
)
def test_from_the_deadline_on_nothing_is_sent(
    deadline_at: datetime | None, send_at: datetime | None, expected: Verdict
) -> None:
    question = TemplateQuestion({}, "utility", False, START, send_at, deadline_at)

    assert judge_deadline(question) == expected


def test_an_answer_has_none() -> None:
    assert judge_deadline(ReplyQuestion({}, Session(START), MOMENT)) == ALLOWED
    assert judge_deadline(ConfirmationQuestion(Session(START), MOMENT)) == ALLOWED
