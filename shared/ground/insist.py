"""Asking a store that is away until it answers: for facts, which must not be given up."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.ground.errors import BackendUnavailable

ASK_AGAIN_S = 0.2  # between two tries; each has been repeated by redis-py already, for about 4 s

Reply = TypeVar("Reply")


async def insist(ask: Callable[[], Awaitable[Reply]]) -> Reply:
    """The answer, however long it takes. ask: safe to repeat, since its answer may have been lost after it was done.

    The caller holds a permit meanwhile, so that a process which cannot record outcomes does not take on more.
    """
    while True:
        try:
            return await ask()
        except BackendUnavailable:
            await asyncio.sleep(ASK_AGAIN_S)
