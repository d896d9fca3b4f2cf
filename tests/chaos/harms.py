"""The harms of a storm: kills, stops, broken connections and restarts, all of them chosen by a seed.

Owns how a harm is done to a world; which moments they come at and what must hold afterwards is `storm`'s.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from redis import Redis

from tests.proxy import Proxy
from tests.world import World
from workers.machine.embedded import EmbeddedServer

STOPPED_S = (5.5, 8.0)  # longer than a lease of this world (5 s), so that the stopped process's work is given to others
SILENT_S = (3.0, 6.0)  # shorter and longer than our patience with a store
SENDERS = ("sender", "sender.2")
PROCESSES = (*SENDERS, *SENDERS, "dialer", "dialer.2", "consumer", "webhook", "janitor", "web")
STORE, BROKER = "store", "broker"
CONNECTIONS = ("reset", "close", "half_close", "lose", "stall")
LEAVES_UNKNOWN = frozenset({*SENDERS, STORE, "provider"})


@dataclass(frozen=True)
class Harm:
    """at: the share of the contacts that have been reached when it comes. seconds: how long it lasts, if it lasts."""

    at: float
    act: str
    target: str
    seconds: float = 0.0

    def __str__(self) -> str:
        lasting = f" {self.seconds:.1f} s" if self.seconds else ""
        return f"{self.act} {self.target}{lasting} @{self.at:.0%}"


def choose(chance: Random, count: int) -> list[Harm]:
    """By their moments: of 14 harms 5 are kills, 3 stops, 4 broken connections and 2 restarts or purges, on average."""
    moments = sorted(chance.uniform(0.02, 0.9) for _ in range(count))
    return [_choose_one(chance, at) for at in moments]


def _choose_one(chance: Random, at: float) -> Harm:
    kind = chance.choices(("kill", "stop", "connection", "server"), (5, 3, 4, 2))[0]
    if kind == "kill":
        return Harm(at, "kill", chance.choice(PROCESSES))
    if kind == "stop":
        return Harm(at, "stop", chance.choice(PROCESSES), chance.uniform(*STOPPED_S))
    if kind == "connection":
        act = chance.choice(CONNECTIONS)
        target = chance.choice((STORE, BROKER, "provider"))
        return Harm(at, act, target, chance.uniform(*SILENT_S) if act == "stall" else 0.0)
    act, target = chance.choice((("restart", STORE), ("restart", BROKER), ("purge", BROKER)))
    return Harm(at, act, target)


@dataclass
class Harming:
    """A world's servers and the proxies before them. Two harms of one target come one after the other."""

    world: World
    servers: Mapping[str, EmbeddedServer]
    proxies: Mapping[str, Proxy]
    _turns: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def do(self, harm: Harm) -> None:
        acts: dict[str, Callable[[Harm], Awaitable[None]]] = {
            "kill": self._kill,
            "stop": self._stop,
            "stall": self._stall,
            "restart": self._restart,
            "purge": self._purge,
        }
        async with self._turns[harm.target]:
            await acts.get(harm.act, self._cut)(harm)

    async def _kill(self, harm: Harm) -> None:
        await self.world.kill(harm.target)

    async def _stop(self, harm: Harm) -> None:
        with self.world.asleep(harm.target):
            await asyncio.sleep(harm.seconds)

    async def _stall(self, harm: Harm) -> None:
        self.proxies[harm.target].stall()
        await asyncio.sleep(harm.seconds)
        self.proxies[harm.target].flow()

    async def _cut(self, harm: Harm) -> None:
        """reset, close, half_close, lose: of every connection that is open now."""
        cut: Callable[[], int] = getattr(self.proxies[harm.target], harm.act)
        cut()

    async def _restart(self, harm: Harm) -> None:
        server = self.servers[harm.target]
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)

    async def _purge(self, harm: Harm) -> None:
        """All queues with all that they hold; also kombu's own notes of what is not acknowledged."""
        with Redis.from_url(self.servers[harm.target].url(0)) as client:
            client.flushdb()
