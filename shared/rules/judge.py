"""The judge: every rule is asked, and the strictest answer holds. Owns the table of the rules. Pure.

A rule that raises decides nothing: the error passes through, and nothing is sent.
"""

from collections.abc import Callable
from dataclasses import dataclass

from shared.rules.consent import judge_consent
from shared.rules.control import judge_control
from shared.rules.deadline import judge_deadline
from shared.rules.question import Question
from shared.rules.send_at import judge_send_at
from shared.rules.verdict import Verdict, combine
from shared.rules.window import judge_window


@dataclass(frozen=True, slots=True)
class Rule:
    """is_in_gate: the outbox's `mark.lua` applies it too, in the step of the mark, on the store's clock."""

    judge: Callable[[Question], Verdict]
    is_in_gate: bool = False


RULES = (
    Rule(judge_window, is_in_gate=True),
    Rule(judge_control, is_in_gate=True),
    Rule(judge_consent),
    Rule(judge_deadline),
    Rule(judge_send_at),
)


def judge(question: Question) -> Verdict:
    """By all rules."""
    return combine(rule.judge(question) for rule in RULES)


def judge_before_gate(question: Question) -> Verdict:
    """Without the rules that the gate applies itself: its answer is newer than any that could be brought along.

    A contact that writes between this answer and the gate opens its window, and the message may leave.
    """
    return combine(rule.judge(question) for rule in RULES if not rule.is_in_gate)
