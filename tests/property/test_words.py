"""A provider's sentence is redacted in linear time: twice as long a text takes twice as many steps. No clock is read."""

import re
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.providers import words
from tests.property.steps import Steps

PATTERNS = [words._LINK, words._QUOTED, words._NUMBER, words._MARKUP]
IDS = ["link", "quotation", "number", "markup"]
MAX_STEPS = 60  # a character: each of a pattern's branches is begun and given up at most once there
CHARACTERS = 700

# Parts of what the patterns look for, and runs that lead nowhere.
FRAGMENTS = [
    "a", "1", " ", '"', "'", "“", "”", "«", "»", "`", "+", "-", ".", "(", ")", ":", "/", "<", ">", "é",
    "://", "https://", "@", "a@b", "it's ", "'a", "a'", "+1 415 ", "555-01", "1-(",
]  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def depth() -> Iterator[None]:
    """The counter calls itself for each part of a telephone number."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    yield
    sys.setrecursionlimit(before)


def steps(pattern: re.Pattern[str], text: str) -> int:
    counted = Steps(pattern, text)
    counted.spans()
    return counted.count


@pytest.mark.parametrize("pattern", PATTERNS, ids=IDS)
@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_a_sentence_is_redacted_in_linear_time_in_a_run_of_anything(pattern: re.Pattern[str], fragment: str) -> None:
    text = (fragment * CHARACTERS)[:CHARACTERS]
    assert steps(pattern, text) <= MAX_STEPS * len(text)


@pytest.mark.parametrize("pattern", PATTERNS, ids=IDS)
@given(parts=st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=5), times=st.integers(1, 25))
@settings(max_examples=25, deadline=None)
def test_a_sentence_is_redacted_in_linear_time_in_repeated_parts_of_what_is_looked_for(
    pattern: re.Pattern[str], parts: list[str], times: int
) -> None:
    text = "".join(parts) * times
    assert steps(pattern, text) <= MAX_STEPS * len(text)


@pytest.mark.parametrize("pattern", PATTERNS, ids=IDS)
@given(parts=st.lists(st.sampled_from(FRAGMENTS), max_size=12))
@settings(max_examples=25, deadline=None)
def test_the_counter_finds_what_the_expression_finds_in_a_sentence(pattern: re.Pattern[str], parts: list[str]) -> None:
    text = "".join(parts)
    assert Steps(pattern, text).spans() == [match.span() for match in pattern.finditer(text)]


@given(parts=st.lists(st.sampled_from(FRAGMENTS), max_size=12))
def test_a_link_is_found_wherever_its_word_holds_one(parts: list[str]) -> None:
    text = "".join(parts)
    assert words._LINK.findall(text) == [word for word in text.split() if "://" in word or "@" in word]
