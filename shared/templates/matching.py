r"""From a text as a contact would read it back to the template and its parameters, and the inline form `hsm|…`.

Owns the comparison; which templates are asked, and what a row becomes, is the intake's. Pure.
Source: uContact's guide, where a base holds rendered texts that the provider matched with an enabled template; the inline
form is Wavy's of batch files, shortened (assumed): `hsm|template|language|p1|p2`, with `\|` and `\\` escaped.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from shared.ground.placeholders import PLACEHOLDER
from shared.templates.model import Template

INLINE = "hsm|"
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Match:
    """A template, and what fills it. language: as the text asked for it, where it did."""

    template: Template
    parameters: Mapping[str, str]


def find_matches(text: str, templates: Iterable[Template]) -> list[Match]:
    """Every enabled template that reads like this when it is filled; blanks are compared as one blank."""
    normal = _BLANKS.sub(" ", text).strip()
    enabled = [template for template in templates if template.is_enabled]
    read = [(template, _values(template.body, normal)) for template in enabled]
    return [Match(template, values) for template, values in read if values is not None]


def _values(body: str, text: str) -> Mapping[str, str] | None:
    """The values at the placeholders, each as short as possible and at least one character.

    In one pass, whatever the text: a pattern with as many gaps could be kept busy for hours.
    """
    names, (first, *between) = _parts(body)
    if not text.startswith(first):
        return None
    values: dict[str, str] = {}
    at = len(first)
    for place, (name, piece) in enumerate(zip(names, between, strict=True), 1):
        is_last = place == len(names)
        end = len(text) - len(piece) if is_last else text.find(piece, at + 1)
        if end <= at or not text.startswith(piece, end) or values.setdefault(name, text[at:end]) != text[at:end]:
            return None  # a placeholder that stands twice is filled alike
        at = end + len(piece)
    return values if at == len(text) else None


@lru_cache(maxsize=1_024)
def _parts(body: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The placeholders' names, and the pieces of text around them, one more."""
    pieces = PLACEHOLDER.split(_BLANKS.sub(" ", body).strip())
    return tuple(pieces[1::2]), tuple(pieces[::2])
