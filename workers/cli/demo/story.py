"""What happens in the demo, in order: ready, create, import, start, watch until it is quiet, judge, report.

Owns the order and the patience; every act is the HTTP API's. Runs on the supervisor's loop, and may be cancelled anywhere.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import aiohttp
from rich.console import Console

from workers.cli import foreground, funnel
from workers.cli.client import Address, Api, ApiProblem, ApiUnreachable, Document
from workers.cli.demo import verdict, view
from workers.cli.demo.stage import Stage
from workers.cli.demo.talk import Talk, talk
from workers.cli.importing import first_rejections
from workers.cli.output import CommandFailed
from workers.machine.supervisor import Supervisor
from workers.simulator.journal import JournalRecord, read_journal

POLL_SECONDS = 0.25
QUIET_SECONDS = 1.0  # without any change
UNTOLD_SECONDS = 15.0  # for what was told and is not counted: a status counts once it has been read from the journal
PATIENCE_SECONDS = 90.0  # twice what a killed sender costs: its lease, then the wait for a late status
CAMPAIGN_NAME = "Reminders of appointments"
COUNTED = {"yes": ["yes"], "cancel": ["cancel, please", "cancel"]}  # answers that are counted, by label
SERVERS_FAULT = 500


@dataclass(frozen=True, slots=True)
class Ending:
    """Everything that is known at the end. campaign: as the API shows it. rejections: rows that are not contacts.

    seconds_to_first_message: from the call that started the campaign to the provider's first acceptance.
    """

    campaign: Document
    intake: verdict.Intake
    rejections: Sequence[Document]
    unsent: Sequence[Document]
    provider: Document
    records: Sequence[JournalRecord]
    witness: verdict.Witness
    seconds_to_ready: float
    seconds_to_first_message: float | None
    talk: Talk
    problems: Sequence[str]

    @property
    def sums_hold(self) -> bool:
        return verdict.sums_hold(self.intake, self.campaign["counts"])


async def tell(stage: Stage, supervisor: Supervisor, screen: Console, began: float) -> Ending:
    """began: `time.monotonic()` when the command did. *Raises*: CommandFailed when something is refused or never comes."""
    try:
        return await _tell(stage, supervisor, screen, began)
    except ApiProblem as problem:  # what the demo asks for is no fault of its user's
        raise CommandFailed(problem.code, problem.detail) from None


async def _tell(stage: Stage, supervisor: Supervisor, screen: Console, began: float) -> Ending:
    screen.print(f"starting {len(supervisor.pids)} processes in {supervisor.endpoints.data_dir} …", markup=False)
    with screen.status("waiting until they can work") as status:
        await foreground.until_ready(supervisor, lambda late: status.update(f"waiting for {', '.join(late)}"))
    ready = time.monotonic() - began
    endpoints = supervisor.endpoints
    address = Address(endpoints.api, endpoints.operator_key)
    async with Api(address, stage.sender.tenant) as api, Provider(endpoints.simulator or "") as provider:
        campaign, report, started_at = await _launch(api, stage, screen)
        watcher = _Watcher(supervisor, api, provider, f"v1/campaigns/{campaign['id']}", stage.journal_file)
        await watcher.until_quiet(screen, _limit(stage))
        talked = await talk(api, stage, str(campaign["id"]))
        await watcher.until_quiet(screen, _limit(stage))
        return await _ending(api, watcher, report, talked, started_at, ready)


async def _launch(api: Api, stage: Stage, screen: Console) -> tuple[Document, Document, float]:
    """Create, import, start: the campaign, the gate's report, and when it was told to start."""
    template = {"name": stage.template.name, "language": stage.template.language}
    wanted = {"name": CAMPAIGN_NAME, "sender": stage.sender.id, "template": template, "answers": COUNTED}
    campaign = await api.post("v1/campaigns", wanted)
    path = f"v1/campaigns/{campaign['id']}"
    report = await api.upload(f"{path}/contacts", stage.base_file, "text/csv")
    screen.print(
        f"campaign {campaign['id']}: {report['received']} rows, {report['admitted']} admitted; "
        f"{stage.sender.address} may send {stage.sender.rate_per_second:g} a second",
        markup=False,
    )
    started_at = time.time()
    return await api.post(f"{path}/start"), report, started_at


