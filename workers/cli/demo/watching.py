"""Polls both sides of the demo, the API and the simulator, until nothing changes any more. Owns the patience."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import aiohttp
from rich.console import Console

from workers.cli import progress
from workers.cli.client import Api, ApiProblem, ApiUnreachable, Document
from workers.cli.demo import live_view, verdict
from workers.cli.output import CommandFailed
from workers.machine.supervisor import Supervisor
from workers.simulator.journal import JournalRecord, read_journal

POLL_SECONDS = 0.25
QUIET_SECONDS = 1.0  # without any change
UNCOUNTED_SECONDS = 15.0  # for statuses that we answered and do not count yet: the consumer must read them first
SERVERS_FAULT = 500


class SimulatorClient:
    """The simulator's counters. *Raises*: ApiUnreachable."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/_simulator/summary"
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def fetch_summary(self) -> Document:
        if self._session is None:
            raise RuntimeError("the connection is not open")
        try:
            async with self._session.get(self._url) as response:
                summary: dict[str, Any] = await response.json()
                return summary
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ApiUnreachable(f"The simulator does not answer ({type(error).__name__}).") from None


class Watcher:
    """campaign: of the API.  summary: of the simulator.  records: of its journal. Each as last fetched."""

    def __init__(self, supervisor: Supervisor, api: Api, simulator: SimulatorClient, path: str, journal: Path) -> None:
        """path: of the campaign in the API."""
        self.campaign: Document = {}
        self.summary: Document = {}
        self.records: Sequence[JournalRecord] = ()
        self._journal = journal
        self._supervisor = supervisor
        self._api = api
        self._simulator = simulator
        self._path = path
        self._failure = ""
        self._signature: object = None
        self._unchanged_since = time.monotonic()

    async def wait_until_quiet(self, screen: Console, limit: float) -> None:
        """limit: seconds. *Raises*: CommandFailed with the last figures."""
        began = time.monotonic()
        with progress.Watch(screen, transient=True) as watch:
            while not await self._is_quiet():
                seconds = time.monotonic() - began
                self._show(watch, seconds)
                if seconds > limit:
                    raise CommandFailed("demo-timeout", f"Not done after {limit:.0f} s: {self._describe()}")
                await asyncio.sleep(POLL_SECONDS)
            self._show(watch, time.monotonic() - began)
            watch.print_line(live_view.format_line(self.campaign, self.summary, self._supervisor))

    def _show(self, watch: progress.Watch, seconds: float) -> None:
        if self.campaign and self.summary:
            figures = self.campaign, self.summary, self._supervisor
            watch.show(live_view.draw(*figures, seconds), live_view.format_line(*figures))

    async def _is_quiet(self) -> bool:
        if not await self._fetch():
            return False
        pending, campaign = self.summary["pending"], self.campaign
        ours = (campaign["state"], dict(campaign["counts"]), campaign["replied"], campaign["opted_out"])
        signature = (ours, self.summary["requests"], self.summary["callbacks"], self.summary["inbound"])
        if signature != self._signature:
            self._signature, self._unchanged_since = signature, time.monotonic()
        unchanged = time.monotonic() - self._unchanged_since
        if campaign["state"] not in progress.ENDED or pending or unchanged < QUIET_SECONDS:
            return False
        self.records = read_journal(self._journal)
        return verdict.count_journal(self.records).is_matched_by(campaign) or unchanged >= UNCOUNTED_SECONDS

    async def _fetch(self) -> bool:
        """Whether both sides answered. A process that was just killed does not, until the supervisor restarts it."""
        try:
            self.campaign = await self._api.get(self._path)
            self.summary = await self._simulator.fetch_summary()
        except ApiUnreachable as error:
            self._failure = str(error)
        except ApiProblem as error:
            if error.status < SERVERS_FAULT:
                raise
            self._failure = str(error)
        else:
            self._failure = ""
        return not self._failure

    def _describe(self) -> str:
        if self._failure or not self.campaign:
            return self._failure or "no answer yet"
        return f"{live_view.format_line(self.campaign, self.summary, self._supervisor)}."
