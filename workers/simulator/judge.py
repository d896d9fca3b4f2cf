"""The script's rules for a request: refused at once, accepted and failed later, or delivered. Owns no fault."""

from workers.simulator.contacts import ContactBook, StatusStep
from workers.simulator.decision import Case
from workers.simulator.memory import Memory
from workers.simulator.messages import Refusal
from workers.simulator.script import Script
from workers.simulator.traffic import SECOND_US, Tally


class Judge:
    """Reads script, memory and counters; changes none of them."""

    def __init__(self, script: Script, contacts: ContactBook, memory: Memory, tally: Tally) -> None:
        self._script = script
        self._contacts = contacts
        self._memory = memory
        self._tally = tally

    def find_refusal(self, case: Case) -> Refusal | None:
        """The request's own mistakes come first, then the contact's opt-out, then the sender's rate."""
        dialect = case.dialect
        if case.submission.refusal is not None:
            return case.submission.refusal
        if dialect.refuses_opted_out and self._has_opted_out(case):
            return dialect.make_refusal(dialect.opted_out)
        if self._is_above_rate(case):
            return dialect.make_throttle(self._script.retry_after_s)
        return None

    def plan_statuses(self, case: Case) -> tuple[StatusStep, ...]:
        """The statuses of an accepted message: the provider's failure, or else the contact's fate."""
        to, code = case.submission.to, self._find_failure(case)
        if code is not None:
            return self._contacts.plan_failure(to, code)
        return self._contacts.plan_statuses(to, case.dialect.not_on_whatsapp)

    def _find_failure(self, case: Case) -> str | None:
        """The code with which the provider gives up a message that it has accepted."""
        if case.submission.fails_with is not None:
            return case.submission.fails_with
        if self._has_opted_out(case):
            return case.dialect.opted_out
        return case.dialect.outside_window if self._is_outside_window(case) else None

    def _has_opted_out(self, case: Case) -> bool:
        return self._memory.conversations.has_opted_out(case.submission.sender, case.submission.to)

    def _is_outside_window(self, case: Case) -> bool:
        submission, script = case.submission, self._script
        if not submission.needs_window or not script.enforce_windows:
            return False
        window_us = int(script.window_seconds * SECOND_US)
        return not self._memory.conversations.is_open(submission.sender, submission.to, case.at_us, window_us)

    def _is_above_rate(self, case: Case) -> bool:
        max_acceptances = self._script.rate_limit_per_second
        if max_acceptances is None:
            return False
        return self._tally.count_last_second(case.submission.sender, case.at_us) >= max_acceptances
