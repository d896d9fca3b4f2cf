"""Draining a sending process: tasks without a mark are given up, tasks with a mark are finished."""

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Self


class Drain:
    """The tasks of one use case before their marks: nothing of them has been sent. is_on: no task may begin."""

    def __init__(self) -> None:
        self.is_on = False
        self._waits: dict[asyncio.Task[object], Wait] = {}

    def begin(self) -> None:
        """Let no task begin from now on, and give up the waiting ones."""
        self.is_on = True
        self.give_up(list(self._waits))

    def give_up(self, tasks: Iterable[asyncio.Task[object]]) -> None:
        """Cancel the wait of those tasks that have no mark yet."""
        for task in tasks:
            if task in self._waits:
                self._waits.pop(task).give_up()

    def before_mark(self) -> "Wait":
        """A context in which the running task may be given up; the task then continues after the context."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("there is no running task to give up")
        self._waits[task] = Wait(task, self._waits)
        return self._waits[task]


class Wait:
    """One task before its mark. A cancellation by any other caller is raised as usual."""

    def __init__(self, task: asyncio.Task[object], waits: "dict[asyncio.Task[object], Wait]") -> None:
        self._task = task
        self._waits = waits
        self._is_given_up = False

    def __enter__(self) -> Self:
        return self

    def end(self) -> None:
        """The mark comes next: from here on the drain does not cancel the task."""
        self._waits.pop(self._task, None)

    def give_up(self) -> None:
        self._is_given_up = True
        self._task.cancel()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._waits.pop(self._task, None)
        return self._is_given_up and kind is asyncio.CancelledError and self._task.uncancel() == 0
