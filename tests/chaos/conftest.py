"""What the fault tests stand on: a world of one's own, and a seed that is printed and can be given again."""

import os
import random
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from kombu import Connection

from config import queues
from tests.world import SEED_VARIABLE, Plan, World

DEFAULT_URL = "amqp://guest:guest@127.0.0.1:5672//"


@pytest.fixture
def seed() -> int:
    """Another one each time, unless ORIEL_CHAOS_SEED says which."""
    given = os.environ.get(SEED_VARIABLE)
    return int(given) if given else random.SystemRandom().randrange(1_000_000)


@pytest.fixture
def world(tmp_path: Path, seed: int) -> Callable[..., World]:
    """Its arguments are the plan; the test enters what it answers."""
    return lambda **plan: World(tmp_path, Plan(**plan), seed)


@pytest.fixture
def rabbitmq() -> Iterator[str]:
    """Its URL, with none of our queues in it before and after: leftovers would be harmless, and are not ours to leave."""
    url = os.environ.get("ORIEL_TEST_RABBITMQ_URL", DEFAULT_URL)
    if not is_listening(url):
        missing = "there is no RabbitMQ: start one, or name it by ORIEL_TEST_RABBITMQ_URL"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    forget(url)
    yield url
    forget(url)


def is_listening(url: str) -> bool:
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 5672), 2).close()
    except OSError:
        return False
    return True


def forget(url: str) -> None:
    with Connection(url) as connection, connection.channel() as channel:
        for queue in (*queues.task_queues(quorum=True), *queues.event_queues(quorum=True)):
            channel.queue_delete(queue.name)
        for exchange in (queues.TASKS, queues.HINTS):
            channel.exchange_delete(exchange.name)
