"""The send time: a message that has one waits for it, and not a moment longer."""

from datetime import datetime, timedelta

import pytest

from shared.people.sessions.model import Session
from shared.rules.question import ConfirmationQuestion, ReplyQuestion, TemplateQuestion
from shared.rules.send_at import judge_send_at
from shared.rules.verdict import ALLOWED, Later, Reason, Verdict
from tests.stores import START

MOMENT = timedelta(milliseconds=1)


LATER = Later(START + MOMENT, Reason.SEND_AT)


@pytest.mark.parametrize(
    ("send_at", "expected"),
    [(None, ALLOWED), (START + MOMENT, LATER), (START, ALLOWED), (START - MOMENT, ALLOWED)],
)
def test_before_its_time_nothing_is_sent(send_at: datetime | None, expected: Verdict) -> None:
    question = TemplateQuestion({}, "utility", require_opt_in=True, now=START, send_at=send_at)

    assert judge_send_at(question) == expected


def test_an_answer_has_none() -> None:
    assert judge_send_at(ReplyQuestion({}, Session(START), MOMENT)) == ALLOWED
    assert judge_send_at(ConfirmationQuestion(Session(START), MOMENT)) == ALLOWED
