"""Repeating a call of a store until the store answers: for facts, which must not be lost."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.ground.errors import BackendUnavailable

ASK_AGAIN_S = 0.2  # between two tries; redis-py has repeated each of them for about 4 s

Reply = TypeVar("Reply")


async def insist(ask: Callable[[], Awaitable[Reply]]) -> Reply:
    """Call `ask` until it does not raise BackendUnavailable, and return its reply. ask: safe to repeat.

    The caller keeps its permit in the meantime, so that a process that cannot record outcomes begins no more jobs.
    """
    while True:
        try:
            return await ask()
        except BackendUnavailable:
            await asyncio.sleep(ASK_AGAIN_S)
