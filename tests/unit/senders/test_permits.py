"""Permits: never more than there are, promised ahead no further than they come back, and in order."""

import asyncio
import heapq
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.senders.limits.permits import FORESIGHT_S, Permits


class Hands:
    """Permits on a clock of their own."""

    def __init__(self, total: int) -> None:
        self.now = 1_000.0
        self.permits = Permits(total, lambda: self.now)

    def use(self, count: int) -> None:
        """So many jobs are promised a permit and take it."""
        self.permits._promised += count
        assert all(self.permits.take() for _ in range(count))


async def test_every_free_permit_may_be_promised_once() -> None:
    permits = Hands(4).permits
    assert await permits.promise(3) == 3
    assert await permits.promise(3) == 1
    assert permits.room == 0
    assert permits.free == 4, "a slot that is ahead holds no permit"


async def test_a_promise_that_is_taken_back_is_the_next_asker_s() -> None:
    permits = Hands(2).permits
    await permits.promise(2)
    asker = asyncio.create_task(permits.promise(2))
    await asyncio.sleep(0)
    permits.take_back(1)
    assert await asker == 1


async def test_as_many_as_came_back_lately_are_expected_back_soon() -> None:
    hands = Hands(10)
    hands.use(10)
    assert hands.permits.room == 0
    hands.permits.release(6)
    hands.use(6)
    assert hands.permits.room == 6
    hands.now += 5 * FORESIGHT_S
    assert hands.permits.room == 0, "nothing has come back for a while, so nothing is expected"


@pytest.mark.parametrize(("answer_ms", "enough"), [(200, 270), (2_000, 27), (12, 3_000)])
async def test_hardly_a_slot_is_asked_for_and_not_used(answer_ms: int, enough: int) -> None:
    """64 requests of 0.1 to 0.3 s are 310 a second. Slots beyond that would be taken from other processes. Where answers
    come quickly, 64 permits are enough for thousands of messages a second, though each slot is 25 ms ahead.
    """
    hands, slots, ends, used, missed = Hands(64), deque[int](), list[float](), 0, 0
    for now_ms in range(6_000):
        hands.now = 1_000 + now_ms / 1_000
        while ends and ends[0] <= now_ms:
            heapq.heappop(ends)
            hands.permits.release(1)
        while slots and slots[0] - 8 <= now_ms:
            if hands.permits.take():
                heapq.heappush(ends, slots.popleft() + answer_ms * (0.5 + used * 0.618 % 1))
                used += 1
            elif slots[0] + 20 < now_ms:
                slots.popleft()
                hands.permits.take_back(1)
                missed += 1
            else:
                break
        if hands.permits.room > 0:
            slots += [now_ms + 25] * await hands.permits.promise(8)
    assert used / 6 >= enough
    assert missed <= 64 + 0.02 * used


async def test_a_job_whose_slot_has_come_takes_the_first_permit_that_comes_back() -> None:
    hands = Hands(1)
    hands.use(1)
    asker = asyncio.create_task(hands.permits.promise(1))
    await asyncio.sleep(0)
    turns: list[bool] = []
    hands.permits._promised += 1
    hands.permits.call_later(lambda: turns.append(hands.permits.take()))
    hands.permits.release(1)
    assert turns == [True]
    assert hands.permits.free == 0
    assert await asker == 1, "one has just come back, so one is expected"


async def test_askers_have_their_turn_in_order() -> None:
    hands, order = Hands(1), list[str]()
    hands.use(1)

    async def ask(name: str) -> None:
        await hands.permits.promise(1)
        order.append(name)

    tasks = [asyncio.create_task(ask(name)) for name in "abc"]
    await asyncio.sleep(0)
    for _ in tasks:
        hands.permits.take_back(hands.permits._promised)
        hands.permits.release(1)
        await asyncio.sleep(0)
        hands.use(1) if hands.permits.free else None
    await asyncio.gather(*tasks)
    assert order == ["a", "b", "c"]


def test_the_fewer_are_free_the_less_leisure_there_is() -> None:
    hands = Hands(8)
    assert hands.permits.leisure == 1
    hands.use(4)
    assert hands.permits.leisure == pytest.approx(1 / 3)
    hands.use(2)
    assert hands.permits.leisure == 0


@given(st.integers(1, 8), st.lists(st.sampled_from(["promise", "take", "back", "release", "wait"]), max_size=60))
def test_nobody_holds_more_permits_than_there_are(total: int, steps: list[str]) -> None:
    async def main() -> None:
        hands, held, promised = Hands(total), 0, 0
        permits = hands.permits
        for step in steps:
            if step == "promise" and permits.room > 0:
                promised += await permits.promise(2)
            elif step == "take" and promised:
                was_free = permits.free > 0
                assert permits.take() is was_free
                held, promised = held + was_free, promised - was_free
            elif step == "back" and promised:
                permits.take_back(1)
                promised -= 1
            elif step == "release" and held:
                permits.release(1)
                held -= 1
            elif step == "wait":
                hands.now += FORESIGHT_S
            assert held <= total
            assert permits.free == total - held

    asyncio.run(main())
