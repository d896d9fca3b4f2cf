"""Interactions over HTTP. Owns the list's filter; `shared.conversations.attending` says who may take which."""

import asyncio
import mimetypes
from collections.abc import AsyncIterator, Mapping

from aiohttp import web

from shared.conversations.interactions.model import Interaction
from shared.conversations.outbox.model import MessageRecord
from shared.ground.errors import NotFound
from shared.ground.ids import InteractionId, MessageId
from workers.web.api import Call, Route, answer
from workers.web.auth import Scope
from workers.web.files import ANY, attachment, send
from workers.web.interactions.finding import interaction_of, is_interaction, medium_of
from workers.web.interactions.schemas import (
    Assignment,
    Closing,
    InteractionsQuery,
    InteractionThread,
    InteractionView,
)
from workers.web.interactions.views import interaction_view, thread_view
from workers.web.paging import Page
from workers.web.problems import Invalid

READ_TOGETHER = 200
MOST_LOOKED_AT = 5_000  # of the list, for one answer; whoever wants rare ones gets a short page and its `next`


async def list_all(call: Call) -> web.Response:
    query = call.query(InteractionsQuery)
    items: list[InteractionView] = []
    looked_at, last = 0, None
    async for one in _behind(call, await _cursor(call, query.after)):
        if len(items) == query.limit or looked_at == MOST_LOOKED_AT:
            return answer(Page[InteractionView](items=items, next=last))
        looked_at, last = looked_at + 1, one.id
        if _fits(one, query):
            items.append(interaction_view(one))
    return answer(Page[InteractionView](items=items, next=None))


async def get(call: Call) -> web.Response:
    found = await interaction_of(call, call.request.match_info["interaction"])
    return answer(thread_view(found, await _records(call, found)))


async def download(call: Call) -> web.StreamResponse:
    """To be kept, not shown: what a stranger sent does not run in a page of ours."""
    asked = call.request.match_info
    found = await interaction_of(call, asked["interaction"])
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
    found = await interaction_of(call, call.request.match_info["interaction"])
    return answer(
        interaction_view(await call.installation.conversations.attending.assign(found, call.body(Assignment).agent))
    )


async def close(call: Call) -> web.Response:
    found = await interaction_of(call, call.request.match_info["interaction"])
    by = call.body(Closing).agent or call.caller.name
    return answer(interaction_view(await call.installation.conversations.attending.close(found, by)))


# ── the pieces ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _ending(media_type: str) -> str:
    return mimetypes.guess_extension(media_type.partition(";")[0].strip()) or ""


async def _behind(call: Call, cursor: InteractionId | None) -> AsyncIterator[Interaction]:
    """All of the tenant's, newest first, as they are read."""
    while True:
        page, cursor = await call.installation.stores.interactions.page(call.tenant, cursor, READ_TOGETHER)
        for one in page:
            yield one
        if cursor is None:
            return


def _fits(one: Interaction, query: InteractionsQuery) -> bool:
    about = one.about
    return (
        query.state in {None, one.state}
        and query.campaign in {None, about.campaign}
        and query.agent in {None, one.agent}
        and query.sender in {None, about.sender}
    )


async def _cursor(call: Call, after: str | None) -> InteractionId | None:
    """*Raises*: Invalid for one that no list of this tenant gave: passing over it would begin again from the start."""
    if after is None:
        return None
    if not is_interaction(after) or not await call.installation.stores.interactions.is_listed(
        call.tenant, InteractionId(after)
    ):
        raise Invalid("bad-cursor", "after is not a `next` of this list.")
    return InteractionId(after)


async def _records(call: Call, interaction: Interaction) -> Mapping[MessageId, MessageRecord]:
    """Those of our messages in it that are still remembered."""
    ids = [entry.message for entry in interaction.thread if entry.message is not None]
    found = await asyncio.gather(*(_record(call, one) for one in ids))
    return {one.message.id: one for one in found if one is not None}


async def _record(call: Call, message: MessageId) -> MessageRecord | None:
    try:
        return await call.installation.stores.outbox.get(message)
    except NotFound:
        return None


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
        {**MISSING, 409: ("interaction-assigned", "interaction-closed")},
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
