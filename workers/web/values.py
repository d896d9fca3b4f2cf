"""Kinds of values that several resources take. Owns their bounds and how they are described."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from shared.ground.clock import read_instant
from shared.ground.names import CONTROL, MAX_NAME_CHARACTERS, printable
from shared.ground.phone import is_region

TEXT_CHARACTERS: Final = 500
MESSAGE_CHARACTERS: Final = 4_096  # WhatsApp's own bound; a provider's may be lower
URL_CHARACTERS: Final = 2_048


def _readable(value: str) -> str:
    if any(unicodedata.category(character) in CONTROL and character not in "\t\r\n" for character in value):
        raise ValueError("should have no control characters but line breaks and tabs")
    return value


def _region(value: str) -> str:
    if not is_region(value):
        raise ValueError("should be an ISO 3166 country code in capitals, such as UY")
    return value


Line = Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARACTERS), AfterValidator(printable)]
"""One line of text that a person chose."""

Text = Annotated[str, Field(max_length=MESSAGE_CHARACTERS), AfterValidator(_readable)]
"""What a person writes to another."""

Url = Annotated[str, Field(min_length=1, max_length=URL_CHARACTERS), AfterValidator(printable)]

Evidence = Annotated[str, Field(max_length=TEXT_CHARACTERS)]

_REGION_SCHEMA: Mapping[str, object] = {"type": "string", "pattern": "^[A-Z]{2}$", "examples": ["UY"]}
Region = Annotated[str, AfterValidator(_region), WithJsonSchema(dict(_REGION_SCHEMA))]
"""ISO 3166 alpha-2."""


Instant = Annotated[datetime, BeforeValidator(read_instant), WithJsonSchema({"type": "string", "format": "date-time"})]
"""RFC 3339; without an offset, in the tenant's zone."""
