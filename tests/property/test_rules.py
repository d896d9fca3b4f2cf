"""Verdicts combine in any order and any grouping; consent agrees with a telling of it event by event."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.people.consent.model import EVERYTHING, SCOPES, ConsentKind, ConsentRecord, has_refused, stricter
from shared.people.sessions.model import Session
from shared.rules.consent import judge_consent
from shared.rules.judge import RULES, judge, judge_before_gate
from shared.rules.page import template_judge
from shared.rules.question import ConfirmationQuestion, Question, ReplyQuestion, TemplateQuestion
from shared.rules.verdict import ALLOWED, Allowed, Later, Never, Reason, Verdict, combine
from tests.stores import START

CATEGORIES = SCOPES[1:]
MARGIN = timedelta(seconds=60)
AFTER_ALL = START + timedelta(hours=1)

moments = st.integers(0, 5).map(lambda minutes: START + timedelta(minutes=minutes))
reasons = st.sampled_from(Reason)
verdicts = st.one_of(st.just(ALLOWED), st.builds(Later, moments, reasons), st.builds(Never, reasons))
histories = st.lists(
    st.builds(ConsentRecord, st.sampled_from(ConsentKind), st.sampled_from(SCOPES), st.just("api"), moments), max_size=8
)
categories = st.sampled_from(CATEGORIES)
sessions = st.builds(Session, moments, st.none() | moments, st.none() | moments)


def recorded(history: Sequence[ConsentRecord]) -> Mapping[str, ConsentRecord]:
    """As the store keeps it: of each kind and scope the latest."""
    return {one.field: one for one in sorted(history, key=lambda one: one.at)}


def for_template(history: Sequence[ConsentRecord], category: str, *, require_opt_in: bool = True) -> Verdict:
    return judge_consent(TemplateQuestion(recorded(history), category, require_opt_in, AFTER_ALL))


questions = st.one_of(
    st.builds(
        TemplateQuestion,
        histories.map(recorded),
        categories,
        st.booleans(),
        moments,
        st.none() | moments,
        st.none() | moments,
    ),
    st.builds(ReplyQuestion, histories.map(recorded), sessions, st.just(MARGIN)),
    st.builds(ConfirmationQuestion, sessions, st.just(MARGIN)),
)


# ── a page ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(
    st.lists(st.tuples(histories.map(recorded), st.none() | moments), max_size=12),
    st.none() | categories,
    st.booleans(),
    moments,
    st.none() | moments,
)
def test_a_page_is_judged_as_each_of_its_contacts_alone(
    contacts: list[tuple[Mapping[str, ConsentRecord], datetime | None]],
    category: str | None,
    require_opt_in: bool,
    now: datetime,
    deadline_at: datetime | None,
) -> None:
    of_page = template_judge(category, require_opt_in, now, deadline_at)

    assert [of_page(*one) for one in contacts] == [
        judge(TemplateQuestion(records, category, require_opt_in, now, send_at, deadline_at))
        for records, send_at in contacts
    ]


# ── the algebra ─────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.lists(verdicts, max_size=6).flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_the_order_of_verdicts_does_not_matter(orders: tuple[list[Verdict], list[Verdict]]) -> None:
    assert combine(orders[0]) == combine(orders[1])


@given(st.lists(verdicts, max_size=4), st.lists(verdicts, max_size=4))
def test_nor_their_grouping_nor_that_one_comes_twice(some: list[Verdict], others: list[Verdict]) -> None:
    together = combine([*some, *others])

    assert combine([combine(some), combine(others)]) == together
    assert combine([*some, *others, *some, ALLOWED]) == together


@given(st.lists(verdicts, max_size=6))
def test_the_strictest_holds(some: list[Verdict]) -> None:
    nevers = [one for one in some if isinstance(one, Never)]
    laters = [one for one in some if isinstance(one, Later)]
    match combine(some):
        case Never(reason):
            assert reason == min((one.reason for one in nevers), key=list(Reason).index)
        case Later(until):
            assert (nevers, until) == ([], max(one.until for one in laters))
        case Allowed():
            assert (nevers, laters) == ([], [])


@given(questions)
def test_no_rule_makes_another_one_laxer(question: Question) -> None:
    verdict = judge(question)

    assert all(combine([verdict, rule.judge(question)]) == verdict for rule in RULES)
    assert combine([verdict, judge_before_gate(question)]) == verdict


# ── consent ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def refused_when_told(history: Sequence[ConsentRecord], category: str) -> bool:
    """The oracle: event by event, at one instant the agreements first; an agreement to all clears everything."""
    refused: set[str] = set()
    for one in sorted(history, key=lambda one: (one.at, one.kind is ConsentKind.OPT_OUT)):
        if one.kind is ConsentKind.OPT_OUT:
            refused.add(one.scope)
        elif one.scope == EVERYTHING:
            refused.clear()
        else:
            refused.discard(one.scope)
    return not refused.isdisjoint({EVERYTHING, category})


@given(histories, st.sampled_from(SCOPES))
def test_a_refusal_stands_as_told_event_by_event(history: list[ConsentRecord], scope: str) -> None:
    assert has_refused(recorded(history), scope) == refused_when_told(history, scope)


@given(histories.flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))), categories, st.booleans())
def test_the_order_in_which_records_come_does_not_matter(
    orders: tuple[list[ConsentRecord], list[ConsentRecord]], category: str, require: bool
) -> None:
    first, second = (for_template(one, category, require_opt_in=require) for one in orders)

    assert first == second


@given(histories, categories, st.booleans(), st.data())
def test_a_refusal_later_than_any_agreement_wins(
    history: list[ConsentRecord], category: str, require: bool, data: st.DataObject
) -> None:
    scope = data.draw(st.sampled_from([EVERYTHING, category]))
    refusal = ConsentRecord(ConsentKind.OPT_OUT, scope, "api", AFTER_ALL)

    assert for_template([*history, refusal], category, require_opt_in=require) == Never(Reason.OPTED_OUT)


@given(histories, categories)
def test_an_agreement_to_all_later_than_any_refusal_wins(history: list[ConsentRecord], category: str) -> None:
    agreement = ConsentRecord(ConsentKind.OPT_IN, EVERYTHING, "api", AFTER_ALL)

    assert for_template([*history, agreement], category) == ALLOWED


def strictness(verdict: Verdict) -> int:
    return [ALLOWED, Never(Reason.NO_OPT_IN), Never(Reason.OPTED_OUT)].index(verdict)


@given(histories, categories, st.sampled_from(SCOPES), moments)
def test_one_more_refusal_allows_nothing(history: list[ConsentRecord], category: str, scope: str, at: datetime) -> None:
    more = [*history, ConsentRecord(ConsentKind.OPT_OUT, scope, "api", at)]

    assert strictness(for_template(more, category)) >= strictness(for_template(history, category))


@given(histories, categories, st.sampled_from(SCOPES), moments)
def test_a_wider_agreement_forbids_nothing_and_a_wider_refusal_allows_nothing(
    history: list[ConsentRecord], category: str, scope: str, at: datetime
) -> None:
    def with_one(kind: ConsentKind, of: str) -> int:
        return strictness(for_template([*history, ConsentRecord(kind, of, "api", at)], category))

    assert with_one(ConsentKind.OPT_IN, EVERYTHING) <= with_one(ConsentKind.OPT_IN, scope)
    assert with_one(ConsentKind.OPT_OUT, EVERYTHING) >= with_one(ConsentKind.OPT_OUT, scope)


@given(histories, categories)
def test_to_require_an_opt_in_allows_nothing(history: list[ConsentRecord], category: str) -> None:
    lax, strict = (for_template(history, category, require_opt_in=required) for required in (False, True))

    assert strictness(lax) <= strictness(strict)
    assert lax != Never(Reason.NO_OPT_IN)


@given(histories, sessions)
def test_a_reply_is_stopped_by_a_refusal_of_all_that_stands_and_by_nothing_else(
    history: list[ConsentRecord], session: Session
) -> None:
    wrote_at = session.last_inbound_at
    refused_at = [one.at for one in history if one.field == "opt_out:all"]
    is_left_alone = refused_when_told(history, EVERYTHING) and (wrote_at is None or wrote_at <= max(refused_at))

    verdict = judge_consent(ReplyQuestion(recorded(history), session, MARGIN))
    assert verdict == (Never(Reason.OPTED_OUT) if is_left_alone else ALLOWED)


@given(histories, histories, st.sampled_from(SCOPES))
def test_of_two_names_of_one_contact_the_refusals_of_both_stand(
    one: list[ConsentRecord], other: list[ConsentRecord], scope: str
) -> None:
    both = [recorded(one), recorded(other)]

    if any(has_refused(records, scope) for records in both):
        assert has_refused(stricter(*both), scope)
