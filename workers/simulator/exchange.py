"""What becomes of one request: accepted, refused, throttled, or an accident. The only place that decides.

Owns the simulator's state: script, counters, messages. Knows no HTTP: the server carries a deed out and reports back.
"""

import asyncio
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from itertools import count

from workers.simulator.announcing import ask, ask_at_start, news_chain
from workers.simulator.callbacks import StatusChain, with_accidents
from workers.simulator.contacts import ContactBook, Step
from workers.simulator.courier import Courier
from workers.simulator.dice import happens, within
from workers.simulator.faults import COURSES, UNDISTURBED, Course, Faults
from workers.simulator.inbound import LetterChain, NobodyThere, Replied, Scribe, line_for
from workers.simulator.journal import (
    HandshakeRecord,
    InterventionKind,
    InterventionRecord,
    Journal,
    RequestRecord,
)
from workers.simulator.memory import Memory
from workers.simulator.messages import Message, Refusal, Submission
from workers.simulator.news import News
from workers.simulator.provider import Answer, Arrival, Desk, Dialect, NewId
from workers.simulator.script import Fault, FaultKind, Script
from workers.simulator.speech import Written
from workers.simulator.traffic import SECOND_US, NowUs, Outcome, Tally

SILENCE = Answer(0, b"")  # of a request that is cut: nobody will see it
HTML = b"<html><body><h1>Everything is fine</h1></body></html>"
THROTTLES = frozenset({420, HTTPStatus.TOO_MANY_REQUESTS})  # 420: Wavy's
NO_MESSAGES = frozenset({"preference", "form", "reaction"})  # what only some providers have words for
EARLY_S = 5.0  # how long an answer waits for a callback that should come first


def unique_ids() -> NewId:
    """32 hexadecimal digits: random once per process, then counted; a hundred times cheaper than randomness each time."""
    head, numbers = secrets.token_hex(10), count(1)
    return lambda: f"{head}{next(numbers):012x}"


@dataclass(slots=True, eq=False)  # not frozen, like _Case: a frozen field costs 0.2 µs, and every request makes both
class Deed:
    """What was decided about one request, before anybody is told.

    course: whether `answer` will be told, whole and true.  hang_s: the silence before a cut that comes late.
    chain: the statuses that follow.  is_early: the first of them comes before the answer.
    replies: what the contact will say.
    """

    record: RequestRecord
    answer: Answer
    course: Course
    latency_s: float
    hang_s: float
    chain: StatusChain | None
    is_early: bool
    replies: LetterChain | None


@dataclass(slots=True)
class _Case:
    """One request on its way to a decision."""

    dialect: Dialect
    submission: Submission
    at_us: int
    ordinal: int
    fault: Fault | None = None

    @property
    def course(self) -> Course:
        return UNDISTURBED if self.fault is None else COURSES[self.fault.do]


