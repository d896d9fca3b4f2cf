"""Examples in docstrings are true: every module's doctests run."""

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for name in ("config", "shared", "workers")
    for path in (ROOT / name).rglob("*.py")
    if ">>>" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))

    assert result.attempted
    assert not result.failed
