"""From a rendered text back to the one template and what fills it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.templates.matching import find_matches
from shared.templates.model import TemplateStatus
from tests.factories import template

REMINDER = template()
BODY = "Your {{1}} appointment is coming up on {{2}}."


def test_the_handbook_s_own_example():
    text = "Your Crystal Lounge appointment is coming up on tomorrow at 12:00 PM."
    (match,) = find_matches(text, [REMINDER, replace(REMINDER, name="other", body="Hello {{name}}!")])
    assert match.template == REMINDER
    assert match.parameters == {"1": "Crystal Lounge", "2": "tomorrow at 12:00 PM"}


@pytest.mark.parametrize(
    "text", ["  Your dentist\nappointment  is coming up on May 4. ", "Your dentist appointment is coming up on May 4."]
)
def test_blanks_are_blanks(text: str):
    (match,) = find_matches(text, [REMINDER])
    assert match.parameters == {"1": "dentist", "2": "May 4"}


@pytest.mark.parametrize(
    "text", ["", "Your appointment is coming up on .", "your dentist appointment is coming up on May 4."]
)
def test_what_reads_otherwise(text: str):
    assert find_matches(text, [REMINDER]) == []


def test_two_that_read_alike_are_both_found():
    alike = replace(REMINDER, name="again")
    assert len(find_matches("Your dentist appointment is coming up on May 4.", [REMINDER, alike])) == 2


def test_only_what_is_enabled():
    paused = replace(REMINDER, status=TemplateStatus.PAUSED)
    assert find_matches("Your dentist appointment is coming up on May 4.", [paused]) == []


def test_a_placeholder_that_stands_twice_is_filled_alike():
    twice = replace(REMINDER, body="{{1}}, {{2}}! Yes, {{1}}.")
    assert [match.parameters for match in find_matches("Ana, hi! Yes, Ana.", [twice])] == [{"1": "Ana", "2": "hi"}]
    assert find_matches("Ana, hi! Yes, Bo.", [twice]) == []


def test_what_looks_like_a_pattern_is_none():
    odd = replace(REMINDER, body="(a+)+$ {{1}} [.*]")
    assert [match.parameters for match in find_matches("(a+)+$ x [.*]", [odd])] == [{"1": "x"}]


def test_no_text_keeps_us_busy():
    """A pattern with ten gaps would try every way to fill them."""
    many = replace(REMINDER, body=" ".join(f"{{{{{n}}}}}" for n in range(1, 11)) + " end")
    assert find_matches("a " * 4_000 + "a", [many]) == []


def test_without_placeholders():
    assert [match.parameters for match in find_matches("Hello!", [replace(REMINDER, body="Hello!")])] == [{}]
    assert find_matches("Hello!!", [replace(REMINDER, body="Hello!")]) == []


WORDS = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)


@given(first=WORDS, second=WORDS)
def test_what_was_rendered_is_read_back(first: str, second: str):
    text = REMINDER.render({"1": first, "2": second})
    (match,) = find_matches(text, [REMINDER])
    assert REMINDER.render(match.parameters) == text
