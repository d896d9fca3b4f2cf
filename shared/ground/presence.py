"""Presence: which kinds of processes are there, so that a campaign that waits for one can say so. Owns one key a kind.

A hint for people only: nothing is decided by it. Which single worker is alive is `shared.upkeep.liveness`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from redis.asyncio import Redis

from shared.ground import keys
from shared.ground.lua import outage

DIALER, SENDER, JANITOR = "dialer", "send.bulk", "janitor"  # of a worker, the queue that it consumes
NEEDED = (DIALER, SENDER, JANITOR)  # to send a campaign to its end
LASTS = timedelta(seconds=10)  # each process renews its keys every 2 s: a short outage is no absence


@dataclass(frozen=True, slots=True)
class Presence:
    """*Raises* everywhere: BackendUnavailable."""

    redis: Redis

    async def beat(self, kinds: Iterable[str]) -> None:
        """A process of these kinds is at work now."""
        with outage():
            for kind in kinds:
                await self.redis.set(keys.presence(kind), "1", px=LASTS)

    async def absent(self) -> frozenset[str]:
        """Those of NEEDED of which no process is at work."""
        with outage():
            beats = await self.redis.mget([keys.presence(kind) for kind in NEEDED])
        return frozenset(kind for kind, beat in zip(NEEDED, beats, strict=True) if beat is None)
