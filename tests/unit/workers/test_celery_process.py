"""A Celery worker that cannot start says why in one line, without the values of its variables."""

import json
import os
import subprocess
import sys

NOWHERE = "redis://127.0.0.1:1/0"
STORE_AWAY = """
from shared.ground.errors import BackendUnavailable
from workers.celery_process import process

def start():
    a_contacts_number = "+14155550123"
    raise BackendUnavailable("the state store did not answer")

process.loop.start = start
process._open()
"""

STORE_HANGS = """
import time
from shared.ground.errors import BackendUnavailable
from workers import celery_process, watchdog

celery_process.LOOP_SILENCE_S = watchdog.LOOK_S = 0.01

def start():
    time.sleep(0.5)
    raise BackendUnavailable("the state store did not answer")

celery_process.process.loop.start = start
celery_process.process._open()
"""


def test_a_worker_waits_for_a_store_that_hangs_longer_than_its_loop_may_be_silent() -> None:
    """The store's client tries for about a minute. Its word, not the watchdog's, is the reason of the end."""
    ran = run(STORE_HANGS)
    (line,) = ran.stderr.splitlines()
    assert json.loads(line)["event"] == "worker_not_started"
    assert ran.returncode == 1


LEFT = """
from workers.celery_process import app, process

process._consuming.set()
app.amqp.queues.select(["dialer", "send.bulk"])
for change in (lambda: None, lambda: app.amqp.queues.deselect("send.bulk"), process._consuming.clear):
    change()
    print(process._has_room("dialer"), process._has_room("send.bulk"))
"""


def test_a_worker_has_no_room_for_a_queue_that_an_operator_told_it_to_leave() -> None:
    """`celery control cancel_consumer send.bulk`: messages that wait there are no sign that the worker is deaf."""
    assert run(LEFT).stdout.splitlines() == ["True True", "True False", "False False"]


def run(code: str) -> "subprocess.CompletedProcess[str]":
    urls = {"ORIEL_STATE__URL": NOWHERE, "ORIEL_BROKER__URL": NOWHERE, "ORIEL_PROCESS": "sender"}
    return subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **urls}, capture_output=True, text=True, check=False
    )


def test_a_worker_that_cannot_start_shows_no_traceback_and_no_values() -> None:
    ran = run(STORE_AWAY)
    (line,) = ran.stderr.splitlines()
    told = json.loads(line)
    assert (told["event"], told["process"]) == ("worker_not_started", "sender")
    assert told["remedy"] == "the state store did not answer"
    assert ran.returncode == 1
    assert "415555" not in ran.stdout + ran.stderr
