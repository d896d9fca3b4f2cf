"""Parameters by name or in order: pure."""

import pytest

from shared.templates.parameters import Parameters, by_name


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ({"1": "a", "x": "b"}, {"1": "a", "x": "b"}),
        (["a", "b"], {"1": "a", "2": "b"}),
        (["a"], {"1": "a"}),
        (["", "b"], {"2": "b"}),
        (["a", " ", "c"], {"1": "a", "params[3]": "c"}),
        ([], {}),
    ],
)
def test_by_name(given: Parameters, values: dict[str, str]) -> None:
    assert by_name(given, ("1", "2")) == values
