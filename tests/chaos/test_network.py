"""The network between our processes and their broker or store: connections end, break, go half-open or stand still.

Whatever happens, the campaign goes on within ten seconds, and nobody is written to twice.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from random import Random
from urllib.parse import urlsplit

import pytest
from kombu import Connection
from redis import Redis

from config import queues
from shared.ground.ids import CampaignId
from shared.ledger.states import JobState
from tests.invariants import check_never_twice
from tests.proxy import Proxy
from tests.world import World, addresses
from workers.machine.embedded import EmbeddedServer

pytestmark = [pytest.mark.processes, pytest.mark.timeout(120)]

WITHIN_S = 10.0
JOBS = 3_000
RATE = 60  # per second: the campaign outlasts the harm
MORE = 40  # acceptances, and statuses, after which work goes on
RESTARTS = 20
AWAY_S = 4.0  # of a broker that stands still
STATUSES = {"contacts": {"default": {"delivered": 1.0, "read": 0.0, "delay_ms": [20, 100]}}}


@dataclass(frozen=True)
class Broker:
    """url: leads through the proxy. delete_queues: with all that they hold."""

    proxy: Proxy
    url: str
    delete_queues: Callable[[], None]


@pytest.fixture
def valkey(tmp_path) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(tmp_path / "broker") as server:
        yield server


@pytest.fixture
def on_redis(valkey) -> Iterator[Broker]:
    def delete() -> None:
        with Redis.from_url(valkey.url(0)) as client:
            client.flushdb()

    with Proxy(valkey.port) as proxy:
        yield Broker(proxy, through(proxy, valkey, 0), delete)


def through(proxy: Proxy, server: EmbeddedServer, database: int) -> str:
    """The server's URL, but the proxy's port."""
    return server.url(database).replace(f":{server.port}/", f":{proxy.port}/")


@pytest.fixture
def on_rabbitmq(rabbitmq) -> Iterator[Broker]:
    parts = urlsplit(rabbitmq)
    with Proxy(parts.port or 5672) as proxy:
        through = parts._replace(netloc=parts.netloc.removesuffix(f":{parts.port}") + f":{proxy.port}")
        yield Broker(proxy, through.geturl(), lambda: delete_queues(rabbitmq))


@pytest.fixture(params=["redis", pytest.param("rabbitmq", marks=pytest.mark.rabbitmq)])
def broker(request) -> Broker:
    made: Broker = request.getfixturevalue(f"on_{request.param}")
    return made


def delete_queues(url: str) -> None:
    with Connection(url) as connection, connection.channel() as channel:
        for queue in (*queues.task_queues(quorum=True), *queues.event_queues(quorum=True)):
            channel.queue_delete(queue.name)


class Course:
    """A campaign under way, and how long it takes to go on after a harm."""

    def __init__(self, world: World, campaign: CampaignId) -> None:
        self._world = world
        self._campaign = campaign

    async def _counts(self) -> tuple[int, int]:
        """Accepted, and of those with a status."""
        reading = await self._world.reading(self._campaign)
        if reading is None:
            return 0, 0
        told = sum(count for state, count in reading.counts.items() if state in {JobState.DELIVERED, JobState.READ})
        return reading.reached, told

    async def goes_on(self, what: str) -> None:
        """Senders send and the consumer hears within ten seconds; then every process says that it is ready."""
        accepted, told = await self._counts()

        async def has_moved() -> bool:
            now = await self._counts()
            return now[0] >= accepted + MORE and now[1] >= told + MORE

        took_s = await self._world.until(has_moved, WITHIN_S, f"work goes on after: {what}")
        ready_s = await self._world.until(self._world.is_up, WITHIN_S, f"every process is ready after: {what}")
        print(f"{what}: {took_s:.1f} s, all ready {ready_s:.1f} s later; restarts {self._restarts()}")

    async def says_that_it_waits(self) -> None:
        async def says_so() -> bool:
            answer = await self._world.get(f"/v1/campaigns/{self._campaign}")
            return answer["limited_by"] == "broker" and "reads the broker" in (answer["hint"] or "")

        await self._world.until(says_so, 2 * WITHIN_S, "the campaign says that it waits for the broker")

    def _restarts(self) -> dict[str, int]:
        return {name: count for name, count in self._world.supervisor.restarts.items() if count}

    async def ends(self) -> None:
        """Cancelled where it stands; the promises hold for those who were written to."""
        await self._world.ask(self._campaign, "cancel")

        async def is_quiet() -> bool:
            reading = await self._world.reading(self._campaign)
            return reading is not None and not any(
                reading.counts[state] for state in (JobState.SENDING, JobState.LEASED)
            )

        await self._world.until(is_quiet, 20, "nothing is on the way")
        check_never_twice(await self._world.seen(self._campaign))


async def begin(world: World) -> Course:
    campaign = await world.campaign(addresses(JOBS))
    await world.ask(campaign, "start")
    await world.reaches(campaign, MORE)
    return Course(world, campaign)


async def stands_still(proxy: Proxy) -> None:
    proxy.stall()
    await asyncio.sleep(AWAY_S)
    proxy.flow()


async def goes_away_often(proxy: Proxy, chance: Random) -> None:
    for _ in range(RESTARTS):
        proxy.refuse(refusing=True)
        proxy.reset()
        await asyncio.sleep(chance.uniform(0.0, 0.3))
        proxy.refuse(refusing=False)
        await asyncio.sleep(chance.uniform(0.0, 0.3))


# ── the broker ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_work_goes_on_within_ten_seconds_of_any_loss_of_the_broker(world, broker):
    async with world(rate=RATE, broker=broker.url, script=STATUSES) as w:
        course = await begin(w)
        for harm in (broker.proxy.reset, broker.proxy.close, broker.proxy.half_close, broker.proxy.lose):
            assert harm() > 0
            await course.goes_on(harm.__name__)
        await stands_still(broker.proxy)
        await course.goes_on("a broker that stood still")
        broker.delete_queues()
        await course.goes_on("queues deleted")
        await goes_away_often(broker.proxy, w.chance)
        await course.goes_on(f"{RESTARTS} restarts under load")
        await course.ends()


async def test_a_campaign_says_that_it_waits_for_the_broker_and_goes_on_after_a_failover(
    world, on_redis, valkey, tmp_path
):
    with EmbeddedServer(tmp_path / "second", password=valkey.password) as second:
        async with world(rate=RATE, broker=on_redis.url, script=STATUSES) as w:
            course = await begin(w)
            valkey.kill()
            await course.says_that_it_waits()
            valkey.start()
            await course.goes_on("a killed broker")

            on_redis.proxy.lead_to(second.port)
            on_redis.proxy.reset()
            await course.goes_on("a failover to an empty broker")
            await course.ends()


# ── the state store ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_work_goes_on_after_the_stores_connections_broke_or_fell_silent(world, tmp_path):
    with ExitStack() as kept:
        server = kept.enter_context(EmbeddedServer(tmp_path / "store"))
        proxy = kept.enter_context(Proxy(server.port))
        stores = {"state": through(proxy, server, 1), "broker": server.url(0)}
        async with world(rate=RATE, script=STATUSES, **stores) as w:
            course = await begin(w)
            for harm in (proxy.reset, proxy.half_close, proxy.lose):
                assert harm() > 0
                await course.goes_on(f"store: {harm.__name__}")
            await stands_still(proxy)
            await course.goes_on("a store that stood still")
            await course.ends()
