"""The tree of errors is total: every leaf of SendError has a disposition of its own, and every disposition a leaf."""

import pickle
from collections.abc import Iterator

import pytest

from shared.ground.errors import BY_DISPOSITION, Again, Disposition, SendError


def walk(root: type[SendError]) -> Iterator[type[SendError]]:
    children = root.__subclasses__()
    if not children:
        yield root
    for child in children:
        yield from walk(child)


LEAVES = list(walk(SendError))
WORTH = ("131056", "too many messages", Again.BACK_OFF, True, 7.0, True, "marketing", 64.0, True, "Slow down")
"""Each argument with a value that is not its default."""


@pytest.mark.parametrize("leaf", LEAVES)
def test_every_leaf_has_a_disposition(leaf: type[SendError]) -> None:
    assert isinstance(vars(leaf)["disposition"], Disposition), "its own, not one that it inherits"


def test_every_disposition_has_one_leaf() -> None:
    assert sorted(leaf.disposition for leaf in LEAVES) == sorted(Disposition)
    assert {leaf: leaf.disposition for leaf in LEAVES} == {leaf: found for found, leaf in BY_DISPOSITION.items()}


@pytest.mark.parametrize("leaf", LEAVES)
def test_every_leaf_survives_pickling(leaf: type[SendError]) -> None:
    error = leaf(*WORTH)

    assert vars(pickle.loads(pickle.dumps(error))) == vars(error)  # noqa: S301 (our own bytes)


@pytest.mark.parametrize("leaf", LEAVES)
def test_another_delay_changes_nothing_else_of_an_error(leaf: type[SendError]) -> None:
    error = leaf(*WORTH)
    later = error.with_retry_after(120.0)
    assert type(later) is leaf
    assert vars(later) == {**vars(error), "retry_after_s": 120.0}
    assert error.retry_after_s == 7.0
