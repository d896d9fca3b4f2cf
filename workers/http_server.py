"""HTTP connections of our servers: a request that is not HTTP is counted and answered, neither logged nor echoed.

Replaces aiohttp's handling of such a request, which logs a traceback and repeats the raw line in its response: the line
may hold a number, a key or a text.
"""

import json
from http import HTTPStatus
from typing import Any

from aiohttp import ClientPayloadError, web
from aiohttp.http_exceptions import HttpProcessingError

from shared.ground import telemetry

THEIR_FAULT = (HttpProcessingError, ClientPayloadError, web.RequestPayloadError, ConnectionError)
STOP_S = 10.0  # a stopping server finishes requests under way within that time
# Seconds that a connection may stay idle, or send its head drop by drop. Load balancers keep theirs for 60 s: they must
# close first, or they would send a request into a connection that we are closing.
WITHOUT_REQUEST_S = 75.0


class _Protocol(web.RequestHandler):
    __slots__ = ()

    def log_exception(self, *args: Any, **kwargs: Any) -> None:
        """The port may be public: an error that a stranger can cause is counted, not logged with a traceback."""
        if isinstance(kwargs.get("exc_info"), THEIR_FAULT):
            telemetry.BROKEN_REQUESTS.inc()
        else:
            super().log_exception(*args, **kwargs)

    def handle_error(
        self,
        request: Any,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return super().handle_error(request, status, exc, message)
        self.log_exception("a request was not HTTP", exc_info=exc)
        response = web.Response(status=status, body=_build_problem(status), content_type="application/problem+json")
        response.force_close()
        return response


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        return _Protocol(self, loop=self._loop, **self._kwargs)


class Runner(web.AppRunner):
    """An AppRunner with our connections, which are closed after 75 s without a complete head of a request."""

    def __init__(self, application: web.Application, **options: Any) -> None:
        super().__init__(application, keepalive_timeout=WITHOUT_REQUEST_S, **options)

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        server.__class__ = _Server
        return server


def _build_problem(status: int) -> bytes:
    title = "The request is not valid HTTP."
    code = "malformed-request"
    return json.dumps({"type": f"/problems/{code}", "title": title, "status": status, "code": code}).encode()
