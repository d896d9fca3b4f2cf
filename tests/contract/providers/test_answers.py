"""The meaning of every answer: the provider's own table, and the rows that each provider owes."""

import pytest

from shared.ground.errors import Disposition, SendError
from shared.ground.http import HttpRequest, HttpResponse
from shared.providers.account import Account
from shared.providers.messages import FreeMessage, Receipt, TemplateMessage
from tests.contract.providers.harness import (
    REFERENCE,
    AnswerCase,
    Failure,
    ProviderCases,
    assert_nothing_private,
    collect_text,
    name_cases,
    read_failure,
)
from tests.contract.providers.providers import BY_NAME, PROVIDERS
from tests.reading import present

CODING = [cases for cases in PROVIDERS if cases.answer_with is not None]
CODES = [(cases, code) for cases in CODING for code in cases.codes]
HOOK = "https://hooks.example.com/webhooks/x/clinic/status"
# Before a request there is no doubt, and a later attempt would end alike.
FINAL = {Disposition.REFUSED, Disposition.TEMPLATE_UNUSABLE, Disposition.SENDER_UNUSABLE}


def judge(cases: ProviderCases, response: HttpResponse) -> Receipt | Failure:
    try:
        return cases.dialect.sending.read_receipt(response)
    except SendError as error:
        assert_nothing_private(collect_text(error), cases)
        return read_failure(error)


@pytest.mark.parametrize(
    ("cases", "case"), name_cases([(cases, case) for cases in PROVIDERS for case in cases.answers])
)
def test_answer(cases: ProviderCases, case: AnswerCase):
    assert judge(cases, case.response) == case.expected


@BY_NAME
def test_every_code_has_a_case(cases: ProviderCases):
    assert set(cases.codes) == set(cases.dialect.codes.rows)


@BY_NAME
def test_every_listed_status_has_a_case(cases: ProviderCases):
    """An answer without a code: its HTTP status alone decides."""
    judged = {case.expected.code for case in cases.answers if isinstance(case.expected, Failure)}

    assert set(cases.dialect.codes.statuses) <= judged


@BY_NAME
def test_every_refusal_before_a_request_has_a_case(cases: ProviderCases):
    assert set(cases.unsendable) == set(cases.dialect.codes.unsendable)


def build(cases: ProviderCases, account: Account, message: TemplateMessage | FreeMessage) -> HttpRequest:
    sending = cases.dialect.sending
    if isinstance(message, FreeMessage):
        return sending.build_free(account, message, REFERENCE, HOOK, None)
    return sending.build_template(account, message, REFERENCE, HOOK)


@pytest.mark.parametrize(
    ("cases", "code"), name_cases([(cases, code) for cases in PROVIDERS for code in cases.unsendable])
)
def test_refusal_before_a_request(cases: ProviderCases, code: str):
    row = cases.dialect.codes.unsendable[code]
    with pytest.raises(SendError) as refused:
        build(cases, *cases.unsendable[code])

    assert read_failure(refused.value) == read_failure(row.to_error())
    assert row.disposition in FINAL
    assert_nothing_private(collect_text(refused.value), cases)


@BY_NAME
def test_every_row_is_glossed_and_sourced(cases: ProviderCases):
    table = cases.dialect.codes
    for rows in (table.rows, table.statuses, table.unsendable):
        for code, row in rows.items():
            assert row.code == code
            assert row.gloss
            assert row.source.startswith("https://")


@pytest.mark.parametrize(("cases", "code"), name_cases(CODES))
def test_code_in_an_answer(cases: ProviderCases, code: str):
    assert judge(cases, present(cases.answer_with)(code)) == cases.codes[code]


@pytest.mark.parametrize("cases", CODING, ids=lambda cases: cases.dialect.name)
def test_unknown_code_is_refused_for_good(cases: ProviderCases):
    assert judge(cases, present(cases.answer_with)(cases.unknown_code)) == Failure(
        Disposition.REFUSED, cases.unknown_code
    )
