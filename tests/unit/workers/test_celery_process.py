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


def test_a_worker_that_cannot_start_shows_no_traceback_and_no_values() -> None:
    urls = {"ORIEL_STATE__URL": NOWHERE, "ORIEL_BROKER__URL": NOWHERE, "ORIEL_PROCESS": "sender"}
    ran = subprocess.run(
        [sys.executable, "-c", STORE_AWAY], env={**os.environ, **urls}, capture_output=True, text=True, check=False
    )
    (line,) = ran.stderr.splitlines()
    told = json.loads(line)
    assert (told["event"], told["process"]) == ("worker_not_started", "sender")
    assert told["remedy"] == "the state store did not answer"
    assert ran.returncode == 1
    assert "415555" not in ran.stdout + ran.stderr
