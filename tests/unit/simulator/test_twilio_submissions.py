"""Reading Twilio's form: the quick parser against the library's, and no bytes that cannot be read."""

from collections.abc import Set as AbstractSet
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.simulator.http_values import HttpRequest
from workers.simulator.memory import Memory
from workers.simulator.retry_policy import parse_policy
from workers.simulator.script import Script
from workers.simulator.twilio import Twilio
from workers.simulator.twilio.submissions import parse_form
from workers.simulator.twilio.webhooks import USUAL, compute_signature

ALL = {"ct", "rt", "3xx", "4xx", "5xx", "all"}
URL_ENCODED = st.text("aZ0%+&=;~ AfF-_.\x00é").map(str.encode)


@given(st.one_of(st.binary(), URL_ENCODED))
def test_a_form_is_read_as_the_library_reads_it(body: bytes) -> None:
    assert parse_form(body) == dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


@given(body=st.one_of(st.binary(), URL_ENCODED), authorization=st.text())
def test_any_request_becomes_a_submission(body: bytes, authorization: str) -> None:
    http_request = HttpRequest({"account": "AC1"}, {}, {"Authorization": authorization}, body)
    assert Twilio().read(http_request, Script(), Memory()).refusal is not None


@pytest.mark.parametrize(
    ("fragment", "policy"),
    [
        ("", (1, {"ct"})),
        ("rc=3", (3, {"ct"})),
        ("rc=9", (5, {"ct"})),
        ("rc=0&rp=5xx", (0, {"5xx"})),
        ("rc=²&rp=4xx,rt", (1, {"4xx", "rt"})),
        ("rp=all&rc=3", (3, ALL)),
        ("section-2", (1, {"ct"})),
    ],
)
def test_a_fragment_is_a_retry_policy(fragment: str, policy: tuple[int, AbstractSet[str]]) -> None:
    found = parse_policy(fragment, USUAL)
    assert (found.retries, found.retry_on, found.within_s) == (*policy, 15.0)


def test_a_name_that_repeats_is_signed_once_for_each_distinct_value_in_order() -> None:
    url = "https://example.org/hook"
    repeated = compute_signature("token", url, [("b", "2"), ("b", "1"), ("a", ""), ("b", "2")])
    assert repeated == compute_signature("token", f"{url}ab1b2", [])
