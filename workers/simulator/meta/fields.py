"""Which fields of a node a client asks for, as the Graph API has it. Owns no node.

Source: https://developers.facebook.com/docs/graph-api/guides/field-expansion; the words of the refusal as public code
quotes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from workers.simulator.messages import Refusal
from workers.simulator.meta.codes import PARAMETER, refusal
from workers.simulator.provider import Arrival


@dataclass(frozen=True, slots=True)
class Kind:
    """Of nodes. usual: what is told where nothing is asked for.  others: what may be asked for, filled or not."""

    name: str
    usual: tuple[str, ...]
    others: frozenset[str] = frozenset()


def asked_for(arrival: Arrival, kind: Kind) -> tuple[str, ...] | Refusal:
    """The id is always told."""
    asked = tuple(one.strip() for one in arrival.query.get("fields", "").split(",") if one.strip()) or kind.usual
    strange = next((one for one in asked if one not in {"id", *kind.usual, *kind.others}), None)
    if strange is not None:
        return refusal(PARAMETER, f"Tried accessing nonexisting field ({strange}) on node type ({kind.name})")
    return tuple(dict.fromkeys((*asked, "id")))


def selected(node: Mapping[str, object], asked: tuple[str, ...]) -> dict[str, object]:
    """What is not filled is not there."""
    return {name: node[name] for name in asked if node.get(name) is not None}
