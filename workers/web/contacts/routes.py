"""Contacts over HTTP: a base of any size comes in as it is sent, and every row's verdict can be downloaded."""

from collections.abc import AsyncIterator

from aiohttp import web

from shared.campaigns.model import Campaign
from shared.ground.errors import NotFound
from shared.ground.ids import UploadId
from shared.ledger.uploads import RowVerdict, UploadReport, UploadState
from shared.outbound.importing import Base, OtherFile, upload_id
from shared.outbound.intake import MEDIA_TYPES
from workers.web.api import Call, Route, answer
from workers.web.auth import Scope
from workers.web.campaigns.views import warnings_of
from workers.web.contacts.schemas import RejectionView, UploadView
from workers.web.files import CSV, csv_line, send_file
from workers.web.paging import ListQuery, Page
from workers.web.problems import KeyReused

VERDICTS_A_READ = 1_000
REJECTION_COLUMNS = ("line", "reason", "detail")


async def add(call: Call) -> web.Response:
    campaign = await call.campaign()
    upload = upload_id(campaign.id, call.key)
    tenant = call.caller.tenant
    announced = call.request.headers["Content-Type"]  # with its parameters
    capabilities = call.installation.senders.clients[campaign.sender].dialect.capabilities
    region = call.region_for(campaign.sender)
    base = Base(call.stream, announced, region, tenant.timezone, capabilities.takes_user_ids)
    try:
        report = await call.installation.outbound.importing.take(campaign, upload, base)
    except OtherFile as other:
        raise KeyReused("idempotency-key-reused", other.detail) from None
    return answer(_view(campaign, upload, report))


async def list_rejections(call: Call) -> web.Response:
    campaign, upload = await _upload(call)
    query = call.query(ListQuery)
    after = query.after or 0
    found = await call.installation.stores.uploads.verdicts(campaign.id, upload, after, query.limit + 1)
    items = [RejectionView(line=one.line, reason=one.reason, detail=one.detail) for one in found[: query.limit]]
    return answer(Page[RejectionView](items=items, next=str(after + query.limit) if len(found) > query.limit else None))


async def download_rejections(call: Call) -> web.StreamResponse:
    campaign, upload = await _upload(call)
    lines = _rejection_lines(call, campaign, upload)
    return await send_file(call.request, CSV, f"rejections-{upload}.csv", lines)


# ── the pieces ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _view(campaign: Campaign, upload: UploadId, report: UploadReport) -> UploadView:
    return UploadView(
        upload=upload,
        received=report.received,
        admitted=report.admitted,
        rejected=report.rejected,
        duplicates=report.duplicates,
        warnings=warnings_of(report.warnings, report.admitted),
        rejections_url=f"/v1/campaigns/{campaign.id}/uploads/{upload}/rejections",
    )


async def _upload(call: Call) -> tuple[Campaign, UploadId]:
    """*Raises*: NotFound, also while it is still coming in."""
    campaign = await call.campaign()
    upload = UploadId(call.request.match_info["upload"])
    if (await call.installation.stores.uploads.report(campaign.id, upload)).state is UploadState.STAGING:
        raise NotFound("upload-not-found", "This campaign has no such upload.")
    return campaign, upload


async def _rejection_lines(call: Call, campaign: Campaign, upload: UploadId) -> AsyncIterator[str]:
    yield csv_line(REJECTION_COLUMNS)
    after = 0
    while verdicts := await call.installation.stores.uploads.verdicts(campaign.id, upload, after, VERDICTS_A_READ):
        yield "".join(map(_rejection_line, verdicts))
        after += len(verdicts)


def _rejection_line(verdict: RowVerdict) -> str:
    return csv_line((str(verdict.line), verdict.reason, verdict.detail))


READERS = frozenset({Scope.CAMPAIGNS, Scope.READ})

ROUTES = (
    Route(
        "POST",
        "/v1/campaigns/{campaign}/contacts",
        "Add a base of contacts of any size. It joins whole or not at all; sent again, it adds only what is missing.",
        add,
        frozenset({Scope.CAMPAIGNS}),
        {200: UploadView},
        {
            400: (
                "upload-broken", "not-utf-8", "no-header", "no-phone-column", "no-placeholder-column",
                "duplicate-column", "unbalanced-quote", "empty-file", "malformed-json",
            ),
            404: ("campaign-not-found", "template-not-found"),
            408: ("upload-stalled",),
            409: ("campaign-state",),
            413: ("row-too-long",),
        },
        takes=MEDIA_TYPES,
        is_streamed=True,
    ),
    Route(
        "GET",
        "/v1/campaigns/{campaign}/uploads/{upload}/rejections",
        "The rows of an upload that did not become contacts of the campaign, duplicates too, and why.",
        list_rejections,
        READERS,
        {200: Page[RejectionView]},
        {404: ("campaign-not-found", "upload-not-found")},
        query=ListQuery,
    ),
    Route(
        "GET",
        "/v1/campaigns/{campaign}/uploads/{upload}/rejections.csv",
        "The same as a file.",
        download_rejections,
        READERS,
        {200: CSV},
        {404: ("campaign-not-found", "upload-not-found")},
    ),
)  # fmt: skip
