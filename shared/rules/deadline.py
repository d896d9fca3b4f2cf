"""The deadline: a campaign may say until when its messages are worth sending; from then on nothing is sent. Pure.

The ledger applies it too, in the step of the mark and on the store's clock (`ledger/scripts/mark.lua`), so nothing is late.
"""

from typing import assert_never

from shared.rules.question import ConfirmationQuestion, Question, ReplyQuestion, TemplateQuestion
from shared.rules.verdict import ALLOWED, Never, Reason, Verdict


def judge_deadline(question: Question) -> Verdict:
    """Also of a message whose own time (`send_at`) is not before the deadline: waiting would not help it."""
    match question:
        case TemplateQuestion(now=now, send_at=send_at, deadline_at=deadline_at):
            leaves_at = now if send_at is None else max(now, send_at)
            return Never(Reason.DEADLINE) if deadline_at is not None and leaves_at >= deadline_at else ALLOWED
        case ReplyQuestion() | ConfirmationQuestion():
            return ALLOWED
        case _:
            assert_never(question)
