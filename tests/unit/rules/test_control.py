"""Control: nothing free-form goes into a thread that somebody else holds."""

from datetime import timedelta

import pytest

from shared.people.sessions.model import Session
from shared.rules.control import judge_control
from shared.rules.question import ConfirmationQuestion, ReplyQuestion, TemplateQuestion
from shared.rules.verdict import ALLOWED, Never, Reason
from tests.stores import START

MARGIN = timedelta(seconds=60)


@pytest.mark.parametrize(("holder", "verdict"), [("", ALLOWED), ("ai_agent", Never(Reason.NOT_IN_CONTROL))])
def test_free_form_needs_the_thread_and_a_template_does_not(holder: str, verdict: object) -> None:
    session = Session(START, START + timedelta(hours=1), START, holder=holder)
    assert judge_control(ReplyQuestion({}, session, MARGIN)) == verdict
    assert judge_control(ConfirmationQuestion(session, MARGIN)) == verdict
    assert judge_control(TemplateQuestion({}, "utility", require_opt_in=True, now=START)) == ALLOWED
