"""The operator's door, under /_simulator/: look at the counters and the journal, change the behaviour, begin again, speak
for a contact.

Owns no state. Only tests, benchmarks and people at their own machine come here, so there is no authentication.
"""

from collections.abc import Mapping

from aiohttp import web

from shared.errors import ConfigurationError
from workers.simulator.exchange import Exchange
from workers.simulator.inbound import NobodyThere
from workers.simulator.journal import Journal
from workers.simulator.provider import Dialect
from workers.simulator.script import read_script
from workers.simulator.speech import read_written


def control_routes(exchange: Exchange, journal: Journal, dialects: Mapping[str, Dialect]) -> list[web.RouteDef]:
    """GET summary, GET journal, PUT script, POST reset, POST inbound."""

    async def summary(_: web.Request) -> web.StreamResponse:
        return web.json_response(exchange.summary())

    async def lines(_: web.Request) -> web.StreamResponse:
        journal.flush()
        return web.FileResponse(journal.path, headers={"Content-Type": "application/x-ndjson"})

    async def script(request: web.Request) -> web.StreamResponse:
        try:
            exchange.apply(read_script(await request.read()))
        except ConfigurationError as error:
            return web.json_response({"code": "bad_script", "detail": str(error)}, status=400)
        return web.Response(status=204)

    async def reset(_: web.Request) -> web.StreamResponse:
        exchange.reset()
        return web.Response(status=204)

    async def inbound(request: web.Request) -> web.StreamResponse:
        try:
            said = read_written(await request.read())
            message_id, http_status = await exchange.write(_named(dialects, said.provider), said)
        except ConfigurationError as error:
            return web.json_response({"code": "bad_inbound", "detail": str(error)}, status=400)
        except NobodyThere as error:
            return web.json_response({"code": "nobody_there", "detail": str(error)}, status=409)
        return web.json_response({"message_id": message_id, "http_status": http_status})

    return [
        web.get("/_simulator/summary", summary),
        web.get("/_simulator/journal", lines),
        web.put("/_simulator/script", script),
        web.post("/_simulator/reset", reset),
        web.post("/_simulator/inbound", inbound),
    ]


def _named(dialects: Mapping[str, Dialect], provider: str) -> Dialect:
    if provider not in dialects:
        raise ConfigurationError(f"inbound: provider: expected one of {', '.join(dialects)}")
    return dialects[provider]
