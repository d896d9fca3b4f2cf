"""The upper bound: an aiohttp client in a loop. Nothing is remembered, nothing is promised."""

import asyncio
import os
from collections.abc import Iterator

import aiohttp
import uvloop

from tests.benchmarks.message import HEADERS, PATH, form
from tests.benchmarks.rivals import IN_FLIGHT, PROVIDER
from tests.benchmarks.rivals.publishing import count, told


async def _main(messages: int) -> None:
    """The bodies are made beforehand: what counts is HTTP alone."""
    bodies = [form(number) for number in range(messages)]
    url = os.environ[PROVIDER] + PATH
    connector = aiohttp.TCPConnector(limit=IN_FLIGHT)
    with told():
        async with aiohttp.ClientSession(connector=connector) as session:
            waiting = iter(bodies)
            await asyncio.gather(*(_post(session, url, waiting) for _ in range(IN_FLIGHT)))


async def _post(session: aiohttp.ClientSession, url: str, waiting: Iterator[bytes]) -> None:
    for body in waiting:
        async with session.post(url, data=body, headers=HEADERS) as answer:
            answer.raise_for_status()
            await answer.read()


if __name__ == "__main__":
    uvloop.run(_main(count()))
