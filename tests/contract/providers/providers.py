"""The providers under contract. A new provider is one line here and a module of tables."""

import pytest

from tests.contract.providers.harness import ProviderCases
from tests.contract.providers.hey_cases import HEY
from tests.contract.providers.meta_cases import META
from tests.contract.providers.twilio_cases import TWILIO
from tests.contract.providers.wavy_cases import WAVY

PROVIDERS: tuple[ProviderCases, ...] = (TWILIO, HEY, WAVY, META)

BY_NAME = pytest.mark.parametrize("cases", PROVIDERS, ids=lambda cases: cases.dialect.name)
