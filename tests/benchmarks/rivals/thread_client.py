"""A message over the calling thread's own connection, which is kept. Owns no retries."""

import http.client
import os
import threading
from http import HTTPStatus
from urllib.parse import urlsplit

from tests.benchmarks.message import HEADERS, PATH, form
from tests.benchmarks.rivals import PROVIDER

ANSWER_S = 20.0

_thread = threading.local()


def post(number: int) -> None:
    """The message to the n-th person. *Raises*: RuntimeError when it was not accepted."""
    connection = _connection()
    connection.request("POST", PATH, form(number), dict(HEADERS))
    answer = connection.getresponse()
    answer.read()
    if answer.status != HTTPStatus.CREATED:
        raise RuntimeError(f"the provider answered {answer.status}")


def _connection() -> http.client.HTTPConnection:
    if not hasattr(_thread, "connection"):
        _thread.connection = http.client.HTTPConnection(urlsplit(os.environ[PROVIDER]).netloc, timeout=ANSWER_S)
    kept: http.client.HTTPConnection = _thread.connection
    return kept
