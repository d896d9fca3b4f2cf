"""Draining: what waits for its mark is given up, what has it is finished, and nobody else's cancellation is swallowed."""

import asyncio

import pytest

from shared.ground.drain import Drain


class Way:
    """A task on its way to a mark, and past it."""

    def __init__(self, drain: Drain) -> None:
        self.drain = drain
        self.slot, self.answer = asyncio.Event(), asyncio.Event()
        self.steps: list[str] = []
        self.task = asyncio.create_task(self._go())

    async def _go(self) -> str:
        with self.drain.before_mark() as wait:
            await self.slot.wait()
            wait.end()
            self.steps.append("marked")
            await self.answer.wait()
            return "settled"
        return "given up"

    async def until_it_waits(self) -> None:
        await asyncio.sleep(0)
        await asyncio.sleep(0)


async def test_what_waits_for_its_mark_is_given_up() -> None:
    drain = Drain()
    way = Way(drain)
    await way.until_it_waits()
    drain.begin()
    assert await way.task == "given up"
    assert (drain.is_on, way.steps, way.task.cancelled(), way.task.cancelling()) == (True, [], False, 0)


async def test_what_is_marked_is_finished() -> None:
    drain = Drain()
    way = Way(drain)
    way.slot.set()
    await way.until_it_waits()
    drain.begin()
    drain.give_up([way.task])
    way.answer.set()
    assert await way.task == "settled"


async def test_only_those_that_are_named_are_given_up() -> None:
    drain = Drain()
    one, other = Way(drain), Way(drain)
    await one.until_it_waits()
    drain.give_up([one.task])
    other.slot.set()
    other.answer.set()
    assert [await one.task, await other.task] == ["given up", "settled"]
    assert not drain.is_on


async def test_given_up_twice_is_given_up_once() -> None:
    drain = Drain()
    way = Way(drain)
    await way.until_it_waits()
    drain.give_up([way.task])
    drain.begin()
    assert await way.task == "given up"


@pytest.mark.parametrize("and_drained", [False, True])
async def test_a_cancellation_by_somebody_else_is_raised(and_drained: bool) -> None:
    drain = Drain()
    way = Way(drain)
    await way.until_it_waits()
    if and_drained:
        drain.begin()
    way.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await way.task


async def test_a_fault_is_raised_and_leaves_nothing_behind() -> None:
    drain = Drain()

    async def faulty() -> None:
        with drain.before_mark():
            raise ZeroDivisionError

    task = asyncio.create_task(faulty())
    with pytest.raises(ZeroDivisionError):
        await task
    drain.give_up([task])
    drain.begin()
