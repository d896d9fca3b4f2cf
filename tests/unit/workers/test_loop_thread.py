"""Work on the loop that another thread waits for: its proofs of life last as long as the work goes on."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery

from config.loading import Settings
from workers import loop_thread
from workers.loop_thread import LoopThread

PATIENCE = 3


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopThread]:
    monkeypatch.setattr(loop_thread, "TURN_S", 0.01)
    made = LoopThread(Settings(data_dir=Path("nowhere")), Celery(broker="memory://"))
    made._thread.start()
    yield made
    made.call_soon(made._loop.stop)
    made._thread.join(5)


def prove(loop: LoopThread, proofs: int, *, goes_on: bool) -> int:
    """How many proofs of life are given for work that ends with the last of `proofs`."""
    finished, given = asyncio.Event(), 0

    def show() -> None:
        nonlocal given
        given += 1
        if given == proofs:
            loop.call_soon(finished.set)

    loop.run_for(finished.wait(), PATIENCE, show, lambda: given if goes_on else 0)
    return given


def test_work_that_goes_on_is_alive_however_long_it_takes(loop: LoopThread) -> None:
    """A webhook of a thousand statuses on a store that takes a second for each: its consumer was ended again and again."""
    assert prove(loop, 5 * PATIENCE, goes_on=True) >= 5 * PATIENCE


def test_work_that_stands_still_gives_no_more_proofs(loop: LoopThread) -> None:
    assert prove(loop, PATIENCE, goes_on=False) == PATIENCE
