"""Names that people choose: the check of their characters, and their form in sentences. Pure.

In a sentence a long name is shortened, and a name that may hold a phone number is hidden.
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
    """The value as one line, without blanks around it. *Raises*: ValueError; its text never quotes the value."""
    value = value.strip()
    if not value:
        raise ValueError("should not be blank")
    if any(unicodedata.category(character) in CONTROL for character in value):
        raise ValueError("should have no line breaks and no control characters")
    return value


def join_names(names: Iterable[str]) -> str:
    """The names as a list for a sentence: at most 12, each with at most 40 characters.

    >>> join_names(["1", "first_name", "+1 415 555 0123"])
    '1, first_name, …'
    """
    shown = ["…" if may_hold_a_number(name) else name[:_NAME_CHARACTERS_SHOWN] for name in names]
    return ", ".join([*shown[:_NAMES_SHOWN], *(["…"] if len(shown) > _NAMES_SHOWN else [])])


def may_hold_a_number(name: str) -> bool:
    """Whether a phone number could be in this name: a base without a header has numbers where names belong."""
    return _LIKE_A_NUMBER.search(name) is not None
