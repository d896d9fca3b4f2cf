"""The in-flight permits of one process: how many jobs may be between mark and settlement, and how many slots may be asked
for, so that a job finds a permit when its slot comes.

Decision: a job holds a permit from its turn on, and not while its slot is still ahead. With permits from the question on,
64 of them were 1,200 messages a second for forty numbers of 80/s: 53 ms each, 40 of them before the slot.
"""

import math
import time
from asyncio import Future, get_running_loop
from collections import deque
from collections.abc import Callable

FORESIGHT_S = 0.03  # about as long as it takes from the question for a slot to the slot
SCARCE = 0.25  # of all permits: with fewer free ones nothing waits for company


class Permits:
    """A counting semaphore: the maximum of jobs between turn and settlement, so of those that one `kill -9` of this process
    leaves unconfirmed.

    `total` is the maximum, `free` the permits that nobody holds.
    """

    def __init__(self, total: int, now: Callable[[], float] = time.monotonic) -> None:
        """now: in seconds, of a clock that never goes back."""
        self.total = total
        self.free = total
        self._now = now
        self._promised = 0
        self._returned, self._returned_at = 0.0, now()
        self._askers: deque[tuple[int, Future[int]]] = deque()
        self._late: deque[Callable[[], None]] = deque()

    @property
    def room(self) -> int:
        """How many more slots may be asked for: one for each permit that is free, or will be when the slot comes, and that
        is promised to nobody.

        As many come back in the near future as came back in the near past. Without that expectation the time until the
        slot would count as in flight; with a larger one, slots would pass unused that other processes could have.
        """
        return self.free + min(self.total - self.free, int(self._recent())) - self._promised

    @property
    def leisure(self) -> float:
        """How much may be done that saves work and keeps permits longer: 1 with all of them free, 0 with few."""
        return max(0.0, (self.free / self.total - SCARCE) / (1 - SCARCE))

    async def promise(self, wanted: int) -> int:
        """Wait until there is room, then promise up to `wanted` permits to jobs that ask for a slot. Returns how many: at
        least 1. Askers have their turn in order.
        """
        if not self._askers and (count := min(wanted, self.room)) > 0:
            self._promised += count
            return count
        future: Future[int] = get_running_loop().create_future()
        self._askers.append((wanted, future))
        return await future

    def take_back(self, count: int) -> None:
        """So many promises are not needed."""
        if count:
            self._promised -= count
            self._admit()

    def take(self) -> bool:
        """Turn a promise into a permit, if one is free."""
        if self.free == 0:
            return False
        self.free -= 1
        self._promised -= 1
        return True

    def call_later(self, turn: Callable[[], None]) -> None:
        """Call `turn` once a permit is free: for a promise that could not be kept in time."""
        self._late.append(turn)

    def release(self, count: int) -> None:
        """Give `count` permits back: to those whose slot has come already, then to those who ask for one."""
        if not count:
            return
        self._returned, self._returned_at = self._recent() + count, self._now()
        self.free += count
        while self._late and self.free:
            self._late.popleft()()
        self._admit()

    def _recent(self) -> float:
        """Permits that came back within about FORESIGHT_S: each counts less the longer ago it is."""
        return self._returned * math.exp((self._returned_at - self._now()) / FORESIGHT_S)

    def _admit(self) -> None:
        while self._askers and (room := self.room) > 0:
            wanted, future = self._askers.popleft()
            if not future.done():
                self._promised += min(wanted, room)
                future.set_result(min(wanted, room))
