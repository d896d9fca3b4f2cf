"""The demo's scenario: create, import, start, watch until it is quiet, converse, judge.

Owns the order of the steps; the HTTP API acts. Runs on the supervisor's loop, and may be cancelled at any point.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console

from workers.cli import foreground
from workers.cli.client import Address, Api, ApiProblem, Document
from workers.cli.demo import verdict
from workers.cli.demo.conversation import Conversation, converse
from workers.cli.demo.setup import DemoSetup
from workers.cli.demo.watching import SimulatorClient, Watcher
from workers.cli.importing import fetch_rejections
from workers.cli.output import CommandFailed
from workers.machine.supervisor import Supervisor
from workers.simulator.journal import JournalRecord

PATIENCE_SECONDS = 90.0  # twice the cost of a killed sender: its lease, then the wait for a late status
CAMPAIGN_NAME = "Reminders of appointments"
LABELS = {"yes": ["yes"], "cancel": ["cancel, please", "cancel"]}  # answers that the campaign counts


@dataclass(frozen=True, slots=True)
class DemoResult:
    """Every figure at the end. campaign: as the API shows it.  rejections: rows that became no contacts.

    unsent: jobs without a message, with their reasons.  summary: the simulator's.  records: of its journal.
    seconds_to_first_message: from the call that started the campaign to the provider's first acceptance.
    """

    campaign: Document
    intake: verdict.Intake
    rejections: Sequence[Document]
    unsent: Sequence[Document]
    summary: Document
    records: Sequence[JournalRecord]
    provider: verdict.ProviderTotals
    seconds_to_ready: float
    seconds_to_first_message: float | None
    conversation: Conversation
    problems: Sequence[str]

    @property
    def is_balanced(self) -> bool:
        return verdict.is_balanced(self.intake, self.campaign["counts"])


async def run(setup: DemoSetup, supervisor: Supervisor, screen: Console, began: float) -> DemoResult:
    """began: `time.monotonic()` at the command's start. *Raises*: CommandFailed if a step is refused or never ends."""
    try:
        return await _run(setup, supervisor, screen, began)
    except ApiProblem as problem:  # the demo's own request was wrong, so it is no wrong usage: exit status 1
        raise CommandFailed(problem.code, problem.detail) from None


async def _run(setup: DemoSetup, supervisor: Supervisor, screen: Console, began: float) -> DemoResult:
    screen.print(f"starting {len(supervisor.pids)} processes in {supervisor.endpoints.data_dir} …", markup=False)
    with screen.status("waiting until all are ready") as status:
        await foreground.wait_until_ready(supervisor, lambda late: status.update(f"waiting for {', '.join(late)}"))
    ready = time.monotonic() - began
    endpoints = supervisor.endpoints
    address = Address(endpoints.api, endpoints.operator_key)
    async with Api(address, setup.sender.tenant) as api, SimulatorClient(endpoints.simulator or "") as simulator:
        campaign, report, started_at = await _launch(api, setup, screen)
        watcher = Watcher(supervisor, api, simulator, f"v1/campaigns/{campaign['id']}", setup.journal_file)
        await watcher.wait_until_quiet(screen, _limit(setup))
        conversation = await converse(api, setup, str(campaign["id"]))
        await watcher.wait_until_quiet(screen, _limit(setup))
        return await _collect(api, watcher, report, conversation, started_at, ready)


async def _launch(api: Api, setup: DemoSetup, screen: Console) -> tuple[Document, Document, float]:
    """Create, import, start. Returns the campaign, the gate's report, and the epoch seconds of the start."""
    template = {"name": setup.template.name, "language": setup.template.language}
    body = {"name": CAMPAIGN_NAME, "sender": setup.sender.id, "template": template, "answers": LABELS}
    campaign = await api.post("v1/campaigns", body)
    path = f"v1/campaigns/{campaign['id']}"
    report = await api.upload(f"{path}/contacts", setup.base_file, "text/csv")
    screen.print(
        f"campaign {campaign['id']}: {report['received']} rows, {report['admitted']} admitted; "
        f"{setup.sender.address} may send {setup.sender.rate_per_second:g} a second",
        markup=False,
    )
    started_at = time.time()
    return await api.post(f"{path}/start"), report, started_at


def _limit(setup: DemoSetup) -> float:
    """Seconds: three times the time at the sender's rate, and 90 s for accidents."""
    return PATIENCE_SECONDS + 3 * setup.base.contacts / setup.sender.rate_per_second


async def _collect(
    api: Api, watcher: Watcher, report: Document, conversation: Conversation, started_at: float, ready: float
) -> DemoResult:
    provider, campaign = verdict.count_journal(watcher.records), watcher.campaign
    intake = verdict.Intake(*(int(report[name]) for name in ("received", "admitted", "rejected", "duplicates")))
    return DemoResult(
        campaign=campaign,
        intake=intake,
        rejections=await fetch_rejections(api, report, intake.rejected + intake.duplicates),
        unsent=await _fetch_unsent(api, f"v1/campaigns/{campaign['id']}/jobs"),
        summary=watcher.summary,
        records=watcher.records,
        provider=provider,
        seconds_to_ready=ready,
        seconds_to_first_message=None if provider.first_at is None else max(0.0, provider.first_at - started_at),
        conversation=conversation,
        problems=[*verdict.find_problems(intake, campaign, provider), *conversation.find_problems()],
    )


async def _fetch_unsent(api: Api, path: str) -> list[Document]:
    """Every job without a message, with its reason."""
    jobs = []
    for state in ("suppressed", "failed"):
        jobs += [job async for job in api.items(path, state=state)]
    return jobs
