"""Values that are made for every message behave as the frozen ones that a type checker sees."""

import pickle
from dataclasses import dataclass, field, replace

from shared.ground.values import value
from tests.factories import address


@value(frozen=True, slots=True, order=True)
class Quick:
    number: int
    to: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, order=True)
class Frozen:
    number: int
    to: str = field(default="", repr=False)


def test_equality_hash_order_and_repr_are_a_frozen_one_s() -> None:
    quick, frozen = Quick(1, address(1)), Frozen(1, address(1))
    assert quick == Quick(1, address(1))
    assert quick != replace(quick, number=2)
    assert hash(quick) == hash(frozen)
    assert quick < Quick(2)
    assert repr(quick).replace("Quick", "Frozen") == repr(frozen)
    assert {quick: "found"}[pickle.loads(pickle.dumps(quick))] == "found"  # noqa: S301 (made here)
    assert not hasattr(quick, "__dict__")
