"""Slots: exactly paced, never far ahead, no burst after a pause, and slower when the provider asks for it."""

from itertools import pairwise
from typing import Unpack

import pytest

from shared.senders.limits.store import Lane
from tests.contract.limits.limiters import (
    DESK,
    HORIZON_MS,
    SECOND_US,
    Limiter,
    OracleLimiter,
    ScriptLimiter,
    rate_limits,
)
from tests.fields import RateLimitsFields

RATE, INTERVAL_US = 100, 10_000
NEAR_US = 300_000  # how much later a real server may be asked than a test means to


async def warm(limiter: Limiter, rate: float = RATE, **fields: Unpack[RateLimitsFields]) -> None:
    """Past the cold start, with nothing granted yet."""
    await limiter.ask(rate_limits(rate, **fields), 1)
    await limiter.travel(1)


def gaps(slots: tuple[int, ...]) -> set[int]:
    return {later - earlier for earlier, later in pairwise(slots)}


async def test_a_cold_bucket_starts_one_second_from_now(limiter: Limiter) -> None:
    """A store that lost it may have given out a whole second's slots a moment ago."""
    granted = await limiter.ask(rate_limits(RATE), 3)
    assert granted.slots == ()
    assert granted.next == granted.now + SECOND_US


async def test_asked_for_nobody_a_cold_bucket_begins_its_second(limiter: Limiter) -> None:
    """So that it has passed when the first job comes."""
    woken = await limiter.ask(rate_limits(RATE), 0)
    assert (woken.slots, woken.next) == ((), woken.now + SECOND_US)
    again = await limiter.ask(rate_limits(RATE), 0)
    assert again.next == woken.next
    await limiter.travel(1)
    granted = await limiter.ask(rate_limits(RATE), 1)
    assert len(granted.slots) == 1


async def test_slots_are_exactly_one_interval_apart(limiter: Limiter) -> None:
    await warm(limiter)
    first = await limiter.ask(rate_limits(RATE, horizon_ms=10_000), 100)
    second = await limiter.ask(rate_limits(RATE, horizon_ms=10_000), 3)
    assert gaps(first.slots + second.slots) == {INTERVAL_US}
    assert len(first.slots + second.slots) == 103
    assert second.next == second.slots[-1] + INTERVAL_US


async def test_nothing_is_granted_beyond_the_horizon(limiter: Limiter) -> None:
    await warm(limiter)
    granted = await limiter.ask(rate_limits(RATE), 100)
    horizon = granted.now + HORIZON_MS * 1000
    assert len(granted.slots) == HORIZON_MS * 1000 // INTERVAL_US + 1
    assert max(granted.slots) <= horizon < granted.next
    again = await limiter.ask(rate_limits(RATE), 100)
    assert all(granted.next <= slot <= again.now + HORIZON_MS * 1000 for slot in again.slots)


async def test_a_pause_is_not_saved_up(limiter: Limiter) -> None:
    await warm(limiter)
    await limiter.ask(rate_limits(RATE), 1)
    await limiter.travel(3_600)
    granted = await limiter.ask(rate_limits(RATE), 3)
    assert granted.slots == (granted.now, granted.now + INTERVAL_US, granted.now + 2 * INTERVAL_US)


async def test_a_rate_that_divides_no_second_is_never_exceeded(limiter: Limiter) -> None:
    """Rounded down, 333,333 µs would let four of three a second into one."""
    await warm(limiter, 3)
    granted = await limiter.ask(rate_limits(3, horizon_ms=5_000), 10)
    assert gaps(granted.slots) == {333_334}


async def test_the_tightest_bucket_decides(limiter: Limiter) -> None:
    tight: RateLimitsFields = {"extra": (("account", 20.0), ("campaign:c1", 50.0))}
    await warm(limiter, **tight)
    granted = await limiter.ask(rate_limits(RATE, 1_000, **tight), 4)
    assert gaps(granted.slots) == {50_000}


async def test_two_senders_share_their_account(limiter: Limiter) -> None:
    extra = (("account", 2.0),)
    await warm(limiter, extra=extra)
    await warm(limiter, extra=extra, sender=DESK)
    await limiter.travel(1)
    granted: tuple[int, ...] = ()
    for _ in range(4):
        granted += (await limiter.ask(rate_limits(RATE, 10_000, extra=extra), 1)).slots
        granted += (await limiter.ask(rate_limits(RATE, 10_000, extra=extra, sender=DESK), 1)).slots
    assert gaps(granted) == {500_000}


