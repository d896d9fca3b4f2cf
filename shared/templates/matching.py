r"""Matching: from a rendered text back to the template and its parameters; and the inline form `hsm|…`.

Owns the comparison; the intake chooses the templates to compare with. Pure.
Source: uContact's guide: a base may hold rendered texts, and each is matched with an enabled template. The inline form is
that of Wavy's batch files, shortened (assumed): `hsm|template|language|p1|p2`, with `\|` and `\\` escaped.
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
    """A template and the values of its placeholders, by name."""

    template: Template
    parameters: Mapping[str, str]


def find_matches(text: str, templates: Iterable[Template]) -> list[Match]:
    """The enabled templates that some values turn into this text. A run of blanks equals one blank."""
    normal = _BLANKS.sub(" ", text).strip()
    enabled = [template for template in templates if template.is_enabled]
    read = [(template, _values(template.body, normal)) for template in enabled]
    return [Match(template, values) for template, values in read if values is not None]


def _values(body: str, text: str) -> Mapping[str, str] | None:
    """The values at the places of the placeholders, each as short as possible and at least one character; None if none fit.

    One pass over the text. A regular expression with as many gaps could backtrack for hours on a hostile text.
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
            return None  # a placeholder that occurs twice has the same value twice
        at = end + len(piece)
    return values if at == len(text) else None


@lru_cache(maxsize=1_024)
def _parts(body: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the placeholders, and the pieces of text around them: one piece more than names."""
    pieces = PLACEHOLDER.split(_BLANKS.sub(" ", body).strip())
    return tuple(pieces[1::2]), tuple(pieces[::2])