def _limit(stage: Stage) -> float:
    """Seconds: three times what the rate needs, and what accidents cost."""
    return PATIENCE_SECONDS + 3 * stage.base.contacts / stage.sender.rate_per_second


async def _ending(
    api: Api, watcher: "_Watcher", report: Document, talked: Talk, started_at: float, ready: float
) -> Ending:
    seen, campaign = verdict.witness(watcher.records), watcher.campaign
    intake = verdict.Intake(*(int(report[name]) for name in ("received", "admitted", "rejected", "duplicates")))
    lost = intake.rejected + intake.duplicates
    return Ending(
        campaign=campaign,
        intake=intake,
        rejections=await first_rejections(api, report, lost),
        unsent=await _unsent(api, f"v1/campaigns/{campaign['id']}/jobs"),
        provider=watcher.provided,
        records=watcher.records,
        witness=seen,
        seconds_to_ready=ready,
        seconds_to_first_message=None if seen.first_at is None else max(0.0, seen.first_at - started_at),
        talk=talked,
        problems=[*verdict.problems(intake, campaign, seen), *talked.problems()],
    )


async def _unsent(api: Api, path: str) -> list[Document]:
    """Everybody who got nothing, with the reason."""
    found = []
    for state in ("suppressed", "failed"):
        found += [job async for job in api.items(path, state=state)]
    return found


class Provider:
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

    async def summary(self) -> Document:
        if self._session is None:
            raise RuntimeError("the connection is not open")
        try:
            async with self._session.get(self._url) as response:
                found: dict[str, Any] = await response.json()
                return found
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ApiUnreachable(f"The simulator does not answer ({type(error).__name__}).") from None


class _Watcher:
    """Looks at both sides until nothing moves any more. campaign, provided, records: as last seen."""

    def __init__(self, supervisor: Supervisor, api: Api, provider: Provider, path: str, journal: Path) -> None:
        self.campaign: Document = {}
        self.provided: Document = {}
        self.records: Sequence[JournalRecord] = ()
        self._journal = journal
        self._supervisor = supervisor
        self._api = api
        self._provider = provider
        self._path = path
        self._trouble = ""
        self._signature: object = None
        self._since = time.monotonic()

    async def until_quiet(self, screen: Console, limit: float) -> None:
        """limit: seconds. *Raises*: CommandFailed saying what is missing."""
        began = time.monotonic()
        with funnel.Watch(screen, transient=True) as watch:
            while not await self._is_quiet():
                seconds = time.monotonic() - began
                self._show(watch, seconds)
                if seconds > limit:
                    raise CommandFailed("demo-timeout", f"Not done after {limit:.0f} s: {self._missing()}")
                await asyncio.sleep(POLL_SECONDS)
            self._show(watch, time.monotonic() - began)
            watch.last_word(view.line(self.campaign, self.provided, self._supervisor))

    def _show(self, watch: funnel.Watch, seconds: float) -> None:
        if self.campaign and self.provided:
            campaign, provided, supervisor = self.campaign, self.provided, self._supervisor
            watch.show(view.picture(campaign, provided, supervisor, seconds), view.line(campaign, provided, supervisor))

    async def _is_quiet(self) -> bool:
        if not await self._look():
            return False
        told, campaign = self.provided["pending"], self.campaign
        ours = (campaign["state"], dict(campaign["counts"]), campaign["replied"], campaign["opted_out"])
        signature = (ours, self.provided["requests"], self.provided["callbacks"], self.provided["inbound"])
        if signature != self._signature:
            self._signature, self._since = signature, time.monotonic()
        still = time.monotonic() - self._since
        if campaign["state"] not in funnel.ENDED or told or still < QUIET_SECONDS:
            return False
        self.records = read_journal(self._journal)
        return verdict.witness(self.records).is_matched_by(campaign) or still >= UNTOLD_SECONDS

    async def _look(self) -> bool:
        """A process that somebody has just killed does not answer: it comes back."""
        try:
            self.campaign = await self._api.get(self._path)
            self.provided = await self._provider.summary()
        except ApiUnreachable as error:
            self._trouble = str(error)
        except ApiProblem as error:
            if error.status < SERVERS_FAULT:
                raise
            self._trouble = str(error)
        else:
            self._trouble = ""
        return not self._trouble

    def _missing(self) -> str:
        if self._trouble or not self.campaign:
            return self._trouble or "no answer yet"
        return f"{view.line(self.campaign, self.provided, self._supervisor)}."
