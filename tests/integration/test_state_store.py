"""The client of the state store on a real server: whose word for "on disk" is asked, and what a refusal is."""

import asyncio
import re

import pytest
from redis.asyncio import Redis
from redis.exceptions import TimeoutError as RedisTimeoutError

from config.loading import load_settings
from shared.ground.errors import BackendUnavailable
from shared.ground.ids import EntryId
from shared.ground.lua import OUTAGE, Durability, Scripts
from shared.ground.telemetry import STORE_DURABLE
from shared.inbound.journal.store import Entry, Journal
from shared.upkeep.liveness import Liveness
from tests.factories import SENDER
from tests.stores import START
from workers.machine.embedded import EmbeddedServer
from workers.ops import Warned
from workers.readiness import make_store_check
from workers.wiring.state_store import durability_of, state_store

pytestmark = pytest.mark.processes
NEVER_ON_DISK = Durability(wait_aof=True, timeout_ms=50)


def entry(number: int) -> Entry:
    return Entry(
        EntryId(f"e{number}"), "twilio", SENDER, "https://h.example.com", "", {}, START, "status", b"Status=read"
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with EmbeddedServer(tmp_path_factory.mktemp("store") / "state") as running:
        yield running


@pytest.fixture
def settings(server, tmp_path):
    return load_settings(None, tmp_path, {"ORIEL_STATE__URL": server.url(1), "ORIEL_BROKER__URL": server.url(0)})


@pytest.fixture
async def redis(server, settings):
    client = state_store(settings, 1, 5.0)
    await client.flushdb()
    changed = await client.config_get("appendfsync", "appendonly", "min-replicas-to-write", "no-appendfsync-on-rewrite")
    yield client
    for name, value in changed.items():
        await client.config_set(str(name), str(value))
    await client.aclose()


@pytest.fixture
async def unsynced(redis):
    """A server that makes no fsync: nothing may count as on disk."""
    await redis.config_set("appendfsync", "no")
    return redis


# ── over the connection that wrote ──────────────────────────────────────────────────────────────────────────────────


async def test_the_disk_is_asked_over_the_connection_that_wrote(redis, server):
    """Another connection of the pool has written nothing, and confirms at once."""
    journal = Journal(redis, Durability(wait_aof=True))
    async with Redis.from_url(server.url(1)).monitor() as watched:
        for number in range(20):
            await asyncio.gather(journal.append(entry(number)), *(redis.ping() for _ in range(9)))
        await redis.get("the end")
        seen = []
        async for command in watched.listen():
            if command["command"].startswith("GET the end"):
                break
            if command["client_type"] != "lua":
                seen.append((command["client_port"], command["command"].split()[0].upper()))
    askers = [index for index, (_, verb) in enumerate(seen) if verb == "WAITAOF"]
    assert len(askers) >= 20
    for index in askers:
        before = [verb for port, verb in seen[:index] if port == seen[index][0]]
        assert before[-2:] == ["EVALSHA", "SET"], "the write that is asked about is this connection's"


@pytest.mark.parametrize("number", range(10))
async def test_nothing_is_on_disk_at_a_server_that_makes_no_fsync(unsynced, number):
    """An append is refused each time, not in most cases."""
    journal = Journal(unsynced, NEVER_ON_DISK)
    with pytest.raises(BackendUnavailable, match="not on disk in time"):
        await asyncio.gather(journal.append(entry(number)), *(unsynced.ping() for _ in range(9)))


async def test_a_write_that_is_repeated_over_a_new_connection_is_no_more_on_disk_than_before(unsynced):
    """The repeat of a lost answer finds its own work and writes nothing: that is no proof that the work is on disk."""
    scripts = Scripts(unsynced, "shared.upkeep.scripts", ["singleton"], NEVER_ON_DISK)
    with pytest.raises(BackendUnavailable, match="not on disk in time"):
        await scripts.run("singleton", ["{oriel}:singleton:nobody"], ["leave", "nobody", 1])  # it writes nothing


# ── whose word is believed ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("option", "value", "is_durable", "words"),
    [
        ("appendfsync", "always", True, None),
        (
            "appendfsync",
            "everysec",
            False,
            r"not known to confirm only what is on disk.*written to twice.*`appendfsync always`",
        ),
        ("appendonly", "no", False, r"keeps no append-only file.*written to twice.*`appendonly yes`"),
        ("no-appendfsync-on-rewrite", "yes", False, r"`no-appendfsync-on-rewrite no`"),
    ],
)
async def test_a_store_that_may_lose_a_mark_is_a_warning_in_readyz_and_a_gauge(
    redis, settings, option, value, is_durable, words
):
    await redis.config_set(option, value)
    told = await asyncio.to_thread(make_store_check(settings))

    assert STORE_DURABLE._value.get() == is_durable
    if words is None:
        assert told is None
    else:
        assert isinstance(told, Warned), "the process is ready all the same"
        assert re.search(words, told)
    assert (await durability_of(redis)).wait_aof is (
        (option == "appendfsync" and not is_durable) or "rewrite" in option
    )


