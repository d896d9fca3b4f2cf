"""The ops port: what it says when all is well, when a loop stands still, and when something is missing."""

import contextlib
import http.client
import json
import socket
import threading
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry, Counter

from config.settings import Listen
from shared.ground.errors import ConfigurationError
from shared.ground.telemetry import BROKEN_REQUESTS
from shared.ground.zones import EDITION
from tests.reading import present
from workers.ops import OpsServer, Probe, Progress, Warned, build_ops_routes, start_ops_server

ANYWHERE = Listen("127.0.0.1", 0)


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def get(url: str, accept: str = "") -> tuple[int, str, str]:
    parts = urlsplit(url)
    with contextlib.closing(http.client.HTTPConnection(present(parts.hostname), parts.port, timeout=5)) as connection:
        connection.request("GET", parts.path, headers={"Accept": accept} if accept else {})
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type", ""), answer.read().decode()


@pytest.fixture
def serve():
    servers: list[OpsServer] = []

    def start(progress=None, checks=None, registry=None) -> str:
        checks = {} if checks is None else checks
        servers.append(
            start_ops_server(ANYWHERE, "sender", progress or Progress(), checks, registry or CollectorRegistry())
        )
        return servers[-1].url

    yield start
    for server in servers:
        server.close()


# ── progress ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("silences", "stuck"),
    [
        ({"send": 9.9, "flush": 1.0}, set()),
        ({"send": 10.1, "flush": 1.0}, {"send"}),
        ({"send": 99, "flush": 99}, {"send", "flush"}),
    ],
)
def test_a_loop_is_stuck_when_it_is_silent_for_too_long(silences, stuck):
    clock = Clock()
    progress = Progress(clock)
    progress.watch("send", 10)
    progress.watch("flush", 10)

    clock.seconds = 100
    for name, silence in silences.items():
        clock.seconds = 100 - silence
        progress.beat(name)
    clock.seconds = 100

    assert set(progress.find_stuck()) == stuck


def test_a_loop_counts_from_the_moment_it_is_watched():
    clock = Clock()
    progress = Progress(clock)
    clock.seconds = 50
    progress.watch("send", 10)

    assert not progress.find_stuck()
    clock.seconds = 61
    assert progress.find_stuck() == {"send": "silent for 11.0 s, 10 s are allowed"}
    progress.forget("send")
    assert not progress.find_stuck()


def test_an_unwatched_beat_is_a_mistake():
    with pytest.raises(KeyError):
        Progress().beat("nobody")


# ── over HTTP ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_livez_names_what_is_stuck(serve):
    clock = Clock()
    progress = Progress(clock)
    progress.watch("send loop", 10)
    url = serve(progress)

    alive = get(url + "/livez")
    clock.seconds = 31
    dead = get(url + "/livez")

    assert alive == (200, "application/json; charset=utf-8", '{"process": "sender", "ok": true}\n')
    assert dead[0] == 503
    assert '"send loop": "silent for 31.0 s, 10 s are allowed"' in dead[2]


def broken() -> str:
    raise OSError("no route to redis://user:pass@h/1 for +14155550123")


def test_readyz_says_what_should_not_stay_as_it_is_and_is_ready_all_the_same(serve):
    checks = {"state": lambda: Warned("no append-only file at redis://user:pass@h/1"), "broker": lambda: None}
    status, _, body = get(serve(checks=checks) + "/readyz")

    assert status == 200
    assert json.loads(body)["warnings"] == {"state": "no append-only file at redis://[hidden]@h/1"}
    assert json.loads(body)["time_zones"] == str(EDITION)


