"""The operator's routes, under /_simulator/: counters, journal, script, reset, and commands to contacts and providers.

Owns no state. Only tests, benchmarks and people at their own machine come here, so there is no authentication.
"""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from shared.ground.errors import ConfigurationError
from workers.simulator.dialect import Dialect
from workers.simulator.inbound_content import read_inbound_command
from workers.simulator.journal_writer import Journal
from workers.simulator.news import News, read_handshake_command, read_number_news, read_other_news, read_template_news
from workers.simulator.sample_image import MIME_TYPE, PATH, SAMPLE_IMAGE
from workers.simulator.script import read_script
from workers.simulator.sender_endpoints import NoDestination
from workers.simulator.simulation import Simulation

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Command = Callable[[bytes], Awaitable[Mapping[str, object]]]


def build_control_routes(
    simulation: Simulation, journal: Journal, dialects: Mapping[str, Dialect]
) -> list[web.RouteDef]:
    """GET summary, journal, picture; PUT script; POST reset, inbound, template, number, news, handshake."""
    return [*_build_state_routes(simulation, journal), *_build_command_routes(simulation, dialects)]


def _build_state_routes(simulation: Simulation, journal: Journal) -> list[web.RouteDef]:
    async def show_summary(_: web.Request) -> web.StreamResponse:
        return web.json_response(simulation.summarize())

    async def show_journal(_: web.Request) -> web.StreamResponse:
        journal.flush()
        return web.FileResponse(journal.path, headers={"Content-Type": "application/x-ndjson"})

    async def put_script(request: web.Request) -> web.StreamResponse:
        try:
            simulation.apply(read_script(await request.read()))
        except ConfigurationError as error:
            return web.json_response({"code": "bad_script", "detail": str(error)}, status=400)
        return web.Response(status=204)

    async def reset(_: web.Request) -> web.StreamResponse:
        simulation.reset()
        return web.Response(status=204)

    async def show_image(_: web.Request) -> web.StreamResponse:
        return web.Response(body=SAMPLE_IMAGE, content_type=MIME_TYPE)

    return [
        web.get(PATH, show_image),
        web.get("/_simulator/summary", show_summary),
        web.get("/_simulator/journal", show_journal),
        web.put("/_simulator/script", put_script),
        web.post("/_simulator/reset", reset),
    ]


def _build_command_routes(simulation: Simulation, dialects: Mapping[str, Dialect]) -> list[web.RouteDef]:
    """The commands that a contact or a provider obeys at once."""

    def find_dialect(provider: str, place: str) -> Dialect:
        if provider not in dialects:
            raise ConfigurationError(f"{place}: provider: expected one of {', '.join(dialects)}")
        return dialects[provider]

    async def write_inbound(body: bytes) -> Mapping[str, object]:
        command = read_inbound_command(body)
        message_id, http_status = await simulation.write_inbound(find_dialect(command.provider, "inbound"), command)
        return {"message_id": message_id, "http_status": http_status}

    def make_news_command(place: str, reader: Callable[[bytes], News]) -> Command:
        async def send_news(body: bytes) -> Mapping[str, object]:
            news = reader(body)
            return {"http_status": await simulation.send_news(find_dialect(news.provider, place), news)}

        return send_news

    async def shake_hands(body: bytes) -> Mapping[str, object]:
        provider = read_handshake_command(body).provider
        record = await simulation.shake_hands(find_dialect(provider, "handshake"))
        return {"http_status": record.http_status, "passed": record.passed}

    commands: Mapping[str, Command] = {
        "inbound": write_inbound,
        "template": make_news_command("template", read_template_news),
        "number": make_news_command("number", read_number_news),
        "news": make_news_command("news", read_other_news),
        "handshake": shake_hands,
    }
    return [web.post(f"/_simulator/{place}", _make_handler(place, command)) for place, command in commands.items()]


def _make_handler(place: str, command: Command) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return web.json_response(await command(await request.read()))
        except ConfigurationError as error:
            return web.json_response({"code": f"bad_{place}", "detail": str(error)}, status=400)
        except NoDestination as error:
            return web.json_response({"code": "nobody_there", "detail": str(error)}, status=409)

    return handle
