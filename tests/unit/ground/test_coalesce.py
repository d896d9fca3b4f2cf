"""Group commit: who is ready together is flushed together, and nobody's fate is another's but the flush's own."""

import asyncio
from collections.abc import Sequence

import pytest

from shared.ground.coalesce import Coalescer
from shared.ground.errors import BackendUnavailable


class Flushes:
    """A flush that can be held, and that answers twice each number, or what it is told."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.errors: dict[int, Exception] = {}
        self.fails: list[Exception] = []  # of the next flushes
        self.open = asyncio.Event()
        self.open.set()
        self.at_once = 0

    async def __call__(self, items: Sequence[int]) -> list[int | BaseException]:
        self.groups.append(list(items))
        self.at_once += 1
        assert self.at_once == 1, "two flushes at a time"
        try:
            await self.open.wait()
        finally:
            self.at_once -= 1
        if self.fails:
            raise self.fails.pop()
        return [self.errors.get(item, 2 * item) for item in items]


@pytest.fixture
def flushes() -> Flushes:
    return Flushes()


async def test_who_is_ready_together_is_flushed_together(flushes: Flushes) -> None:
    writes: Coalescer[int, int] = Coalescer(flushes)
    assert await asyncio.gather(*(writes.submit(n) for n in range(5))) == [0, 2, 4, 6, 8]
    assert flushes.groups == [[0, 1, 2, 3, 4]]
    assert await writes.submit(7) == 14
    assert flushes.groups[1:] == [[7]]


async def test_who_has_patience_goes_with_the_first_that_has_none(flushes: Flushes) -> None:
    writes: Coalescer[int, int] = Coalescer(flushes)
    patient = [asyncio.create_task(writes.submit(n, 60.0)) for n in (1, 2)]
    await _turns()
    assert flushes.groups == []
    assert await writes.submit(3) == 6
    assert await asyncio.gather(*patient) == [2, 4]
    assert flushes.groups == [[1, 2, 3]]


async def test_patience_ends(flushes: Flushes) -> None:
    writes: Coalescer[int, int] = Coalescer(flushes)
    assert await asyncio.gather(*(writes.submit(n, 0.001) for n in (1, 2))) == [2, 4]
    assert await writes.submit(3, 0.001) == 6
    assert flushes.groups == [[1, 2], [3]]


async def test_patience_holds_after_a_flush_that_was_under_way(flushes: Flushes) -> None:
    writes: Coalescer[int, int] = Coalescer(flushes)
    flushes.open.clear()
    first = asyncio.create_task(writes.submit(1))
    await _turns()
    patient = asyncio.create_task(writes.submit(2, 60.0))
    await _turns()
    flushes.open.set()
    assert await first == 2
    await _turns()
    assert flushes.groups == [[1]]
    assert await writes.submit(3) == 6
    assert await patient == 4
    assert flushes.groups == [[1], [2, 3]]


async def test_what_comes_during_a_flush_waits_for_the_next(flushes: Flushes) -> None:
    writes: Coalescer[int, int] = Coalescer(flushes)
    flushes.open.clear()
    first = asyncio.create_task(writes.submit(1))
    await _turns()
    later = [asyncio.create_task(writes.submit(n)) for n in (2, 3)]
    await _turns()
    assert flushes.groups == [[1]]
    flushes.open.set()
    assert await asyncio.gather(first, *later) == [2, 4, 6]
    assert flushes.groups == [[1], [2, 3]]


async def test_a_group_has_a_limit_and_keeps_the_order(flushes: Flushes) -> None:
    writes: Coalescer[int, int] = Coalescer(flushes, max_items=3)
    await asyncio.gather(*(writes.submit(n) for n in range(8)))
    assert flushes.groups == [[0, 1, 2], [3, 4, 5], [6, 7]]


async def test_an_exception_reaches_every_caller_of_its_flush_and_no_other(flushes: Flushes) -> None:
    writes: Coalescer[int, int] = Coalescer(flushes, max_items=2)
    flushes.fails = [BackendUnavailable("away")]
    flushes.open.clear()
    first = [asyncio.create_task(writes.submit(n)) for n in (1, 2)]
    await _turns()
    later = [asyncio.create_task(writes.submit(n)) for n in (3, 4)]
    await _turns()
    flushes.open.set()
    outcomes = await asyncio.gather(*first, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [BackendUnavailable] * 2
    assert await asyncio.gather(*later) == [6, 8]
    assert await writes.submit(5) == 10, "and it goes on"


async def test_an_item_that_fails_by_itself_fails_alone(flushes: Flushes) -> None:
    writes: Coalescer[int, int] = Coalescer(flushes)
    flushes.errors[2] = ValueError("two")
    answers = await asyncio.gather(*(writes.submit(n) for n in (1, 2, 3)), return_exceptions=True)
    assert [answers[0], answers[2]] == [2, 6]
    assert isinstance(answers[1], ValueError)


@pytest.mark.parametrize("when", ["waiting", "flushing"])
async def test_a_cancelled_caller_harms_nobody(flushes: Flushes, when: str) -> None:
    writes: Coalescer[int, int] = Coalescer(flushes)
    flushes.open.clear()
    if when == "waiting":
        ahead = asyncio.create_task(writes.submit(0))
        await _turns()
    tasks = [asyncio.create_task(writes.submit(n)) for n in (1, 2, 3)]
    await _turns()
    tasks[1].cancel()
    await _turns()
    flushes.open.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [answers[0], answers[2]] == [2, 6]
    assert isinstance(answers[1], asyncio.CancelledError)
    if when == "waiting":
        assert await ahead == 0
    assert await writes.submit(9) == 18


async def test_a_cancelled_caller_does_not_see_the_exception_either(flushes: Flushes) -> None:
    """Nobody is left with an exception that was never retrieved: warnings are errors here."""
    writes: Coalescer[int, int] = Coalescer(flushes)
    flushes.open.clear()
    flushes.fails = [BackendUnavailable("away")]
    task, other = asyncio.create_task(writes.submit(1)), asyncio.create_task(writes.submit(2))
    await _turns()
    task.cancel()
    flushes.open.set()
    outcomes = await asyncio.gather(task, other, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError, BackendUnavailable]


async def _turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)
