"""Liveness: a key per worker process, renewed every 2 s. Owns the keys; sweeping ends the leases of dead workers.

A process that cannot renew (killed, or cut off from the store) loses its leases after 6 s instead of at their deadline.
This is safe for a process that still runs: its marks are refused from then on, and its settlements are facts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from redis.asyncio import Redis

from shared.ground import keys, presence
from shared.ground.ids import Nonce, new_token

LASTS = timedelta(seconds=6)  # a renewal every 2 s may fail for 4 s


def nonce_of(worker: str) -> Nonce:
    """A fresh nonce that carries the worker's name."""
    return Nonce(f"{worker}:{new_token('')}")


def worker_of(nonce: str) -> str | None:
    """The worker's name in a nonce; None if it carries none."""
    worker, colon, _ = nonce.partition(":")
    return worker if colon else None


@dataclass(frozen=True, slots=True)
class Liveness:
    redis: Redis

    async def beat(self, worker: str, kinds: Iterable[str] = ()) -> None:
        """The worker is alive, and processes of these kinds are present: one round trip, and one write to the disk."""
        async with self.redis.pipeline(transaction=False) as pipe:
            pipe.set(keys.worker(worker), "1", px=LASTS)
            for kind in kinds:
                pipe.set(keys.presence(kind), "1", px=presence.LASTS)
            await pipe.execute()

    async def dead(self, workers: Iterable[str]) -> set[str]:
        """The workers that have not renewed their key for `LASTS`."""
        names = sorted(set(workers))
        if not names:
            return set()
        beats = await self.redis.mget([keys.worker(name) for name in names])
        return {name for name, beat in zip(names, beats, strict=True) if beat is None}
