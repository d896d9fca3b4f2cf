"""Wavy's lists of contacts: requested, fetched from elsewhere, read; and the check of an account by such a request."""

import tempfile
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ground.errors import Again, Disposition, NotAccepted, OutcomeUnknown, SendError
from shared.ground.http import HttpRequest, HttpResponse
from shared.providers.events import Unrecognised
from shared.providers.wavy import DIALECT
from shared.providers.wavy.lists import MAX_BYTES, MAX_LINE_CHARACTERS, read_list
from shared.providers.wavy.polling import ListType, build_list_request, read_list_answer
from tests.contract.providers.harness import NOON, Failure, read_failure
from tests.contract.providers.wavy_cases import ACCOUNT, HEADERS, refusal
from tests.reading import present

CUSTOMER = replace(ACCOUNT, options={"customer_id": "42", "sub_account_id": "7 &"})
LINK = "https://lists.example.com/2026/03/14/list-42.csv"
# America/Sao_Paulo is three hours behind UTC, and was two in the summers until 2019.
SUMMER = ("+14155550123", datetime(2019, 1, 12, 13, 30, tzinfo=UTC))
LATER = ("+14155550124", datetime(2026, 3, 13, 13, 30, 5, tzinfo=UTC))


def make_answer(body: bytes, status: int = 200) -> HttpResponse:
    return HttpResponse(status, {}, body)


def find_refusal(response: HttpResponse) -> Failure:
    failures = []
    for read in (read_list_answer, lambda given: read_list(given, NOON)):
        with pytest.raises(SendError) as raised:
            read(response)
        failures.append(read_failure(raised.value))
    assert failures[0] == failures[1]
    return failures[0]


# ── asking ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_list_is_requested():
    url = "https://api-messaging.wavy.global/v1/list/OPTOUT?customerId=42&subAccountId=7+%26"

    assert build_list_request(CUSTOMER) == HttpRequest("GET", url, HEADERS, b"")


def test_any_list_of_a_whole_customer():
    customer = replace(ACCOUNT, options={"customer_id": "42"})
    requests = {kind: present(build_list_request(customer, kind)) for kind in ListType}

    assert {kind: request.url.rpartition("/")[2] for kind, request in requests.items()} == {
        kind: f"{kind.value}?customerId=42" for kind in ListType
    }


@pytest.mark.parametrize("options", [{}, {"customer_id": ""}, {"sub_account_id": "7"}])
def test_without_a_customer_there_is_no_request(options: dict[str, str]):
    account = replace(ACCOUNT, options=options)

    assert build_list_request(account) is None
    assert not DIALECT.checks.build_probes(account)


def test_the_file_is_fetched_without_credentials():
    given = make_answer(b'{"success": true, "status": 200, "data": "%s"}' % LINK.encode())

    assert read_list_answer(given) == HttpRequest("GET", LINK, {}, b"", max_bytes=MAX_BYTES, is_file=True)


# Quirk(wavy) list-absent-when-empty
def test_nobody_is_on_the_list():
    assert read_list_answer(make_answer(b'{"success": true, "status": 200}')) is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "http-200"),
        (b"<html>", "http-200"),
        (b'{"success": false, "data": "https://lists.example.com/1"}', "http-200"),
        (b'{"success": true, "data": "http://lists.example.com/1"}', "list-url"),
        (b'{"success": true, "data": "file:///etc/passwd"}', "list-url"),
        (b'{"success": true, "data": "https://lists.example.com/a b"}', "list-url"),
    ],
)
def test_an_answer_that_names_no_file(body: bytes, code: str):
    with pytest.raises(SendError) as raised:
        read_list_answer(make_answer(body))

    assert read_failure(raised.value) == Failure(Disposition.NOT_ACCEPTED, code, Again.BACK_OFF)


def test_refused():
    assert find_refusal(refusal(401, 401)) == Failure(Disposition.SENDER_UNUSABLE, "http-401")
    assert find_refusal(refusal(420, 420)).throttles
    assert find_refusal(make_answer(b"", 503)) == Failure(Disposition.NOT_ACCEPTED, "http-503", Again.BACK_OFF)


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    [
        "source,createdAt\n14155550123,2019-01-12 11:30:00\n14155550124,2026-03-13 10:30:05\n",
        "source;createdAt\r\n14155550123;2019-01-12T11:30:00\r\n14155550124;2026-03-13T10:30:05.000\r\n",
        '\ufeff"source","created_at"\n"14155550123","2019-01-12 11:30"\n\n"+1 (415) 555-0124","2026-03-13 10:30:05"',
        "id\tcreatedAt\tsource\n1\t12/01/2019 11:30\t14155550123\n2\t13/03/2026 10:30:05\t14155550124",
        "14155550123,2019-01-12 11:30:00\n14155550124,2026-03-13T13:30:05Z\n",
    ],
    ids=["commas", "semicolons", "quotes", "tabs", "no-names"],
)
def test_a_list_is_read(text: str):
    assert list(read_list(make_answer(text.encode()), NOON)) == [SUMMER, LATER]


def test_a_refusal_at_an_unknown_time_counts():
    text = "source,createdAt\n14155550123,yesterday\n14155550124\n14155550125,9999-12-31 23:59:59\nsomeone,2019-01-01\n"
    numbers = ("+14155550123", "+14155550124", "+14155550125")

    assert list(read_list(make_answer(text.encode()), NOON)) == [*((number, NOON) for number in numbers), None]


