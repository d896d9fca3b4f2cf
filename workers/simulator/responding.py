"""Responses on their way to the client: complete, or broken as a fault demands. Owns the breaking, not the decision."""

import asyncio

from aiohttp import web

from workers.simulator.decision import Decision
from workers.simulator.faults import ResponseMode
from workers.simulator.http_values import HttpResponse


def make_response(response: HttpResponse) -> web.Response:
    made = web.Response(status=response.status, body=response.body, content_type=response.content_type)
    if response.retry_after_s is not None:
        made.headers["Retry-After"] = str(response.retry_after_s)
    return made


async def respond_falsely(request: web.Request, decision: Decision) -> web.StreamResponse:
    """A response that is incomplete, missing, or that states another outcome."""
    await pause(decision.hang_s if decision.effect.mode is ResponseMode.HANG else decision.latency_s)
    match decision.effect.mode:
        case ResponseMode.COMPLETE:
            return make_response(decision.response)
        case ResponseMode.HALF:
            return await _send_half(request, decision.response)
        case ResponseMode.CUT | ResponseMode.HANG:
            _abort(request)
            return web.Response()


def is_gone(request: web.Request) -> bool:
    """Whether the client has closed the connection."""
    return request.transport is None or request.transport.is_closing()


async def pause(seconds: float) -> None:
    if seconds > 0:
        await asyncio.sleep(seconds)


async def _send_half(request: web.Request, response: HttpResponse) -> web.StreamResponse:
    stream = web.StreamResponse(status=response.status)
    stream.content_type = response.content_type
    stream.content_length = len(response.body)
    await stream.prepare(request)
    await stream.write(response.body[: len(response.body) // 2])
    if request.transport is not None:
        request.transport.close()  # not abort: the written half should leave
    return stream


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
