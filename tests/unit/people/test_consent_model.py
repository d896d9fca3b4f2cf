"""Consent records: a refusal stands until a later agreement that is as wide, and a record comes back as it was."""

from datetime import timedelta

import pytest

from shared.people.consent.model import SCOPES, ConsentKind, ConsentRecord, has_refused, latest, record_from_json
from tests.factories import opt_in, opt_out
from tests.stores import START

LATER = START + timedelta(hours=1)


def by_field(*records: ConsentRecord) -> dict[str, ConsentRecord]:
    return {record.field: record for record in records}


@pytest.mark.parametrize(
    ("records", "refused"),
    [
        ([], []),
        ([opt_in()], []),
        ([opt_out()], list(SCOPES)),
        ([opt_out(scope="marketing")], ["marketing"]),
        ([opt_out(), opt_in(LATER)], []),
        ([opt_out(), opt_in(LATER, "utility")], list(SCOPES)),
        ([opt_out(scope="utility"), opt_in(LATER)], []),
        ([opt_out(LATER, "utility"), opt_in()], ["utility"]),
        ([opt_out(), opt_in()], list(SCOPES)),
    ],
)
def test_which_scopes_are_refused(records: list[ConsentRecord], refused: list[str]) -> None:
    assert [scope for scope in SCOPES if has_refused(by_field(*records), scope)] == refused


def test_the_newest_of_a_kind() -> None:
    records = by_field(opt_in(), opt_in(LATER, "utility"), opt_out(LATER))

    assert latest(records, ConsentKind.OPT_IN, "all", "utility") == LATER
    assert latest(records, ConsentKind.OPT_IN, "all", "marketing") == START
    assert latest(records, ConsentKind.OPT_OUT, *SCOPES[1:]) is None


@pytest.mark.parametrize("kind", ConsentKind)
@pytest.mark.parametrize("scope", SCOPES)
def test_a_record_comes_back(kind: ConsentKind, scope: str) -> None:
    record = ConsentRecord(kind, scope, "web_form", START, "ticked “yes”")
    assert record_from_json(record.field, record.to_json()) == record
