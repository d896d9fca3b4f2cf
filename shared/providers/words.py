"""A provider's own sentence about an error, made fit for a report: no number, no quotation, one line. Owns no code. Pure.

A sentence may repeat what was sent: the recipient's number, or a parameter of the message between quotation marks.
"""

import re
from typing import Final

MAX_WORDS_CHARACTERS: Final = 160  # a line of a terminal, with the code before it
_QUOTED: Final = re.compile(r"\"[^\"]*\"|“[^”]*”|«[^»]*»|(?<!\w)'[^']*'(?!\w)|`[^`]*`")
_NUMBER: Final = re.compile(r"\+?\d(?:[\s().-]?\d){4,}")  # five digits or more: a telephone number, an id
_MARKUP: Final = re.compile(r"[<>]")


def redact_words(text: str) -> str:
    r"""The sentence with numbers and quotations replaced by an ellipsis; empty for a body that is no sentence.

    >>> redact_words("The 'To' number +14155550123 is not\nvalid")
    'The … number … is not valid'
    >>> redact_words("<html>")
    ''
    """
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    if _MARKUP.search(line):
        return ""
    line = _NUMBER.sub("…", _QUOTED.sub("…", line))
    return line if len(line) <= MAX_WORDS_CHARACTERS else f"{line[: MAX_WORDS_CHARACTERS - 1]}…"