class Exchange:
    """The simulator's state and decisions.

    *Effects*: each `receive` is followed by a `settle`, which writes the journal and starts the callbacks; or by `close`.
    """

    def __init__(self, script: Script, journal: Journal, courier: Courier, now_us: NowUs, new_id: NewId) -> None:
        self._journal = journal
        self._courier = courier
        self._now_us = now_us
        self._new_id = new_id
        self._tally = Tally()
        self._unsettled: set[Deed] = set()
        self._memory = Memory()
        self._follow(script)
        self._intervene("start")

    def receive(self, dialect: Dialect, arrival: Arrival) -> Deed | Answer:
        """Decide. From here on the message is accepted or it is not, whatever the client will hear.

        First what is wrong with the request itself, then the sender's rate, then accidents. What asks for no message
        leaves no trace, and there is only its answer.
        """
        asked = dialect.read(arrival, self.script, self._memory)
        if isinstance(asked, Answer):
            return asked
        self._ordinal += 1
        case = _Case(dialect, asked, self._now_us(), self._ordinal)
        if case.submission.refusal is not None:
            return self._refuse(case, case.submission.refusal)
        if dialect.refuses_opted_out and self._is_stopped(case):
            return self._refuse(case, dialect.refusal(dialect.opted_out))
        if self._is_above_rate(case):
            return self._refuse(case, dialect.throttle(self.script.retry_after_s))
        case.fault = self._faults.strike(case.submission.to)
        match case.fault:
            case Fault(do=FaultKind.ERROR, code=str(code)) as fault:
                return self._refuse(case, dialect.refusal(code, fault.http_status, fault.retry_after_s))
            case Fault(do=FaultKind.CUT_BEFORE_ACCEPTANCE):
                return self._cut(case)
            case _:
                return self._accept(case)

    async def tell_early(self, deed: Deed) -> None:
        """Let the first callback overtake the answer, where chance has said so."""
        if deed.chain is not None and deed.is_early:
            with suppress(TimeoutError):
                async with asyncio.timeout(EARLY_S):
                    await self._courier.start_now(deed.chain)

    def settle(self, deed: Deed, *, told: bool) -> None:
        """told: the answer went out, to a client that was still there. Settled once, a deed stays as it is."""
        if deed not in self._unsettled:
            return
        self._unsettled.remove(deed)
        record = deed.record if deed.record.answered == told else replace(deed.record, answered=told)
        self._journal.write(record)
        self._tally.unanswered += record.outcome is Outcome.ACCEPTED and not told
        if deed.chain is not None and not deed.is_early:
            self._courier.start(deed.chain)
        if deed.replies is not None:
            self._courier.start(deed.replies)

    async def write(self, dialect: Dialect, said: Written) -> tuple[str, int | None]:
        """Have a contact write at once: the message's id, and what the client answered. *Raises*: NobodyThere."""
        if said.kind in NO_MESSAGES and dialect.news is None:
            raise NobodyThere(f"{dialect.name} brings no {said.kind}")
        line = line_for(self.script, dialect, said, self._memory)
        self._written += 1
        chain = self._scribe.written(dialect, line, said, self._tally.inbound, self._written)
        reply = await self._courier.start_now(chain)
        return chain.steps[0].letter.id, reply.http_status

    async def announce(self, dialect: Dialect, said: News) -> int | None:
        """Tell the client some news at once: what it answered. *Raises*: NobodyThere."""
        chain = news_chain(self.script, dialect, said, self._memory, self._tally.news, self._now_us())
        return (await self._courier.start_now(chain)).http_status

    async def shake_hands(self, dialect: Dialect) -> HandshakeRecord:
        """Make sure of the client as the provider does. *Raises*: NobodyThere."""
        record = await ask(self.script, dialect, self._now_us)
        self._journal.write(record)
        return record

    async def greet(self, dialect: Dialect) -> None:
        """Make sure of the client before all else, where the script says so. A client that never comes is none."""
        if self.script.meta.handshake and dialect.news is not None:
            with suppress(TimeoutError, NobodyThere):
                self._journal.write(await ask_at_start(self.script, dialect, self._now_us))

    def desk(self) -> Desk:
        return Desk(self.script, self._memory, self._now_us(), self._new_id)

    def close(self) -> None:
        """Settle what nobody will be told any more. aiohttp forgets handlers whose client has left."""
        for deed in tuple(self._unsettled):
            self.settle(deed, told=False)

    def apply(self, script: Script) -> None:
        """Follow another script from the next request on: its rules count from zero, the tally goes on."""
        self._memory.approvals.clear()
        self._follow(script)
        self._intervene("script")

    def reset(self) -> None:
        """As if just started: no counts, nothing remembered, nothing to come, rules counted from zero."""
        self._courier.forget()
        self._memory.clear()
        self._tally = Tally()
        self._follow(self.script)
        self._intervene("reset")

    def summary(self) -> Mapping[str, object]:
        return self._tally.summary()

    def _refuse(self, case: _Case, refusal: Refusal) -> Deed:
        outcome = Outcome.THROTTLED if refusal.http_status in THROTTLES else Outcome.REFUSED
        return self._decided(case, outcome, case.dialect.refused(refusal), code=refusal.code)

    def _cut(self, case: _Case) -> Deed:
        return self._decided(case, Outcome.CUT, SILENCE)

    def _accept(self, case: _Case) -> Deed:
        dialect, submission = case.dialect, case.submission
        message_id = dialect.message_id(self._new_id())
        message = Message(message_id, submission, case.at_us, dialect.first_status(submission))
        self._memory.messages.add(message)
        self._memory.latest[dialect.name, submission.sender] = submission
        once = None if submission.needs_window else submission.template
        self._tally.accept(case.at_us, submission.sender, submission.to, once)
        answer = _answer(case, dialect.receipt(message))
        return self._decided(case, Outcome.ACCEPTED, answer, message=message)

    def _decided(
        self,
        case: _Case,
        outcome: Outcome,
        answer: Answer,
        *,
        code: str | None = None,
        message: Message | None = None,
    ) -> Deed:
        self._tally.count(outcome, code)
        script = self.script
        may_be_early = message is not None and case.course.tells
        deed = Deed(
            record=_record(case, outcome, code, message),
            answer=answer,
            course=case.course,
            latency_s=within(script.latency_ms, script.seed, "latency", case.ordinal) / 1_000,
            hang_s=0.0 if case.fault is None else case.fault.seconds,
            chain=None if message is None else self._chain(case, message),
            is_early=may_be_early and happens(script.callbacks.early, script.seed, "early", case.ordinal),
            replies=None if message is None else self._replies(case, message),
        )
        self._unsettled.add(deed)
        return deed

    def _chain(self, case: _Case, message: Message) -> StatusChain | None:
        target, script = case.submission.callback, self.script
        if target is None or not script.callbacks.enabled:
            return None
        steps = with_accidents(self._fate(case), script, case.ordinal)
        return StatusChain(
            dialect=case.dialect, target=target, steps=steps, tally=self._tally.callbacks, message=message
        )

    def _replies(self, case: _Case, message: Message) -> LetterChain | None:
        if case.submission.needs_window or not self._contacts.may_answer:
            return None
        return self._scribe.answers(Replied(case.dialect, message, self._fate(case), self._tally.inbound, case.ordinal))

    def _fate(self, case: _Case) -> tuple[Step, ...]:
        to, defect = case.submission.to, self._defect(case)
        if defect is not None:
            return self._contacts.failure(to, defect)
        return self._contacts.fate(to, case.dialect.not_on_whatsapp)

    def _defect(self, case: _Case) -> str | None:
        if case.submission.fails_with is not None:
            return case.submission.fails_with
        if self._is_stopped(case):
            return case.dialect.opted_out
        return case.dialect.outside_window if self._is_outside_window(case) else None

    def _is_stopped(self, case: _Case) -> bool:
        return self._memory.conversations.is_stopped(case.submission.sender, case.submission.to)

    def _is_outside_window(self, case: _Case) -> bool:
        submission, script = case.submission, self.script
        if not submission.needs_window or not script.enforce_windows:
            return False
        window_us = int(script.window_seconds * SECOND_US)
        return not self._memory.conversations.is_open(submission.sender, submission.to, case.at_us, window_us)

    def _follow(self, script: Script) -> None:
        self.script = script
        self._contacts = ContactBook(script)
        self._scribe = Scribe(script, self._contacts, self._memory, self._new_id)
        self._courier.batch = script.callbacks.batch
        self._faults = Faults(script.seed, script.faults)
        self._ordinal = self._written = 0

    def _intervene(self, kind: InterventionKind) -> None:
        self._journal.write(InterventionRecord(self._now_us() / SECOND_US, kind))

    def _is_above_rate(self, case: _Case) -> bool:
        cap = self.script.rate_limit_per_second
        return cap is not None and self._tally.in_last_second(case.submission.sender, case.at_us) >= cap


def _answer(case: _Case, receipt: Answer) -> Answer:
    """What the client hears of an acceptance."""
    match case.fault and case.fault.do:
        case FaultKind.ACCEPT_THEN_500:
            return case.dialect.refused(case.dialect.internal_error())
        case FaultKind.EMPTY_200:
            return Answer(HTTPStatus.OK, b"")
        case FaultKind.HTML_200:
            return Answer(HTTPStatus.OK, HTML, "text/html")
        case FaultKind.TRUNCATED_JSON:
            return replace(receipt, body=receipt.body[: len(receipt.body) // 2])
        case _:
            return receipt


def _record(case: _Case, outcome: Outcome, code: str | None, message: Message | None) -> RequestRecord:
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
        answered=case.course.tells,
        fault=None if case.fault is None else case.fault.do,
    )
