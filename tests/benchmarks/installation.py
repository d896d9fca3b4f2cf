"""A whole installation, started for a benchmark: the real processes under the supervisor.

Owns configuration and the processes' lives; what is measured is each benchmark's own.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import aiohttp
from celery import Celery

from config.celeryconfig import celery_options
from config.loading import Settings, attach, load_settings
from tests.benchmarks import course
from tests.benchmarks.course import answering
from tests.benchmarks.plain_celery import until_it_works
from workers.domain_events import BrokerPublisher
from workers.hints import BrokerHints
from workers.machine.procfile import read_procfile
from workers.machine.supervisor import Supervisor
from workers.wiring.installation import Installation, installation

PROCFILE = Path(__file__).parents[2] / "Procfile"
PROCESSES = ("dialer", "sender", "consumer", "janitor", "webhook")
CELERY_WORKERS = 2  # of these
JOBS_PER_MESSAGE = 200
NOTHING: Mapping[str, str] = MappingProxyType({})
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


def configured(
    folder: Path, provider_url: str, environ: Mapping[str, str] = NOTHING, jobs_per_message: int = JOBS_PER_MESSAGE
) -> Settings:
    """One sender that nothing limits, one template. folder: the data directory."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "oriel.toml"
    text = CONFIGURATION.format(course=course, url=provider_url, jobs_per_message=jobs_per_message)
    file.write_text(text, encoding="utf-8")
    return load_settings(file, folder, environ)


@asynccontextmanager
async def running(folder: Path, provider_url: str, jobs_per_message: int = JOBS_PER_MESSAGE) -> AsyncIterator[Running]:
    """All processes, ready, for as long as the block lasts. folder: becomes the data directory."""
    settings = configured(folder, provider_url, jobs_per_message=jobs_per_message)
    commands = read_procfile(PROCFILE)
    supervisor = Supervisor(settings, processes={name: commands[name] for name in PROCESSES})
    try:
        await supervisor.start()
        attached = attach(settings)
        app = Celery("benchmark")
        app.conf.update(celery_options(attached))
        await _until_ready(supervisor, app)
        hints, events = BrokerHints(app), BrokerPublisher(app)
        async with installation(attached, hints, events) as inside:
            yield Running(inside, supervisor.pids)
        hints.close()
        events.close()
    finally:
        await supervisor.stop()


async def _until_ready(supervisor: Supervisor, app: Celery) -> None:
    async with aiohttp.ClientSession() as http:
        for url in supervisor.endpoints.ops.values():
            await answering(http, f"{url}/readyz", lambda: supervisor.failure)
    await asyncio.to_thread(until_it_works, app, CELERY_WORKERS)
