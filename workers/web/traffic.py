"""Requests under way, so that a process that is told to stop can let them end.

aiohttp's own shutdown reads nothing more from connections, so that a body on its way would never arrive; hence ours goes
first: no new connection, no second request on one that is there, and what was begun is waited for.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Traffic:
    def __init__(self) -> None:
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self.is_ending = False

    @contextmanager
    def request(self) -> Iterator[None]:
        """One more, while the block lasts."""
        self._under_way += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if self._under_way == 0:
                self._idle.set()

    async def end(self, within_s: float) -> None:
        """Returns when nothing is under way, or when that takes too long."""
        self.is_ending = True
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), within_s)
