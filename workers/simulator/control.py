"""The operator's door, under /_simulator/: look at the counters and the journal, change the behaviour, begin again, speak
for a contact.

Owns no state. Only tests, benchmarks and people at their own machine come here, so there is no authentication.
"""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from shared.ground.errors import ConfigurationError
from workers.simulator.exchange import Exchange
from workers.simulator.inbound import NobodyThere
from workers.simulator.journal import Journal
from workers.simulator.news import News, read_number_news, read_other_news, read_question, read_template_news
from workers.simulator.picture import MIME_TYPE, PATH, PICTURE
from workers.simulator.provider import Dialect
from workers.simulator.script import read_script
from workers.simulator.speech import read_written

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Act = Callable[[bytes], Awaitable[Mapping[str, object]]]


def control_routes(exchange: Exchange, journal: Journal, dialects: Mapping[str, Dialect]) -> list[web.RouteDef]:
    """GET summary, journal, picture; PUT script; POST reset, inbound, template, number, news, handshake."""
    return [*_about_all(exchange, journal), *_about_one(exchange, dialects)]


def _about_all(exchange: Exchange, journal: Journal) -> list[web.RouteDef]:
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

    async def picture(_: web.Request) -> web.StreamResponse:
        return web.Response(body=PICTURE, content_type=MIME_TYPE)

    return [
        web.get(PATH, picture),
        web.get("/_simulator/summary", summary),
        web.get("/_simulator/journal", lines),
        web.put("/_simulator/script", script),
        web.post("/_simulator/reset", reset),
    ]


def _about_one(exchange: Exchange, dialects: Mapping[str, Dialect]) -> list[web.RouteDef]:
    """What somebody has one provider, or a contact of its, do at once."""

    def named(provider: str, place: str) -> Dialect:
        if provider not in dialects:
            raise ConfigurationError(f"{place}: provider: expected one of {', '.join(dialects)}")
        return dialects[provider]

    async def inbound(body: bytes) -> Mapping[str, object]:
        said = read_written(body)
        message_id, http_status = await exchange.write(named(said.provider, "inbound"), said)
        return {"message_id": message_id, "http_status": http_status}

    def announcing(place: str, reader: Callable[[bytes], News]) -> Act:
        async def announce(body: bytes) -> Mapping[str, object]:
            said = reader(body)
            return {"http_status": await exchange.announce(named(said.provider, place), said)}

        return announce

    async def handshake(body: bytes) -> Mapping[str, object]:
        record = await exchange.shake_hands(named(read_question(body).provider, "handshake"))
        return {"http_status": record.http_status, "passed": record.passed}

    acts: Mapping[str, Act] = {
        "inbound": inbound,
        "template": announcing("template", read_template_news),
        "number": announcing("number", read_number_news),
        "news": announcing("news", read_other_news),
        "handshake": handshake,
    }
    return [web.post(f"/_simulator/{place}", _door(place, act)) for place, act in acts.items()]


def _door(place: str, act: Act) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return web.json_response(await act(await request.read()))
        except ConfigurationError as error:
            return web.json_response({"code": f"bad_{place}", "detail": str(error)}, status=400)
        except NobodyThere as error:
            return web.json_response({"code": "nobody_there", "detail": str(error)}, status=409)

    return handle
