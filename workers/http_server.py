"""Our side of HTTP connections: a request that is not HTTP is counted, answered, and neither logged nor echoed.

Owns what aiohttp does before a handler is found: by itself it logs a traceback and repeats the raw line to the sender,
and such a line may hold a number, a key or a text.
"""

import json
from http import HTTPStatus
from typing import Any

from aiohttp import ClientPayloadError, web
from aiohttp.http_exceptions import HttpProcessingError

from shared.ground import telemetry

THEIR_FAULT = (HttpProcessingError, ClientPayloadError, web.RequestPayloadError, ConnectionError)
STOP_S = 10.0  # of a stopping server: requests under way are finished in that time

WITHOUT_REQUEST_S = (
    75.0  # idle, or drop by drop; longer than load balancers keep theirs (60 s), so that they close first
)


class _Protocol(web.RequestHandler):
    __slots__ = ()

    def log_exception(self, *args: Any, **kwargs: Any) -> None:
        """Errors that a stranger can cause are counted and not logged with a traceback, because the port may be public."""
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
        response = web.Response(status=status, body=_problem(status), content_type="application/problem+json")
        response.force_close()
        return response


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        return _Protocol(self, loop=self._loop, **self._kwargs)


class Runner(web.AppRunner):
    """An AppRunner whose connections are ours, and are closed when no whole head of a request comes for a while."""

    def __init__(self, application: web.Application, **options: Any) -> None:
        super().__init__(application, keepalive_timeout=WITHOUT_REQUEST_S, **options)

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        server.__class__ = _Server
        return server


def _problem(status: int) -> bytes:
    title = "The request is not valid HTTP."
    code = "malformed-request"
    return json.dumps({"type": f"/problems/{code}", "title": title, "status": status, "code": code}).encode()
