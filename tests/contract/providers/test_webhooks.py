"""What every webhook means, and where it waits."""

import pytest

from shared.providers.base import DeliveryStatus
from tests.contract.providers.harness import ProviderCases, Reported, WebhookCase, by_value, named
from tests.contract.providers.providers import PROVIDERS

CODES = [(cases, code) for cases in PROVIDERS for code in cases.codes]


@pytest.mark.parametrize(("cases", "case"), named([(cases, case) for cases in PROVIDERS for case in cases.webhooks]))
def test_webhook(cases: ProviderCases, case: WebhookCase):
    assert [by_value(event) for event in cases.dialect.events(case.webhook)] == list(case.expected)
    assert cases.dialect.classify(case.webhook) is case.queue


@pytest.mark.parametrize(("cases", "code"), named(CODES))
def test_code_in_a_status(cases: ProviderCases, code: str):
    (event,) = [by_value(event) for event in cases.dialect.events(cases.status_with(code))]

    assert isinstance(event, Reported)
    assert (event.status, event.error) == (DeliveryStatus.FAILED, cases.codes[code])
