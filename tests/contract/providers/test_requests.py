"""The exact bytes that a provider is sent, and what its repr shows."""

import pytest

from tests.contract.providers.harness import REFERENCE, ProviderCases, RequestCase, assert_nothing_private, name_cases
from tests.contract.providers.providers import BY_NAME, PROVIDERS


@pytest.mark.parametrize(
    ("cases", "case"), name_cases([(cases, case) for cases in PROVIDERS for case in cases.requests])
)
def test_request_is_exact(cases: ProviderCases, case: RequestCase):
    request = cases.dialect.sending.build_template(case.account, case.message, REFERENCE, case.webhook_url)

    assert request == case.expected


@BY_NAME
def test_repr_shows_nothing_private(cases: ProviderCases):
    case = cases.requests[0]
    request = cases.dialect.sending.build_template(case.account, case.message, REFERENCE, case.webhook_url)

    assert_nothing_private(repr(request) + repr(case.account), cases)
    assert_nothing_private(cases.dialect.account.find_account_key(cases.account), cases)


@BY_NAME
def test_capabilities_name_what_the_account_holds(cases: ProviderCases):
    capabilities = cases.dialect.capabilities

    assert "api_base" in capabilities.default_urls
    assert set(capabilities.required_credentials) <= set(cases.account.secrets)
    assert not set(capabilities.required_credentials) & set(capabilities.optional_credentials)
