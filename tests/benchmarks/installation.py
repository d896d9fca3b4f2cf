"""A whole installation, started for a benchmark: the real processes under the supervisor, and campaigns in them.

Owns configuration and the way in; what is measured is each benchmark's own.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from celery import Celery

from config.celeryconfig import celery_options
from config.settings import attach, load_settings
from shared.campaigns.model import Campaign
from shared.clock import utc_now
from shared.consent.model import EVERYTHING, ConsentKind, ConsentRecord
from shared.ids import CampaignId, ContactId, UploadId, new_token
from shared.keys import PAGE_ROWS
from shared.ledger.pages import JobRow, pack
from shared.ledger.states import Move
from tests.benchmarks import course
from tests.benchmarks.course import answering, row
from tests.benchmarks.plain_celery import until_it_works
from workers.hints import BrokerHints
from workers.supervisor import Supervisor, read_procfile
from workers.wiring import Installation, installation

PROCFILE = Path(__file__).parents[2] / "Procfile"
PROCESSES = ("dialer", "sender", "consumer", "janitor", "webhook")
CELERY_WORKERS = 2  # of these
CONFIGURATION = """\
[api]
listen = "127.0.0.1:0"
[webhook]
listen = "127.0.0.1:0"
[sending]
jobs_per_message = {jobs_per_message}
[[tenants]]
id = "{course.TENANT}"
api_keys = ["made-up-key"]
region = "US"
[[senders]]
id = "{course.SENDER}"
tenant = "{course.TENANT}"
provider = "twilio"
address = "{course.ADDRESS}"
rate_per_second = 100000  # no limit: nobody here is as fast
api_base = "{url}"
credentials = {{ account_sid = "{course.ACCOUNT_SID}", auth_token = "{course.TOKEN}" }}
[[templates]]
sender = "{course.SENDER}"
name = "{course.TEMPLATE}"
language = "{course.LANGUAGE}"
category = "utility"
status = "approved"
provider_id = "{course.CONTENT_SID}"
body = "Your {{{{1}}}} appointment is coming up on {{{{2}}}}."
"""


@dataclass(frozen=True)
class Running:
    """An installation that works. pids: of its processes, `state` is the embedded server."""

    inside: Installation
    pids: Mapping[str, int | None]

    async def campaign(self, contacts: int) -> Campaign:
        """A draft that holds so many people, all of whom have agreed."""
        campaign = Campaign(
            CampaignId(new_token("c")),
            course.TENANT,
            course.SENDER,
            "Benchmark",
            course.TEMPLATE,
            course.LANGUAGE,
            utc_now(),
        )
        await self.inside.campaigns.create(campaign)
        await self.inside.ledger.create(campaign.id, campaign.created_at)
        upload = UploadId(new_token("u"))
        await self.inside.uploads.begin(campaign.id, upload)
        for first in range(0, contacts, PAGE_ROWS):
            await self._stage(campaign, upload, first, min(PAGE_ROWS, contacts - first))
        await self.inside.uploads.complete(campaign.id, upload, {})
        await self.inside.splitting.join(campaign, upload)
        return campaign

    async def _stage(self, campaign: Campaign, upload: UploadId, first: int, count: int) -> None:
        people = [row(number) for number in range(first, first + count)]
        await self.inside.consent.record(self._opt_ins(people))
        await self.inside.uploads.stage(campaign.id, upload, pack(people), list(range(first + 2, first + count + 2)))

    def _opt_ins(self, people: Sequence[JobRow]) -> list[tuple[ContactId, ConsentRecord]]:
        agreed = ConsentRecord(ConsentKind.OPT_IN, EVERYTHING, "import", utc_now())
        return [(self.inside.splitting.contact(course.TENANT, person.address), agreed) for person in people]

    async def start(self, campaign: Campaign) -> None:
        """As the API does it."""
        await self.inside.campaigns.activate(campaign)
        await self.inside.ledger.control(campaign.id, Move.START, "benchmark")
        await self.inside.hints.split(campaign.id)


@asynccontextmanager
async def running(folder: Path, provider_url: str, jobs_per_message: int = 200) -> AsyncIterator[Running]:
    """All processes, ready, for as long as the block lasts. folder: becomes the data directory."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "oriel.toml"
    text = CONFIGURATION.format(course=course, url=provider_url, jobs_per_message=jobs_per_message)
    file.write_text(text, encoding="utf-8")
    settings = load_settings(file, folder, environ={})
    commands = read_procfile(PROCFILE)
    processes = {name: commands[name] for name in PROCESSES}
    supervisor = Supervisor(settings, processes=processes, data_dir=folder, config=file)
    try:
        await supervisor.start()
        attached = attach(settings)
        app = Celery("benchmark")
        app.conf.update(celery_options(attached))
        await _until_ready(supervisor, app)
        hints = BrokerHints(app)
        async with installation(attached, hints) as inside:
            yield Running(inside, supervisor.pids)
        hints.close()
    finally:
        await supervisor.stop()


async def _until_ready(supervisor: Supervisor, app: Celery) -> None:
    async with aiohttp.ClientSession() as http:
        for url in supervisor.endpoints.ops.values():
            await answering(http, f"{url}/readyz", lambda: supervisor.failure)
    await asyncio.to_thread(until_it_works, app, CELERY_WORKERS)
