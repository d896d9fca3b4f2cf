"""A client of the simulator over real HTTP: one account, one sender, forms by keyword."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.reading import as_object
from workers.simulator.journal import CallbackRecord, InboundRecord, JournalRecord, RequestRecord, read_journal
from workers.simulator.script import Script
from workers.simulator.server import running
from workers.simulator.traffic import NowUs

ACCOUNT, TOKEN = "AC" + "a" * 32, "made-up-token"
SENDER, CONTACT, TEMPLATE = "+14155550100", "+14155550101", "HX" + "b" * 32
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
BASIC = aiohttp.encode_basic_auth(ACCOUNT, TOKEN)
FORM = {
    "To": f"whatsapp:{CONTACT}",
    "From": f"whatsapp:{SENDER}",
    "ContentSid": TEMPLATE,
    "ContentVariables": '{"1":"Ana","2":"10:30"}',
}


class Clock:
    """Microseconds that a test moves."""

    def __init__(self) -> None:
        self.us = 1_700_000_000_000_000

    def __call__(self) -> int:
        return self.us


@dataclass(frozen=True)
class Answered:
    status: int
    headers: Mapping[str, str]
    body: bytes
    json: Any


@dataclass
class Client:
    session: aiohttp.ClientSession
    url: str
    journal: Path
    authorization: str | None = BASIC

    async def call(self, method: str, path: str, **options: Any) -> Answered:
        headers = {"Authorization": self.authorization} if self.authorization else {}
        async with self.session.request(method, self.url + path, headers=headers, **options) as response:
            body = await response.read()
            is_json = response.content_type == "application/json" and body.endswith(b"}")
            content = await response.json() if is_json else None
            return Answered(response.status, response.headers, body, content)

    async def send(self, **changes: str | None) -> Answered:
        """A good request but for `changes`; None leaves a field out."""
        fields = {name: value for name, value in {**FORM, **changes}.items() if value is not None}
        return await self.call("POST", MESSAGES, data=fields)

    async def summary(self) -> dict[str, Any]:
        return as_object((await self.call("GET", "/_simulator/summary")).json)

    async def settled(self) -> dict[str, Any]:
        """The summary once nothing is pending."""
        return await self.until(lambda summary: summary["pending"] == 0)

    async def until(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        async with asyncio.timeout(10):
            while not holds(summary := await self.summary()):
                pass  # each look is a round trip that lets everybody else run
        return summary

    async def records(self) -> list[JournalRecord]:
        await self.call("GET", "/_simulator/journal")  # has everything written first
        return read_journal(self.journal)

    async def requests(self) -> list[RequestRecord]:
        return [record for record in await self.records() if isinstance(record, RequestRecord)]

    async def callbacks(self) -> list[CallbackRecord]:
        return [record for record in await self.records() if isinstance(record, CallbackRecord)]

    async def letters(self) -> list[InboundRecord]:
        return [record for record in await self.records() if isinstance(record, InboundRecord)]

    async def say(self, **said: Any) -> Answered:
        """Have a contact write; the usual one to the usual sender, unless `said` names others."""
        return await self.call("POST", "/_simulator/inbound", json={"from": CONTACT, "to": SENDER, **said})

    async def send_text(self, **changes: str | None) -> Answered:
        return await self.send(**{"ContentSid": None, "ContentVariables": None, "Body": "See you", **changes})


@asynccontextmanager
async def simulated(folder: Path, now_us: NowUs | None = None, **script: Any) -> AsyncIterator[Client]:
    """A simulator that follows the script, and a client of it."""
    journal = folder / "journal.jsonl"
    async with (
        running(Script.model_validate(script), journal, now_us=now_us) as simulator,
        aiohttp.ClientSession() as session,
    ):
        yield Client(session, simulator.url, journal)
