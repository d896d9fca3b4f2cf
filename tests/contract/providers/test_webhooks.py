"""What every webhook means, and where it waits."""

import pytest

from shared.providers.events import ContentKind, DeliveryStatus, MessageReceived
from tests.contract.providers.harness import ProviderCases, Reported, WebhookCase, by_value, named
from tests.contract.providers.providers import PROVIDERS

CODES = [(cases, code) for cases in PROVIDERS for code in cases.codes]


@pytest.mark.parametrize(("cases", "case"), named([(cases, case) for cases in PROVIDERS for case in cases.webhooks]))
def test_webhook(cases: ProviderCases, case: WebhookCase):
    assert [by_value(event) for event in cases.dialect.webhooks.read_events(case.webhook)] == list(case.expected)
    assert cases.dialect.webhooks.classify(case.webhook) is case.queue


@pytest.mark.parametrize(("cases", "code"), named(CODES))
def test_code_in_a_status(cases: ProviderCases, code: str):
    (event,) = [by_value(event) for event in cases.dialect.webhooks.read_events(cases.status_with(code))]

    assert isinstance(event, Reported)
    assert (event.status, event.error) == (DeliveryStatus.FAILED, cases.codes[code])


@pytest.mark.parametrize("cases", PROVIDERS, ids=lambda cases: cases.dialect.name)
def test_every_kind_that_the_wire_can_tell(cases: ProviderCases):
    """What a wire is not known to tell, buttons or places, its tables must leave out of `kinds` in so many words."""
    heard = [event for case in cases.webhooks for event in case.expected if isinstance(event, MessageReceived)]

    assert {event.content.kind for event in heard} == cases.kinds
    assert cases.kinds >= {ContentKind.TEXT, ContentKind.IMAGE, ContentKind.UNKNOWN}
    without_number = [event for event in heard if not any(one.startswith("+") for one in event.addresses)]
    assert bool(without_number) == cases.knows_user_ids


@pytest.mark.parametrize("cases", PROVIDERS, ids=lambda cases: cases.dialect.name)
def test_an_id_names_its_own_message(cases: ProviderCases):
    expected = [event for case in cases.webhooks for event in case.expected]
    ids = [event.provider_message_id for event in expected if isinstance(event, MessageReceived)]

    assert all(cases.dialect.is_same_message(one, one) for one in ids)
    assert not any(cases.dialect.is_same_message(one, "another") for one in ids)
