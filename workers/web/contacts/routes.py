"""Contacts over HTTP: a base of any size comes in as it is sent, and every row's verdict can be downloaded."""

from aiohttp import web

from shared.campaigns.model import Campaign
from shared.ground.ids import UploadId
from shared.ledger.uploads import UploadReport
from shared.outbound.importing import OtherFile, upload_id
from shared.outbound.intake import MEDIA_TYPES
from shared.outbound.staging import Base
from shared.outbound.warnings import warnings_of
from workers.web.api import Call, Route, answer
from workers.web.auth import Scope
from workers.web.campaigns.views import warning_views
from workers.web.contacts.schemas import RejectionView, UploadView
from workers.web.files import CSV, send_file
from workers.web.paging import ListQuery, Page
from workers.web.problems import KeyReused


async def add(call: Call) -> web.Response:
    campaign = await call.campaign()
    upload = upload_id(campaign.id, call.key)
    base = Base(call.stream, call.request.headers["Content-Type"])  # with its parameters
    try:
        report = await call.installation.outbound.importing.take(campaign, upload, base)
    except OtherFile as other:
        raise KeyReused("idempotency-key-reused", other.detail) from None
    return answer(_view(campaign, upload, report))


async def list_rejections(call: Call) -> web.Response:
    campaign, query = await call.campaign(), call.query(ListQuery)
    after = query.after or 0
    found = await call.installation.outbound.importing.rejections(campaign, _upload(call), after, query.limit + 1)
    items = [RejectionView(line=one.line, reason=one.reason, detail=one.detail) for one in found[: query.limit]]
    return answer(Page[RejectionView](items=items, next=str(after + query.limit) if len(found) > query.limit else None))


async def download_rejections(call: Call) -> web.StreamResponse:
    campaign, upload = await call.campaign(), _upload(call)
    lines = call.installation.outbound.importing.rejection_lines(campaign, upload)
    return await send_file(call.request, CSV, f"rejections-{upload}.csv", lines)


# ── the pieces ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _view(campaign: Campaign, upload: UploadId, report: UploadReport) -> UploadView:
    return UploadView(
        upload=upload,
        received=report.received,
        admitted=report.admitted,
        rejected=report.rejected,
        duplicates=report.duplicates,
        replaced=report.replaced,
        warnings=warning_views(warnings_of(report.warnings, report.admitted)),
        rejections_url=f"/v1/campaigns/{campaign.id}/uploads/{upload}/rejections",
    )


def _upload(call: Call) -> UploadId:
    return UploadId(call.request.match_info["upload"])


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
                "upload-broken", "not-utf-8", "no-header", "no-phone-column", "no-placeholder-column", "template-ambiguous",
                "duplicate-column", "unbalanced-quote", "empty-file", "malformed-json",
            ),
            404: ("campaign-not-found", "template-not-found"),
            408: ("upload-stalled",),
            409: ("campaign-state", "sender-not-configured"),
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
