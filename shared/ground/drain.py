"""Draining a process that sends: tasks without a mark are given up, tasks with one are finished."""

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Self


class Drain:
    """The tasks of one use case that have not come to their mark: nothing of them has been sent. is_on: begin no more."""

    def __init__(self) -> None:
        self.is_on = False
        self._waits: dict[asyncio.Task[object], Wait] = {}

    def begin(self) -> None:
        """From now on nothing is begun, and the tasks that wait for their turn are given up."""
        self.is_on = True
        self.give_up(list(self._waits))

    def give_up(self, tasks: Iterable[asyncio.Task[object]]) -> None:
        """Those of them that have not come to their mark stop waiting."""
        for task in tasks:
            if task in self._waits:
                self._waits.pop(task).give_up()

    def before_mark(self) -> "Wait":
        """For a `with`, inside of which the running task may be given up: it goes on behind it."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("there is no running task to give up")
        self._waits[task] = Wait(task, self._waits)
        return self._waits[task]


class Wait:
    """The way of one task to its mark. A cancellation by anybody else is raised as ever."""

    def __init__(self, task: asyncio.Task[object], waits: "dict[asyncio.Task[object], Wait]") -> None:
        self._task = task
        self._waits = waits
        self._is_given_up = False

    def __enter__(self) -> Self:
        return self

    def end(self) -> None:
        """From here on nothing interrupts."""
        self._waits.pop(self._task, None)

    def give_up(self) -> None:
        self._is_given_up = True
        self._task.cancel()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._waits.pop(self._task, None)
        return self._is_given_up and kind is asyncio.CancelledError and self._task.uncancel() == 0
