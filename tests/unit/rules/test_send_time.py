"""The send time: a message that has one waits for it, and not a moment longer."""

from datetime import timedelta

import pytest

from shared.people.sessions.model import Session
from shared.rules.question import ConfirmationQuestion, ReplyQuestion, TemplateQuestion
from shared.rules.send_time import judge_send_time
from shared.rules.verdict import ALLOWED, Later, Reason
from tests.stores import START

MOMENT = timedelta(milliseconds=1)


@pytest.mark.parametrize(("ahead", "waits"), [(None, False), (MOMENT, True), (timedelta(0), False), (-MOMENT, False)])
def test_before_its_time_nothing_is_sent(ahead: timedelta | None, waits: bool) -> None:
    send_at = None if ahead is None else START + ahead
    verdict = judge_send_time(TemplateQuestion({}, "utility", require_opt_in=True, now=START, send_at=send_at))

    assert verdict == (Later(send_at, Reason.SEND_AT) if waits else ALLOWED)


def test_an_answer_has_none() -> None:
    assert judge_send_time(ReplyQuestion({}, Session(START), MOMENT)) == ALLOWED
    assert judge_send_time(ConfirmationQuestion(Session(START), MOMENT)) == ALLOWED
