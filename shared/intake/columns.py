"""The names of columns: which one holds what. Owns names only; values are judged in `rows`.

Decision: a column that is named like a placeholder of the template holds that placeholder, whatever else the name could
mean; so a template with {{phone}} takes the contact's number from `destination`, and nobody's message is filled with
a value that was meant for something else. The cost: such a base must rename a column, and is told so.
Source: the base of contacts that uContact and Wavy's portal take (`destination`), and the words of their users.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from unicodedata import normalize

from shared.errors import InputError
from shared.templates.model import hides_a_number, listed

PHONE_NAMES: Final = ("phone", "destination", "telefono", "teléfono", "celular", "telefone")
OPT_IN_NAMES: Final = ("opt_in_source", "opt_in_at", "opt_in_evidence", "opt_in_scope")
OPTIONAL_NAMES: Final = ("params", "language", "timezone", "contact_id", "send_at", "priority", *OPT_IN_NAMES)
LATER_NAMES: Final = ("text", "hsm")  # understood in a later version: rendered text, inline template


@dataclass(frozen=True, slots=True)
class Layout:
    """Where in a row what stands. *Shape*: indices from 0, each at most once.

    own: columns kept for the report, by their name as written.  nameless: columns without a name, to be empty.
    repeated: names that stand there twice, or two names for the same thing.  later: those of LATER_NAMES seen.
    """

    names: tuple[str, ...]
    phone: int | None
    placeholders: dict[str, int]
    optional: dict[str, int]
    own: dict[str, int]
    nameless: tuple[int, ...]
    repeated: tuple[str, ...]
    later: tuple[str, ...]

    @property
    def params(self) -> int | None:
        return self.optional.get("params")


def lay_out(names: Sequence[str], placeholders: Collection[str]) -> Layout:
    """Total: what is wrong with the names is in the answer."""
    by_key = {_key(placeholder): placeholder for placeholder in placeholders}
    found: dict[str, dict[str, int]] = {"phone": {}, "placeholder": {}, "optional": {}, "own": {}}
    taken: set[tuple[str, str]] = set()
    nameless, repeated, later = [], [], []
    for index, written in enumerate(names):
        name = written.replace("\0", "").strip()
        if not name:
            nameless.append(index)
            continue
        kind, meaning = _meaning(name, placeholders, by_key)
        if (kind, _key(meaning) if kind == "own" else meaning) in taken:
            repeated.append(name)
            continue
        taken.add((kind, _key(meaning) if kind == "own" else meaning))
        found[kind][meaning] = index
        if kind == "own" and _key(name) in LATER_NAMES:
            later.append(_key(name))
    return Layout(
        names=tuple(names),
        phone=found["phone"].get("phone"),
        placeholders=found["placeholder"],
        optional=found["optional"],
        own=found["own"],
        nameless=tuple(nameless),
        repeated=tuple(repeated),
        later=tuple(later),
    )
