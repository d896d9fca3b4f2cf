"""Reading what no client of ours sends: any bytes become a submission; and where a forgery goes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.simulator.hey import Hey
from workers.simulator.http_values import HttpRequest
from workers.simulator.memory import Memory
from workers.simulator.script import Script
from workers.simulator.sinch import split_status
from workers.simulator.unsigned_json import alter_path, format_iso, make_refusal
from workers.simulator.wavy import Wavy

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(body=st.binary() | JSON.map(repr).map(str.encode), token=st.text())
def test_any_request_to_wavy_becomes_a_submission(body: bytes, token: str) -> None:
    headers = {"UserName": "wa_clinic", "AuthenticationToken": token}
    assert Wavy().read(HttpRequest({}, {}, headers, body), Script(), Memory()).refusal is not None


@given(body=st.binary() | JSON.map(repr).map(str.encode), token=st.text(), client=st.text())
def test_any_request_to_hey_becomes_a_submission(body: bytes, token: str, client: str) -> None:
    path = {"channel": "1", "platform": "2", "client": client, "session": ""}
    assert Hey().read(HttpRequest(path, {}, {"partner-token": token}, body), Script(), Memory()).refusal is not None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:1", "http://127.0.0.1:1/not-"),
        ("http://127.0.0.1:1/", "http://127.0.0.1:1/not-"),
        ("http://127.0.0.1:1/a?x=1", "http://127.0.0.1:1/not-a?x=1"),
        ("http://h/webhooks/s/a-secret-part/status", "http://h/webhooks/s/not-a-secret-part/status"),
    ],
)
def test_a_forgery_goes_somewhere_near(url: str, expected: str) -> None:
    assert alter_path(url) == expected


@pytest.mark.parametrize(("code", "status"), [("420", 420), ("503", 503), ("207", 400), ("600", 400), ("odd", 400)])
def test_a_code_is_its_http_status_where_it_can_be(code: str, status: int) -> None:
    assert make_refusal(code).http_status == status
    assert make_refusal(code, http_status=418).http_status == 418
    assert make_refusal(code).text


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        ("sent", None, ("2", None)),
        ("read", None, ("2", "5")),
        ("failed", "104", ("2", "104")),
        ("undelivered", "202", ("202", None)),
        ("accepted", None, (None, None)),
    ],
)
def test_a_status_is_two_numbers(status: str, code: str | None, expected: tuple[str | None, str | None]) -> None:
    assert split_status(status, code) == expected


def test_a_moment_has_milliseconds() -> None:
    assert format_iso(1_700_000_000_001_999) == "2023-11-14T22:13:20.001Z"
