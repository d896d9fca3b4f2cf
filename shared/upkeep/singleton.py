"""One active replica of a process: a lease with a fencing number, on the store's clock. Owns the lease, not the work.

No correctness relies on the fence, since every tick is a compare-and-set. It keeps two replicas from doing the same work
twice, and the log names the replica that did it.
"""

from dataclasses import dataclass
from datetime import timedelta

from redis.asyncio import Redis

from shared.ground import keys
from shared.ground.lua import Scripts, int_reply


@dataclass(frozen=True, slots=True)
class Singleton:
    """*Effects*: `{oriel}:singleton:<name>`, a hash: holder, fence, until (ms)."""

    redis: Redis
    name: str
    holder: str
    lasts: timedelta

    async def hold(self) -> int | None:
        """Take or renew the lease; its fencing number, or None if another replica has it. *Raises*: BackendUnavailable."""
        reply = await self._run("hold")
        return None if reply < 0 else reply

    async def leave(self) -> None:
        """Give the lease up, so that another replica takes over at once."""
        await self._run("leave")

    async def _run(self, what: str) -> int:
        scripts = Scripts(self.redis, "shared.upkeep.scripts", ["singleton"])
        lasts_ms = int(self.lasts.total_seconds() * 1000)
        return int_reply(await scripts.run("singleton", [keys.singleton(self.name)], [what, self.holder, lasts_ms]))
