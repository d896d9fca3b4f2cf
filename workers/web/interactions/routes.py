"""Interactions over HTTP. Owns how a file is handed out; `shared.conversations.assigning` says who may take which."""

import mimetypes

from aiohttp import web

from shared.conversations.browsing import Filter
from shared.conversations.fetching import medium_of
from shared.conversations.interactions.model import Interaction
from workers.web.api import Call, Route, answer
from workers.web.auth import Scope
from workers.web.files import ANY, attachment, send
from workers.web.interactions.schemas import (
    Assignment,
    Closing,
    InteractionsQuery,
    InteractionThread,
    InteractionView,
)
from workers.web.interactions.views import interaction_view, thread_view
from workers.web.paging import Page


async def list_all(call: Call) -> web.Response:
    query = call.query(InteractionsQuery)
    wanted = Filter(query.state, query.campaign, query.agent, query.sender)
    found = await call.installation.conversations.browsing.browse(call.tenant, wanted, query.after, query.limit)
    items = [interaction_view(one) for one in found.interactions]
    return answer(Page[InteractionView](items=items, next=found.following))


async def get(call: Call) -> web.Response:
    found = await _asked(call)
    return answer(thread_view(found, await call.installation.conversations.browsing.find_messages(found)))


async def download(call: Call) -> web.StreamResponse:
    """To be kept, not shown: what a stranger sent does not run in a page of ours."""
    asked = call.request.match_info
    found = await _asked(call)
    medium = medium_of(found, asked["message"], asked["place"])
    async with call.installation.conversations.fetching.open(found.about.sender, medium) as file:
        name = medium.filename or f"{asked['message']}-{asked['place']}{_ending(file.media_type)}"
        headers = {
            "Content-Type": file.media_type,
            "Content-Disposition": attachment(name),
            "Cache-Control": "private",
        }
        response = web.StreamResponse(headers=headers)
        response.content_length = file.size
        return await send(call.request, response, file.chunks)


async def assign(call: Call) -> web.Response:
    found = await _asked(call)
    return answer(
        interaction_view(await call.installation.conversations.assigning.assign(found, call.body(Assignment).agent))
    )


async def close(call: Call) -> web.Response:
    found = await _asked(call)
    by = call.body(Closing).agent or call.caller.name
    return answer(interaction_view(await call.installation.conversations.assigning.close(found, by)))


# ── the pieces ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _ending(media_type: str) -> str:
    return mimetypes.guess_extension(media_type.partition(";")[0].strip()) or ""


async def _asked(call: Call) -> Interaction:
    """The one that the path names. *Raises*: NotFound."""
    return await call.installation.conversations.browsing.find(call.tenant, call.request.match_info["interaction"])


READERS = frozenset({Scope.AGENTS, Scope.READ})
AGENTS = frozenset({Scope.AGENTS})
MISSING = {404: ("interaction-not-found",)}

ROUTES = (
    Route(
        "GET",
        "/v1/interactions",
        "What contacts answered, newest first. With a filter a page may be short; the end is where next is null.",
        list_all,
        READERS,
        {200: Page[InteractionView]},
        {400: ("bad-cursor",)},
        query=InteractionsQuery,
    ),
    Route(
        "GET",
        "/v1/interactions/{interaction}",
        "One interaction, with all that was said.",
        get,
        READERS,
        {200: InteractionThread},
        MISSING,
    ),
    Route(
        "GET",
        "/v1/interactions/{interaction}/media/{message}/{place}",
        "A file that the contact sent, as its provider has it. 410 when it has it no longer: ask the contact again.",
        download,
        READERS,
        {200: ANY},
        {
            404: ("interaction-not-found", "message-not-found", "media-not-found", "sender-not-found"),
            410: ("media-gone",),
            502: ("provider-refused",),
            503: ("provider-unavailable",),
        },
    ),
    Route(
        "POST",
        "/v1/interactions/{interaction}/assign",
        "Take it in hand. Whoever comes first has it; the problem names who that is.",
        assign,
        AGENTS,
        {200: InteractionView},
        {**MISSING, 409: ("interaction-assigned", "interaction-closed", "interaction-standby")},
        body=Assignment,
    ),
    Route(
        "POST",
        "/v1/interactions/{interaction}/close",
        "End it; the contact's next message opens another. Asked again, it changes nothing.",
        close,
        AGENTS,
        {200: InteractionView},
        MISSING,
        body=Closing,
    ),
)
