"""Pages tell the truth about the checkout: every path that they name is there, every link leads somewhere."""

import re
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, name_of

README = ROOT / "README.md"
GUIDES = sorted((ROOT / "workers" / "web" / "guides").glob("*.md"))
PAGES = [README, *GUIDES]
README_LINES = 200  # what a stranger reads at one sitting
PATH = re.compile(r"(?:config|findings|shared|tests|workers)/[\w./-]*")
QUOTED = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\((?!https?://)([^)#]*)(#[^)]*)?\)")
BY_NAME = pytest.mark.parametrize("page", PAGES, ids=name_of)


def headings(page: Path) -> set[str]:
    """Its anchors, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {"#" + re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}


@BY_NAME
def test_every_path_is_there(page: Path) -> None:
    quoted = QUOTED.findall(page.read_text(encoding="utf-8"))
    named = {text for text in quoted if PATH.fullmatch(text)}
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


@BY_NAME
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        there = (page.parent / target).resolve() if target else page
        assert there.exists(), target
        assert not anchor or anchor in headings(there), f"{target}{anchor}"


def test_the_readme_is_short_and_lists_every_guide() -> None:
    text = README.read_text(encoding="utf-8")
    assert len(text.splitlines()) < README_LINES
    assert [name_of(guide) for guide in GUIDES if f"]({name_of(guide)})" not in text] == []


def test_the_picture_of_the_readme_names_every_wing() -> None:
    wings = [path.name for path in (ROOT / "shared").iterdir() if path.is_dir() and not path.name.startswith("__")]
    text = README.read_text(encoding="utf-8")
    assert [wing for wing in wings if not re.search(rf"^ .*\b{wing}\b", text, re.MULTILINE)] == []
