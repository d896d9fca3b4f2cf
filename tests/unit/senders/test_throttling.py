"""What an answer or a status that nothing was accepted means for the whole sender."""

from datetime import timedelta

import pytest
from redis.asyncio import Redis

from shared.ground.errors import Again, Disposition, SendError
from shared.ground.ids import SenderId
from shared.ground.keys import throttle
from shared.senders.limits.store import Lane, LimitStore, Throttle
from shared.senders.throttling import NEWS, PEOPLES_MAX_HOLD, Throttling
from tests.factories import SENDER
from tests.stores import START, Clock
from tests.wired import refusal

ACCOUNT = "scripted:acme"
HOLD = timedelta(minutes=2)


@pytest.fixture
def throttling(redis: Redis, clock: Clock) -> Throttling:
    return Throttling(LimitStore(redis), {SENDER: ACCOUNT}, HOLD, clock)


async def fields(redis: Redis, lane: Lane = Lane.CAMPAIGNS) -> set[bytes | str]:
    return set(await redis.hgetall(throttle(ACCOUNT, SENDER, lane)))


async def now(throttling: Throttling) -> Throttle:
    return (await throttling.limits.throttles(throttling.accounts, [SENDER]))[SENDER]


def limit(retry_after_s: float | None = None, again: Again = Again.BACK_OFF) -> SendError:
    return refusal(Disposition.NOT_ACCEPTED, "429", again, throttles=True, retry_after_s=retry_after_s)


@pytest.mark.parametrize(
    ("again", "retry_after_s", "is_held"),
    [
        (Again.BACK_OFF, None, False),
        (Again.BACK_OFF, 7.0, True),
        (Again.NEXT_DAY, None, False),
        (Again.NEXT_DAY, 86_400.0, False),
    ],
)
async def test_it_slows_down_and_a_daily_limit_holds_nobody(
    redis: Redis, throttling: Throttling, again: Again, retry_after_s: float | None, is_held: bool
) -> None:
    await throttling.heed(SENDER, limit(retry_after_s, again), Lane.CAMPAIGNS)
    slowed = await now(throttling)
    assert slowed.factor == pytest.approx(0.7)
    assert (slowed.held_until is not None) is is_held
    assert await fields(redis, Lane.PEOPLE) == set()


@pytest.mark.parametrize("disposition", [one for one in Disposition if one is not Disposition.NOT_ACCEPTED])
async def test_nothing_else_slows_down(redis: Redis, throttling: Throttling, disposition: Disposition) -> None:
    error = refusal(disposition, retry_after_s=7.0)
    assert await throttling.heed(SENDER, error, Lane.PEOPLE) is error
    assert await fields(redis) == await fields(redis, Lane.PEOPLE) == set()
    assert await now(throttling) == Throttle()


@pytest.mark.parametrize("wish", [timedelta(days=1), timedelta(days=26_000)])
async def test_a_retry_after_of_a_day_or_of_2099_is_believed_for_two_minutes(
    throttling: Throttling, clock: Clock, wish: timedelta
) -> None:
    await throttling.heed(SENDER, limit(wish.total_seconds()), Lane.CAMPAIGNS)
    held = await now(throttling)
    assert (held.held_until, held.wished_until) == (START + HOLD, START + wish)
    assert (held.code, held.asks, held.is_on) == ("429", True, True)
    clock.travel(HOLD + timedelta(seconds=1))
    assert not held.is_probing
    after = await now(throttling)
    assert (after.held_until, after.is_probing, after.is_on) == (None, True, True), "until a probe was accepted"


async def test_an_error_whose_delay_is_believed_in_part_is_the_same_otherwise(throttling: Throttling) -> None:
    error = refusal(Disposition.REFUSED, "63062", retry_after_s=86_400.0, may_concern_all=True, words="Terms missing")
    believed = throttling.believe(error, Lane.CAMPAIGNS)
    assert vars(believed) == {**vars(error), "retry_after_s": HOLD.total_seconds()}


async def test_a_person_s_refusal_holds_people_for_seconds_and_campaigns_as_asked(
    redis: Redis, throttling: Throttling
) -> None:
    await throttling.heed(SENDER, limit(60), Lane.PEOPLE)
    assert (await now(throttling)).held_until == START + timedelta(minutes=1)
    until = int(await redis.hget(throttle(ACCOUNT, SENDER, Lane.PEOPLE), "until") or 0)
    assert until == int((START + PEOPLES_MAX_HOLD).timestamp()) * 1_000_000


async def test_a_status_slows_as_an_answer_does_unless_it_is_history(throttling: Throttling, clock: Clock) -> None:
    await throttling.heed(SENDER, limit(), Lane.CAMPAIGNS, clock() - NEWS - timedelta(seconds=1))
    assert not (await now(throttling)).is_on
    await throttling.heed(SENDER, limit(), Lane.CAMPAIGNS, clock() - timedelta(seconds=5))
    assert (await now(throttling)).factor == pytest.approx(0.7)


async def test_statuses_of_what_was_sent_before_the_slow_down_are_no_news(throttling: Throttling, clock: Clock) -> None:
    """They come in for seconds after it; each would slow the sender again, for what it no longer does."""
    await throttling.heed(SENDER, limit(), Lane.CAMPAIGNS)
    clock.travel(timedelta(seconds=2))
    await throttling.heed(SENDER, limit(), Lane.CAMPAIGNS, clock() - timedelta(seconds=2))
    assert (await now(throttling)).factor == pytest.approx(0.8)


async def test_a_limit_of_speed_or_of_the_day_is_the_day_s_when_slowing_down_does_not_end_it(
    throttling: Throttling, clock: Clock
) -> None:
    error = limit(again=Again.DAY_IF_REPEATED)
    heeded = [error]
    for _ in range(15):
        heeded.append(await throttling.heed(SENDER, error, Lane.CAMPAIGNS))
        clock.travel(timedelta(seconds=1))
    assert [one.again for one in heeded[:8]] == [Again.DAY_IF_REPEATED] * 8
    assert (heeded[-1].disposition, heeded[-1].again, heeded[-1].code) == (error.disposition, Again.NEXT_DAY, "429")


async def test_a_sender_that_is_not_configured_is_nobody(throttling: Throttling) -> None:
    error = limit()
    assert await throttling.heed(SenderId("gone"), error, Lane.CAMPAIGNS) is error
