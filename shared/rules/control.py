"""Control: nothing free-form goes into a thread that somebody else holds; a template may. Pure.

Meta's own agent, or another app of the number, is answering the contact. Free form would take the thread away from it, or
be refused, and the contact would be answered twice.
"""

from typing import assert_never

from shared.rules.question import ConfirmationQuestion, Question, ReplyQuestion, TemplateQuestion
from shared.rules.verdict import ALLOWED, Never, Reason, Verdict


def judge_control(question: Question) -> Verdict:
    match question:
        case TemplateQuestion():
            return ALLOWED
        case ReplyQuestion() | ConfirmationQuestion():
            return Never(Reason.NOT_IN_CONTROL) if question.session.holder else ALLOWED
        case _:
            assert_never(question)
