"""Which worker processes are alive: a key each, renewed every second. Owns the key; whose lease ends early is sweeping's.

A process that cannot renew (killed, or cut off from the store) loses its leases after 6 s instead of at their deadline.
That is safe for one that still lives: its marks are refused from then on, and what it settles are facts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from redis.asyncio import Redis

from shared.ground import keys
from shared.ground.ids import Nonce, new_token

LASTS = timedelta(seconds=6)  # five renewals may fail


def nonce_of(worker: str) -> Nonce:
    """A fresh nonce that says whose it is."""
    return Nonce(f"{worker}:{new_token('')}")


def worker_of(nonce: str) -> str | None:
    """The process behind a nonce, where it says so."""
    worker, colon, _ = nonce.partition(":")
    return worker if colon else None


@dataclass(frozen=True, slots=True)
class Liveness:
    redis: Redis

    async def beat(self, worker: str) -> None:
        await self.redis.set(keys.worker(worker), "1", px=LASTS)

    async def dead(self, workers: Iterable[str]) -> set[str]:
        """Those that have not been heard of for `LASTS`."""
        asked = sorted(set(workers))
        if not asked:
            return set()
        beats = await self.redis.mget([keys.worker(worker) for worker in asked])
        return {worker for worker, beat in zip(asked, beats, strict=True) if beat is None}
