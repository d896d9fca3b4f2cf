"""Counters: the sliding second against a brute-force count, and duplicates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.simulator.traffic import Outcome, SlidingSecond, Tally

SENDER, TEMPLATE = "+14155550100", "HX1"


def brute_force(instants_us: list[int]) -> int:
    return max(sum(start <= at < start + 1_000_000 for at in instants_us) for start in instants_us)


@given(st.lists(st.integers(0, 4_000_000), min_size=1, max_size=60).map(sorted))
def test_the_busiest_second_is_exact(instants_us: list[int]) -> None:
    second = SlidingSecond()
    for at_us in instants_us:
        second.add(at_us)
    assert second.most == brute_force(instants_us)


@pytest.mark.parametrize(("later_us", "expected"), [(999_999, 2), (1_000_000, 1)])
def test_instants_one_second_apart_share_no_second(later_us: int, expected: int) -> None:
    second = SlidingSecond()
    second.add(0)
    second.add(later_us)
    assert second.most == expected


def test_a_duplicate_has_sender_recipient_and_template_in_common() -> None:
    tally = Tally()
    accepted = [
        (SENDER, "+14155550101", TEMPLATE),
        (SENDER, "+14155550101", TEMPLATE),
        (SENDER, "+14155550101", TEMPLATE),
        (SENDER, "+14155550101", "HX2"),
        ("+14155550109", "+14155550101", TEMPLATE),
        (SENDER, "+14155550102", TEMPLATE),
    ]
    for at_us, (sender, to, template) in enumerate(accepted):
        tally.accept(at_us, sender, to, template)
    summary = tally.summarize()
    assert (summary["duplicates"], summary["recipients"]) == (2, 2)


def test_outcomes_and_codes_are_counted() -> None:
    tally = Tally()
    for outcome, code in [(Outcome.ACCEPTED, None), (Outcome.THROTTLED, "20429"), (Outcome.THROTTLED, "20429")]:
        tally.count(outcome, code)
    summary = tally.summarize()
    assert [summary[name] for name in ("requests", "accepted", "refused", "throttled", "cut")] == [3, 1, 0, 2, 0]
    assert summary["by_code"] == {"20429": 2}
