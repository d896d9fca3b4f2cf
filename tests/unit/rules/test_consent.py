"""Consent: refusal wins, an agreement undoes it only if it is later and as wide, and silence is no agreement."""

from datetime import datetime, timedelta

import pytest

from shared.people.consent.model import EVERYTHING, SCOPES, ConsentRecord
from shared.people.sessions.model import Session
from shared.rules.consent import judge_consent
from shared.rules.question import ConfirmationQuestion, ReplyQuestion, TemplateQuestion
from shared.rules.verdict import ALLOWED, Never, Reason, Verdict
from tests.factories import opt_in, opt_out
from tests.stores import START

LATER = START + timedelta(hours=1)
MARGIN = timedelta(seconds=60)


def of_template(
    records: list[ConsentRecord], category: str | None = "utility", *, require_opt_in: bool = True
) -> Verdict:
    known = {record.field: record for record in records}
    return judge_consent(TemplateQuestion(known, category, require_opt_in, LATER))


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        ([], "no-opt-in"),
        ([opt_in()], None),
        ([opt_in(scope="utility")], None),
        ([opt_in(scope="marketing")], "no-opt-in"),
        ([opt_out()], "opted-out"),
        ([opt_out(scope="utility")], "opted-out"),
        ([opt_out(scope="marketing")], "no-opt-in"),
        ([opt_in(START), opt_out(LATER)], "opted-out"),
        ([opt_in(LATER), opt_out(START)], None),
        ([opt_in(START), opt_out(START)], "opted-out"),
        ([opt_in(START), opt_out(LATER, "utility")], "opted-out"),
        ([opt_in(START), opt_out(LATER, "marketing")], None),
        ([opt_in(LATER), opt_out(START, "utility")], None),
        # A contact that refused everything and then agreed to one category is asked again before anything is sent.
        ([opt_in(LATER, "utility"), opt_out(START)], "opted-out"),
        ([opt_in(LATER, "utility"), opt_out(START, "utility")], None),
        ([opt_in(LATER, "marketing"), opt_out(START, "utility")], "opted-out"),
        ([opt_in(LATER), opt_out(START), opt_out(LATER + timedelta(hours=1), "utility")], "opted-out"),
    ],
)
def test_whether_a_utility_template_may_be_sent(records: list[ConsentRecord], reason: str | None) -> None:
    assert of_template(records) == (ALLOWED if reason is None else Never(Reason(reason)))


@pytest.mark.parametrize("scope", SCOPES)
def test_where_the_category_is_not_certain_any_refusal_counts_and_only_an_agreement_to_everything(scope: str) -> None:
    assert of_template([opt_in(), opt_out(LATER, scope)], None) == Never(Reason.OPTED_OUT)
    assert of_template([opt_in(LATER), opt_out(START, scope)], None) == ALLOWED
    is_enough = scope == EVERYTHING
    assert of_template([opt_in(scope=scope)], None) == (ALLOWED if is_enough else Never(Reason.NO_OPT_IN))


@pytest.mark.parametrize("category", SCOPES[1:])
def test_where_no_agreement_is_required_a_refusal_still_counts(category: str) -> None:
    assert of_template([], category, require_opt_in=False) == ALLOWED
    assert of_template([opt_out()], category, require_opt_in=False) == Never(Reason.OPTED_OUT)


@pytest.mark.parametrize(
    ("records", "wrote_at", "verdict"),
    [
        ([], LATER, ALLOWED),
        ([], None, ALLOWED),
        ([opt_out()], LATER, ALLOWED),
        ([opt_out(LATER)], START, Never(Reason.OPTED_OUT)),
        ([opt_out(LATER)], LATER, Never(Reason.OPTED_OUT)),
        ([opt_out()], None, Never(Reason.OPTED_OUT)),
        ([opt_out(LATER), opt_in(LATER + timedelta(hours=1))], START, ALLOWED),
        ([opt_out(LATER, "marketing"), opt_out(LATER, "utility")], START, ALLOWED),
    ],
    ids=[
        "no refusal", "no refusal, never wrote", "wrote since", "refused since", "wrote it as the refusal", "never wrote",
        "agreed since", "of categories",
    ],
)  # fmt: skip
def test_a_contact_that_refused_everything_is_answered_only_when_it_writes_again(
    records: list[ConsentRecord], wrote_at: datetime | None, verdict: Verdict
) -> None:
    known = {record.field: record for record in records}

    assert judge_consent(ReplyQuestion(known, Session(LATER, LATER, wrote_at), MARGIN)) == verdict


def test_a_confirmation_is_exempt_from_what_it_confirms() -> None:
    assert judge_consent(ConfirmationQuestion(Session(LATER), MARGIN)) == ALLOWED
