"""The shape of a provider's package: the same files in each, and a table that leaves out absent parts only."""

from dataclasses import fields
from pathlib import Path

import pytest

from shared import providers
from shared.providers.dialect import Dialect
from shared.providers.registry import DIALECTS

HERE = Path(providers.__file__).parent
PARTS = {field.name for field in fields(Dialect)} - {"name", "capabilities", "codes", "normalise_id"}
ALWAYS = {"account", "sending", "checks", "webhooks"} | {"codes", "wire", "statuses", "inbound"}


def list_modules(name: str) -> set[str]:
    return {path.stem for path in (HERE / name).iterdir() if path.stem.isidentifier()} - {"__init__", "__pycache__"}


@pytest.mark.parametrize("name", DIALECTS)
def test_a_package_has_the_files_of_all_and_those_of_its_parts(name: str) -> None:
    modules = list_modules(name)

    assert modules >= ALWAYS
    for part in PARTS & modules:
        assert getattr(DIALECTS[name], part).__name__ == f"shared.providers.{name}.{part}"
    for part in PARTS - modules:
        assert not hasattr(getattr(DIALECTS[name], part), "__file__"), "a part that is absent here has a default"


@pytest.mark.parametrize("part", sorted(PARTS | {"codes", "wire", "inbound"}))
def test_every_part_has_its_promise_here(part: str) -> None:
    assert (HERE / f"{part}.py").is_file()


def test_a_dialect_shows_no_path() -> None:
    for dialect in DIALECTS.values():
        assert "<module" not in repr(dialect)
