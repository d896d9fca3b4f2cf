"""The simulator as an HTTP server: routes, answers whole or cut, start and stop. Decides nothing: the exchange does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType

from aiohttp import web

from workers.simulator.control import control_routes
from workers.simulator.courier import Courier
from workers.simulator.exchange import Deed, Exchange, unique_ids
from workers.simulator.faults import Manner
from workers.simulator.hey import Hey
from workers.simulator.journal import Journal
from workers.simulator.meta import Meta
from workers.simulator.provider import Answer, Arrival, Dialect, Route
from workers.simulator.script import Script
from workers.simulator.traffic import NowUs, steady_clock
from workers.simulator.twilio import Twilio
from workers.simulator.wavy import Wavy

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

DIALECTS: Mapping[str, Dialect] = {dialect.name: dialect for dialect in (Twilio(), Wavy(), Hey(), Meta())}
SHUTDOWN_S = 0.2  # aiohttp grants it twice to a request under way; the process must end within 2 s
BACKLOG = 1_024  # a client may open hundreds of connections at once
MAX_BODY = 1 << 20
NO_QUERY: Mapping[str, str] = MappingProxyType({})


class Simulator:
    """One simulator on one port. Started and stopped once.

    *Raises* (start): OSError when the port is taken or the journal cannot be written.
    """

    def __init__(self, script: Script, journal: Path, now_us: NowUs | None = None) -> None:
        now_us = now_us or steady_clock()
        self.journal = Journal(journal)
        self._courier = Courier(self.journal, now_us)
        self.exchange = Exchange(script, self.journal, self._courier, now_us, unique_ids())
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=SHUTDOWN_S)
        self._background: list[asyncio.Task[None]] = []
        self._greetings: list[asyncio.Task[None]] = []
        self.url = ""

    async def start(self, host: str, port: int) -> None:
        """*Effects*: `url` is set; port 0 takes any free one."""
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port, backlog=BACKLOG).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self._background = [
            asyncio.create_task(self.journal.keep_flushing()),
            asyncio.create_task(self._courier.run()),
        ]
        self._greetings = [asyncio.create_task(self.exchange.greet(dialect)) for dialect in DIALECTS.values()]

    async def stop(self) -> None:
        """*Effects*: requests under way get a moment, callbacks none; the journal is complete afterwards."""
        await self._runner.cleanup()
        self.exchange.close()
        tasks = [*self._background, *self._greetings]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.journal.close()

    async def wait(self, stop: asyncio.Event) -> None:
        """Until asked to stop. *Raises*: what broke in the background, instead of serving on without it."""
        asked = asyncio.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait({asked, *self._background}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            asked.cancel()

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=MAX_BODY)
        control = control_routes(self.exchange, self.journal, DIALECTS)
        application.add_routes([web.get("/livez", _alive), *control])
        for dialect in DIALECTS.values():
            application.add_routes(self._routes(dialect))
        return application

    def _routes(self, dialect: Dialect) -> list[web.RouteDef]:
        async def send(request: web.Request) -> web.StreamResponse:
            return await self._send(dialect, request)

        others = [web.route(route.method, route.path, self._other(route)) for route in dialect.routes]
        return [web.post(dialect.send_path, send), *others]

    def _other(self, route: Route) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            arrival = await _arrival(request, request.query)
            return _response(route.answer(arrival, self.exchange.desk()))

        return answer

    async def _send(self, dialect: Dialect, request: web.Request) -> web.StreamResponse:
        deed = self.exchange.receive(dialect, await _arrival(request))
        if isinstance(deed, Answer):
            return _response(deed)
        if not deed.course.tells:
            self.exchange.settle(deed, told=False)
            return await _mislead(request, deed)
        told = False
        try:
            await self.exchange.tell_early(deed)
            await _pause(deed.latency_s)
            told = not _is_gone(request)
        finally:  # also when the server is told to end meanwhile
            self.exchange.settle(deed, told=told)
        return _response(deed.answer)


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


async def _alive(_: web.Request) -> web.StreamResponse:
    return web.json_response({"process": "simulator"})


async def _arrival(request: web.Request, query: Mapping[str, str] = NO_QUERY) -> Arrival:
    return Arrival(request.match_info, query, request.headers, await request.read())


def _response(answer: Answer) -> web.Response:
    response = web.Response(status=answer.status, body=answer.body, content_type=answer.content_type)
    if answer.retry_after_s is not None:
        response.headers["Retry-After"] = str(answer.retry_after_s)
    return response


async def _mislead(request: web.Request, deed: Deed) -> web.StreamResponse:
    """Anything but a whole and true answer."""
    await _pause(deed.hang_s if deed.course.manner is Manner.HANG else deed.latency_s)
    match deed.course.manner:
        case Manner.WHOLE:
            return _response(deed.answer)
        case Manner.HALF:
            return await _half(request, deed.answer)
        case Manner.CUT | Manner.HANG:
            _cut(request)
            return web.Response()


async def _half(request: web.Request, answer: Answer) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status)
    response.content_type = answer.content_type
    response.content_length = len(answer.body)
    await response.prepare(request)
    await response.write(answer.body[: len(answer.body) // 2])
    if request.transport is not None:
        request.transport.close()  # not abort: what was written should leave
    return response


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _is_gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


async def _pause(seconds: float) -> None:
    if seconds > 0:
        await asyncio.sleep(seconds)
