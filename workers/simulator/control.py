"""The operator's door, under /_simulator/: look at the counters and the journal, change the behaviour, begin again.

Owns no state. Only tests, benchmarks and people at their own machine come here, so there is no authentication.
"""

from aiohttp import web

from shared.errors import ConfigurationError
from workers.simulator.exchange import Exchange
from workers.simulator.journal import Journal
from workers.simulator.script import read_script


def control_routes(exchange: Exchange, journal: Journal) -> list[web.RouteDef]:
    """GET summary, GET journal, PUT script, POST reset."""

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

    return [
        web.get("/_simulator/summary", summary),
        web.get("/_simulator/journal", lines),
        web.put("/_simulator/script", script),
        web.post("/_simulator/reset", reset),
    ]
