"""Processes that know nothing of each other, under the real script and on a real server: late in every way that they can
be, and never too fast.
"""

import asyncio
import multiprocessing
import random
import time
from bisect import bisect_left
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from redis.asyncio import Redis

from shared.ground.ids import ContactId
from shared.senders.limits.pacer import Pacer
from shared.senders.limits.permits import Permits
from shared.senders.limits.slot import Slot, paced_rate
from shared.senders.limits.store import LimitStore
from tests.contract.limits.limiters import HORIZON_MS, rate_limits

CAP, HEADROOM, TOLERANCE_S = 1_000, 0.97, 0.02
PROCESSES, JOBS, SECONDS = 4, 100, 3.0
MOST = 990  # CAP × HEADROOM × (1 + TOLERANCE_S), rounded up: the rest of the cap is the network's


class Process:
    """One process's jobs for SECONDS. sent: when each request was written, by the clock that all processes share."""

    def __init__(self, redis: Redis, seed: int) -> None:
        limits = rate_limits(paced_rate(CAP, HEADROOM, TOLERANCE_S))
        permits, lead_s = Permits(JOBS), HORIZON_MS / 1_000
        self.pacer = Pacer(LimitStore(redis), limits, permits, TOLERANCE_S, lead_s)
        self.random = random.Random(seed)
        self.ends = asyncio.get_running_loop().time() + SECONDS
        self.sent: list[float] = []

    async def run(self) -> list[float]:
        await asyncio.gather(self._stall(), *(self._work(f"job{number}") for number in range(JOBS)))
        return self.sent

    async def _work(self, name: str) -> None:
        loop = asyncio.get_running_loop()
        while loop.time() < self.ends:
            async with self.pacer.turn(ContactId(name), name) as turn:
                await asyncio.sleep(self.random.choice([0.002] * 18 + [0.05, 0.2]))  # the mark
                await turn.send(self._request, turn.slot.begins + 1)

    async def _request(self, slot: Slot) -> bool | None:
        if self.random.random() < 0.05:
            await asyncio.sleep(0.03)  # a connection is opened
        now = asyncio.get_running_loop().time()
        if now > slot.ends:
            return None
        self.sent.append(now)
        await asyncio.sleep(0.005)
        return True

    async def _stall(self) -> None:
        while asyncio.get_running_loop().time() < self.ends:
            await asyncio.sleep(self.random.uniform(0.1, 0.5))
            time.sleep(self.random.uniform(0.01, 0.1))  # noqa: ASYNC251 (a busy loop)


def send(url: str, seed: int) -> list[float]:
    async def main() -> list[float]:
        async with Redis.from_url(url) as redis:
            return await Process(redis, seed).run()

    return asyncio.run(main())


async def test_no_sliding_second_of_all_processes_together_exceeds_the_cap(valkey_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
        loop = asyncio.get_running_loop()
        lists = await asyncio.gather(
            *(loop.run_in_executor(pool, partial(send, valkey_url, seed)) for seed in range(PROCESSES))
        )
    sent = sorted(instant for one in lists for instant in one)
    most = max(bisect_left(sent, first + 1) - index for index, first in enumerate(sent))
    print(f"{len(sent)} sent, {most} in the worst second")
    assert all(lists), "each process had its share"
    assert most <= MOST
