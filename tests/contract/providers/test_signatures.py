"""The proof of a webhook's sender: the security rows that each signing provider owes."""

from dataclasses import replace

import pytest

from shared.ground.errors import WebhookRejected
from shared.providers.events import RawWebhook
from tests.contract.providers.harness import ProviderCases
from tests.contract.providers.providers import PROVIDERS

SIGNING = [cases for cases in PROVIDERS if cases.dialect.signs_webhooks]


@pytest.fixture(params=SIGNING, ids=lambda cases: cases.dialect.name)
def cases(request: pytest.FixtureRequest) -> ProviderCases:
    of_provider: ProviderCases = request.param
    return of_provider


def find_rejection(cases: ProviderCases, webhook: RawWebhook) -> str | None:
    try:
        cases.dialect.signing.authenticate(cases.account, webhook)
    except WebhookRejected as rejected:
        return rejected.reason
    return None


def flip(raw: bytes, position: int) -> bytes:
    return raw[:position] + bytes([raw[position] ^ 1]) + raw[position + 1 :]


def test_valid(cases: ProviderCases):
    assert find_rejection(cases, cases.signed(cases.unsigned, cases.newest_secret)) is None


def test_second_secret(cases: ProviderCases):
    assert find_rejection(cases, cases.signed(cases.unsigned, cases.older_secret)) is None


def test_secret_that_is_no_longer_ours(cases: ProviderCases):
    rotated = replace(cases, account=drop_older(cases))

    assert find_rejection(rotated, cases.signed(cases.unsigned, cases.newest_secret)) is None
    assert find_rejection(rotated, cases.signed(cases.unsigned, cases.older_secret)) == "wrong"


def drop_older(cases: ProviderCases):
    kept = {
        name: tuple(value for value in values if value != cases.older_secret)
        for name, values in cases.account.secrets.items()
    }
    return replace(cases.account, secrets=kept)


def test_wrong_secret(cases: ProviderCases):
    assert find_rejection(cases, cases.signed(cases.unsigned, cases.wrong_secret)) == "wrong"


@pytest.mark.parametrize("given", [None, ""])
def test_missing(cases: ProviderCases, given: str | None):
    headers = {} if given is None else {cases.signature_header: given}

    assert find_rejection(cases, replace(cases.unsigned, headers=headers)) == "missing"


@pytest.mark.parametrize("given", ["A", "ä", "\ud800", "AAAA" * 1000, "=", "\0"])
def test_nonsense(cases: ProviderCases, given: str):
    assert find_rejection(cases, replace(cases.unsigned, headers={cases.signature_header: given})) == "wrong"


def test_every_byte_of_the_body_counts(cases: ProviderCases):
    right = cases.signed(cases.unsigned, cases.newest_secret)

    for position in range(len(right.body)):
        assert find_rejection(cases, replace(right, body=flip(right.body, position))) in {"wrong", "malformed"}


def test_every_byte_of_the_signature_counts(cases: ProviderCases):
    right = cases.signed(cases.unsigned, cases.newest_secret)
    signature = right.headers[cases.signature_header].encode()

    for position in range(len(signature)):
        headers = {**right.headers, cases.signature_header: flip(signature, position).decode()}
        assert find_rejection(cases, replace(right, headers=headers)) == "wrong"


def test_truncated_body(cases: ProviderCases):
    right = cases.signed(cases.unsigned, cases.newest_secret)

    for length in range(len(right.body)):
        assert find_rejection(cases, replace(right, body=right.body[:length])) in {"wrong", "malformed"}


def test_extended_body(cases: ProviderCases):
    right = cases.signed(cases.unsigned, cases.newest_secret)

    assert find_rejection(cases, replace(right, body=right.body + b"&Forged=1")) == "wrong"
