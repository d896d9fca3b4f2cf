"""The README is true about the house: every path that it names is there, and it stays under 200 lines."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PATHS = sorted(
    {
        *re.findall(r"`((?:shared|workers|config|tests)/[\w./-]*)`", README),
        *re.findall(r"\]\(([\w./-]+\.md)\)", README),
    }
)
MAX_LINES = 200


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_it_names_is_there(path: str) -> None:
    assert (ROOT / path).exists()


def test_it_is_short() -> None:
    assert len(README.splitlines()) < MAX_LINES


def test_its_picture_names_every_wing() -> None:
    wings = [path.name for path in (ROOT / "shared").iterdir() if path.is_dir() and not path.name.startswith("__")]
    assert [wing for wing in wings if not re.search(rf"^ .*\b{wing}\b", README, re.MULTILINE)] == []
