"""Campaigns over HTTP. Owns no rule: what may be asked is in `shared.outbound.drafting`, what may be done when is in
`shared.outbound.controlling` and in the ledger.
"""

from http import HTTPStatus

from aiohttp import web

from shared.campaigns.model import Campaign, Rules
from shared.ledger.states import JobState
from shared.outbound.drafting import Draft
from workers.web.api import Call, Route, answer
from workers.web.auth import Scope
from workers.web.campaigns.schemas import (
    CampaignQuery,
    CampaignView,
    NewCampaign,
    Nothing,
    Redriven,
    Redrives,
    Start,
    StartedCampaign,
    Why,
)
from workers.web.campaigns.views import campaign_view, redrive_view, started_view
from workers.web.paging import Page


async def create(call: Call) -> web.Response:
    campaign, is_new = await call.installation.outbound.controlling.create(_draft(call, call.body(NewCampaign)))
    view = await shown(call, campaign)
    status = HTTPStatus.CREATED if is_new else HTTPStatus.OK
    return answer(view, status, {"Location": view.links["self"]})


async def list_all(call: Call) -> web.Response:
    query = call.query(CampaignQuery)
    found, following = await call.installation.reports.watching.browse(call.tenant, query.after, query.limit)
    return answer(Page[CampaignView](items=[campaign_view(one) for one in found], next=following))


async def get(call: Call) -> web.Response:
    return answer(await shown(call, await call.campaign()))


async def start(call: Call) -> web.Response:
    campaign = await call.campaign()
    is_confirmed = call.body(Start).confirm
    controlling = call.installation.outbound.controlling
    forecast = await controlling.start(campaign, call.caller.name, is_confirmed=is_confirmed)
    return answer(started_view(await shown(call, campaign), forecast), HTTPStatus.ACCEPTED)


async def pause(call: Call) -> web.Response:
    campaign = await call.campaign()
    await call.installation.outbound.controlling.pause(campaign, call.caller.name, call.body(Why).reason or "")
    return answer(await shown(call, campaign), HTTPStatus.ACCEPTED)


async def resume(call: Call) -> web.Response:
    campaign = await call.campaign()
    await call.installation.outbound.controlling.resume(campaign, call.caller.name)
    return answer(await shown(call, campaign), HTTPStatus.ACCEPTED)


async def cancel(call: Call) -> web.Response:
    campaign = await call.campaign()
    await call.installation.outbound.controlling.cancel(campaign, call.caller.name, call.body(Why).reason or "")
    return answer(await shown(call, campaign), HTTPStatus.ACCEPTED)


async def redrive(call: Call) -> web.Response:
    campaign, wanted = await call.campaign(), call.body(Redriven)
    states = [JobState(one) for one in wanted.states]
    await call.installation.outbound.controlling.redrive(
        campaign, call.caller.name, states, wanted.codes, is_confirmed=wanted.confirm, once=call.once
    )
    return answer(await shown(call, campaign), HTTPStatus.ACCEPTED)


async def list_redrives(call: Call) -> web.Response:
    campaign, ledger = await call.campaign(), call.installation.stores.ledger
    done, standing = await ledger.redrives(campaign.id), await ledger.standing(campaign.id)
    under_way = [] if standing.redrive is None else [standing.redrive]
    return answer(Redrives(items=[redrive_view(one) for one in (*done, *under_way)]))


# ── the pieces ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def shown(call: Call, campaign: Campaign) -> CampaignView:
    """As it is now."""
    return campaign_view(await call.installation.reports.watching.look(campaign))


def _draft(call: Call, order: NewCampaign) -> Draft:
    return Draft(
        tenant=call.tenant,
        sender=order.sender,
        name=order.name,
        template_name=order.template.name,
        template_language=order.template.language,
        external_id=order.external_id,
        rules=Rules(
            require_opt_in=order.require_opt_in,
            region=order.region,
            rate_per_second=order.rate_per_second,
            weight=order.weight,
            unconfirmed=order.unconfirmed,
            open=order.open,
            languages=tuple(order.languages),
            opt_out_words=None if order.opt_out_words is None else tuple(order.opt_out_words),
            answers={label: tuple(words) for label, words in order.answers.items()},
            deadline_at=order.deadline_at,
        ),
        once=call.once,
    )


READERS = frozenset({Scope.CAMPAIGNS, Scope.READ})
WRITERS = frozenset({Scope.CAMPAIGNS})
UNUSABLE = {
    400: ("template-not-enabled", "template-ambiguous", "unsupported-template"),
    404: ("sender-not-found", "template-not-found"),
}
CONTROL = {404: ("campaign-not-found",), 409: ("campaign-state",)}

ROUTES = (
    Route(
        "POST",
        "/v1/campaigns",
        "Make a campaign; the same external_id with the same words is the same campaign (200).",
        create,
        WRITERS,
        {201: CampaignView, 200: CampaignView},
        {
            400: (*UNUSABLE[400], "rule-not-supported", "deadline-passed"),
            404: UNUSABLE[404],
            409: ("external-id-taken",),
        },
        body=NewCampaign,
    ),
    Route(
        "GET",
        "/v1/campaigns",
        "Campaigns, newest first.",
        list_all,
        READERS,
        {200: Page[CampaignView]},
        {400: ("bad-cursor",)},
        query=CampaignQuery,
    ),
    Route(
        "GET",
        "/v1/campaigns/{campaign}",
        "One campaign, with its counts.",
        get,
        READERS,
        {200: CampaignView},
        {404: ("campaign-not-found",)},
    ),
    Route(
        "POST",
        "/v1/campaigns/{campaign}/start",
        "Start it. Asked again while it runs, it changes nothing. It needs confirm where few would be written to.",
        start,
        WRITERS,
        {202: StartedCampaign},
        {
            400: UNUSABLE[400],
            404: ("campaign-not-found", *UNUSABLE[404]),
            409: ("campaign-state", "no-contacts", "upload-joining", "confirmation-needed", "deadline-passed"),
        },
        body=Start,
    ),
    Route(
        "POST",
        "/v1/campaigns/{campaign}/pause",
        "Stop sending, within a second; what waits stays.",
        pause,
        WRITERS,
        {202: CampaignView},
        CONTROL,
        body=Why,
    ),
    Route(
        "POST",
        "/v1/campaigns/{campaign}/resume",
        "Send exactly the rest.",
        resume,
        WRITERS,
        {202: CampaignView},
        {400: UNUSABLE[400], 404: ("campaign-not-found", *UNUSABLE[404]), 409: ("campaign-state",)},
        body=Nothing,
    ),
    Route(
        "POST",
        "/v1/campaigns/{campaign}/cancel",
        "End it: what was not sent is cancelled, what was sent is still heard of.",
        cancel,
        WRITERS,
        {202: CampaignView},
        CONTROL,
        body=Why,
    ),
    Route(
        "POST",
        "/v1/campaigns/{campaign}/redrive",
        "Try contacts again whose message failed, or whose outcome is unknown: each at most once more.",
        redrive,
        WRITERS,
        {202: CampaignView},
        {
            400: UNUSABLE[400],
            404: ("campaign-not-found", *UNUSABLE[404]),
            409: ("campaign-state", "confirmation-needed", "nothing-to-redrive", "redrive-running", "deadline-passed"),
        },
        body=Redriven,
    ),
    Route(
        "GET",
        "/v1/campaigns/{campaign}/redrives",
        "Who had which contacts tried again, and when.",
        list_redrives,
        READERS,
        {200: Redrives},
        {404: ("campaign-not-found",)},
    ),
)
