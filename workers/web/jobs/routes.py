"""Jobs over HTTP. Owns nothing but the way from `shared.reports.reporting` to lists and files."""

from collections.abc import AsyncIterator

from aiohttp import web

from shared.campaigns.model import Campaign
from shared.reports.reporting import Wanted
from shared.reports.results import csv_lines
from workers.web.api import Call, Route, answer
from workers.web.auth import Scope
from workers.web.files import CSV, NDJSON, send_file
from workers.web.jobs.schemas import JobsQuery, JobView, ResultsQuery
from workers.web.jobs.views import job_view
from workers.web.paging import Page


async def list_all(call: Call) -> web.Response:
    campaign, query = await call.campaign(), call.query(JobsQuery)
    states = None if query.state is None else (query.state,)
    wanted = Wanted(-1 if query.after is None else query.after, states)
    items: list[JobView] = []
    last = -1
    async for reported in call.installation.reports.reporting.jobs(campaign, wanted):
        if len(items) == query.limit:
            return answer(Page[JobView](items=items, next=str(last)))
        items.append(job_view(reported))
        last = reported.job.ordinal
    return answer(Page[JobView](items=items, next=None))


async def get(call: Call) -> web.Response:
    campaign = await call.campaign()
    region = call.api.locales.region_of(campaign)
    whom = await call.installation.people.resolving.find(call.tenant, call.request.match_info["contact"], region)
    return answer(job_view(await call.installation.reports.reporting.job_of(campaign, whom.known.ids)))


async def download_csv(call: Call) -> web.StreamResponse:
    campaign = await call.campaign()
    lines = csv_lines(call.installation.reports.reporting, campaign, _wanted(call))
    return await send_file(call.request, CSV, f"{campaign.id}.csv", lines)


async def download_ndjson(call: Call) -> web.StreamResponse:
    campaign = await call.campaign()
    return await send_file(call.request, NDJSON, f"{campaign.id}.ndjson", _json_lines(call, campaign))


# ── the pieces ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _wanted(call: Call) -> Wanted:
    query = call.query(ResultsQuery)
    return Wanted(states=None if query.state is None else (query.state,), since=query.since)


async def _json_lines(call: Call, campaign: Campaign) -> AsyncIterator[str]:
    async for reported in call.installation.reports.reporting.jobs(campaign, _wanted(call)):
        yield job_view(reported).model_dump_json() + "\n"


READERS = frozenset({Scope.CAMPAIGNS, Scope.READ})
MISSING = {404: ("campaign-not-found",)}

ROUTES = (
    Route(
        "GET",
        "/v1/campaigns/{campaign}/jobs",
        "What became of each contact, in the order of the base.",
        list_all,
        READERS,
        {200: Page[JobView]},
        MISSING,
        query=JobsQuery,
    ),
    Route(
        "GET",
        "/v1/campaigns/{campaign}/jobs/{contact}",
        "What became of one contact: a number, in any national variant, or the opaque contact_id.",
        get,
        READERS,
        {200: JobView},
        {400: ("bad-contact",), 404: ("campaign-not-found", "contact-not-found")},
    ),
    Route(
        "GET",
        "/v1/campaigns/{campaign}/results.csv",
        "The same as a file for spreadsheets. Cells that one would take for a formula have an apostrophe in front.",
        download_csv,
        READERS,
        {200: CSV},
        MISSING,
        query=ResultsQuery,
    ),
    Route(
        "GET",
        "/v1/campaigns/{campaign}/results.ndjson",
        "The same as a file for programs: a JSON object a line, byte for byte what was sent in.",
        download_ndjson,
        READERS,
        {200: NDJSON},
        MISSING,
        query=ResultsQuery,
    ),
)
