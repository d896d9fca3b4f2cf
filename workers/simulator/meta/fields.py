"""The `fields` parameter of the Graph API: which fields of a node a response has. Owns no node.

Source: https://developers.facebook.com/docs/graph-api/guides/field-expansion; the refusal's text as public code quotes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from workers.simulator.http_values import HttpRequest
from workers.simulator.messages import Refusal
from workers.simulator.meta.codes import PARAMETER, make_refusal


@dataclass(frozen=True, slots=True)
class NodeType:
    """usual: the fields of a response if the request names none.  others: fields that a request may name."""

    name: str
    usual: tuple[str, ...]
    others: frozenset[str] = frozenset()


def parse_fields(request: HttpRequest, node_type: NodeType) -> tuple[str, ...] | Refusal:
    """The fields that the response has; the id is always among them."""
    names = tuple(name.strip() for name in request.query.get("fields", "").split(",") if name.strip())
    names = names or node_type.usual
    unknown = next((name for name in names if name not in {"id", *node_type.usual, *node_type.others}), None)
    if unknown is not None:
        text = f"Tried accessing nonexisting field ({unknown}) on node type ({node_type.name})"
        return make_refusal(PARAMETER, text)
    return tuple(dict.fromkeys((*names, "id")))


def select_fields(node: Mapping[str, object], names: tuple[str, ...]) -> dict[str, object]:
    """A field without a value is left out."""
    return {name: node[name] for name in names if node.get(name) is not None}
