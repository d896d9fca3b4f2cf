"""Consent: a refusal forbids, an agreement may be required, and whoever writes again may be answered. Pure.

Owns the meaning of the records for a message; which refusal still stands is `people.consent.model`'s.
"""

from typing import assert_never

from shared.people.consent.model import EVERYTHING, ConsentKind, has_refused, latest
from shared.rules.question import ConfirmationQuestion, Question, ReplyQuestion, TemplateQuestion
from shared.rules.verdict import ALLOWED, Never, Reason, Verdict


def judge_consent(question: Question) -> Verdict:
    match question:
        case TemplateQuestion():
            return _judge_template(question)
        case ReplyQuestion():
            return _judge_reply(question)
        case ConfirmationQuestion():
            return ALLOWED
        case _:
            assert_never(question)


def _judge_template(question: TemplateQuestion) -> Verdict:
    if has_refused(question.records, question.category):
        return Never(Reason.OPTED_OUT)
    scopes = (EVERYTHING,) if question.category is None else (EVERYTHING, question.category)
    agreed_at = latest(question.records, ConsentKind.OPT_IN, *scopes)
    return Never(Reason.NO_OPT_IN) if agreed_at is None and question.require_opt_in else ALLOWED


def _judge_reply(question: ReplyQuestion) -> Verdict:
    """A contact that refused everything is left alone until it writes again: an answer to a question is not unwanted."""
    if not has_refused(question.records, EVERYTHING):
        return ALLOWED
    refused_at = latest(question.records, ConsentKind.OPT_OUT, EVERYTHING)
    wrote_at = question.session.last_inbound_at
    has_written_since = wrote_at is not None and refused_at is not None and wrote_at > refused_at
    return ALLOWED if has_written_since else Never(Reason.OPTED_OUT)
