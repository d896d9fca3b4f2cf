"""Kinds of values in Meta's JSON, read leniently. Owns no field.

Source: as the package.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import BeforeValidator

from shared.ground.clock import from_ms
from shared.providers import wire
from shared.providers.wire import Inner, Many, parse_number, read_token

_WORD: Final = re.compile(r"[A-Z][A-Z0-9_]{0,63}")  # their enumerations
_ROLE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")
_NUMBER: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?")
_CODES: Final = range(10_000_000)  # their longest have six digits
_SECONDS: Final = range(1_230_768_000, 253_402_300_800)  # from 2009, before which there was no WhatsApp, to 9999


def _read_integer(value: object) -> int | None:
    digits = read_token(value)
    return int(digits) if _INTEGER.fullmatch(digits) else None


def _read_code(value: object) -> int | None:
    number = _read_integer(value)
    return number if number is not None and number in _CODES else None


# Quirk(meta) times-as-texts: a text in messages, a number in preferences (page of each field, 2026-05)
def _read_time(value: object) -> datetime | None:
    """Seconds since 1970, as a text or a number."""
    seconds = _read_integer(value)
    return from_ms(seconds * 1_000).astimezone(UTC) if seconds is not None and seconds in _SECONDS else None


def _read_degrees(value: object) -> float | None:
    """Neither nan nor infinite, and no number that is too large for a float."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if abs(value) <= 180 else None  # noqa: PLR2004 (degrees)


def _read_number(value: object) -> str:
    """Digits, and a point where it has one: nothing is lost by a float's arithmetic, and nothing else is a number."""
    digits = repr(value) if isinstance(value, float) else read_token(value)
    return digits if _NUMBER.fullmatch(digits) else ""


CodeNumber = Annotated[int | None, BeforeValidator(_read_code)]
Moment = Annotated[datetime | None, BeforeValidator(_read_time)]
Degrees = Annotated[float | None, BeforeValidator(_read_degrees)]
Number = Annotated[str, BeforeValidator(_read_number)]
"""A number without a sign as its digits, or an empty text."""
Object = Inner[Mapping[str, object]]
Objects = Many[Mapping[str, object]]


def parse_word(text: str) -> str:
    """A word of their enumerations, or an empty text: anything else may be private."""
    return text if _WORD.fullmatch(text) else ""


def parse_role(text: str) -> str:
    """A role of whoever holds a thread, in small letters, or an empty text.

    >>> parse_role("META_AI"), parse_role("escalation"), parse_role("Ana García")
    ('meta_ai', 'escalation', '')
    """
    return text.lower() if _ROLE.fullmatch(text) else ""


# Quirk(meta) user-id-for-a-number: `from` and `wa_id` may hold a user id (courier @350e9350, 2026-11)
def parse_address(text: str) -> str | None:
    """A contact's address, or a number of ours, without decoration.

    >>> parse_address("+1 415-555-0123"), parse_address("US.13491208655302741918"), parse_address("Ana")
    ('+14155550123', 'US.13491208655302741918', None)
    """
    return wire.parse_address(text) or parse_number(text)
