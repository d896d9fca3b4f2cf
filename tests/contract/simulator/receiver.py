"""A client's webhook, as the simulator would call it: keeps what came and answers what it is told to."""

import asyncio
import base64
import hashlib
import hmac
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
    def fields(self) -> dict[str, str]:
        return dict(self.params)

    @property
    def status(self) -> str:
        return self.fields["MessageStatus"]

    @property
    def is_message(self) -> bool:
        return "MessageStatus" not in self.fields


def expected_signature(token: str, url: str, call: Received) -> str:
    """The documented recipe in other words than the simulator's."""
    text, params = url, dict(call.params)
    for name in sorted(params):
        text = text + name + params[name]
    return base64.encodebytes(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode().strip()


@dataclass
class Receiver:
    """answers: the HTTP statuses of the first calls; 204 from then on.  holding: answers nobody before `release`."""

    answers: Sequence[int] = ()
    holding: bool = False
    url: str = ""
    received: list[Received] = field(default_factory=list)
    _more: asyncio.Condition = field(default_factory=asyncio.Condition)
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        self._released.set()

    async def called(self, times: int) -> list[Received]:
        """The calls so far, once there are that many."""
        async with asyncio.timeout(10), self._more:
            await self._more.wait_for(lambda: len(self.received) >= times)
        return self.received

    @property
    def letters(self) -> list[Received]:
        """What contacts wrote, so far."""
        return [call for call in self.received if call.is_message]

    async def handle(self, request: web.Request) -> web.Response:
        place = len(self.received)
        self.received.append(Received(request.raw_path, request.headers, await request.read()))
        async with self._more:
            self._more.notify_all()
        if self.holding:
            await self._released.wait()
        return web.Response(status=self.answers[place] if place < len(self.answers) else 204)


@asynccontextmanager
async def receiving(answers: Sequence[int] = (), *, holding: bool = False) -> AsyncIterator[Receiver]:
    receiver = Receiver(answers, holding)
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
