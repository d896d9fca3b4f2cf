"""No bytes whatever make a dialect fail: each method answers, or raises what it documents."""

import json
import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.conversations import content_json
from shared.ground.errors import OutcomeUnknown, SendError, WebhookRejected
from shared.ground.http import HttpResponse
from shared.providers.events import EventClass, MessageReceived, ProviderEvent, RawWebhook, Unrecognised
from shared.providers.messages import Receipt
from tests.contract.providers.harness import NOON, ProviderCases, assert_nothing_private
from tests.contract.providers.providers import BY_NAME, PROVIDERS
from tests.reading import present

PREPARING = [cases for cases in PROVIDERS if cases.dialect.preparing is not None]
TEXT = st.text(st.characters(), max_size=30)  # surrogates too: headers and URLs are decoded by others
NAMES = st.sampled_from(["retry-after", "date", "content-type", "location"])
HEADERS = st.dictionaries(NAMES | TEXT, TEXT)


def mangle(whole: bytes) -> st.SearchStrategy[bytes]:
    """Arbitrary bytes, and a real body with a hole, so that more than the first check is reached."""
    spans = st.tuples(st.integers(0, len(whole)), st.integers(0, len(whole)), st.binary(max_size=8))
    return st.binary() | spans.map(lambda span: whole[: span[0]] + span[2] + whole[span[1] :])


def draw_webhooks(cases: ProviderCases) -> st.SearchStrategy[RawWebhook]:
    bodies = st.one_of([mangle(case.webhook.body) for case in cases.webhooks])
    signature: st.SearchStrategy[Mapping[str, str]] = st.fixed_dictionaries({cases.signature_header: TEXT})
    urls = st.sampled_from([cases.unsigned.url, "https://hooks.example.com:443/?bodySHA256=00"]) | TEXT
    queries = st.sampled_from([cases.unsigned.query, "bodySHA256=00"]) | TEXT
    return st.builds(RawWebhook, urls, queries, signature | HEADERS, bodies, st.just(NOON))


@BY_NAME
@given(data=st.data())
def test_receipt(cases: ProviderCases, data: st.DataObject):
    whole = {cases.accepted.body, *(case.response.body for case in cases.answers)}
    body = data.draw(st.one_of([mangle(one) for one in sorted(whole)]))
    response = HttpResponse(data.draw(st.integers(100, 999)), data.draw(HEADERS), body)
    try:
        receipt = cases.dialect.sending.read_receipt(response)
    except SendError as error:
        assert_nothing_private(f"{error!r} {error}", cases)
    else:
        assert isinstance(receipt, Receipt)
        assert receipt.provider_message_id or not cases.dialect.capabilities.receipts_have_ids
        assert response.status in cases.accepting


@BY_NAME
@given(data=st.data())
def test_authenticate(cases: ProviderCases, data: st.DataObject):
    if not cases.dialect.signs_webhooks:
        cases.dialect.signing.authenticate(cases.account, data.draw(draw_webhooks(cases)))
        return
    with pytest.raises(WebhookRejected) as rejected:
        cases.dialect.signing.authenticate(cases.account, data.draw(draw_webhooks(cases)))

    assert rejected.value.reason in {"missing", "wrong", "malformed"}


@BY_NAME
@given(data=st.data())
def test_events_and_classify(cases: ProviderCases, data: st.DataObject):
    webhook = data.draw(draw_webhooks(cases))

    assert isinstance(cases.dialect.webhooks.classify(webhook), EventClass)
    for event in cases.dialect.webhooks.read_events(webhook):
        assert isinstance(event, ProviderEvent)
        if isinstance(event, MessageReceived):
            assert event.provider_message_id
            assert all(re.fullmatch(r"\+[1-9][0-9]{5,14}|[A-Z]{2}\.[A-Za-z0-9.]+", one) for one in event.addresses)
            assert event.addresses
            json.dumps(content_json.to_json(event.content)).encode()


@pytest.mark.parametrize("cases", PREPARING, ids=lambda cases: cases.dialect.name)
@given(data=st.data())
def test_prepared(cases: ProviderCases, data: st.DataObject):
    """Nothing was sent yet: whatever comes is a value or an error."""
    body = data.draw(st.one_of([mangle(case.made.body) for case in cases.free if case.made is not None]))
    response = HttpResponse(data.draw(st.integers(100, 999)), data.draw(HEADERS), body)
    try:
        assert present(cases.dialect.preparing).read_preparation(response)
    except OutcomeUnknown:
        pytest.fail("nothing was sent, so nothing is in doubt")
    except SendError as error:
        assert_nothing_private(f"{error!r} {error}", cases)


@BY_NAME
@given(data=st.data())
def test_kinds_hold_no_content(cases: ProviderCases, data: st.DataObject):
    kinds = {event.kind for case in cases.webhooks for event in case.expected if isinstance(event, Unrecognised)}

    for event in cases.dialect.webhooks.read_events(data.draw(draw_webhooks(cases))):
        assert not isinstance(event, Unrecognised) or event.kind in kinds
