"""Senders over HTTP. Owns which of their settings are told: none that opens anything."""

from typing import Any

from aiohttp import web

from config.accounts import shown_webhook_url
from config.settings import SenderSettings
from shared.senders.model import NumberStanding
from workers.web.api import Call, Route, answer
from workers.web.auth import Scope
from workers.web.paging import ListQuery, Page, sliced
from workers.web.senders.schemas import CheckView, FindingView, OneSenderView, SenderView, StandingView


async def list_all(call: Call) -> web.Response:
    page, after = sliced(call.api.senders_of(call.tenant), call.query(ListQuery))
    views = [SenderView(**_settings(call, sender)) for sender in page]
    return answer(Page[SenderView](items=views, next=after))


async def get(call: Call) -> web.Response:
    sender = call.sender(call.request.match_info["sender"])
    standing = (await call.installation.stores.numbers.of([sender]))[sender]
    return answer(OneSenderView(**_settings(call, call.api.senders[sender]), standing=_standing(standing)))


async def check(call: Call) -> web.Response:
    sender = call.sender(call.request.match_info["sender"])
    client = call.installation.senders.clients[sender]
    found = await client.check_account()
    view = CheckView(
        sender=sender,
        provider=client.dialect.name,
        webhook_url=shown_webhook_url(client.account, client.webhook_url),
        good=all(one.is_good for one in found),
        findings=[FindingView(name=one.name, good=one.is_good, said=one.text) for one in found],
    )
    return answer(view)


def _settings(call: Call, sender: SenderSettings) -> dict[str, Any]:
    return {
        "id": sender.id,
        "provider": sender.provider,
        "address": sender.address,
        "rate_per_second": sender.rate_per_second,
        "region": call.region_for(sender.sender_id),
    }


def _standing(standing: NumberStanding) -> StandingView:
    return StandingView(
        usable=standing.usable,
        quality=standing.quality,
        rate_per_second=standing.rate_per_second,
        unique_contacts_a_day=standing.unique_contacts_a_day,
        reason=standing.reason,
        seen_at=standing.seen_at,
    )


ROUTES = (
    Route(
        "GET",
        "/v1/senders",
        "The tenant's senders.",
        list_all,
        frozenset({Scope.CAMPAIGNS, Scope.READ}),
        {200: Page[SenderView]},
        query=ListQuery,
    ),
    Route(
        "GET",
        "/v1/senders/{sender}",
        "One sender, and what its provider said of the number.",
        get,
        frozenset({Scope.CAMPAIGNS, Scope.READ}),
        {200: OneSenderView},
        {404: ("sender-not-found",)},
    ),
    Route(
        "POST",
        "/v1/senders/{sender}/check",
        "Ask the provider what can be asked without sending: credentials, number, templates, limits.",
        check,
        frozenset({Scope.CAMPAIGNS}),
        {200: CheckView},
        {404: ("sender-not-found",)},
    ),
)