async def test_a_campaign_s_bucket_holds_up_no_other_campaign_s_sender(limiter: Limiter) -> None:
    """Its own rate is a bucket beside the sender's: what the slow one leaves, the other takes."""
    slow: RateLimitsFields = {"extra": (("campaign:slow", 1.0),)}
    await warm(limiter, **slow)
    await limiter.ask(rate_limits(RATE, **slow), 1)
    assert (await limiter.ask(rate_limits(RATE, **slow), 1)).slots == ()
    assert len((await limiter.ask(rate_limits(RATE), 3)).slots) == 3


# ── asked to slow down ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_throttle_slows_and_recovers(limiter: Limiter) -> None:
    await warm(limiter)
    assert await limiter.slow_down() == pytest.approx(0.7, abs=0.001)
    slowed = await limiter.ask(rate_limits(RATE, 1_000), 3)
    assert gaps(slowed.slots) <= set(range(int(INTERVAL_US / 0.72), int(INTERVAL_US / 0.7) + 2))
    await limiter.travel(2)
    recovering = await limiter.ask(rate_limits(RATE, 1_000), 3)
    assert gaps(recovering.slots) <= set(range(int(INTERVAL_US / 0.82), int(INTERVAL_US / 0.79)))
    await limiter.travel(10)
    assert gaps((await limiter.ask(rate_limits(RATE, 1_000), 3)).slots) == {INTERVAL_US}


async def test_a_burst_of_refusals_is_one_piece_of_news(limiter: Limiter) -> None:
    factors = [await limiter.slow_down() for _ in range(20)]
    assert factors[0] == pytest.approx(0.7, abs=0.001)
    assert min(factors) >= 0.699


async def test_refusals_again_and_again_slow_further_and_never_stop(limiter: Limiter) -> None:
    factors = []
    for _ in range(30):
        factors.append(await limiter.slow_down())
        await limiter.travel(1)
    assert factors[:2] == [pytest.approx(0.7, abs=0.002), pytest.approx(0.525, abs=0.02)]
    assert min(factors) >= 0.02
    assert max(factors[20:]) < 0.2


@pytest.mark.parametrize("seconds", [5, 7_200])
async def test_retry_after_is_honoured_however_long(limiter: Limiter, seconds: int) -> None:
    await warm(limiter)
    await limiter.slow_down(seconds)
    held = await limiter.ask(rate_limits(RATE), 3)
    assert held.slots == ()
    assert 0 <= held.now + seconds * SECOND_US - held.next <= NEAR_US
    await limiter.travel(seconds / 2)
    assert (await limiter.ask(rate_limits(RATE), 3)).slots == ()
    await limiter.travel(seconds / 2)
    assert len((await limiter.ask(rate_limits(RATE), 3)).slots) >= 1


async def test_a_shorter_retry_after_does_not_shorten_the_longer(limiter: Limiter) -> None:
    await warm(limiter)
    await limiter.slow_down(60)
    await limiter.slow_down(5)
    await limiter.travel(30)
    assert (await limiter.ask(rate_limits(RATE), 1)).slots == ()


@pytest.mark.parametrize("hour", [True, False])
async def test_a_hold_that_is_not_asked_about_is_remembered_all_the_same(limiter: Limiter, hour: bool) -> None:
    """The slow-down is kept for an hour: a longer hold must keep it longer."""
    await warm(limiter)
    await limiter.slow_down(7_200)
    await limiter.travel(3_601 if hour else 60)
    assert (await limiter.ask(rate_limits(RATE), 1)).slots == ()


async def test_after_a_wish_that_was_cut_one_message_probes_every_five_seconds(limiter: Limiter) -> None:
    await warm(limiter)
    await limiter.slow_down(86_400, max_hold_s=120)
    held = await limiter.ask(rate_limits(RATE), 3)
    assert held.slots == ()
    assert 0 <= held.now + 120 * SECOND_US - held.next <= NEAR_US
    await limiter.travel(120)
    for _ in range(3):
        assert len((await limiter.ask(rate_limits(RATE, 1_000), 64)).slots) == 1
        assert (await limiter.ask(rate_limits(RATE, 1_000), 64)).slots == ()
        await limiter.travel(5)


