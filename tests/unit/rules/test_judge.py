"""The judge: all rules are asked, and a rule to come is a function and a line in the table."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.conversations.outbox.model import MessageRecord, MessageState
from shared.conversations.replying import Order
from shared.ground.errors import Conflict
from shared.ledger.states import JobState
from shared.people.consent.model import ConsentRecord
from shared.people.contacts.store import Identity
from shared.people.sessions.model import Session
from shared.rules import judge as judging
from shared.rules.judge import Rule, judge, judge_before_gate
from shared.rules.question import ConfirmationQuestion, Question, ReplyQuestion, TemplateQuestion
from shared.rules.verdict import ALLOWED, Later, Never, Reason, Verdict
from tests.factories import SENDER, TENANT, address, contact, opt_in, opt_out
from tests.stores import START, Clock
from tests.wired import W1, Wired

MARGIN = timedelta(seconds=60)
PARAMETERS = {"1": "dentist", "2": "Monday"}
TOMORROW = START + timedelta(days=1)
CLOSED, OPEN = Session(START), Session(START, TOMORROW, START)


def by_field(*records: ConsentRecord) -> dict[str, ConsentRecord]:
    return {record.field: record for record in records}


@pytest.mark.parametrize(
    ("question", "verdict", "before_gate"),
    [
        (ReplyQuestion({}, OPEN, MARGIN), ALLOWED, ALLOWED),
        (ReplyQuestion({}, CLOSED, MARGIN), Never(Reason.WINDOW_CLOSED), ALLOWED),
        (ReplyQuestion(by_field(opt_out()), OPEN, MARGIN), Never(Reason.OPTED_OUT), Never(Reason.OPTED_OUT)),
        (ReplyQuestion(by_field(opt_out()), CLOSED, MARGIN), Never(Reason.WINDOW_CLOSED), Never(Reason.OPTED_OUT)),
        (ConfirmationQuestion(OPEN, MARGIN), ALLOWED, ALLOWED),
        (ConfirmationQuestion(CLOSED, MARGIN), Never(Reason.WINDOW_CLOSED), ALLOWED),
        (TemplateQuestion({}, "utility", False, START), ALLOWED, ALLOWED),
        (
            TemplateQuestion({}, "utility", False, START, TOMORROW),
            Later(TOMORROW, Reason.SEND_AT),
            Later(TOMORROW, Reason.SEND_AT),
        ),
        (
            TemplateQuestion({}, "utility", False, START, TOMORROW, TOMORROW),
            Never(Reason.DEADLINE),
            Never(Reason.DEADLINE),
        ),
        (
            TemplateQuestion({}, "utility", True, START, None, START),
            Never(Reason.NO_OPT_IN),
            Never(Reason.NO_OPT_IN),
        ),
        (
            TemplateQuestion({}, "utility", True, START, TOMORROW),
            Never(Reason.NO_OPT_IN),
            Never(Reason.NO_OPT_IN),
        ),
    ],
)
def test_all_rules_are_asked(question: Question, verdict: Verdict, before_gate: Verdict) -> None:
    assert (judge(question), judge_before_gate(question)) == (verdict, before_gate)


# ── a rule to come ──────────────────────────────────────────────────────────────────────────────────────────────────


def quiet_until_tomorrow(question: Question) -> Verdict:
    """Such a rule as quiet hours will be: answers pass, templates wait."""
    match question:
        case TemplateQuestion() if question.now < TOMORROW:
            return Later(TOMORROW, Reason.SEND_AT)
        case _:
            return ALLOWED


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """The rule holds from the call on."""
    return lambda: monkeypatch.setattr(judging, "RULES", (*judging.RULES, Rule(quiet_until_tomorrow)))


async def test_a_rule_to_come_defers_the_jobs_of_a_campaign(wired: Wired, quiet: Callable[[], None]) -> None:
    quiet()
    made = await wired.running(2)

    snapshot = await wired.check(made)
    assert snapshot.ready == set()
    jobs = await wired.stores.ledger.page_of_jobs(made.id, 0)
    assert [job.state for job in jobs] == [JobState.DEFERRED] * 2


async def take(wired: Wired) -> MessageRecord:
    """A template to the first person."""
    order = Order(TENANT, SENDER, Identity(contact(0)), "ana", address(0))
    return await wired.conversations.replying.template(order, "appointment_reminder", "en", PARAMETERS)


async def test_a_rule_to_come_refuses_a_single_message_at_once(wired: Wired, quiet: Callable[[], None]) -> None:
    await wired.stores.consent.record([(contact(0), opt_in())])
    quiet()

    with pytest.raises(Conflict) as refused:
        await take(wired)
    assert refused.value.code == "send-at"


async def test_a_rule_to_come_holds_back_a_single_message_that_was_taken_before(
    wired: Wired, clock: Clock, quiet: Callable[[], None]
) -> None:
    """It stands aside with its reason, and goes when its time has come."""
    outbox, dispatching = wired.stores.outbox, wired.conversations.dispatching
    await wired.stores.consent.record([(contact(0), opt_in())])
    record = await take(wired)
    quiet()

    assert await dispatching.dispatch(contact(0), SENDER, W1) == 1
    assert wired.transport.sent == []
    held = await outbox.get(record.message.id)
    assert (held.state, held.reason, held.due) == (MessageState.QUEUED, "send-at", TOMORROW)
    assert await outbox.head(contact(0), SENDER) is None
    assert await outbox.overlooked(TOMORROW - timedelta(seconds=1)) == []
    assert await outbox.overlooked(TOMORROW) == [record.message.id]

    clock.travel(timedelta(days=1))
    assert await outbox.rejoin(record.message)
    assert await dispatching.dispatch(contact(0), SENDER, W1) == 1
    assert wired.transport.addresses() == [address(0)]
    assert (await outbox.get(record.message.id)).reason == ""
