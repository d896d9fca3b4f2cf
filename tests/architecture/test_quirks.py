"""An odd behaviour of a provider is tagged where it is handled, and a test carries the same tag.

    # Quirk(<provider>) <name>: <what it does> (<source>, <year-month>)     in the source, on one line
    # Quirk(<provider>) <name>                                              beside the test, or its row in a table

A name is lower case with hyphens and stays as long as the behaviour does: it says which test to run when the provider
changes, and which code to remove when the behaviour is gone. The simulator has the tag too where it behaves so.
"""

import re
from collections import defaultdict
from pathlib import Path

from tests.architecture.source import ROOT, files, name_of

MENTION = re.compile(r"\bQuirk\b")
NAMED = re.compile(r"# Quirk\((?P<who>[a-z]+)\) (?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)(?![a-z0-9-])")
WHOLE = re.compile(NAMED.pattern + r": .+ \([^()]+, 20[2-9]\d-(?:0[1-9]|1[0-2])\)$")
LIBRARIES = {"aiohttp"}


def lines_with_tags(paths: list[Path]) -> list[tuple[str, str]]:
    """(file:line, line) of every line that speaks of a quirk."""
    return [
        (f"{name_of(path)}:{number}", line.strip())
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if MENTION.search(line)
    ]


def by_tag(lines: list[tuple[str, str]]) -> dict[str, list[str]]:
    """`provider name` → where."""
    places: dict[str, list[str]] = defaultdict(list)
    for place, line in lines:
        if (found := NAMED.search(line)) is not None:
            places[f"{found['who']} {found['name']}"].append(place)
    return places


SOURCE = lines_with_tags(files("config", "shared", "workers"))
TESTS = lines_with_tags([path for path in files("tests") if path != Path(__file__)])


def test_a_tag_in_the_source_has_its_name_its_source_and_its_month() -> None:
    assert [place for place, line in SOURCE if not WHOLE.search(line)] == []


def test_a_tag_beside_a_test_has_its_name() -> None:
    assert [place for place, line in TESTS if not NAMED.search(line)] == []


def test_a_quirk_is_of_a_provider() -> None:
    providers = {path.parent.name for path in (ROOT / "shared" / "providers").glob("*/wire*")} | LIBRARIES
    assert {tag.split()[0] for tag in by_tag(SOURCE)} <= providers


def test_every_quirk_that_is_handled_is_tested() -> None:
    untested = {tag: places for tag, places in by_tag(SOURCE).items() if tag not in by_tag(TESTS)}
    assert untested == {}


def test_every_quirk_that_is_tested_is_handled() -> None:
    gone = {tag: places for tag, places in by_tag(TESTS).items() if tag not in by_tag(SOURCE)}
    assert gone == {}
