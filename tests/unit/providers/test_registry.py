"""The table of providers."""

import pytest

from shared.ground.errors import ConfigurationError
from shared.providers.registry import DIALECTS, get_dialect


@pytest.mark.parametrize("name", DIALECTS)
def test_each_is_filed_under_its_own_name(name: str):
    assert get_dialect(name).name == name


def test_an_unknown_provider_is_answered_with_the_list_of_all():
    with pytest.raises(ConfigurationError, match=r"'pigeon'.*twilio"):
        get_dialect("pigeon")
