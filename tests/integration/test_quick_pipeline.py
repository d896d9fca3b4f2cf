"""The quick pipeline answers as redis-py's own does: whatever the commands, their order, their errors and their size."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import ResponseError

from config.loading import load_settings
from workers.machine.embedded import EmbeddedServer
from workers.wiring.quick_pipeline import QuickPipeline
from workers.wiring.state_store import state_store

Words = tuple[str | int | bytes, ...]

NAMES = st.sampled_from(["one", "two", "three"])
VALUES = st.one_of(st.text(max_size=20), st.integers(0, 9), st.binary(max_size=20), st.just("x" * 70_000))
COMMANDS: st.SearchStrategy[Words] = st.one_of(
    st.tuples(st.just("SET"), NAMES, VALUES),
    st.tuples(st.just("GET"), NAMES),
    st.tuples(st.just("HSETNX"), NAMES, NAMES, VALUES),
    st.tuples(st.just("HGETALL"), NAMES),
    st.tuples(st.just("HINCRBY"), NAMES, NAMES, st.integers(-3, 3)),
    st.tuples(st.just("HMGET"), NAMES, NAMES, NAMES),
    st.tuples(st.just("LRANGE"), NAMES, st.just(0), st.just(-1)),
    st.tuples(st.just("ZRANGE"), NAMES, st.just(0), st.just(-1), st.just("WITHSCORES")),
    st.tuples(st.just("RPUSH"), NAMES, VALUES),
    st.tuples(st.just("CONFIG GET"), st.just("appendonly")),
    st.tuples(st.just("EVALSHA"), st.just("0" * 40), st.just(0)),  # NOSCRIPT
    st.tuples(st.just("NONSENSE"), NAMES),
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with EmbeddedServer(tmp_path_factory.mktemp("quick") / "state") as running:
        yield running


async def replies(client: Redis, pipe: Pipeline, commands: Sequence[Words], *, raises: bool) -> list[object]:
    """On an empty store. An error is its type and its text."""
    await client.flushdb()
    for words in commands:
        pipe.execute_command(*words)
    try:
        found = await pipe.execute(raise_on_error=raises)
    except ResponseError as error:
        return [(type(error), str(error))]
    return [(type(one), str(one)) if isinstance(one, Exception) else one for one in found]


async def both(url: str, broker: str, folder, commands: Sequence[Words], *, raises: bool) -> list[list[object]]:
    ours = state_store(load_settings(None, folder, {"ORIEL_STATE__URL": url, "ORIEL_BROKER__URL": broker}), 1, 5.0)
    plain = Redis.from_url(url)
    try:
        quick = ours.pipeline(transaction=False)
        assert isinstance(quick, QuickPipeline)
        own = plain.pipeline(transaction=False)
        return [await replies(ours, quick, commands, raises=raises), await replies(plain, own, commands, raises=raises)]
    finally:
        await ours.aclose()
        await plain.aclose()


@pytest.mark.processes
@settings(max_examples=60)
@given(commands=st.lists(COMMANDS, max_size=40), raises=st.booleans())
@example(commands=[("HGETALL", "one")] * 2_000, raises=True)
@example(
    commands=[("SET", "one", "x" * 70_000), *[("GET", "one")] * 40, ("NONSENSE", "one"), ("GET", "one")], raises=False
)
def test_every_reply_is_that_of_the_plain_pipeline(server, tmp_path_factory, commands, raises):
    folder = tmp_path_factory.getbasetemp()
    ours, plain = asyncio.run(both(server.url(3), server.url(0), folder, commands, raises=raises))
    assert ours == plain


@pytest.mark.processes
async def test_a_connection_is_as_good_as_new_after_errors(server, tmp_path):
    client = state_store(load_settings(None, tmp_path, {"ORIEL_STATE__URL": server.url(3)}), 1, 5.0)
    for _ in range(3):
        async with client.pipeline(transaction=False) as pipe:
            pipe.execute_command("NONSENSE")
            pipe.execute_command("ECHO", "heard")
            assert (await pipe.execute(raise_on_error=False))[1] == b"heard"
        assert await client.echo("alone") == b"alone"
    await client.aclose()
