"""Hey's Client API: asking for a report, and what its chats say of sends that nobody confirmed."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Unpack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ground.errors import Again, Disposition, SendError
from shared.ground.http import HttpRequest, HttpResponse
from shared.providers.checks import Probe
from shared.providers.events import DeliveryStatus, StatusReported
from shared.providers.hey import DIALECT, polling
from tests.contract.providers.fields import ReportedFields
from tests.contract.providers.harness import (
    NOON,
    REFERENCE,
    Failure,
    Reported,
    assert_nothing_private,
    make_comparable,
    read_failure,
)
from tests.contract.providers.hey_cases import (
    ACCOUNT,
    ANOTHER_ID,
    CODES,
    EARLIER,
    EARLIER_TEXT,
    HEY,
    MESSAGE_ID,
    PAGE,
    channel_status,
)
from tests.reading import present

LOGIN = HttpRequest(
    "POST",
    "https://api.heynowbots.com/api/login",
    {"Content-Type": "application/json", "Accept": "application/json"},
    b'{"name": "reports", "password": "client-password-0003"}',
)
BEARER = {"Authorization": "Bearer made-up-bearer", "Accept": "application/json"}
BEGIN = datetime(2026, 3, 13, 9, 0, tzinfo=timezone(timedelta(hours=-3)))


def make_answer(body: object, status: int = 200) -> HttpResponse:
    return HttpResponse(status, {}, json.dumps(body).encode())


def call(function: Callable[..., object], *arguments: object) -> object:
    try:
        return function(*arguments)
    except SendError as error:
        return read_failure(error)


# ── in ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

IN = make_answer({"success": True, "token": "made-up-bearer"})
UNUSABLE = Failure(Disposition.SENDER_UNUSABLE, "http-200")
UNKNOWN = Failure(Disposition.UNKNOWN, "http-200")


def test_login_request_is_exact():
    assert polling.build_login(ACCOUNT) == LOGIN
    assert_nothing_private(repr(LOGIN), HEY)


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (IN, "made-up-bearer"),
        (make_answer({"token": "made-up-bearer"}), "made-up-bearer"),
        (make_answer({"success": False, "token": "made-up-bearer"}), UNUSABLE),
        (make_answer({"success": True}), UNKNOWN),
        (make_answer({"success": True, "token": "two\nlines"}), UNKNOWN),
        (make_answer([]), UNKNOWN),
        (HttpResponse(200, {}, PAGE), UNKNOWN),
        (HttpResponse(401, {}, b""), Failure(Disposition.SENDER_UNUSABLE, "http-401")),
        (HttpResponse(500, {}, b""), Failure(Disposition.UNKNOWN, "http-500")),
        (
            HttpResponse(429, {"retry-after": "7"}, b""),
            Failure(Disposition.NOT_ACCEPTED, "http-429", Again.BACK_OFF, throttles=True, retry_after_s=7.0),
        ),
    ],
)
def test_token(response: HttpResponse, expected: object):
    assert call(polling.read_token, response) == expected


def test_probe_is_the_login():
    assert DIALECT.checks.build_probes(ACCOUNT) == (Probe("credentials", LOGIN),)


@pytest.mark.parametrize("missing", ["username", "password"])
def test_without_the_client_api_there_is_no_probe(missing: str):
    kept = {name: values for name, values in ACCOUNT.secrets.items() if name != missing}

    assert DIALECT.checks.build_probes(replace(ACCOUNT, secrets=kept)) == ()


@pytest.mark.parametrize(
    ("response", "is_good"),
    [
        (IN, True),
        (make_answer({"success": False}), False),
        (HttpResponse(401, {}, b""), False),
        (make_answer(None), False),
    ],
)
def test_finding(response: HttpResponse, is_good: bool):
    found = DIALECT.checks.read_finding(ACCOUNT, "credentials", response)

    assert (found.name, found.is_good) == ("credentials", is_good)
    assert "Client API" in found.text
    assert_nothing_private(found.text + repr(found), HEY)


def test_there_are_no_templates_to_list():
    assert DIALECT.templates is None


# ── requests ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_report_request_is_exact():
    request = polling.build_report_request(ACCOUNT, "made-up-bearer", BEGIN, NOON)

    url = "https://api.heynowbots.com/api/report/session?begin=2026-03-13%2012%3A00%3A00&end=2026-03-14%2012%3A00%3A00"
    assert (request.method, request.url, request.headers, request.body) == ("GET", f"{url}&pageSize=500", BEARER, b"")


def test_report_of_one_contact():
    request = polling.build_report_request(ACCOUNT, "made-up-bearer", BEGIN, NOON, "+14155550123")

    assert request.url.endswith("&pageSize=500&contact=14155550123")
    assert_nothing_private(repr(request), HEY)
    assert "made-up-bearer" not in repr(request)


def test_next_request_is_exact():
    request = polling.build_next_request(ACCOUNT, "made-up-bearer", "a/b==")

    assert request == HttpRequest("GET", "https://api.heynowbots.com/api/report/a%2Fb%3D%3D", BEARER, b"")


def test_another_client_base():
    account = replace(ACCOUNT, urls={"api_base": "", "client_base": "https://web.example.com:8310/"})

    assert polling.build_login(account).url == "https://web.example.com:8310/api/login"


# ── answered ────────────────────────────────────────────────────────────────────────────────────────────────────────


def entry(**fields: object) -> dict[str, object]:
    return {"idMessageHey": REFERENCE, "incoming": False, "date": EARLIER_TEXT, "billing": {}, **fields}


def session(*chat: object) -> dict[str, object]:
    return {"_id": "x", "_source": {"clientId": "14155550123", "chat": list(chat), "bot": {"name": "whatever"}}}


def report(*sessions: object, scroll: object = None) -> HttpResponse:
    return make_answer({"data": list(sessions), "scroll": scroll})


def reported(status: DeliveryStatus, error: Failure | None = None, **more: Unpack[ReportedFields]) -> Reported:
    return replace(Reported(status, "", REFERENCE, EARLIER, error, ("+14155550123",)), **more)


def report_of(response: HttpResponse) -> list[object]:
    return [make_comparable(one) for one in polling.read_page(response, NOON).statuses]


SENT, DELIVERED, READ, FAILED = DeliveryStatus


@pytest.mark.parametrize(
    ("chat", "expected"),
    [
        (entry(), reported(SENT)),
        (entry(metaData="None"), reported(SENT)),
        (entry(idMessage=MESSAGE_ID), reported(SENT, provider_message_id=MESSAGE_ID)),
        (entry(**channel_status(2)), reported(SENT)),
        (entry(**channel_status(2, "4")), reported(DELIVERED)),
        (entry(**channel_status("2", 5)), reported(READ)),
        (entry(**channel_status(202)), reported(FAILED, CODES["202"])),
        (entry(**channel_status(2, 104)), reported(FAILED, CODES["104"])),
        (entry(**channel_status(2, 999)), reported(FAILED, Failure(Disposition.REFUSED, "999"))),
        (entry(lastUpdate="2026-03-14T11:00:00Z"), reported(SENT, at=datetime(2026, 3, 14, 11, tzinfo=UTC))),
        (entry(date="yesterday"), reported(SENT, at=NOON)),
    ],
)
def test_entry(chat: object, expected: Reported):
    assert report_of(report(session(chat))) == [expected]


@pytest.mark.parametrize(
    "chat",
    [
        entry(incoming=True),
        {"incoming": False, "idMessage": ANOTHER_ID, **channel_status(2, 4)},
        entry(idMessageHey=None),
        "None",
        None,
    ],
)
def test_entry_that_is_not_ours(chat: object):
    assert report_of(report(session(chat, entry()))) == [reported(SENT)]


def test_entries_of_many_sessions_in_their_order():
    first, second = entry(**channel_status(2, 4)), entry(idMessageHey="another", **channel_status(2, 5))

    expected = [reported(DELIVERED), reported(READ, reference="another"), reported(SENT)]
    assert report_of(report(session(first, second), {"_source": None}, None, session(), session(entry()))) == expected


# Quirk(hey) last-page-is-empty
@pytest.mark.parametrize(
    ("scroll", "following"),
    [
        ({"id": "c2Nyb2xs", "length": 500, "total": {"value": 700}}, "c2Nyb2xs"),
        ({"id": "c2Nyb2xs", "length": "500"}, "c2Nyb2xs"),
        ({"id": "c2Nyb2xs", "length": 0}, None),
        ({"id": "c2Nyb2xs"}, None),
        ({"id": "", "length": 500}, None),
        ({"length": 500}, None),
        (None, None),
        ("None", None),
    ],
)
def test_pages_follow_until_one_is_empty(scroll: object, following: str | None):
    assert polling.read_page(report(scroll=scroll), NOON).next == following


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (HttpResponse(200, {}, PAGE), UNKNOWN),
        (make_answer([]), UNKNOWN),
        (HttpResponse(401, {}, b""), Failure(Disposition.SENDER_UNUSABLE, "http-401")),
        (HttpResponse(503, {}, b""), Failure(Disposition.UNKNOWN, "http-503")),
    ],
)
def test_report_that_cannot_be_had(response: HttpResponse, expected: Failure):
    assert call(polling.read_page, response, NOON) == expected


WHOLE = report(session(entry(**channel_status(2, 104)), entry()), scroll={"id": "c2Nyb2xs", "length": 500}).body
SPANS = st.tuples(st.integers(0, len(WHOLE)), st.integers(0, len(WHOLE)), st.binary(max_size=8))
BODIES = st.binary() | SPANS.map(lambda span: WHOLE[: span[0]] + span[2] + WHOLE[span[1] :])


@given(st.integers(100, 999), BODIES)
def test_no_bytes_make_it_fail(status: int, body: bytes):
    response = HttpResponse(status, {}, body)
    for call in (lambda: polling.read_page(response, NOON).statuses, lambda: (polling.read_token(response),)):
        try:
            found = call()
        except SendError as error:
            assert_nothing_private(repr(error), HEY)
        else:
            assert 200 <= status < 300
            assert all(isinstance(one, StatusReported | str) for one in found)
    assert DIALECT.checks.read_finding(ACCOUNT, "credentials", response).text


# ── as news ─────────────────────────────────────────────────────────────────────────────────────────────────────────

POLLING = present(DIALECT.polling)


def test_a_reading_logs_in_and_turns_every_page():
    flow = present(POLLING.poll(ACCOUNT, NOON - timedelta(hours=2), NOON))
    assert next(flow) == LOGIN
    first = flow.send(IN)
    begin, end = NOON - timedelta(days=1, hours=2), NOON + timedelta(days=1)
    assert first == polling.build_report_request(ACCOUNT, "made-up-bearer", begin, end)
    second = flow.send(report(session(entry()), scroll={"id": "s2", "length": 1}))
    assert second == polling.build_next_request(ACCOUNT, "made-up-bearer", "s2")
    with pytest.raises(StopIteration) as ended:
        flow.send(report(session(entry()), scroll={"id": "s2", "length": 0}))
    assert [make_comparable(event) for event in ended.value.value] == [reported(SENT)] * 2


# Quirk(hey) refusal-with-200
def test_a_password_that_is_refused_ends_it():
    flow = present(POLLING.poll(ACCOUNT, None, NOON))
    next(flow)
    with pytest.raises(SendError):
        flow.send(make_answer({"success": False}))


def test_without_a_user_name_there_is_nothing_to_ask():
    secrets = {name: value for name, value in ACCOUNT.secrets.items() if name != "username"}
    assert POLLING.poll(replace(ACCOUNT, secrets=secrets), None, NOON) is None
