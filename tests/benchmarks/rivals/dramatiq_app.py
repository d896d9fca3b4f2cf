"""dramatiq with its Redis broker, as its guide teaches it: a process a core, threads in each."""

import os

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from tests.benchmarks.rivals import BROKER
from tests.benchmarks.rivals.publishing import count, told
from tests.benchmarks.rivals.thread_client import post

dramatiq.set_broker(RedisBroker(url=os.environ[BROKER]))


@dramatiq.actor
def send(number: int) -> None:
    """One message to one contact."""
    post(number)


if __name__ == "__main__":
    with told():
        for one in range(count()):
            send.send(one)
