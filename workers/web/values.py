"""Kinds of values that several resources take. Owns their bounds and how they are described."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import phonenumbers
from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

NAME_CHARACTERS: Final = 200
TEXT_CHARACTERS: Final = 500
MESSAGE_CHARACTERS: Final = 4_096  # WhatsApp's own bound; a provider's may be lower
URL_CHARACTERS: Final = 2_048
YEARS: Final = range(1971, 9999)  # whose instants can be written in every zone


def printable(value: str) -> str:
    """One line, without blanks around it. *Raises*: ValueError that quotes nothing."""
    value = value.strip()
    if not value:
        raise ValueError("should not be blank")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in value):
        raise ValueError("should have no line breaks and no control characters")
    return value


def _readable(value: str) -> str:
    if any(unicodedata.category(character) in {"Cc", "Cs"} and character not in "\t\r\n" for character in value):
        raise ValueError("should have no control characters but line breaks and tabs")
    return value


def _region(value: str) -> str:
    if value not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("should be an ISO 3166 country code in capitals, such as UY")
    return value


Line = Annotated[str, Field(min_length=1, max_length=NAME_CHARACTERS), AfterValidator(printable)]
"""One line of text that a person chose."""

Text = Annotated[str, Field(max_length=MESSAGE_CHARACTERS), AfterValidator(_readable)]
"""What a person writes to another."""

Url = Annotated[str, Field(min_length=1, max_length=URL_CHARACTERS), AfterValidator(printable)]

Evidence = Annotated[str, Field(max_length=TEXT_CHARACTERS)]

_REGION_SCHEMA: Mapping[str, object] = {"type": "string", "pattern": "^[A-Z]{2}$", "examples": ["UY"]}
Region = Annotated[str, AfterValidator(_region), WithJsonSchema(dict(_REGION_SCHEMA))]
"""ISO 3166 alpha-2."""


def read_instant(value: object) -> datetime:
    """*Raises*: ValueError that quotes nothing."""
    try:
        read = datetime.fromisoformat(str(value))
    except ValueError:  # whose text quotes what it was given
        raise ValueError("should be a date with a time, as 2026-05-01T10:30:00-03:00") from None
    if read.year not in YEARS:
        raise ValueError("should be a date of this age")
    return read


Instant = Annotated[datetime, BeforeValidator(read_instant), WithJsonSchema({"type": "string", "format": "date-time"})]
"""RFC 3339; without an offset, in the tenant's zone."""


def aware(instant: datetime | None, timezone: str) -> datetime | None:
    """An instant without an offset is meant in the tenant's zone."""
    zone: tzinfo = ZoneInfo(timezone)
    return instant if instant is None or instant.tzinfo is not None else instant.replace(tzinfo=zone)
