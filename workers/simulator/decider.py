"""The decider: accepts a request, refuses it, throttles it, or lets a fault happen. No other module decides that.

Counts each decision and remembers each accepted message. Writes no journal and sends nothing.
"""

from http import HTTPStatus

from workers.simulator.contacts import ContactBook
from workers.simulator.decision import NO_RESPONSE, Case, Decision, build_record, choose_response
from workers.simulator.dialect import Dialect, NewId
from workers.simulator.fault_rules import Fault, FaultKind
from workers.simulator.faults import Faults
from workers.simulator.http_values import HttpRequest, HttpResponse
from workers.simulator.inbound_webhooks import InboundPlanner, InboundSequence, ReplyOccasion
from workers.simulator.judge import Judge
from workers.simulator.memory import Memory
from workers.simulator.messages import Message, Refusal
from workers.simulator.random_source import draw_between, draw_bool
from workers.simulator.script import Script
from workers.simulator.status_webhooks import StatusSequence, add_accidents
from workers.simulator.traffic import Outcome, Tally

THROTTLES = frozenset({420, HTTPStatus.TOO_MANY_REQUESTS})  # 420: Wavy's


class Decider:
    """Decides by one script; another script needs another decider, whose faults count from zero."""

    def __init__(
        self,
        script: Script,
        memory: Memory,
        tally: Tally,
        contacts: ContactBook,
        planner: InboundPlanner,
        new_id: NewId,
    ) -> None:
        self._script = script
        self._memory = memory
        self._tally = tally
        self._contacts = contacts
        self._planner = planner
        self._new_id = new_id
        self._judge = Judge(script, contacts, memory, tally)
        self._faults = Faults(script.seed, script.faults)
        self._ordinal = 0

    def decide(self, dialect: Dialect, request: HttpRequest, at_us: int) -> Decision | HttpResponse:
        """Mistakes and rate come first, faults last. A request that submits no message only gets its response."""
        submission = dialect.read(request, self._script, self._memory)
        if isinstance(submission, HttpResponse):
            return submission
        self._ordinal += 1
        case = Case(dialect, submission, at_us, self._ordinal)
        refusal = self._judge.find_refusal(case)
        if refusal is not None:
            return self._refuse(case, refusal)
        case.fault = self._faults.choose(submission.to)
        match case.fault:
            case Fault(do=FaultKind.ERROR, code=str(code)) as fault:
                return self._refuse(case, dialect.make_refusal(code, fault.http_status, fault.retry_after_s))
            case Fault(do=FaultKind.CUT_BEFORE_ACCEPTANCE):
                return self._conclude(case, Outcome.CUT, NO_RESPONSE)
            case _:
                return self._accept(case)

    def _refuse(self, case: Case, refusal: Refusal) -> Decision:
        outcome = Outcome.THROTTLED if refusal.http_status in THROTTLES else Outcome.REFUSED
        return self._conclude(case, outcome, case.dialect.build_refusal_response(refusal), code=refusal.code)

    def _accept(self, case: Case) -> Decision:
        dialect, submission = case.dialect, case.submission
        message_id = dialect.make_message_id(self._new_id())
        message = Message(message_id, submission, case.at_us, dialect.choose_first_status(submission))
        self._memory.messages.add(message)
        self._memory.last_submissions[dialect.name, submission.sender] = submission
        template = None if submission.needs_window else submission.template
        self._tally.accept(case.at_us, submission.sender, submission.to, template)
        response = choose_response(case, dialect.build_receipt(message))
        return self._conclude(case, Outcome.ACCEPTED, response, message=message)

    def _conclude(
        self,
        case: Case,
        outcome: Outcome,
        response: HttpResponse,
        *,
        code: str | None = None,
        message: Message | None = None,
    ) -> Decision:
        self._tally.count(outcome, code)
        script = self._script
        may_be_early = message is not None and case.effect.is_truthful
        return Decision(
            record=build_record(case, outcome, code, message),
            response=response,
            effect=case.effect,
            latency_s=draw_between(script.latency_ms, script.seed, "latency", case.ordinal) / 1_000,
            hang_s=0.0 if case.fault is None else case.fault.seconds,
            statuses=None if message is None else self._plan_statuses(case, message),
            is_early=may_be_early and draw_bool(script.callbacks.early, script.seed, "early", case.ordinal),
            replies=None if message is None else self._plan_replies(case, message),
        )

    def _plan_statuses(self, case: Case, message: Message) -> StatusSequence | None:
        target, script = case.submission.callback, self._script
        if target is None or not script.callbacks.enabled:
            return None
        steps = add_accidents(self._judge.plan_statuses(case), script, case.ordinal)
        return StatusSequence(
            dialect=case.dialect, target=target, steps=steps, tally=self._tally.callbacks, message=message
        )

    def _plan_replies(self, case: Case, message: Message) -> InboundSequence | None:
        if case.submission.needs_window or not self._contacts.may_reply:
            return None
        statuses = self._judge.plan_statuses(case)
        return self._planner.plan_replies(
            ReplyOccasion(case.dialect, message, statuses, self._tally.inbound, case.ordinal)
        )
