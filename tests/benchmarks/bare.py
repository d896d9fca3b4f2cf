"""The first contestant: an aiohttp client in a loop. Nothing is remembered, nothing is promised: the upper bound."""

import asyncio
import os
import time
from collections.abc import Iterator
from dataclasses import replace

import aiohttp

from shared.ground.http import HttpRequest
from tests.benchmarks.course import Provider, Turn, request
from tests.benchmarks.machine import processor_s, spent_us

NAME = "bare aiohttp loop"
CONNECTIONS = 64


async def bare(provider: Provider, contacts: int) -> Turn:
    """The requests are made beforehand: what counts is HTTP alone."""
    requests = [request(provider.url, number) for number in range(contacts)]
    pids = {"loop": os.getpid(), "provider": provider.pid}
    await provider.reset()
    before, began_at = processor_s(pids), time.time()
    await _post_all(requests)
    after = processor_s(pids)
    turn = await provider.turn(NAME, contacts, began_at)
    return replace(turn, spent_us=spent_us(before, after, contacts))


async def _post_all(requests: list[HttpRequest]) -> None:
    waiting = iter(requests)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as session:
        await asyncio.gather(*(_post(session, waiting) for _ in range(CONNECTIONS)))


async def _post(session: aiohttp.ClientSession, waiting: Iterator[HttpRequest]) -> None:
    for one in waiting:
        async with session.post(one.url, data=one.body, headers=one.headers) as answer:
            answer.raise_for_status()
            await answer.read()
