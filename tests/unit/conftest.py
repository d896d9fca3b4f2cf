"""Use cases run on fakeredis and a frozen clock, against a provider that is told what to answer."""

import pytest
from redis.asyncio import Redis

from tests.stores import Clock
from tests.wired import Wired


@pytest.fixture
def wired(redis: Redis, clock: Clock) -> Wired:
    return Wired(redis, clock)
