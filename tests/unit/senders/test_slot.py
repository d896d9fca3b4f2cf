"""The rule by which no sliding second exceeds the cap: late within the bound, at most a cap of requests, at any rate."""

from bisect import bisect_left
from itertools import pairwise
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.senders.limits.gcra import take
from shared.senders.limits.slot import DRIFT, StoreClock, paced_rate, tolerance_of

SECOND_US = 1_000_000
HEADROOMS = st.sampled_from([0.5, 0.92, 0.97, 1.0])
TOLERANCES = st.sampled_from([0.001, 0.01, 0.02, 0.1, 1.0])
DELAYS = st.floats(0, 2)


def most_in_a_second(instants: list[int]) -> int:
    ordered = sorted(instants)
    return max(bisect_left(ordered, first + SECOND_US) - index for index, first in enumerate(ordered))


@given(
    cap=st.sampled_from([1, 2, 7, 80, 250, 1_000]), headroom=HEADROOMS, tolerance_s=TOLERANCES,
    shares=st.lists(st.one_of(st.just(0.0), st.just(1.0), st.floats(0, 1)), min_size=1, max_size=40),
)  # fmt: skip
def test_no_sliding_second_holds_more_than_the_cap_however_late_within_the_bound(
    cap: int, headroom: float, tolerance_s: float, shares: list[float]
) -> None:
    """Without a pause between them: every slot that the oracle grants is used, at any instant within the bound."""
    rate = paced_rate(cap, headroom, tolerance_s)
    late_us = int((cap / rate - 1) * SECOND_US)
    assert late_us >= int(tolerance_s * SECOND_US) - 1, "our own lateness is within the bound"
    granted, _ = take(0, 10 * SECOND_US, 2 * cap + 2, {"sender": 0}, {"sender": ceil(SECOND_US / rate)})
    sent = [slot + int(late_us * shares[index % len(shares)]) for index, slot in enumerate(granted.slots)]
    assert most_in_a_second(sent) <= cap


def test_all_of_the_slack_is_used_by_the_worst_case() -> None:
    """So the bound is not wider than it must be: a request later than that would be one too many."""
    interval = ceil(SECOND_US / paced_rate(1_000, 0.97, 0.02))
    late = [SECOND_US + 30_900] * 31  # the slots of 31 ms, all at the last moment
    on_time = [SECOND_US + 30_900 + interval * n for n in range(1, 970)]
    assert most_in_a_second(late + on_time) == 1_000


@pytest.mark.parametrize(
    ("headroom", "tolerance_s", "rate"), [(0.97, 0.02, 970.0), (1.0, 0.02, 980.39), (0.97, 0.1, 909.09)]
)
def test_a_tolerance_beyond_the_headroom_costs_rate_and_not_the_cap(
    headroom: float, tolerance_s: float, rate: float
) -> None:
    assert paced_rate(1_000, headroom, tolerance_s) == pytest.approx(rate, abs=0.01)


@given(
    ahead_s=st.floats(-1e6, 1e9),
    questions=st.lists(st.tuples(DELAYS, DELAYS, DELAYS), min_size=1, max_size=8),
    wait_us=st.integers(0, 10 * SECOND_US),
    drift=st.floats(-DRIFT / 2, DRIFT / 2),
)
def test_every_instant_of_a_slot_is_on_time_by_the_store_s_clock(
    ahead_s: float, questions: list[tuple[float, float, float]], wait_us: int, drift: float
) -> None:
    """However long questions and answers are on their way, and while the clocks drift."""
    tolerance_s, asked, clock = 0.02, 0.0, StoreClock()

    def shown(loop_s: float) -> float:
        return ahead_s + loop_s * (1 + drift)

    for pause, there, back in questions:
        asked += pause
        now_us = round(shown(asked + there) * SECOND_US)
        clock.note(asked, asked + there + back, now_us)
        asked += there + back
    slot, at = clock.slot_at(now_us + wait_us, tolerance_s), (now_us + wait_us) / SECOND_US
    wandered = DRIFT * (wait_us / SECOND_US + tolerance_s + clock.excess_s(tolerance_s)) + 1e-5  # until the slot's end
    assert shown(slot.begins) >= at - wandered
    assert shown(slot.ends) <= at + tolerance_s + clock.excess_s(tolerance_s) + wandered
    assert slot.ends - slot.begins >= tolerance_s / 2 - 1e-9, "it can be used"


def test_a_slow_answer_costs_nothing_once_a_quick_one_has_told_the_time() -> None:
    clock = StoreClock()
    clock.note(10.0, 10.001, 500_000_000)
    clock.note(10.5, 10.9, 500_600_000)
    slot = clock.slot_at(500_930_000, 0.02)
    assert slot.begins == pytest.approx(10.931, abs=0.002)
    assert slot.ends - slot.begins >= 0.017


def test_a_slow_answer_alone_leaves_half_a_slot_and_its_lateness_is_known() -> None:
    clock = StoreClock()
    clock.note(10.0, 10.1, 500_000_000)
    slot = clock.slot_at(500_000_000, 0.02)
    assert slot.ends - slot.begins == pytest.approx(0.01)
    assert clock.excess_s(0.02) == pytest.approx(0.09)


@given(rate=st.floats(0.01, 0.999), shares=st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_the_long_slots_of_a_slow_sender_leave_a_second_between_its_requests(rate: float, shares: list[float]) -> None:
    late_s = tolerance_of(rate, 0.02)
    sent = [index / rate + share * late_s for index, share in enumerate(shares)]
    assert all(later - earlier >= min(1.0, 1 / rate - 0.02) - 1e-6 for earlier, later in pairwise(sent))


@pytest.mark.parametrize("jump_s", [-3_600, -0.5, 0.5, 3_600])
def test_a_store_s_clock_that_was_set_is_believed_anew(jump_s: float) -> None:
    clock = StoreClock()
    clock.note(10.0, 10.001, 500_000_000)
    now_us = 501_000_000 + int(jump_s * SECOND_US)
    clock.note(11.0, 11.001, now_us)
    assert clock.slot_at(now_us, 0.02).begins == pytest.approx(11.001)
