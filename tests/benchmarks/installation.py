"""A whole installation, as its user has it: `oriel up` and the HTTP API, of this checkout or of another one.

Owns the processes' lives and the calls; what is measured is each benchmark's own. Nothing of Oriel is imported, so that
the same benchmark runs against a checkout of any commit.
"""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp

from tests.benchmarks.message import API_KEY, LANGUAGE, TEMPLATE
from tests.benchmarks.processes import ROOT, end_of, started
from tests.reading import object_from

READY_S = 60.0  # beyond the 20 s for which `oriel up` waits
SETTLED_S = 120.0
LOOK_AGAIN_S = 0.05


@dataclass(frozen=True)
class Tree:
    """A checkout with an environment of its own in `.venv`."""

    name: str
    root: Path

    @property
    def program(self) -> Path:
        return self.root / ".venv" / "bin" / "oriel"


HERE = Tree("this tree", ROOT)


@dataclass(frozen=True)
class Running:
    """An installation that is ready. ready_s: seconds from its start.  pids: `state` is the store, `oriel` the parent."""

    http: aiohttp.ClientSession
    pids: Mapping[str, int]
    ops: Mapping[str, str]
    webhook: str
    ready_s: float

    async def campaign(self, sender: str) -> str:
        """A draft. Answers its id."""
        template = {"name": TEMPLATE, "language": LANGUAGE}
        return str((await self._post("", json={"name": "Benchmark", "sender": sender, "template": template}))["id"])

    async def add(self, campaign: str, base: bytes, rows: int) -> None:
        """All of its rows join. *Raises*: RuntimeError when one does not."""
        told = await self._post(f"/{campaign}/contacts", data=base, headers={"Content-Type": "text/csv"})
        if told["admitted"] != rows:
            raise RuntimeError(f"{told['admitted']} of {rows} rows were admitted: {told}")

    async def admitted(self, sender: str, base: bytes, rows: int) -> str:
        """A draft that holds these people. Answers its id."""
        campaign = await self.campaign(sender)
        await self.add(campaign, base, rows)
        return campaign

    async def start(self, campaign: str) -> None:
        await self._post(f"/{campaign}/start", json={"confirm": True})

    async def pause(self, campaign: str) -> None:
        await self._post(f"/{campaign}/pause", json={})

    async def cancel(self, campaign: str) -> None:
        await self._post(f"/{campaign}/cancel", json={})

    async def contact(self, sender: str, phone: str) -> str:
        """Its opaque id."""
        return str((await self.post("/v1/contacts/lookup", sender=sender, contact=phone))["contact_id"])

    async def get(self, path: str) -> dict[str, Any]:
        """What is there. Empty where nothing is yet. *Raises*: RuntimeError for any other refusal."""
        async with self.http.get(path) as answer:
            if not answer.ok and answer.status != HTTPStatus.NOT_FOUND:
                raise RuntimeError(f"GET {path}: {answer.status} {await answer.text()}")
            return await object_from(answer) if answer.ok else {}

    async def post(self, path: str, **order: object) -> dict[str, Any]:
        """*Raises*: RuntimeError when it is refused."""
        async with self.http.post(path, json=order) as answer:
            if not answer.ok:
                raise RuntimeError(f"POST {path}: {answer.status} {await answer.text()}")
            return await object_from(answer)

    async def settled(self, campaign: str, accepted: int) -> float:
        """Waits until all receipts are in the ledger. Answers the epoch second in which they were seen there."""
        deadline = time.monotonic() + SETTLED_S
        while (counts := await self._counts(campaign))["accepted"] < accepted:
            if time.monotonic() > deadline:
                raise RuntimeError(f"not settled in {SETTLED_S:.0f} s: {counts}")
            await asyncio.sleep(LOOK_AGAIN_S)
        return time.time()

    async def planned(self) -> int:
        """Contacts that became jobs, since the start of this installation."""
        async with self.http.get(f"{self.ops['dialer']}/metrics") as answer:
            text = await answer.text()
        return sum(
            int(float(count)) for count in re.findall(r"^oriel_planned_jobs_total\{.*\} (\S+)", text, re.MULTILINE)
        )

    async def _counts(self, campaign: str) -> dict[str, int]:
        async with self.http.get(f"/v1/campaigns/{campaign}") as answer:
            counts: dict[str, int] = (await object_from(answer))["counts"]
            return counts

    async def _post(self, path: str, **words: Any) -> dict[str, Any]:
        async with self.http.post(f"/v1/campaigns{path}", **words) as answer:
            if not answer.ok:
                raise RuntimeError(f"POST {path or 'campaign'}: {answer.status} {await answer.text()}")
            return await object_from(answer)


@asynccontextmanager
async def up(tree: Tree, folder: Path, configuration: str, senders: int = 1) -> AsyncIterator[Running]:
    """Ready, for as long as the block lasts. folder: is made, for configuration and data.  senders: their processes."""
    folder.mkdir(parents=True)
    config, log = folder / "oriel.toml", folder / "up.log"
    config.write_text(configuration, encoding="utf-8")
    command = [str(tree.program), "up", "--config", str(config), "--data-dir", str(folder / "data"), "--json"]
    began = time.monotonic()
    async with started([*command, "--scale", f"sender={senders}"], log, folder=folder) as process:
        assert process.stdout is not None
        if not (said := await process.stdout.readline()):
            raise RuntimeError(f"oriel up has ended\n{end_of(log)}")
        while not _is_whole(said):
            said += await process.stdout.readline()
        endpoints = json.loads(said)
        headers = {"Authorization": f"Bearer {API_KEY}"}
        async with aiohttp.ClientSession(endpoints["api"], headers=headers, timeout=aiohttp.ClientTimeout(600)) as http:
            await asyncio.gather(*(_answers(http, f"{url}/readyz") for url in endpoints["ops"].values()))
            ready_s = time.monotonic() - began
            yield Running(http, _pids(folder / "data"), endpoints["ops"], endpoints["webhook"], ready_s)


async def _answers(http: aiohttp.ClientSession, url: str) -> None:
    """Until it is ready: after 20 s `oriel up` goes on without those that are late."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        with suppress(aiohttp.ClientError):
            async with http.get(url) as answer:
                if answer.ok:
                    return
        await asyncio.sleep(LOOK_AGAIN_S)
    raise RuntimeError(f"{url} is not ready after {READY_S:.0f} s")


def _is_whole(text: bytes) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _pids(data_dir: Path) -> dict[str, int]:
    return {path.stem: int(path.read_text(encoding="utf-8")) for path in (data_dir / "run").glob("*.pid")}
