"""The send time: a row of a base may say when its message is due (`send_at`); before that nothing is sent. Pure."""

from typing import assert_never

from shared.rules.question import ConfirmationQuestion, Question, ReplyQuestion, TemplateQuestion
from shared.rules.verdict import ALLOWED, Later, Reason, Verdict


def judge_send_at(question: Question) -> Verdict:
    match question:
        case TemplateQuestion(send_at=send_at, now=now):
            return Later(send_at, Reason.SEND_AT) if send_at is not None and send_at > now else ALLOWED
        case ReplyQuestion() | ConfirmationQuestion():
            return ALLOWED
        case _:
            assert_never(question)
