"""The simulator as an HTTP server: routes, start and stop. Decides nothing: the simulation does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType

from aiohttp import web

from workers.simulator.control import build_control_routes
from workers.simulator.dialect import Dialect, Route
from workers.simulator.dispatcher import WebhookDispatcher
from workers.simulator.hey import Hey
from workers.simulator.http_values import HttpRequest, HttpResponse
from workers.simulator.journal_writer import Journal
from workers.simulator.meta import Meta
from workers.simulator.responding import is_gone, make_response, pause, respond_falsely
from workers.simulator.script import Script
from workers.simulator.simulation import Simulation, make_id_source
from workers.simulator.traffic import NowUs, make_steady_clock
from workers.simulator.twilio import Twilio
from workers.simulator.wavy import Wavy

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

DIALECTS: Mapping[str, Dialect] = {dialect.name: dialect for dialect in (Twilio(), Wavy(), Hey(), Meta())}
SHUTDOWN_S = 0.2  # aiohttp grants it twice to a request under way; the process must end within 2 s
BACKLOG = 1_024  # a client may open hundreds of connections at once
MAX_BODY_BYTES = 1 << 20
NO_QUERY: Mapping[str, str] = MappingProxyType({})


class Simulator:
    """One simulator on one port. Started and stopped once.

    *Raises* (start): OSError when the port is taken or the journal cannot be written.
    """

    def __init__(self, script: Script, journal: Path, now_us: NowUs | None = None) -> None:
        now_us = now_us or make_steady_clock()
        self.journal = Journal(journal)
        self._dispatcher = WebhookDispatcher(self.journal, now_us)
        self.simulation = Simulation(script, self.journal, self._dispatcher, now_us, make_id_source())
        self._runner = web.AppRunner(self._build_application(), access_log=None, shutdown_timeout=SHUTDOWN_S)
        self._background: list[asyncio.Task[None]] = []
        self._handshakes: list[asyncio.Task[None]] = []
        self.url = ""

    async def start(self, host: str, port: int) -> None:
        """*Effects*: `url` is set; port 0 takes any free one."""
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port, backlog=BACKLOG).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self._background = [
            asyncio.create_task(self.journal.keep_flushing()),
            asyncio.create_task(self._dispatcher.run()),
        ]
        self._handshakes = [
            asyncio.create_task(self.simulation.shake_hands_at_start(dialect)) for dialect in DIALECTS.values()
        ]

    async def stop(self) -> None:
        """*Effects*: requests under way get a moment, webhooks none; the journal is complete afterwards."""
        await self._runner.cleanup()
        self.simulation.close()
        tasks = [*self._background, *self._handshakes]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.journal.close()

    async def wait(self, stop: asyncio.Event) -> None:
        """Return when `stop` is set. *Raises*: the error of a background task, instead of serving on without it."""
        stopping = asyncio.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait({stopping, *self._background}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            stopping.cancel()

    def _build_application(self) -> web.Application:
        application = web.Application(client_max_size=MAX_BODY_BYTES)
        control = build_control_routes(self.simulation, self.journal, DIALECTS)
        application.add_routes([web.get("/livez", _report_alive), *control])
        for dialect in DIALECTS.values():
            application.add_routes(self._build_routes(dialect))
        return application

    def _build_routes(self, dialect: Dialect) -> list[web.RouteDef]:
        async def send(request: web.Request) -> web.StreamResponse:
            return await self._send(dialect, request)

        lookups = [web.route(route.method, route.path, self._make_handler(route)) for route in dialect.routes]
        return [web.post(dialect.send_path, send), *lookups]

    def _make_handler(self, route: Route) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            http_request = await _read_request(request, request.query)
            return make_response(route.handle(http_request, self.simulation.make_lookup_context()))

        return handle

    async def _send(self, dialect: Dialect, request: web.Request) -> web.StreamResponse:
        decision = self.simulation.decide(dialect, await _read_request(request))
        if isinstance(decision, HttpResponse):
            return make_response(decision)
        if not decision.effect.is_truthful:
            self.simulation.settle(decision, answered=False)
            return await respond_falsely(request, decision)
        answered = False
        try:
            await self.simulation.send_early_status(decision)
            await pause(decision.latency_s)
            answered = not is_gone(request)
        finally:  # also if the server is stopped meanwhile
            self.simulation.settle(decision, answered=answered)
        return make_response(decision.response)


@asynccontextmanager
async def running(
    script: Script, journal: Path, host: str = "127.0.0.1", port: int = 0, now_us: NowUs | None = None
) -> AsyncIterator[Simulator]:
    """A simulator for as long as the block lasts."""
    simulator = Simulator(script, journal, now_us)
    try:
        await simulator.start(host, port)
        yield simulator
    finally:
        await simulator.stop()


async def _report_alive(_: web.Request) -> web.StreamResponse:
    return web.json_response({"process": "simulator"})


async def _read_request(request: web.Request, query: Mapping[str, str] = NO_QUERY) -> HttpRequest:
    return HttpRequest(request.match_info, query, request.headers, await request.read())
