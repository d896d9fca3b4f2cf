"""Names in a sentence: short, and never somebody's number."""

import pytest

from shared.ground.names import join_names, may_hold_a_number


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["1", "name"], "1, name"),
        (["x" * 41], "x" * 40),
        ([str(n) for n in range(14)], "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …"),
        (["+1 (415) 555-0123", "note"], "…, note"),
    ],
)
def test_listed_shortens_and_hides(names, sentence):
    assert join_names(names) == sentence


@pytest.mark.parametrize(
    ("name", "may"),
    [("phone", False), ("2026", False), ("4155550", True), ("1-4-1-5-5-5-5", True), ("a1b2c3d4e5f6g7", False)],
)
def test_may_hold_a_number(name, may):
    assert may_hold_a_number(name) is may