@pytest.mark.parametrize("text", ["", "source,createdAt\n", "\n\n"])
def test_an_empty_list(text: str):
    assert list(read_list(make_answer(text.encode()), NOON)) == []


def test_a_list_that_was_cut_off_is_refused_as_a_whole_because_a_refusal_may_be_missing(monkeypatch):
    monkeypatch.setattr("shared.providers.wavy.lists.MAX_BYTES", 1_000)
    with pytest.raises(NotAccepted) as raised:
        read_list(make_answer(b"14155550123,2026-03-13 10:30:05\n" * 40), NOON)

    assert raised.value.code == "list-too-long"


def test_of_a_line_that_is_too_long_the_rest_is_nobodys_refusal():
    long = "14155550123,2019-01-12 11:30:00," + "x" * MAX_LINE_CHARACTERS + ",14155550199\n"
    text = long + "14155550124,2026-03-13 10:30:05\n" + "," * (MAX_LINE_CHARACTERS * 3) + "14155550198"

    assert list(read_list(make_answer(text.encode()), NOON)) == [SUMMER, LATER, None]


def test_a_list_longer_than_memory_should_hold_is_read_from_its_file_while_it_is_iterated():
    rows = 50_000
    file = tempfile.TemporaryFile()  # noqa: SIM115 (who reads it closes it)
    file.write(b"source,createdAt\n" + b"14155550124,2026-03-13 10:30:05\n" * rows)
    entries = read_list(HttpResponse(200, {}, b"", file), NOON)
    tracemalloc.start()
    count = sum(1 for entry in entries if entry == LATER)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == rows
    assert peak < 1 << 20, "the file has 1.6 MB"
    assert file.closed


@given(body=st.binary() | st.text("0123456789,;\t\"' \n\r/:-sourcecreatedAt\0").map(str.encode))
def test_no_bytes_whatever_make_it_fail(body: bytes):
    read = [entry for entry in read_list(make_answer(body), NOON) if entry is not None]

    assert all(at <= NOON and number.startswith("+") for number, at in read)


@given(status=st.integers(100, 999), body=st.binary() | st.sampled_from([b'{"success": true}', b'{"errorCode": 204}']))
def test_no_answer_whatever_leaves_a_doubt(status: int, body: bytes):
    try:
        read_list_answer(make_answer(body, status))
    except OutcomeUnknown:
        pytest.fail("nothing was sent, so nothing is in doubt")
    except SendError:
        pass


# ── the check of the account ─────────────────────────────────────────────────────────────────────────────────────────


def test_the_probe_asks_for_the_list_of_opt_outs():
    (probe,) = DIALECT.checks.build_probes(CUSTOMER)

    assert (probe.name, probe.request) == ("credentials", build_list_request(CUSTOMER))


@pytest.mark.parametrize(
    ("response", "is_good", "words"),
    [
        (make_answer(b'{"success": true, "status": 200}'), True, "knows"),
        (refusal(401, 401), False, "authentication_token"),
        (refusal(420, 420), False, "later"),
        (make_answer(b"", 500), False, "later"),
        (make_answer(b"<html>"), False, "api_base"),
        (make_answer(b'{"success": false}'), False, "customer_id"),
    ],
)
def test_a_finding(response: HttpResponse, is_good: bool, words: str):
    found = DIALECT.checks.read_finding(CUSTOMER, "credentials", response)

    assert found.is_good is is_good
    assert words in found.text
    assert "made-up-token" not in found.text


# ── as news ─────────────────────────────────────────────────────────────────────────────────────────────────────────

POLLING = present(DIALECT.polling)


def test_who_is_on_the_list_has_refused():
    flow = present(POLLING.poll(CUSTOMER, None, NOON))
    assert next(flow) == build_list_request(CUSTOMER)
    file = flow.send(make_answer(b'{"success": true, "status": 200, "data": "%s"}' % LINK.encode()))
    assert file.url == LINK
    with pytest.raises(StopIteration) as end:
        flow.send(
            make_answer(b"source;createdAt\n14155550123;12/01/2019 11:30\n14155550124;2026-03-13 10:30:05\nwho;\n")
        )
    events = list(end.value.value)
    refusals = [(event.addresses, event.at, event.scope, event.wanted) for event in events[:-1]]
    assert refusals == [((SUMMER[0],), SUMMER[1], "all", False), ((LATER[0],), LATER[1], "all", False)]
    assert events[-1] == Unrecognised("list:unread")


def test_later_only_those_who_came_since():
    flow = present(POLLING.poll(CUSTOMER, LATER[1], NOON))
    next(flow)
    flow.send(make_answer(b'{"success": true, "status": 200, "data": "%s"}' % LINK.encode()))
    with pytest.raises(StopIteration) as end:
        flow.send(make_answer(b"14155550123;12/01/2019 11:30\n14155550124;2026-03-13 10:30:05\n"))
    assert [event.addresses for event in end.value.value] == [(LATER[0],)]


def test_without_a_customer_there_is_nothing_to_ask():
    assert POLLING.poll(ACCOUNT, None, NOON) is None
