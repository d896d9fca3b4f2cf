"""Parameters of a caller, by name or in order, become values by placeholder. Pure.

`Template.complete` checks that they fill the template.
"""

from collections.abc import Mapping, Sequence
from itertools import zip_longest

Parameters = Sequence[str] | Mapping[str, str]
"""Values in the order of the placeholders, or by their names."""


def by_name(given: Parameters, placeholders: Sequence[str]) -> Mapping[str, str]:
    """Values by placeholder, from either form."""
    return given if isinstance(given, Mapping) else by_position(given, placeholders)


def by_position(values: Sequence[str], placeholders: Sequence[str]) -> dict[str, str]:
    """Values by placeholder, from a list. Empty values are dropped; surplus ones are named `params[3]` for the error."""
    pairs = zip_longest(placeholders, values[: len(placeholders)], fillvalue="")
    surplus = {f"params[{n}]": value for n, value in enumerate(values[len(placeholders) :], len(placeholders) + 1)}
    return {name: value for name, value in (*pairs, *surplus.items()) if value.strip()}
