"""The text forms of runs and records, and the pages of rows: each the inverse of the other."""

import zlib
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.ground.clock import from_ms, to_ms
from shared.ground.keys import PAGE_ROWS
from shared.ledger.model import JobRecord, code_of, ordinals_of, pages_of, runs_of, unpack_record
from shared.ledger.pages import JobRow, pack, unpack, unpack_rows
from shared.ledger.states import JobState
from tests.factories import row, rows
from tests.stores import START

ordinals = st.sets(st.integers(0, 2_000_000), max_size=200).map(sorted)


@given(ordinals)
def test_runs_name_ordinals(some: list[int]) -> None:
    text = runs_of(some)
    assert (list(ordinals_of(text)) if text else []) == some
    assert set(text) <= set("0123456789-,")


@pytest.mark.parametrize(
    ("some", "text"), [([], ""), ([7], "7"), ([0, 1], "0-1"), ([1, 2, 3, 9, 11, 12], "1-3,9,11-12")]
)
def test_runs_are_short(some: list[int], text: str) -> None:
    assert runs_of(some) == text


def test_pages_hold_their_ordinals() -> None:
    assert pages_of([0, 1, PAGE_ROWS - 1]) == [0]
    assert pages_of([PAGE_ROWS, 5, 3 * PAGE_ROWS + 1]) == [0, 1, 3]
    assert pages_of([]) == []


@pytest.mark.parametrize(
    ("packed", "code"), [(b"2||4|1|SM1|100|200||300|f|63024|gone", "63024"), (b"2||4", ""), (b"", ""), (None, "")]
)
def test_a_code_is_read_alone(packed: bytes | None, code: str) -> None:
    assert code_of(packed) == code


def test_a_record_is_unpacked() -> None:
    created_ms = to_ms(START)
    packed = b"2||4|1|SM1|100|200||300|f|63024|not on WhatsApp"
    times = {"accepted": 100, "delivered": 200, "failed": 300}
    assert unpack_record(5, JobState.FAILED, packed, created_ms) == JobRecord(
        5, JobState.FAILED, 2, "63024", "not on WhatsApp", "SM1",
        {name: START + timedelta(milliseconds=ms) for name, ms in times.items()}, sent_attempt=2,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("packed", "attempt", "sent"), [(None, 1, 0), (b"", 1, 0), (b"1", 1, 1), (b"1|2", 2, 1), (b"3||7", 3, 3)]
)
def test_a_record_may_be_short_or_missing(packed: bytes | None, attempt: int, sent: int) -> None:
    waiting = JobRecord(0, JobState.PENDING, attempt, "", "", "", {}, sent_attempt=sent)
    assert unpack_record(0, JobState.PENDING, packed, 0) == waiting


def test_a_record_of_a_later_release_can_be_read() -> None:
    assert unpack_record(0, JobState.PENDING, b"1||||||||||a|b|what|comes", 0).reason == "b"


# ── pages ───────────────────────────────────────────────────────────────────────────────────────────────────────────

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
instants = st.integers(0, 4_000_000_000_000).map(from_ms)
job_rows = st.builds(
    JobRow,
    address=words,
    parameters=st.dictionaries(words, words, max_size=3),
    priority=st.integers(0, 9),
    send_at=st.none() | instants,
    language=st.none() | words,
    timezone=st.none() | words,
    external_contact_id=st.none() | words,
    own=st.dictionaries(words, words, max_size=3),
)


@given(st.lists(job_rows, max_size=3))
@settings(max_examples=40, deadline=None)
def test_a_page_comes_back_as_it_was(page: list[JobRow]) -> None:
    assert unpack(pack(page)) == page


@given(st.lists(job_rows, max_size=3))
@settings(max_examples=40, deadline=None)
def test_some_rows_of_a_page_are_those_of_the_whole_page(page: list[JobRow]) -> None:
    backwards = range(len(page) - 1, -1, -2)
    assert unpack_rows(pack(page), backwards) == [page[index] for index in backwards]


def test_a_row_takes_few_bytes() -> None:
    assert len(pack(rows(PAGE_ROWS))) / PAGE_ROWS < 20


def test_a_page_of_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="version 2"):
        unpack(zlib.compress(b"[2,[]]"))


def test_a_row_shows_no_parameters() -> None:
    assert "dentist" not in repr(row(1))


@given(st.integers(0, 4_000_000_000_000))
def test_milliseconds_survive_the_clock(instant_ms: int) -> None:
    assert to_ms(from_ms(instant_ms)) == instant_ms