@pytest.mark.parametrize(
    ("checks", "status", "said"),
    [
        ({}, 200, []),
        ({"state": lambda: None}, 200, ['"ok": true']),
        ({"state": lambda: "start it", "broker": lambda: None}, 503, ['"not_ready": {"state": "start it"}']),
        ({"state": broken}, 503, ["OSError: no route to redis://[hidden]@h/1 for [number"]),
    ],
)
def test_readyz_says_what_is_missing(serve, checks, status, said):
    answer = get(serve(checks=checks) + "/readyz")

    assert answer[0] == status
    for part in said:
        assert part in answer[2]


def test_metrics_are_prometheus_text(serve):
    registry = CollectorRegistry()
    Counter("oriel_things", "Things.", registry=registry).inc(3)
    url = serve(registry=registry)

    status, kind, body = get(url + "/metrics")
    openmetrics = get(url + "/metrics", accept="application/openmetrics-text; version=1.0.0")

    assert status == 200
    assert kind.startswith("text/plain")
    assert "oriel_things_total 3.0" in body
    assert openmetrics[2].endswith("# EOF\n")


async def test_it_answers_while_the_loop_of_the_process_does_not(serve):
    url = serve()

    assert get(url + "/livez")[0] == 200  # this very loop is blocked meanwhile


async def test_the_same_routes_on_another_application():
    app = web.Application()
    app.add_routes(build_ops_routes("web", Progress(), {"state": lambda: "away"}, CollectorRegistry()))
    async with TestClient(TestServer(app)) as client:
        statuses = [(await client.get(path)).status for path in ("/livez", "/readyz", "/metrics")]

    assert statuses == [200, 503, 200]


async def test_a_hung_check_is_asked_once():
    asked, release = [], threading.Event()

    def hang() -> str | None:
        asked.append(1)
        release.wait(10)
        return None

    probe = Probe("state", hang)
    first = await probe.ask(0.01)
    second = await probe.ask(0.01)
    release.set()
    third = await probe.ask(5)

    assert first == second == "no answer within 0.01 s"
    assert third is None
    assert len(asked) == 1


# ── the server's life ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_taken_port_is_a_configuration_error():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = Listen(*other.getsockname())

        with pytest.raises(ConfigurationError, match=rf"\[ops\] listen = '127.0.0.1:{taken.port}'"):
            start_ops_server(taken, "sender", Progress(), {})


def test_a_closed_server_leaves_nothing():
    threads = threading.active_count()
    server = start_ops_server(ANYWHERE, "sender", Progress(), {})
    address = (server.listen.host, server.listen.port)
    server.close()
    server.close()

    assert threading.active_count() == threads
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)


# ── strangers ───────────────────────────────────────────────────────────────────────────────────────────────────────


def exchange(url: str, request: bytes, seconds: float = 5) -> bytes:
    """All that the server says to these bytes before it ends the connection."""
    parts = urlsplit(url)
    with socket.create_connection((present(parts.hostname), present(parts.port)), seconds) as connection:
        connection.sendall(request)
        said = b""
        while chunk := connection.recv(65_536):
            said += chunk
        return said


@pytest.mark.parametrize(
    "line", [b"A" * 16_000, b"GET /" + b"a" * 16_000 + b" HTTP/1.1", b"+14155550123 token=made-up-key", b"\x16\x03\x01"]
)
def test_a_request_that_is_not_http_is_neither_logged_nor_echoed(serve, line, caplog):
    before = BROKEN_REQUESTS._value.get()

    answer = exchange(serve(), line + b"\r\n\r\n")

    assert answer.startswith((b"HTTP/1.0 400", b"HTTP/1.1 400"))
    assert b"malformed-request" in answer
    assert line[:12] not in answer
    assert BROKEN_REQUESTS._value.get() == before + 1
    assert not [record for record in caplog.records if record.name.startswith("aiohttp")]


def test_a_client_that_sends_its_request_drop_by_drop_is_cut_off(serve, monkeypatch):
    monkeypatch.setattr("workers.http_server.WITHOUT_REQUEST_S", 0.2)

    assert exchange(serve(), b"GET /livez HTTP/1.1\r\nHost: x") == b""
