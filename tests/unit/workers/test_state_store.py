"""The state store's client: a connection that was lost is an outage, in whatever words the event loop says so."""

import pytest
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError

from config.loading import load_settings
from shared.ground.lua import OUTAGE
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
