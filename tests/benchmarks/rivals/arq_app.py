"""arq as its documentation teaches it: one process, one loop, a client that is made at start. In an environment of its
own (`tests/benchmarks/arq.lock`), because it needs an older redis-py than Oriel.
"""

import asyncio
import os
from http import HTTPStatus
from typing import Any, ClassVar

import aiohttp
from arq import create_pool
from arq.connections import RedisSettings

from tests.benchmarks.message import HEADERS, PATH, form
from tests.benchmarks.rivals import BROKER, IN_FLIGHT, PROVIDER
from tests.benchmarks.rivals.publishing import count, told

ENQUEUED_TOGETHER = 64


async def send(context: dict[str, Any], number: int) -> None:
    """One message to one contact."""
    async with context["session"].post(context["url"], data=form(number), headers=HEADERS) as answer:
        await answer.read()
        if answer.status != HTTPStatus.CREATED:
            raise RuntimeError(f"the provider answered {answer.status}")


async def _open(context: dict[str, Any]) -> None:
    context["session"] = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=IN_FLIGHT))
    context["url"] = os.environ[PROVIDER] + PATH


async def _close(context: dict[str, Any]) -> None:
    await context["session"].close()


class WorkerSettings:
    """What `arq` reads."""

    functions: ClassVar = [send]
    redis_settings = RedisSettings.from_dsn(os.environ[BROKER])
    on_startup, on_shutdown = _open, _close
    max_jobs = IN_FLIGHT
    keep_result = 0


async def _publish(messages: int) -> None:
    pool = await create_pool(WorkerSettings.redis_settings)
    with told():
        for first in range(0, messages, ENQUEUED_TOGETHER):
            numbers = range(first, min(first + ENQUEUED_TOGETHER, messages))
            await asyncio.gather(*(pool.enqueue_job("send", number) for number in numbers))
    await pool.aclose()


if __name__ == "__main__":
    asyncio.run(_publish(count()))
