"""What every test stands on: a store of its own, a clock that can be moved, no way out of this machine, no numbers in logs.

`redis` is fakeredis with Lua on a frozen clock. `stores` runs a test twice: on fakeredis and on a real Valkey of this
session's own; `tests.stores` says how a test travels in time on either.
"""

import logging
import re
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings
from redis.asyncio import Redis

from tests.stores import Clock, FakeStore, Store, ValkeyStore
from workers.machine.embedded import EmbeddedServer

PHONE_NUMBER = re.compile(r"\+?1?4155{1,3}\d{4,6}")  # the only numbers in these tests
OURS = ("config", "shared", "workers")
MEASURED = frozenset(vars(logging.makeLogRecord({}))) - {
    "msg",
    "args",
    "exc_text",
}  # times and ids of the library's own
TEST_DATABASE = 9  # the embedded server's own are 0 and 1
Address = tuple[str, int] | tuple[str, int, int, int] | str | bytes


# A slow machine is no reason to fail, and a failure says how to make it happen again.
settings.register_profile("oriel", deadline=None, print_blob=True)
settings.load_profile("oriel")

# ── stores and time ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Stands still until it is moved; fakeredis reads it, in Lua as well."""
    moved = Clock()
    monkeypatch.setattr("time.time", moved.seconds)
    return moved


@pytest.fixture
async def fake_store(clock: Clock) -> AsyncIterator[FakeStore]:
    async with FakeStore(clock) as store:
        yield store


@pytest.fixture
def redis(fake_store: FakeStore) -> Redis:
    return fake_store.redis


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """One a test process, with the embedded configuration: every write is on disk before it is answered."""
    directory: Path = tmp_path_factory.mktemp("valkey")
    with EmbeddedServer(directory) as server:
        yield server


@pytest.fixture
def valkey_url(valkey_server: EmbeddedServer) -> str:
    return valkey_server.url(TEST_DATABASE)


@pytest.fixture
async def valkey_store(valkey_url: str) -> AsyncIterator[ValkeyStore]:
    async with ValkeyStore(valkey_url) as store:
        yield store


@pytest.fixture(params=["fakeredis", "valkey"])
def stores(request: pytest.FixtureRequest) -> Store:
    """Each implementation in turn."""
    store: Store = request.getfixturevalue("fake_store" if request.param == "fakeredis" else "valkey_store")
    return store


# ── nobody is called ────────────────────────────────────────────────────────────────────────────────────────────────


def _is_near(kind: socket.AddressFamily, address: Address) -> bool:
    if kind not in {socket.AF_INET, socket.AF_INET6}:
        return True
    host = str(address[0])
    return host == "localhost" or host.startswith("127.") or host in {"::1", "::ffff:127.0.0.1"}


def _guarded(connect: Callable[[socket.socket, Address], int | None]) -> Callable[[socket.socket, Address], int | None]:
    def guarded(self: socket.socket, address: Address) -> int | None:
        if not _is_near(self.family, address):
            pytest.fail(f"a test reached out to {address!r}: only this machine may be called")
        return connect(self, address)

    return guarded


@pytest.fixture(autouse=True, scope="session")
def only_this_machine() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _guarded(socket.socket.connect))
        patch.setattr(socket.socket, "connect_ex", _guarded(socket.socket.connect_ex))
        yield


# ── nothing private leaks ───────────────────────────────────────────────────────────────────────────────────────────


class _Ear(logging.Handler):
    """Keeps all that our loggers were given: message, fields and traceback, before anything is redacted."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        fields = {name: value for name, value in vars(record).items() if name not in MEASURED}
        self.heard.append(f"{self.format(record)} {fields}")

    def numbers(self) -> list[str]:
        """The first whole number of each line that holds one."""
        return [found[0] for line in self.heard if (found := PHONE_NUMBER.search(line))]


@pytest.fixture(autouse=True)
def no_numbers_in_logs() -> Iterator[_Ear]:
    """A test after which a whole phone number was given to one of our loggers fails, whatever else it found."""
    structlog.configure(
        processors=[structlog.stdlib.render_to_log_kwargs],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    ear = _Ear()
    loggers = [logging.getLogger(name) for name in OURS]
    for logger in loggers:
        logger.addHandler(ear)
        logger.setLevel(logging.DEBUG)
    yield ear
    for logger in loggers:
        logger.removeHandler(ear)
        logger.setLevel(logging.NOTSET)
    structlog.reset_defaults()
    assert not ear.numbers(), f"whole phone numbers were logged: {ear.numbers()}"
