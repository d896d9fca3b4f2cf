"""The watchdog: a process whose loop stands still ends itself; one that was suspended does not."""

import pytest

from workers.backlog import DEAF_S
from workers.ops import Progress
from workers.watchdog import EXIT_STUCK, Watchdog


class Machine:
    """A clock, a loop that beats while it is not `stuck`, and the events of the watchdog in their order."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.stuck = False
        self.suspended_at: float | None = None
        self.events: list[object] = []
        self.progress = Progress(lambda: self.seconds)
        self.progress.watch("broker", DEAF_S)
        self.watchdog = Watchdog(self.progress, self.finish, self.events.append, self.pause)

    def pause(self, seconds: float) -> None:
        self.seconds += seconds
        if not self.stuck:
            self.progress.beat("broker")
        if self.suspended_at == self.seconds:
            self.seconds += 3600
        if self.seconds > 4000 or self.seconds == 100:
            self.watchdog.stop()

    def finish(self, stuck) -> None:
        self.events.append(list(stuck))


def test_a_process_whose_loop_stands_still_finishes_its_work_and_ends_itself():
    machine = Machine()
    machine.stuck = True

    machine.watchdog.run()

    assert machine.events == [["broker"], EXIT_STUCK]
    assert machine.seconds <= DEAF_S + 4


def test_a_process_ends_itself_even_if_its_work_cannot_be_finished():
    machine = Machine()
    machine.stuck = True

    def fail(_stuck) -> None:
        raise RuntimeError("the engine is gone")

    machine.watchdog._finish = fail
    machine.watchdog.run()

    assert machine.events == [EXIT_STUCK]


@pytest.mark.parametrize("suspended_at", [None, 50])
def test_a_process_that_lives_or_was_suspended_goes_on(suspended_at):
    machine = Machine()
    machine.suspended_at = suspended_at

    machine.watchdog.run()

    assert machine.events == []
