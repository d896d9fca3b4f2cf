"""Liveness: a key per worker process, and one per queue that is read, renewed every second. Owns the keys; sweeping ends
the leases of dead workers, and watching names the queue that nobody reads.

A process that cannot renew (killed, or cut off from the store) loses its leases after 6 s instead of at their deadline.
This is safe for a process that still runs: its marks are refused from then on, and its settlements are facts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from redis.asyncio import Redis

from shared.ground import keys
from shared.ground.ids import Nonce, new_token

LASTS = timedelta(seconds=6)  # the renewal every second may fail five times


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

    async def beat(self, worker: str) -> None:
        await self.redis.set(keys.worker(worker), "1", px=LASTS)

    async def note_readers(self, queues: Iterable[str]) -> None:
        """A process reads these queues of the broker now."""
        async with self.redis.pipeline(transaction=False) as pipe:
            for queue in queues:
                pipe.set(keys.reader(queue), "1", px=LASTS)
            await pipe.execute()

    async def unread(self, queues: Sequence[str]) -> list[str]:
        """Of these queues, those that no process has read for `LASTS`, in their order."""
        beats = await self.redis.mget([keys.reader(queue) for queue in queues])
        return [queue for queue, beat in zip(queues, beats, strict=True) if beat is None]

    async def dead(self, workers: Iterable[str]) -> set[str]:
        """The workers that have not renewed their key for `LASTS`."""
        names = sorted(set(workers))
        if not names:
            return set()
        beats = await self.redis.mget([keys.worker(name) for name in names])
        return {name for name, beat in zip(names, beats, strict=True) if beat is None}
