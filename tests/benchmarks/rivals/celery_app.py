"""Celery as its first chapter teaches it. Its broker writes nothing to disk: Celery promises nothing that needs it."""

import os

from celery import Celery

from tests.benchmarks.rivals import BROKER
from tests.benchmarks.rivals.publishing import count, told
from tests.benchmarks.rivals.thread_client import post

app = Celery("rival", broker=os.environ.get(BROKER))
app.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True)


@app.task(name="rival.send")
def send(number: int) -> None:
    """One message to one contact."""
    post(number)


if __name__ == "__main__":
    with told():
        for one in range(count()):
            app.send_task("rival.send", args=[one])
