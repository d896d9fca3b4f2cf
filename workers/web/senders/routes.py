"""Senders over HTTP. Owns which of their settings are told: none that opens anything."""

from aiohttp import web

from workers.web.api import Call, Route, answer
from workers.web.auth import Scope
from workers.web.paging import ListQuery, Page, sliced
from workers.web.senders.schemas import SenderView


async def list_all(call: Call) -> web.Response:
    page, after = sliced(call.api.senders_of(call.tenant), call.query(ListQuery))
    views = [
        SenderView(
            id=sender.id,
            provider=sender.provider,
            address=sender.address,
            rate_per_second=sender.rate_per_second,
            region=call.region_for(sender.sender_id),
        )
        for sender in page
    ]
    return answer(Page[SenderView](items=views, next=after))


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
)
