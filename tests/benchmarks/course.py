"""The course that every contestant runs: the same provider over real HTTP, the same people, the same bytes, one finish.

Owns the simulator's process and what a turn is; how a message gets to the provider is each contestant's own.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from config.loading import load_settings
from shared.ground.http import HttpRequest
from shared.ground.ids import CampaignId, Reference, SenderId, TenantId
from shared.ledger.pages import JobRow
from shared.providers.account import Account
from shared.providers.messages import TemplateMessage
from shared.providers.registry import get_dialect
from tests.reading import object_from
from workers.machine.supervisor import Supervisor

TENANT, SENDER, ADDRESS = TenantId("acme"), SenderId("clinic"), "+14155550100"
TEMPLATE, LANGUAGE, CONTENT_SID = "appointment_reminder", "en", "HX00000000000000000000000000000001"
ACCOUNT_SID, TOKEN = "AC00000000000000000000000000000001", "made-up-token"
PLACES = ("Crystal Lounge", "dentist", "eye", "hairdresser", "vaccination", "blood donor", "physiotherapy", "check-up")
NOWHERE = "http://127.0.0.1:20001/webhooks/twilio/clinic/status"  # as long as Oriel's own; nobody is called back
SCRIPT = '{"latency_ms": 0, "callbacks": {"enabled": false}}'
TURN_S = 180.0  # the slowest turn on a busy machine; whoever takes longer has stopped
READY_S = 30.0
LOOK_AGAIN_S = 0.2
NO_STORE = {"ORIEL_STATE__URL": "redis://127.0.0.1:1/1", "ORIEL_BROKER__URL": "redis://127.0.0.1:1/0"}


@dataclass(frozen=True)
class Turn:
    """seconds: from the start signal to the last acceptance.  flow: acceptances a second once they had begun.

    spent_us: processor time a send, by process, the provider's included.
    """

    contestant: str
    sends: int
    seconds: float
    flow: float
    spent_us: Mapping[str, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        return self.sends / self.seconds


@dataclass(frozen=True)
class Provider:
    """The simulator, as a contestant and the timekeeper know it."""

    url: str
    pid: int
    http: aiohttp.ClientSession

    async def reset(self) -> None:
        async with self.http.post(f"{self.url}/_simulator/reset") as answer:
            answer.raise_for_status()

    async def summary(self) -> dict[str, float]:
        async with self.http.get(f"{self.url}/_simulator/summary") as answer:
            return await object_from(answer)

    async def turn(self, contestant: str, sends: int, began_at: float) -> Turn:
        """Waits for the last acceptance. began_at: epoch seconds. *Raises*: RuntimeError when it does not come."""
        deadline = time.monotonic() + TURN_S
        while (seen := await self.summary())["accepted"] < sends:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{contestant}: {seen['accepted']} of {sends} were accepted in {TURN_S:.0f} s")
            await asyncio.sleep(LOOK_AGAIN_S)
        if seen["duplicates"] or seen["requests"] != sends:
            raise RuntimeError(f"{contestant}: {seen['requests']} requests for {sends} contacts")
        first, last = seen["first_accepted_at"], seen["last_accepted_at"]
        return Turn(contestant, sends, last - began_at, sends / max(last - first, 1e-9))


@asynccontextmanager
async def provider(folder: Path) -> AsyncIterator[Provider]:
    """The simulator in a process of its own, for as long as the block lasts."""
    script = folder / "script.json"
    script.write_text(SCRIPT, encoding="utf-8")
    environment = {
        "ORIEL_SIMULATOR__LISTEN": "127.0.0.1:0",
        "ORIEL_SIMULATOR__JOURNAL": str(folder / "provider.jsonl"),
        "ORIEL_SIMULATOR__SCRIPT": str(script),
    }
    settings = load_settings(data_dir=folder / "provider", environ={**NO_STORE, **environment})
    simulator = (sys.executable, "-m", "workers.simulator")
    supervisor = Supervisor(settings, processes={"simulator": simulator}, extra_env=_but_for_listen(environment))
    try:
        await supervisor.start()
        url = supervisor.endpoints.simulator or ""
        async with aiohttp.ClientSession() as http:
            await answering(http, f"{url}/livez", lambda: supervisor.failure)
            yield Provider(url, supervisor.pids["simulator"] or 0, http)
    finally:
        await supervisor.stop()


def _but_for_listen(environment: Mapping[str, str]) -> dict[str, str]:
    """The port is the supervisor's to choose."""
    return {name: value for name, value in environment.items() if not name.endswith("LISTEN")}


async def answering(http: aiohttp.ClientSession, url: str, failure: Callable[[], str | None]) -> None:
    """Until it answers 200. failure: why it never will, once that is known. *Raises*: RuntimeError."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and failure() is None:
        with suppress(aiohttp.ClientError):
            async with http.get(url) as answer:
                if answer.ok:
                    return
        await asyncio.sleep(LOOK_AGAIN_S)
    raise RuntimeError(failure() or f"{url} did not answer 200 in {READY_S:.0f} s")


# ── people and messages ─────────────────────────────────────────────────────────────────────────────────────────────


def row(number: int) -> JobRow:
    """The n-th of two million people. Nobody's number: in North America no exchange begins with 0 or 1."""
    parameters = {"1": PLACES[number % len(PLACES)], "2": f"tomorrow at {8 + number % 11}:{number % 60:02d}"}
    return JobRow(f"+1415{number:07d}", parameters)


def request(url: str, number: int) -> HttpRequest:
    """The message to the n-th person, byte for byte as Oriel would send it."""
    person = row(number)
    account = Account(
        "twilio", TENANT, SENDER, ADDRESS, {"api_base": url}, {"account_sid": (ACCOUNT_SID,), "auth_token": (TOKEN,)}
    )
    message = TemplateMessage(person.address, TEMPLATE, LANGUAGE, CONTENT_SID, person.parameters)
    reference = Reference(CampaignId("caaaaaaaaaaaaaaaa"), number, 1).sign(b"made-up-secret")
    return get_dialect("twilio").sending.build_template(account, message, reference, NOWHERE)
