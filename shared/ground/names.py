"""Names that people choose: their form, and their place in a sentence of ours. Pure.

A sentence shortens a long name, and hides one that may hold a phone number.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

MAX_NAME_CHARACTERS: Final = 200
CONTROL: Final = frozenset({"Cc", "Cs"})  # categories of Unicode: control characters, halves of surrogate pairs

_LIKE_A_NUMBER = re.compile(r"(?:\d[\W_]*){7}")  # seven digits, however punctuated: the shortest phone numbers
_NAMES_SHOWN = 12
_NAME_CHARACTERS_SHOWN = 40


def printable(value: str) -> str:
    """The value without blanks around it, if it is one line. *Raises*: ValueError, whose text has nothing of the value."""
    value = value.strip()
    if not value:
        raise ValueError("should not be blank")
    if any(unicodedata.category(character) in CONTROL for character in value):
        raise ValueError("should have no line breaks and no control characters")
    return value


def join_names(names: Iterable[str]) -> str:
    """Names for a sentence about them.

    >>> join_names(["1", "first_name", "+1 415 555 0123"])
    '1, first_name, …'
    """
    shown = ["…" if may_hold_a_number(name) else name[:_NAME_CHARACTERS_SHOWN] for name in names]
    return ", ".join([*shown[:_NAMES_SHOWN], *(["…"] if len(shown) > _NAMES_SHOWN else [])])


def may_hold_a_number(name: str) -> bool:
    """Whether a phone number could stand where a name should: in the first line of a base without a header."""
    return _LIKE_A_NUMBER.search(name) is not None
