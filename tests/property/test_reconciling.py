"""The match of a request with the provider's list: it never guesses, and its word of absence is never wrong."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.ground.clock import MAX_CLOCK_SKEW
from shared.providers.events import DeliveryStatus
from shared.providers.reconciling import SKEW, Finding, Listed, Listing, Sought, match

STARTED = datetime(2026, 11, 28, 12, tzinfo=UTC)
UNKNOWN_AT = STARTED + timedelta(minutes=10)
TEXT = "Your dentist appointment is on May 4."
SOUGHT = Sought("+14155550101", STARTED, UNKNOWN_AT, TEXT, "caaa.0.1.mac")


def listed(name: str, created_at: datetime, text: str = TEXT, reference: str = "") -> Listed:
    return Listed(name, created_at, DeliveryStatus.SENT, created_at, text, reference)


def minutes(low: float, high: float) -> st.SearchStrategy[datetime]:
    return st.floats(low, high).map(lambda minute: STARTED + timedelta(minutes=minute))


IN_TIME = minutes(0, 10)
OUT_OF_TIME = minutes(-600, -2) | minutes(12, 600)
NAMES = st.sampled_from([f"SM{number}" for number in range(8)])
ANY_TEXT = st.sampled_from([TEXT, "", f"  {TEXT.replace(' ', '  ')}\n", "Something else."])
ANYTHING = st.builds(listed, NAMES, IN_TIME | OUT_OF_TIME, ANY_TEXT)
LISTS = st.lists(ANYTHING, max_size=6, unique_by=lambda one: one.provider_message_id)
KNOWN = st.sets(NAMES, max_size=4)


@given(LISTS, KNOWN, st.booleans())
def test_a_message_that_is_found_is_nobody_elses_and_the_only_one_that_fits(
    messages: list[Listed], known: set[str], is_complete: bool
) -> None:
    seen = match(SOUGHT, Listing(messages, is_complete), known)
    assert (seen.message is not None) == (seen.finding is Finding.FOUND)
    if seen.message is None:
        return
    assert is_complete
    assert seen.message.provider_message_id not in known
    assert seen.message.text.split() in ([], TEXT.split())
    others = [one for one in messages if one != seen.message and one.provider_message_id not in known]
    for other in others:
        is_in_time = STARTED - SKEW <= other.created_at <= UNKNOWN_AT + SKEW
        assert not is_in_time or other.text == "Something else."


@given(LISTS, KNOWN, st.booleans())
def test_absence_is_said_only_of_a_whole_list_without_anything_that_could_be_ours(
    messages: list[Listed], known: set[str], is_complete: bool
) -> None:
    seen = match(SOUGHT, Listing(messages, is_complete), known)
    possible = [
        one for one in messages if one.provider_message_id not in known and one.created_at >= STARTED - MAX_CLOCK_SKEW
    ]
    assert (seen.finding is Finding.ABSENT) == (is_complete and not possible)


@given(IN_TIME, LISTS.map(lambda some: [one for one in some if one.text == "Something else."]), KNOWN)
def test_the_one_with_our_text_is_found_among_others(at: datetime, others: list[Listed], known: set[str]) -> None:
    own = listed("SMown", at)
    assert match(SOUGHT, Listing([*others, own], is_complete=True), known).message == own


@given(LISTS, KNOWN, st.randoms())
def test_the_order_of_the_list_changes_nothing(messages: list[Listed], known: set[str], chance) -> None:
    shuffled = list(messages)
    chance.shuffle(shuffled)
    one, other = (match(SOUGHT, Listing(some, is_complete=True), known) for some in (messages, shuffled))
    assert one == other


def test_two_that_fit_prove_nothing_about_either() -> None:
    two = [listed("SM1", STARTED), listed("SM2", UNKNOWN_AT, text="")]
    assert match(SOUGHT, Listing(two, is_complete=True), ()).finding is Finding.SEVERAL


def test_our_reference_decides_whatever_the_text_the_time_and_the_rest_of_the_list() -> None:
    ours = listed("SM1", STARTED - timedelta(days=1), "Something else.", SOUGHT.reference)
    others = [listed("SM2", STARTED), listed("SM3", STARTED, TEXT, "caaa.1.1.mac")]
    assert match(SOUGHT, Listing([*others, ours], is_complete=False), ()).message == ours


def test_a_text_that_is_rendered_otherwise_is_neither_found_nor_absent() -> None:
    assert match(SOUGHT, Listing([listed("SM1", STARTED, "Other")], is_complete=True), ()).finding is Finding.UNCLEAR


def test_a_message_that_left_after_its_outcome_was_given_up_is_no_proof_of_absence() -> None:
    """A process that stood still between its lease's end and its first byte."""
    late = listed("SM1", UNKNOWN_AT + timedelta(minutes=4))
    assert match(SOUGHT, Listing([late], is_complete=True), ()).finding is Finding.UNCLEAR


def test_a_message_from_before_the_start_by_a_clock_that_goes_after_ours_is_no_proof_of_absence() -> None:
    early = listed("SM1", STARTED - timedelta(minutes=3))
    assert match(SOUGHT, Listing([early], is_complete=True), ()).finding is Finding.UNCLEAR


def test_a_failure_of_a_message_without_a_text_is_not_taken_for_ours() -> None:
    """A provider that keeps no bodies lists an agent's message, which failed, before ours."""
    at = STARTED + timedelta(minutes=1)
    failed = Listed("SM1", at, DeliveryStatus.FAILED, at)
    assert match(SOUGHT, Listing([failed], is_complete=True), set()).finding is Finding.UNCLEAR
    assert match(SOUGHT, Listing([replace(failed, text=TEXT)], is_complete=True), set()).finding is Finding.FOUND
