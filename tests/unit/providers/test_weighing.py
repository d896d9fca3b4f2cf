"""Which answers and failures the brakes weigh: of every provider, those whose cause may lie in more than one contact."""

import json

import pytest

from shared.ground.errors import Disposition, OutcomeUnknown, SendError
from shared.ground.http import EVIDENCE, UNANSWERED, HttpResponse
from shared.providers.dialect import Dialect
from shared.providers.registry import DIALECTS

PROVES_NOTHING = [
    *((name, status, b"") for name in DIALECTS for status in (302, 408, 500, 502, 503, 504, 599)),
    *((name, 200, b"<!doctype html><title>Whatever</title>") for name in DIALECTS),
    *((name, 200, b'{"ok": true}') for name in ("meta", "twilio", "wavy")),
    ("hey", 200, b'{"success": false}'),
    ("hey", 418, b""),
    *(("meta", status, b'{"error": {"code": %d}}' % code) for status in (400, 500, 503) for code in (1, 2)),
    *(("twilio", status, b'{"code": %d}' % code) for status in (400, 500, 503) for code in (20500, 20503)),
    ("meta", 500, b'{"error": {"code": 131026}}'),  # a contact's code, and a status that proves nothing
    ("twilio", 500, b'{"code": 21211}'),
    ("wavy", 500, b'{"errorCode": 202}'),
]


def refusal_of(dialect: Dialect, response: HttpResponse) -> SendError:
    with pytest.raises(SendError) as raised:
        dialect.sending.read_receipt(response)
    return raised.value


@pytest.mark.parametrize(("provider", "status", "body"), PROVES_NOTHING)
def test_an_answer_that_proves_nothing_may_concern_everybody(provider: str, status: int, body: bytes) -> None:
    error = refusal_of(DIALECTS[provider], HttpResponse(status, {}, body))
    assert (error.disposition, error.may_concern_all) == (Disposition.UNKNOWN, True)
    assert error.code not in UNANSWERED


@pytest.mark.parametrize("kind", EVIDENCE, ids=lambda kind: kind.__name__)
def test_a_request_without_an_answer_may_concern_everybody_unless_nothing_was_sent(kind: type[BaseException]) -> None:
    error = EVIDENCE[kind].error()
    assert error.may_concern_all is isinstance(error, OutcomeUnknown)


def test_no_answer_is_told_from_one_that_proves_nothing() -> None:
    assert {"timeout", "reset", "truncated"} == UNANSWERED


@pytest.mark.parametrize("code", ["11200", "11750", "12300"])
def test_the_codes_of_our_own_webhook_say_nothing_about_anybodys_message(code: str) -> None:
    twilio = DIALECTS["twilio"].codes
    assert twilio.rows[code].may_concern_all is False
    assert twilio.explain_failure(code).may_concern_all is False


PASSES_ALONE = {"meta": "131056"}  # a limit of one pair of numbers


@pytest.mark.parametrize("provider", DIALECTS)
def test_a_failure_that_passes_by_itself_is_weighed_where_a_status_tells_it(provider: str) -> None:
    table = DIALECTS[provider].codes
    passing = [
        row.code for row in table.rows.values() if row.disposition is Disposition.NOT_ACCEPTED and not row.throttles
    ]
    alone = [code for code in passing if not table.explain_failure(code).may_concern_all]
    assert " ".join(alone) == PASSES_ALONE.get(provider, "")


@pytest.mark.parametrize(
    ("provider", "codes"),
    [
        ("twilio", "63009 63010 63012 63023 63025"),
        ("meta", "131016 131057 133004 134101"),
        ("wavy", "103 301 311"),
        ("hey", "103 301 311"),
    ],
)
def test_a_failure_of_the_channels_own_is_weighed(provider: str, codes: str) -> None:
    assert all(DIALECTS[provider].codes.explain_failure(code).may_concern_all for code in codes.split())


@pytest.mark.parametrize("provider", DIALECTS)
def test_a_limit_slows_the_sender_down_and_is_not_weighed(provider: str) -> None:
    throttling = [row for row in DIALECTS[provider].codes.rows.values() if row.throttles]
    assert not [row.code for row in throttling if row.may_concern_all]


@pytest.mark.parametrize(
    ("provider", "codes"),
    [
        ("twilio", "21612 21604 21408 21608 30007 63005 63015"),  # no route from this sender, or to this recipient
        ("meta", "131062 130497 131005 33 135000"),  # a message that cannot go to any user id
        ("wavy", "104 211 212 311"),
        ("hey", "104 211 212 311"),
    ],
)
def test_what_is_either_a_contacts_fault_or_the_senders_is_weighed(provider: str, codes: str) -> None:
    rows = DIALECTS[provider].codes.rows
    assert all(rows[code].may_concern_all for code in codes.split())


@pytest.mark.parametrize(("provider", "codes"), [("twilio", "20500 20503"), ("meta", "1 2")], ids=str)
def test_a_doubtful_code_in_a_failed_status_is_a_failure(provider: str, codes: str) -> None:
    """The provider says that the message has failed: nothing about it is unknown any more."""
    for code in codes.split():
        error = DIALECTS[provider].codes.explain_failure(code)
        assert (error.disposition, error.may_concern_all) == (Disposition.REFUSED, True)


@pytest.mark.parametrize(
    ("provider", "code", "status", "body"),
    [
        ("twilio", "21612", 400, {"code": 21612, "message": "The 'To' phone number is not reachable from this 'From'"}),
        ("meta", "131062", 400, {"error": {"code": 131062, "message": "Not supported"}}),
    ],
)
def test_an_answer_by_such_a_code_is_weighed(provider: str, code: str, status: int, body: dict[str, object]) -> None:
    error = refusal_of(DIALECTS[provider], HttpResponse(status, {}, json.dumps(body).encode()))
    assert (error.code, error.disposition, error.may_concern_all) == (code, Disposition.REFUSED, True)
