"""The state store's client: a connection that was lost is an outage, in whatever words the event loop says so, and the
options of its URL are heeded.
"""

import pytest
from redis.asyncio import BlockingConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError

from config.loading import Settings, load_settings
from shared.ground.errors import ConfigurationError
from shared.ground.lua import OUTAGE
from workers.readiness import connect_briefly
from workers.wiring.state_store import TellingConnection, state_store


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/1", "rediss://127.0.0.1:1/1", "unix:///nowhere.sock?db=1"])
async def test_a_write_to_a_connection_that_was_reset_while_idle_is_an_outage(url, monkeypatch):
    async def closed(*_args, **_options) -> None:
        raise RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed")

    monkeypatch.setattr(AbstractConnection, "send_packed_command", closed)
    client = state_store(load_settings(environ={"ORIEL_STATE__URL": url}), tries=1, answer_s=1.0)
    connection = client.connection_pool.make_connection()

    assert isinstance(connection, TellingConnection)
    with pytest.raises(RedisConnectionError):
        await connection.send_packed_command([b"PING"])
    assert issubclass(RedisConnectionError, OUTAGE)
    await client.aclose()


# ── the options of its URL ──────────────────────────────────────────────────────────────────────────────────────────

OURS = ("socket_timeout=5", "socket_connect_timeout=3", "socket_keepalive=no", "health_check_interval=9")


def named(url: str) -> Settings:
    return load_settings(environ={"ORIEL_STATE__URL": url})


@pytest.mark.parametrize("base", ["redis://127.0.0.1:1/1", "rediss://127.0.0.1:1/1"])
def test_an_option_of_the_url_prevails_over_the_programs_own(base):
    pool = state_store(named(f"{base}?{'&'.join(OURS)}&max_connections=7&timeout=4"), 1, 1.0).connection_pool

    connection = pool.make_connection()
    found = (connection.socket_timeout, connection.socket_connect_timeout, connection.health_check_interval)
    assert found == (5.0, 3.0, 9)
    assert connection.socket_keepalive is False
    assert isinstance(pool, BlockingConnectionPool)
    assert (pool.max_connections, pool.timeout) == (7, 4.0)


def test_without_options_connections_are_kept_alive_and_answers_are_waited_for_as_the_process_says():
    connection = state_store(named("redis://127.0.0.1:1/1"), 1, 1.5).connection_pool.make_connection()

    assert (connection.socket_timeout, connection.socket_keepalive) == (1.5, True)


def test_the_url_does_not_change_what_the_program_reads():
    """Redis's words are bytes to every store: `decode_responses=false`, a text, would count as true."""
    pool = state_store(named("redis://127.0.0.1:1/1?decode_responses=false&retry_on_error=x"), 1, 1.0).connection_pool

    assert pool.make_connection().encoder.decode_responses is False
    assert pool.connection_kwargs["retry_on_error"] != "x"


@pytest.mark.parametrize("option", ["no_such_option=1", "socket_timeout=soon", "socket_timeout=1&max_connections=many"])
@pytest.mark.parametrize("base", ["redis://:+made-up@127.0.0.1:1/1", "unix:///nowhere.sock"])
def test_an_option_that_is_none_is_a_mistake_in_the_configuration(base, option):
    with pytest.raises(ConfigurationError, match=r"^\[state\] url: ") as told:
        state_store(named(f"{base}?{option}"), 1, 1.0)
    assert "made-up" not in str(told.value)


def test_a_probe_has_its_own_patience_whatever_the_url_says():
    """A slow store may be waited for for a minute; whoever asks for readiness gives up after seconds."""
    client = connect_briefly(named("redis://127.0.0.1:1/1?socket_timeout=60&socket_connect_timeout=60&db=3"), 0.5, 1)

    options = client.connection_pool.connection_kwargs
    assert (options["socket_timeout"], options["socket_connect_timeout"], options["db"]) == (0.5, 0.5, 3)


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/1?socket_timeout=soon", "redis://127.0.0.1:+made-up/1"])
def test_a_probe_of_a_url_that_is_none_is_a_mistake_in_the_configuration(url):
    with pytest.raises(ConfigurationError, match=r"^\[state\] url: "):
        connect_briefly(named(url), 0.5, 1)
