"""Which providers there are: one explicit table. Owns no wire, and nothing registers itself."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from shared.ground.errors import ConfigurationError
from shared.providers import hey, meta, twilio, wavy
from shared.providers.base import Dialect

DIALECTS: Final[Mapping[str, Dialect]] = MappingProxyType(
    {one.DIALECT.name: one.DIALECT for one in (twilio, hey, wavy, meta)}
)


def dialect(name: str) -> Dialect:
    """*Raises*: ConfigurationError, which names the providers there are."""
    try:
        return DIALECTS[name]
    except KeyError:
        known = ", ".join(sorted(DIALECTS))
        raise ConfigurationError(f"provider {name!r} is not known; known providers: {known}") from None
