"""Prebuilt requests: what is the same in every message of one template is built, and encoded, once. Owns no wire.

A dialect builds one sample with HOLE for each text that differs, by the function that builds any message. So a filled
request has the same bytes as one that is built anew, provided that each text is encoded as the dialect encodes it.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from json.encoder import encode_basestring_ascii
from typing import Final

from shared.ground.errors import SendError
from shared.ground.http import HttpRequest

# Letters and digits, which no encoding changes. It does not end as it begins, so that two never overlap.
HOLE: Final = "0hole1"


@dataclass(frozen=True, slots=True)
class Prebuilt:
    """pieces: of the body; every other one is a HOLE, and neither the first nor the last.  url: may hold one HOLE."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    pieces: tuple[str, ...] = field(repr=False)

    def fill(self, texts: Iterable[str], url: str | None = None) -> HttpRequest:
        """The request. texts: one for each hole, in the order of the body, encoded.  url: filled, if it has a hole."""
        body = list(self.pieces)
        body[1::2] = texts
        return HttpRequest("POST", url or self.url, self.headers, "".join(body).encode("ascii"))


def prebuild(build_sample: Callable[[], HttpRequest], holes: int, holes_in_url: int = 0) -> Prebuilt | None:
    """holes: how many the body has. None where the sample cannot be built, or something else is spelled like a HOLE: then
    every message is built anew, or refused.
    """
    try:
        sample = build_sample()
    except (SendError, UnicodeError):
        return None
    pieces = re.split(f"({HOLE})", sample.body.decode("ascii"))
    if len(pieces) != 2 * holes + 1 or sample.url.count(HOLE) != holes_in_url:
        return None
    return Prebuilt(sample.url, sample.headers, tuple(pieces))


def escape(text: str) -> str:
    """The text as it stands between the quotes of `json.dumps`."""
    return encode_basestring_ascii(text)[1:-1]


def split_plus(to: str) -> tuple[str, str]:
    """The `+` of a number, or nothing, and the rest: a sample has the one, and the other fills a hole.

    >>> split_plus("+14155550123"), split_plus("US.13491208655302741918")
    (('+', '14155550123'), ('', 'US.13491208655302741918'))
    """
    return ("+", to[1:]) if to.startswith("+") else ("", to)
