"""The rules that all tables of codes share: the bounds of a status, unknown codes, answers that precede a message."""

import pytest

from shared.ground.errors import Again, Disposition, NotAccepted, OutcomeUnknown, Refused, SenderUnusable
from shared.ground.http import HttpResponse
from shared.providers.codes import HTTP, Code, CodeTable, Page, index_rows, require_answer, require_success

PAGE = Page("https://example.com/errors/{code}")
ROWS = (
    PAGE.refuse("1", "refused"),
    PAGE.retry("2", "later", wait_s=64.0),
    PAGE.slow_down("3", "slower", Again.NEXT_DAY),
    PAGE.stop_sender("4", "no such sender"),
)
STATUSES = (HTTP.slow_down("http-429", "too many"), HTTP.stop_sender("http-401", "refused"))
TABLE = CodeTable(index_rows(ROWS), index_rows(STATUSES))


def describe(row: Code) -> tuple[str, Disposition, bool]:
    return row.code, row.disposition, row.throttles


def test_a_row_cites_the_page_of_its_code() -> None:
    assert TABLE.rows["1"].source == "https://example.com/errors/1"


@pytest.mark.parametrize(
    ("status", "disposition"),
    [
        (401, Disposition.SENDER_UNUSABLE),
        (418, Disposition.REFUSED),
        (429, Disposition.NOT_ACCEPTED),
        *((status, Disposition.UNKNOWN) for status in (-1, 0, 100, 302, 399, 408, 500, 503, 599, 1_000)),
    ],
)
def test_a_status_without_a_code(status: int, disposition: Disposition) -> None:
    assert TABLE.judge(status, None) == TABLE.judge_status(status)
    assert describe(TABLE.judge_status(status))[:2] == (f"http-{status}", disposition)


def test_where_a_contract_names_every_refusal_another_4xx_proves_nothing() -> None:
    cautious = CodeTable(TABLE.rows, TABLE.statuses, refuses_unlisted=False)

    assert cautious.judge_status(418).disposition is Disposition.UNKNOWN
    assert cautious.judge_status(401).disposition is Disposition.SENDER_UNUSABLE


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "1", ("1", Disposition.REFUSED, False)),
        (400, "4", ("4", Disposition.SENDER_UNUSABLE, False)),
        (400, "9", ("9", Disposition.REFUSED, False)),
        (401, "9", ("9", Disposition.SENDER_UNUSABLE, False)),
        (429, "1", ("1", Disposition.NOT_ACCEPTED, True)),
        (429, "2", ("2", Disposition.NOT_ACCEPTED, True)),
        (429, "3", ("3", Disposition.NOT_ACCEPTED, True)),
        (429, "9", ("9", Disposition.NOT_ACCEPTED, True)),
        (500, "1", ("1", Disposition.UNKNOWN, False)),
        (500, "3", ("3", Disposition.UNKNOWN, True)),
        (500, "9", ("9", Disposition.UNKNOWN, False)),
    ],
)
def test_a_code_within_the_bounds_of_its_status(
    status: int, code: str, expected: tuple[str, Disposition, bool]
) -> None:
    assert describe(TABLE.judge(status, code)) == expected


def test_a_doubtful_code_is_never_tried_again() -> None:
    assert TABLE.judge(503, "2").again is Again.NEVER


@pytest.mark.parametrize(
    ("code", "kind", "shown"), [("4", SenderUnusable, "4"), ("9", Refused, "9"), (None, Refused, "none")]
)
def test_a_message_that_has_failed(code: str | None, kind: type[Exception], shown: str) -> None:
    error = TABLE.explain_failure(code)

    assert (type(error), error.code) == (kind, shown)


def test_an_error_has_every_field_of_its_row() -> None:
    error = TABLE.rows["2"].to_error(retry_after_s=7.0)

    assert isinstance(error, NotAccepted)
    assert (error.again, error.wait_s, error.retry_after_s) == (Again.BACK_OFF, 64.0, 7.0)


def judge(response: HttpResponse) -> Code:
    return TABLE.judge_status(response.status)


def test_a_success_is_no_error() -> None:
    response = HttpResponse(204, {}, b"")
    require_success(response, judge)
    require_answer(response, judge)


def test_a_doubt_about_a_message_is_none_about_a_question() -> None:
    response = HttpResponse(503, {"retry-after": "7"}, b"")
    with pytest.raises(OutcomeUnknown):
        require_success(response, judge)
    with pytest.raises(NotAccepted) as raised:
        require_answer(response, judge, "nothing was sent")

    assert (raised.value.code, raised.value.again, raised.value.gloss) == (
        "http-503", Again.BACK_OFF, "nothing was sent",
    )  # fmt: skip
    assert raised.value.retry_after_s == 7.0


def test_a_refused_question_stays_refused() -> None:
    with pytest.raises(SenderUnusable):
        require_answer(HttpResponse(401, {}, b""), judge)
