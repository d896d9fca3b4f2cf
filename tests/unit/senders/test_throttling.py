"""What an answer that nothing was accepted means for the whole sender."""

import pytest
from redis.asyncio import Redis

from shared.ground.errors import Again, Disposition
from shared.ground.keys import throttle
from shared.senders.limits.store import LimitStore
from shared.senders.throttling import slow_down
from tests.factories import SENDER
from tests.wired import refusal


async def throttled(
    redis: Redis, disposition: Disposition, again: Again, retry_after_s: float | None
) -> set[bytes | str]:
    error = refusal(disposition, again=again, retry_after_s=retry_after_s)
    await slow_down(LimitStore(redis), "scripted:acme", SENDER, error)
    return set(await redis.hgetall(throttle("scripted:acme", SENDER)))


@pytest.mark.parametrize(
    ("again", "retry_after_s", "fields"),
    [
        (Again.BACK_OFF, None, {b"factor", b"changed"}),
        (Again.BACK_OFF, 7.0, {b"factor", b"changed", b"until"}),
        (Again.NEXT_DAY, None, {b"factor", b"changed"}),
        (Again.NEXT_DAY, 86_400.0, {b"factor", b"changed"}),
    ],
)
async def test_it_slows_down_and_a_daily_limit_holds_nobody(
    redis: Redis, again: Again, retry_after_s: float | None, fields: set[bytes]
) -> None:
    assert await throttled(redis, Disposition.NOT_ACCEPTED, again, retry_after_s) == fields


@pytest.mark.parametrize("disposition", [one for one in Disposition if one is not Disposition.NOT_ACCEPTED])
async def test_nothing_else_slows_down(redis: Redis, disposition: Disposition) -> None:
    assert await throttled(redis, disposition, Again.NEVER, 7.0) == set()
