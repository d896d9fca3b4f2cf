"""Consent: refusal wins, an agreement undoes it only if it is later and as wide, and silence is no agreement."""

from datetime import timedelta

import pytest

from shared.people.consent.model import SCOPES, ConsentKind, ConsentRecord, record_from_json, why_not
from tests.factories import opt_in, opt_out
from tests.stores import START

LATER = START + timedelta(hours=1)


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
        # Who refused everything and then agreed to one category is asked again before anything is sent.
        ([opt_in(LATER, "utility"), opt_out(START)], "opted-out"),
        ([opt_in(LATER, "utility"), opt_out(START, "utility")], None),
        ([opt_in(LATER, "marketing"), opt_out(START, "utility")], "opted-out"),
        ([opt_in(LATER), opt_out(START), opt_out(LATER + timedelta(hours=1), "utility")], "opted-out"),
    ],
)
def test_whether_a_utility_template_may_be_sent(records: list[ConsentRecord], reason: str | None) -> None:
    assert why_not({record.field: record for record in records}, "utility", require_opt_in=True) == reason


@pytest.mark.parametrize("category", SCOPES[1:])
def test_where_no_agreement_is_required_a_refusal_still_counts(category: str) -> None:
    assert why_not({}, category, require_opt_in=False) is None
    assert why_not({"opt_out:all": opt_out()}, category, require_opt_in=False) == "opted-out"


@pytest.mark.parametrize("kind", ConsentKind)
@pytest.mark.parametrize("scope", SCOPES)
def test_a_record_comes_back(kind: ConsentKind, scope: str) -> None:
    record = ConsentRecord(kind, scope, "web_form", START, "ticked “yes”")
    assert record_from_json(record.field, record.to_json()) == record
