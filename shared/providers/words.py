"""A provider's own sentence about an error, made fit for a report: no number, no link, no quotation, one line. Owns no
code. Pure.

A sentence may repeat what was sent: the recipient's number, or a parameter of the message between quotation marks.
"""

import re
from typing import Final

MAX_WORDS_CHARACTERS: Final = 160  # a line of a terminal, with the code before it
MAX_READ_CHARACTERS: Final = 1_000  # of the sentence: what follows would be cut off
# Of a file, or an e-mail address: the contact's own. From the start of a word, so that a long one is searched once.
_LINK: Final = re.compile(r"(?<!\S)\S*(?:://|@)\S*")
# A quotation may lack its end. Each begins with a character of its own, so that the search is linear.
_QUOTED: Final = re.compile(r"\"[^\"]*(?:\"|$)|“[^”]*(?:”|$)|«[^»]*(?:»|$)|(?<!\w)'[^']*'(?!\w)|`[^`]*(?:`|$)")
_NUMBER: Final = re.compile(r"\+?\d(?:[\s().-]?\d){4,}")  # five digits or more: a telephone number, an id
_MARKUP: Final = re.compile(r"[<>]")


def redact_words(text: str) -> str:
    r"""The sentence with numbers, links and quotations replaced by an ellipsis; empty for a body that is no sentence.

    >>> redact_words("The 'To' number +14155550123 is not\nvalid")
    'The … number … is not valid'
    >>> redact_words("<html>")
    ''
    """
    text = text[:MAX_READ_CHARACTERS]
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    if _MARKUP.search(line):
        return ""
    line = _NUMBER.sub("…", _LINK.sub("…", _QUOTED.sub("…", line)))
    return line if len(line) <= MAX_WORDS_CHARACTERS else f"{line[: MAX_WORDS_CHARACTERS - 1]}…"