async def test_a_probe_that_is_accepted_ends_the_hold_and_the_rate_climbs_from_a_tenth(limiter: Limiter) -> None:
    await warm(limiter)
    await limiter.slow_down(86_400, max_hold_s=120)
    await limiter.note_accepted()
    assert (await limiter.ask(rate_limits(RATE), 3)).slots == (), "accepted before the hold: it proves nothing"
    await limiter.travel(120)
    await limiter.ask(rate_limits(RATE), 3)
    await limiter.note_accepted()
    resumed = await limiter.ask(rate_limits(RATE, 1_000), 3)
    assert gaps(resumed.slots) <= set(range(int(INTERVAL_US / 0.12), int(INTERVAL_US / 0.1) + 2))
    await limiter.travel(20)
    assert gaps((await limiter.ask(rate_limits(RATE, 1_000), 3)).slots) == {INTERVAL_US}


async def test_a_probe_that_is_refused_begins_the_hold_again(limiter: Limiter) -> None:
    await warm(limiter)
    await limiter.slow_down(86_400, max_hold_s=120)
    await limiter.travel(120)
    assert len((await limiter.ask(rate_limits(RATE), 3)).slots) == 1
    await limiter.slow_down(86_400, max_hold_s=120)
    await limiter.travel(119)
    assert (await limiter.ask(rate_limits(RATE), 3)).slots == ()
    await limiter.travel(1.1)
    assert len((await limiter.ask(rate_limits(RATE), 3)).slots) == 1


async def test_a_wish_that_is_believed_needs_no_probe(limiter: Limiter) -> None:
    await warm(limiter)
    await limiter.slow_down(60, max_hold_s=120)
    await limiter.travel(60)
    assert len((await limiter.ask(rate_limits(RATE, 1_000), 64)).slots) > 10


@pytest.mark.parametrize("retry_after_s", [None, 60, 86_400])
async def test_people_are_neither_held_nor_slowed_by_what_campaigns_met(
    limiter: Limiter, retry_after_s: float | None
) -> None:
    if isinstance(limiter, OracleLimiter):
        pytest.skip("the oracle has one lane")
    await warm(limiter)
    for _ in range(8):
        await limiter.slow_down(retry_after_s, max_hold_s=120)
        await limiter.ask(rate_limits(RATE), 3)
        await limiter.travel(1)
    people = await limiter.ask(rate_limits(RATE, 10_000, lane=Lane.PEOPLE), 3)
    assert people.slots[0] - people.now <= INTERVAL_US
    assert gaps(people.slots) == {INTERVAL_US}


async def test_both_lanes_share_the_sender_s_rate(limiter: Limiter) -> None:
    if isinstance(limiter, OracleLimiter):
        pytest.skip("the oracle has one lane")
    await warm(limiter)
    slots: tuple[int, ...] = ()
    for _ in range(3):
        slots += (await limiter.ask(rate_limits(RATE, 1_000), 2)).slots
        slots += (await limiter.ask(rate_limits(RATE, 1_000, lane=Lane.PEOPLE), 2)).slots
    assert min(gaps(slots)) >= INTERVAL_US


async def test_another_sender_of_the_account_is_not_slowed(limiter: Limiter) -> None:
    if isinstance(limiter, OracleLimiter):
        pytest.skip("the oracle has one sender's throttle")
    await warm(limiter, sender=DESK)
    await limiter.slow_down(60)
    assert gaps((await limiter.ask(rate_limits(RATE, 1_000, sender=DESK), 3)).slots) == {INTERVAL_US}


async def test_idle_buckets_do_not_stay_for_ever(limiter: Limiter) -> None:
    if isinstance(limiter, OracleLimiter):
        pytest.skip("the oracle forgets nothing")
    assert isinstance(limiter, ScriptLimiter)
    await limiter.ask(rate_limits(RATE), 1)
    await limiter.slow_down()
    await limiter.travel(90_000)
    granted = await limiter.ask(rate_limits(RATE), 1)
    assert granted.next == granted.now + SECOND_US, "cold again"
