"""The poll of a Twilio number, for which no webhook exists: quality, limit, whether it is online."""

from dataclasses import replace
from typing import Any

import pytest

from shared.ground.errors import SenderUnusable
from shared.ground.http import HttpResponse
from shared.providers.events import SenderReported
from shared.providers.twilio.polling import build_numbers_request, poll
from tests.contract.providers.harness import NOON
from tests.contract.providers.twilio_cases import ACCOUNT
from tests.contract.providers.twilio_check_cases import ELSEWHERE, NUMBER, OFFLINE, PROBES, REFUSED, numbers
from tests.reading import present


def run_poll(response: HttpResponse) -> Any:
    flow = present(poll(ACCOUNT, None, NOON))
    assert next(flow) == PROBES["number"]
    with pytest.raises(StopIteration) as end:
        flow.send(response)
    return end.value.value


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, SenderReported(NOON, None, True, None, 10_000, "green")),
        ({"properties": {"quality_rating": "MEDIUM", "messaging_limit": "1K Customers/24hr"}},
         SenderReported(NOON, None, True, None, 1_000, "yellow")),
        ({"properties": {"quality_rating": "UNKNOWN", "messaging_limit": "Unavailable"}},
         SenderReported(NOON, None, True)),
        ({"status": "PENDING_VERIFICATION", "properties": None}, SenderReported(NOON)),
        ({"webhook": ELSEWHERE}, SenderReported(NOON, None, True, None, 10_000, "green")),
        (OFFLINE, SenderReported(NOON, None, False, None, 10_000, "green", "offline 63020")),
    ],
)  # fmt: skip
def test_the_number_is_reported_as_a_webhook_would(changed, expected):
    assert run_poll(numbers(NUMBER | changed)) == (expected,)


def test_other_numbers_of_the_account_are_not_ours():
    assert run_poll(numbers(NUMBER | {"sender_id": "whatsapp:+14155550109"})) == ()


def test_a_refusal_is_an_error_and_not_silence():
    flow = present(poll(ACCOUNT, None, NOON))
    next(flow)
    with pytest.raises(SenderUnusable):
        flow.send(REFUSED)


def test_a_messaging_service_is_not_polled():
    service = replace(ACCOUNT, address="MG0123456789abcdef0123456789abcdef")
    assert (build_numbers_request(service), poll(service, None, NOON)) == (None, None)