async def test_a_store_whose_info_is_slow_is_ready_and_keeps_its_last_verdict(redis, settings, monkeypatch):
    """A server that answers PING is there. A slow INFO says nothing about what it keeps on disk."""
    check = make_store_check(settings)
    assert await asyncio.to_thread(check) is None
    await redis.config_set("appendfsync", "everysec")
    warned = await asyncio.to_thread(check)
    assert isinstance(warned, Warned)

    for question in ("info", "config_get"):
        with monkeypatch.context() as slow:
            slow.setattr(f"redis.Redis.{question}", _answer_late)
            assert await asyncio.to_thread(check) == warned
            assert STORE_DURABLE._value.get() == 0


async def test_a_store_that_does_not_answer_a_ping_is_away(settings, monkeypatch):
    monkeypatch.setattr("redis.Redis.ping", _answer_late)
    told = await asyncio.to_thread(make_store_check(settings))
    assert told == "the state store does not answer (TimeoutError): check [state] url and the server"


def _answer_late(*_: object) -> None:
    raise RedisTimeoutError("Timeout reading from socket")


# ── what passes is an outage ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_refusal_of_the_server_is_an_outage_for_every_command(redis):
    """As with a full disk (MISCONF): loops that survive a store that is away survive this, and go on afterwards."""
    liveness = Liveness(redis)
    await redis.config_set("min-replicas-to-write", "1")
    for write in (
        liveness.beat("w1"),
        redis.set("a", "1"),
        Journal(redis).append(entry(1)),
        _queued(redis, True),
        _queued(redis, False),
    ):
        with pytest.raises(OUTAGE) as refused:
            await write
        assert "secret-value" not in str(refused.value)
    await redis.config_set("min-replicas-to-write", "0")
    await liveness.beat("w1")


async def _queued(redis: Redis, transaction: bool) -> None:
    async with redis.pipeline(transaction=transaction) as pipe:
        pipe.get("a")
        pipe.set("a", "secret-value")
        await pipe.execute()


async def test_a_mistake_in_a_command_is_no_outage(redis):
    await redis.set("a", "1")
    with pytest.raises(Exception, match="WRONGTYPE") as wrong:
        await redis.lpush("a", "1")
    assert not isinstance(wrong.value, OUTAGE)


async def test_a_user_who_may_not_ask_for_info_is_ready_with_a_warning(redis, server, tmp_path):
    await redis.acl_setuser(
        "plain", enabled=True, passwords=["+made-up"], keys=["*"], categories=["+@all", "-@dangerous"]
    )
    url = server.url(1).replace("redis://:", "redis://plain:")
    url = re.sub(r"(?<=plain:)[^@]*", "made-up", url)
    mine = load_settings(None, tmp_path, {"ORIEL_STATE__URL": url, "ORIEL_BROKER__URL": server.url(0)})
    told = await asyncio.to_thread(make_store_check(mine))
    assert isinstance(told, Warned)
    assert "INFO" in told
    client = state_store(mine, 1, 5.0)
    assert not (await durability_of(client)).wait_aof
    await client.aclose()
    await redis.acl_deluser("plain")
