"""What every test stands on holds by itself: no way out of this machine, and time that moves only when it is moved."""

import asyncio
import logging
import socket
import time
from datetime import timedelta

import pytest
from redis.asyncio import Redis
from structlog.stdlib import get_logger

from tests.factories import address
from tests.stores import Clock

ELSEWHERE = ("192.0.2.1", 9)  # reserved for documentation: nobody's


@pytest.mark.parametrize("way", ["connect", "connect_ex"])
def test_nobody_is_called(way: str) -> None:
    with socket.socket() as caller, pytest.raises(pytest.fail.Exception, match="only this machine"):
        getattr(caller, way)(ELSEWHERE)


async def test_nobody_is_called_through_the_loop_either() -> None:
    with pytest.raises(pytest.fail.Exception):
        await asyncio.open_connection(*ELSEWHERE)


def test_this_machine_may_be_called() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as caller:
        caller.connect(listener.getsockname())


async def test_the_store_lives_on_the_test_s_clock(redis: Redis, clock: Clock) -> None:
    await redis.set("kept", "1", px=timedelta(hours=24))
    seconds, micros = await redis.eval("return redis.call('TIME')", 0)
    assert (int(seconds), int(micros)) == (int(clock.seconds()), clock().microsecond)
    clock.travel(timedelta(hours=23, minutes=59))
    assert await redis.exists("kept")
    clock.travel(timedelta(minutes=2))
    assert not await redis.exists("kept")
    assert time.time() == clock.seconds()


def test_a_number_in_the_log_is_heard(no_numbers_in_logs) -> None:
    get_logger("shared.somewhere").warning("written", to=address(1))
    logging.getLogger("workers.somewhere").info("to %s", address(2))
    logging.getLogger("elsewhere").info("to %s", address(3))
    heard = no_numbers_in_logs.numbers()
    assert heard == [address(1), address(2)]
    no_numbers_in_logs.heard.clear()
