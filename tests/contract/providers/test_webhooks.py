"""The events of every webhook, and the queue in which it waits."""

from dataclasses import replace

import pytest

from shared.ground.errors import Disposition
from shared.providers.events import ContentKind, DeliveryStatus, MessageReceived
from tests.contract.providers.harness import ProviderCases, Reported, WebhookCase, make_comparable, name_cases
from tests.contract.providers.providers import BY_NAME, PROVIDERS

CODES = [(cases, code) for cases in PROVIDERS for code in cases.codes]


@pytest.mark.parametrize(
    ("cases", "case"), name_cases([(cases, case) for cases in PROVIDERS for case in cases.webhooks])
)
def test_webhook(cases: ProviderCases, case: WebhookCase):
    assert [make_comparable(event) for event in cases.dialect.webhooks.read_events(case.webhook)] == list(case.expected)
    assert cases.dialect.webhooks.classify(case.webhook) is case.queue


@pytest.mark.parametrize(("cases", "code"), name_cases(CODES))
def test_code_in_a_status(cases: ProviderCases, code: str):
    """As in an answer, but for a doubt: here the provider says itself that the message has failed."""
    (event,) = [make_comparable(event) for event in cases.dialect.webhooks.read_events(cases.status_with(code))]
    expected = cases.codes[code]
    if expected.disposition is Disposition.UNKNOWN:
        expected = replace(expected, disposition=Disposition.REFUSED)

    assert isinstance(event, Reported)
    assert (event.status, event.error) == (DeliveryStatus.FAILED, expected)


@BY_NAME
def test_every_kind_that_the_wire_can_express(cases: ProviderCases):
    """Kinds that a wire has no known form for, as buttons or places, are left out of `kinds` by the provider's tables."""
    messages = [event for case in cases.webhooks for event in case.expected if isinstance(event, MessageReceived)]

    assert {event.content.kind for event in messages} == cases.kinds
    assert cases.kinds >= {ContentKind.TEXT, ContentKind.IMAGE, ContentKind.UNKNOWN}
    without_number = [event for event in messages if not any(one.startswith("+") for one in event.addresses)]
    assert bool(without_number) == cases.knows_user_ids


@BY_NAME
def test_an_id_names_its_own_message(cases: ProviderCases):
    expected = [event for case in cases.webhooks for event in case.expected]
    ids = [event.provider_message_id for event in expected if isinstance(event, MessageReceived)]

    assert all(cases.dialect.is_same_message(one, one) for one in ids)
    assert not any(cases.dialect.is_same_message(one, "another") for one in ids)
