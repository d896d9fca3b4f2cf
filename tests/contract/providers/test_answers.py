"""What every answer means: the provider's own table, and the rows that each provider owes."""

import pytest

from shared.ground.errors import Disposition, SendError
from shared.ground.http import HttpResponse
from shared.providers.messages import Receipt
from tests.contract.providers.harness import (
    AnswerCase,
    Failure,
    ProviderCases,
    assert_nothing_private,
    failure,
    named,
    whole_text,
)
from tests.contract.providers.providers import PROVIDERS
from tests.reading import present

CODING = [cases for cases in PROVIDERS if cases.answer_with is not None]
CODES = [(cases, code) for cases in CODING for code in cases.codes]
BY_NAME = pytest.mark.parametrize("cases", PROVIDERS, ids=lambda cases: cases.dialect.name)


def outcome(cases: ProviderCases, response: HttpResponse) -> Receipt | Failure:
    try:
        return cases.dialect.sending.read_receipt(response)
    except SendError as error:
        assert_nothing_private(whole_text(error), cases)
        return failure(error)


@pytest.mark.parametrize(("cases", "case"), named([(cases, case) for cases in PROVIDERS for case in cases.answers]))
def test_answer(cases: ProviderCases, case: AnswerCase):
    assert outcome(cases, case.response) == case.expected


@BY_NAME
def test_every_code_has_a_case(cases: ProviderCases):
    assert set(cases.codes) == set(cases.dialect.codes.rows)


@BY_NAME
def test_every_row_is_glossed_and_sourced(cases: ProviderCases):
    for code, row in cases.dialect.codes.rows.items():
        assert row.code == code
        assert row.gloss
        assert row.source.startswith("https://")


@pytest.mark.parametrize(("cases", "code"), named(CODES))
def test_code_in_an_answer(cases: ProviderCases, code: str):
    assert outcome(cases, present(cases.answer_with)(code)) == cases.codes[code]


@pytest.mark.parametrize("cases", CODING, ids=lambda cases: cases.dialect.name)
def test_unknown_code_is_refused_for_good(cases: ProviderCases):
    assert outcome(cases, present(cases.answer_with)(cases.unknown_code)) == Failure(
        Disposition.REFUSED, cases.unknown_code
    )
