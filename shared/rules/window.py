"""The window: free form only inside the 24 hours, minus a margin for the way to the provider. Pure.

The session is as old as its answer from the store; the outbox's gate judges again, in the step of the mark.
"""

from datetime import datetime, timedelta
from typing import assert_never

from shared.people.sessions.model import Session
from shared.rules.question import ConfirmationQuestion, Question, ReplyQuestion, TemplateQuestion
from shared.rules.verdict import ALLOWED, Never, Reason, Verdict


def judge_window(question: Question) -> Verdict:
    match question:
        case TemplateQuestion():
            return ALLOWED
        case ReplyQuestion() | ConfirmationQuestion():
            until = free_form_until(question.session, question.margin)
            is_open = until is not None and question.session.asked_at < until
            return ALLOWED if is_open else Never(Reason.WINDOW_CLOSED)
        case _:
            assert_never(question)


def free_form_until(session: Session, margin: timedelta) -> datetime | None:
    """From when on nothing free-form is taken; None without a window."""
    return None if session.expires_at is None else session.expires_at - margin
