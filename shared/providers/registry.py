"""The table of providers. Owns no wire; no provider registers itself."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from shared.ground.errors import ConfigurationError
from shared.providers import hey, meta, twilio, wavy
from shared.providers.dialect import Dialect

DIALECTS: Final[Mapping[str, Dialect]] = MappingProxyType(
    {provider.DIALECT.name: provider.DIALECT for provider in (twilio, hey, wavy, meta)}
)


def get_dialect(name: str) -> Dialect:
    """*Raises*: ConfigurationError, which lists the providers."""
    try:
        return DIALECTS[name]
    except KeyError:
        names = ", ".join(sorted(DIALECTS))
        raise ConfigurationError(f"provider {name!r} is not known; known providers: {names}") from None
