"""Phone numbers as clients write them. Owns no contact."""

import re

_PUNCTUATION = re.compile(r"[\s().-]+")
_NUMBER = re.compile(r"\+?([1-9]\d{5,14})", re.ASCII)


def parse_number(text: str) -> str | None:
    """The number as the simulator writes addresses; None if it is none. A number without + still has its country.

    >>> parse_number("+1 (415) 555-0101"), parse_number("14155550101"), parse_number("+123")
    ('+14155550101', '+14155550101', None)
    """
    match = _NUMBER.fullmatch(_PUNCTUATION.sub("", text))
    return f"+{match[1]}" if match else None
