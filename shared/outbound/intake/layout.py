"""The layout of a base: which column means what. `ground.columns` has the phone's names; `rows` judges values.

Decision: a column that is named like a placeholder of the template holds that placeholder, whatever else the name could
mean. So a template with {{phone}} takes the contact's number from `destination`, and no message gets a value that was
meant for something else. The cost: such a base must rename a column, and the error says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from shared.ground.columns import PHONE_NAMES, key
from shared.ground.errors import InputError
from shared.ground.names import join_names, may_hold_a_number

OPT_IN_NAMES: Final = ("opt_in_source", "opt_in_at", "opt_in_evidence", "opt_in_scope")
WHOLE_NAMES: Final = ("params", "text", "hsm")  # each holds every parameter: as a list, as rendered text, inline
OPTIONAL_NAMES: Final = (*WHOLE_NAMES, "language", "timezone", "contact_id", "send_at", "priority", *OPT_IN_NAMES)


class _Kind(Enum):
    PHONE = auto()
    PLACEHOLDER = auto()
    OPTIONAL = auto()
    OWN = auto()
    NAMELESS = auto()


@dataclass(frozen=True, slots=True)
class Layout:
    """The meaning of each column. *Shape*: indices from 0, each in one place.

    names: as written.  own: columns kept for the report.  nameless: columns without a name, whose cells must be empty.
    repeated: names whose meaning another column already has.
    """

    names: tuple[str, ...]
    phone: int | None
    placeholders: dict[str, int]
    optional: dict[str, int]
    own: dict[str, int]
    nameless: tuple[int, ...]
    repeated: tuple[str, ...]


def lay_out(names: Sequence[str], placeholders: Sequence[str]) -> Layout:
    """The layout of these names. It never raises; `require` judges the result."""
    wanted = {key(name): name for name in placeholders} | {name: name for name in placeholders}
    columns: dict[_Kind, dict[str, int]] = {kind: {} for kind in _Kind}
    repeated = []
    for index, name in enumerate(names):
        kind, meaning = _role(name.strip(), index, wanted)
        if columns[kind].setdefault(meaning, index) != index:
            repeated.append(name.strip())
    return Layout(
        names=tuple(names),
        phone=columns[_Kind.PHONE].get("phone"),
        placeholders=columns[_Kind.PLACEHOLDER],
        optional=columns[_Kind.OPTIONAL],
        own=columns[_Kind.OWN],
        nameless=tuple(columns[_Kind.NAMELESS].values()),
        repeated=tuple(repeated),
    )


def _role(name: str, index: int, wanted: dict[str, str]) -> tuple[_Kind, str]:
    plain = key(name)
    if not plain:
        return _Kind.NAMELESS, str(index)
    if placeholder := wanted.get(name) or wanted.get(plain):
        return _Kind.PLACEHOLDER, placeholder
    if plain in PHONE_NAMES:
        return _Kind.PHONE, "phone"
    if plain in OPTIONAL_NAMES:
        return _Kind.OPTIONAL, plain
    return _Kind.OWN, name


def require(layout: Layout, placeholders: Sequence[str]) -> None:
    """Check that a header is complete. placeholders: those that every row must fill. *Raises*: InputError."""
    if layout.phone is None:
        raise _no_phone(layout)
    if layout.repeated:
        raise InputError(
            "duplicate-column",
            f"These columns mean the same as another one: {join_names(layout.repeated)}. Keep one of each; the contact's "
            f"number, too, is in one column only ({', '.join(PHONE_NAMES)}).",
        )
    lacking = [name for name in placeholders if name not in layout.placeholders]
    if lacking and layout.optional.keys().isdisjoint(WHOLE_NAMES):
        raise _no_placeholder(layout, lacking)


def _no_phone(layout: Layout) -> InputError:
    if any(may_hold_a_number(name) for name in layout.names):
        return InputError(
            "no-header",
            "The first line looks like a contact: put a line with the columns' names above it, one of them phone.",
        )
    return InputError(
        "no-phone-column",
        f"No column holds the contacts' numbers: name it {', '.join(PHONE_NAMES[:-1])} or {PHONE_NAMES[-1]}; a column "
        "that is named like a placeholder of the template is that placeholder's. "
        f"Columns seen: {join_names(layout.names)}.",
    )


def _no_placeholder(layout: Layout, lacking: Sequence[str]) -> InputError:
    return InputError(
        "no-placeholder-column",
        f"No column for {join_names(lacking)}: give each placeholder of the template a column with its name, or all of "
        f"them one column params, with | between the values, or the whole text in a column text. Columns seen: "
        f"{join_names(layout.names)}.",
    )
