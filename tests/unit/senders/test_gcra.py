"""The oracle by itself: a bucket that is full, one that is idle, several at once."""

import pytest

from shared.senders.limits.gcra import COLD_START_US, RECOVERY_PER_S, Grant, recover, take

NOW = 1_000_000_000


@pytest.mark.parametrize(
    ("tats", "wanted", "expected"),
    [
        ({"s": NOW}, 3, Grant((NOW, NOW + 10, NOW + 20), NOW + 30)),
        ({"s": NOW - 500}, 2, Grant((NOW, NOW + 10), NOW + 20)),
        ({"s": NOW + 25}, 9, Grant((NOW + 25, NOW + 35), NOW + 45)),
        ({"s": NOW + 41}, 1, Grant((), NOW + 41)),
        ({"s": NOW + 40}, 1, Grant((NOW + 40,), NOW + 50)),
        ({}, 1, Grant((), NOW + COLD_START_US)),
        ({"s": NOW}, 0, Grant((), NOW)),
    ],
)
def test_one_bucket(tats: dict[str, int], wanted: int, expected: Grant) -> None:
    granted, after = take(NOW, 40, wanted, tats, {"s": 10})
    assert granted == expected
    assert max(NOW, after["s"]) == expected.next


def test_all_buckets_must_have_room() -> None:
    granted, after = take(NOW, 100, 3, {"s": NOW, "a": NOW + 5}, {"s": 10, "a": 40})
    assert granted.slots == (NOW + 5, NOW + 45, NOW + 85)
    assert after == {"s": NOW + 95, "a": NOW + 125}


def test_what_is_not_asked_about_is_not_touched() -> None:
    _, after = take(NOW, 100, 1, {"s": NOW, "other": 7}, {"s": 10})
    assert set(after) == {"s"}


@pytest.mark.parametrize(("seconds", "factor"), [(0, 0.5), (2, 0.5 + 2 * RECOVERY_PER_S), (10, 1.0), (3_600, 1.0)])
def test_a_slowed_sender_recovers(seconds: int, factor: float) -> None:
    assert recover(NOW + seconds * 1_000_000, 0.5, NOW) == pytest.approx(factor)
