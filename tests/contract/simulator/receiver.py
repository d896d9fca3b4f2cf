"""A client's webhook, as the simulator would call it: keeps what came and answers what it is told to."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from aiohttp import web


@dataclass(frozen=True)
class Received:
    path_and_query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def params(self) -> list[tuple[str, str]]:
        return parse_qsl(self.body.decode(), keep_blank_values=True)

    @property
    def status(self) -> str:
        return dict(self.params)["MessageStatus"]


@dataclass
class Receiver:
    """answers: the HTTP statuses of the first calls; 204 from then on."""

    answers: Sequence[int] = ()
    url: str = ""
    received: list[Received] = field(default_factory=list)
    _more: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def called(self, times: int) -> list[Received]:
        """The calls so far, once there are that many."""
        async with asyncio.timeout(10), self._more:
            await self._more.wait_for(lambda: len(self.received) >= times)
        return self.received

    async def handle(self, request: web.Request) -> web.Response:
        place = len(self.received)
        self.received.append(Received(request.raw_path, request.headers, await request.read()))
        async with self._more:
            self._more.notify_all()
        return web.Response(status=self.answers[place] if place < len(self.answers) else 204)


@asynccontextmanager
async def receiving(answers: Sequence[int] = ()) -> AsyncIterator[Receiver]:
    receiver = Receiver(answers)
    application = web.Application()
    application.router.add_post("/{tail:.*}", receiver.handle)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        receiver.url = f"http://{host}:{port}"
        yield receiver
    finally:
        await runner.cleanup()
