"""Redaction is linear: whatever a stranger sends, twice as long a text takes twice as many steps. No clock is read."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config import logs
from tests.property.steps import Steps

PATTERNS = [*(pattern for pattern, _ in logs._IN_TEXT), logs._ALWAYS, logs._ANYWHERE]
IDS = [pattern.pattern[:30] for pattern in PATTERNS]
MAX_STEPS = 100  # a character: each of a pattern's branches is begun and given up at most once there
CHARACTERS = 700

# Parts of what the patterns look for, and runs that lead nowhere.
FRAGMENTS = [
    "a", "A", "1", "-", "_", "+", ".", " ", "=", ":", '"', "'", "/", "@", "\n", ",", "é",
    "://", "redis://u", "token", "token=", 'token="', "secret='", "api_key", "authorization:", "bearer ", "basic",
    "/webhooks/", "/s/", "input_value=", ", input_type=", "whatsapp:", "wamid.", "+1 ", "%2b", "%20", "4155550",
    "c2345672345672345", "AC0123456789abcdef", "01234567-89ab-",
]  # fmt: skip


def steps(pattern: re.Pattern[str], text: str) -> int:
    counted = Steps(pattern, text)
    counted.spans()
    return counted.count


@pytest.mark.parametrize("pattern", PATTERNS, ids=IDS)
@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_redaction_is_linear_in_a_run_of_anything(pattern, fragment):
    text = (fragment * CHARACTERS)[:CHARACTERS]

    assert steps(pattern, text) <= MAX_STEPS * len(text)


@pytest.mark.parametrize("pattern", PATTERNS, ids=IDS)
@given(parts=st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=5), times=st.integers(1, 25))
@settings(max_examples=25)
def test_redaction_is_linear_in_repeated_parts_of_what_it_looks_for(pattern, parts, times):
    text = "".join(parts) * times

    assert steps(pattern, text) <= MAX_STEPS * len(text)


@pytest.mark.parametrize("pattern", PATTERNS, ids=IDS)
@given(parts=st.lists(st.sampled_from(FRAGMENTS), max_size=12))
@settings(max_examples=25)
def test_the_counter_finds_what_the_expression_finds(pattern, parts):
    text = "".join(parts)

    assert Steps(pattern, text).spans() == [match.span() for match in pattern.finditer(text)]


def test_the_counter_sees_what_is_quadratic():
    text = "a" * CHARACTERS

    assert steps(re.compile(r"[\w-]*token"), text) > MAX_STEPS * len(text)
