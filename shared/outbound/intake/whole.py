"""All parameters of a row in one cell: a list, an inline template, or the text as the contact would read it.

Owns these three forms. A placeholder's own column overrides them, in `rows`.
Source: uContact's guide (the base holds rendered texts); Wavy's batch files for the inline form, which is assumed.
"""

import re
from collections.abc import Mapping, Sequence

from shared.outbound.intake.reasons import Reason, Unfit
from shared.templates.matching import INLINE, find_matches
from shared.templates.model import Template
from shared.templates.parameters import by_position

INLINE_PARTS = 2  # template and language, before the parameters

_PARAMS_CHARACTER = re.compile(r"\\[\\|]|.", re.DOTALL)
_OTHER_TEMPLATE = (
    "The row is of another template than the campaign: put it into a campaign of its own, or correct the row."
)


def read_whole(
    cells: Mapping[str, str], template: Template, siblings: Sequence[Template]
) -> tuple[Template, Mapping[str, str]]:
    """The template in the language of a row's `hsm` or `text`, and the parameters found there.

    cells: by column, those that are not empty.  siblings: every template of the sender. *Raises*: Unfit.
    """
    text = cells.get("text", "")
    inline = cells.get("hsm") or (text if text.startswith(INLINE) else None)
    if inline is not None:
        return _inline(inline, template, siblings)
    return _read_back(text, template, siblings, cells.get("language")) if text else (template, {})


def _inline(text: str, template: Template, siblings: Sequence[Template]) -> tuple[Template, Mapping[str, str]]:
    """`hsm|template|language|p1|p2`; the language may be empty."""
    parts = [part.strip() for part in split_params(text.removeprefix(INLINE))]
    if len(parts) < INLINE_PARTS or not parts[0]:
        raise Unfit(Reason.BAD_HSM, "An inline template is hsm|template|language|first parameter|second …")
    name, language, *values = parts
    if name != template.name:
        raise Unfit(Reason.OTHER_TEMPLATE, _OTHER_TEMPLATE)
    spoken = [one for one in siblings if one.name == name and one.language == language and one.is_enabled]
    if language and not spoken and language != template.language:
        raise Unfit(
            Reason.NO_TEMPLATE, "The template is not enabled in the row's language: correct it, or leave it empty."
        )
    chosen = spoken[0] if spoken else template
    return chosen, by_position(values, chosen.placeholders)


def _read_back(
    text: str, template: Template, siblings: Sequence[Template], language: str | None
) -> tuple[Template, Mapping[str, str]]:
    """Match a rendered text. It must fit exactly one enabled template of the sender: the campaign's."""
    found = find_matches(text, siblings)
    if not found:
        raise Unfit(
            Reason.NO_TEMPLATE,
            "The text reads like no enabled template of the sender: compare it with the template, word by word.",
        )
    if len({match.template.name for match in found}) > 1:
        raise Unfit(
            Reason.AMBIGUOUS_TEXT,
            "The text reads like more than one template of the sender: put the parameters in columns of their own.",
        )
    if found[0].template.name != template.name:
        raise Unfit(Reason.OTHER_TEMPLATE, _OTHER_TEMPLATE)
    spoken = language or template.language
    own = [match for match in found if match.template.language == spoken] or found
    if len(own) > 1:
        raise Unfit(
            Reason.AMBIGUOUS_TEXT, "The text reads alike in several languages: name one in the column language."
        )
    return own[0].template, own[0].parameters


def split_params(text: str) -> list[str]:
    r"""`params` as text: `|` between values; `\|` and `\\` are the characters themselves, and so is any other `\`.

    >>> split_params(r"Crystal Lounge|12\|30|C:\x")
    ['Crystal Lounge', '12|30', 'C:\\x']
    """
    if "\\" not in text:
        return text.split("|")
    values: list[list[str]] = [[]]
    for character in _PARAMS_CHARACTER.findall(text):
        if character == "|":
            values.append([])
        else:
            values[-1].append(character[-1])
    return ["".join(value) for value in values]
