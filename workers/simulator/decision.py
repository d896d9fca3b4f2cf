"""The decision about one request, before the client gets a response. `decider` makes it, `server` carries it out."""

from dataclasses import dataclass, replace
from http import HTTPStatus

from workers.simulator.dialect import Dialect
from workers.simulator.fault_rules import Fault, FaultKind
from workers.simulator.faults import FAULT_EFFECTS, NO_FAULT, FaultEffect
from workers.simulator.http_values import HttpResponse
from workers.simulator.inbound_webhooks import InboundSequence
from workers.simulator.journal import RequestRecord
from workers.simulator.messages import Message, Submission
from workers.simulator.status_webhooks import StatusSequence
from workers.simulator.traffic import SECOND_US, Outcome

NO_RESPONSE = HttpResponse(0, b"")  # of a request whose connection is cut
HTML = b"<html><body><h1>Everything is fine</h1></body></html>"


@dataclass(slots=True)
class Case:
    """One request on its way to a decision. ordinal: its number since the script was applied, the key of draws."""

    dialect: Dialect
    submission: Submission
    at_us: int
    ordinal: int
    fault: Fault | None = None

    @property
    def effect(self) -> FaultEffect:
        return NO_FAULT if self.fault is None else FAULT_EFFECTS[self.fault.do]


@dataclass(slots=True, eq=False)  # not frozen, like Case: a frozen field costs 0.2 µs, and every request makes both
class Decision:
    """The outcome of one request, and everything that follows from it.

    effect: how `response` leaves.  hang_s: the silence before a late cut.
    statuses: the status webhooks; the first of them precedes the response if `is_early`.
    replies: the contact's messages.
    """

    record: RequestRecord
    response: HttpResponse
    effect: FaultEffect
    latency_s: float
    hang_s: float
    statuses: StatusSequence | None
    is_early: bool
    replies: InboundSequence | None


def choose_response(case: Case, receipt: HttpResponse) -> HttpResponse:
    """The response to an accepted request: the receipt, or the one that the fault puts in its place."""
    match case.fault and case.fault.do:
        case FaultKind.ACCEPT_THEN_500:
            return case.dialect.build_refusal_response(case.dialect.make_internal_error())
        case FaultKind.EMPTY_200:
            return HttpResponse(HTTPStatus.OK, b"")
        case FaultKind.HTML_200:
            return HttpResponse(HTTPStatus.OK, HTML, "text/html")
        case FaultKind.TRUNCATED_JSON:
            return replace(receipt, body=receipt.body[: len(receipt.body) // 2])
        case _:
            return receipt


def build_record(case: Case, outcome: Outcome, code: str | None, message: Message | None) -> RequestRecord:
    submission = case.submission
    return RequestRecord(
        at=case.at_us / SECOND_US,
        provider=case.dialect.name,
        account=submission.account,
        to=submission.to,
        sender=submission.sender,
        template=submission.template,
        variables=submission.variables,
        reference=submission.reference,
        message_id=None if message is None else message.id,
        outcome=outcome,
        code=code,
        answered=case.effect.is_truthful,
        fault=None if case.fault is None else case.fault.do,
    )
