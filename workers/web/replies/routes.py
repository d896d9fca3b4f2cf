"""Replies over HTTP. Owns nothing but the way from a request to `shared.conversations.writing`."""

from aiohttp import web

from shared.conversations.writing import Wish
from shared.providers.messages import Choice, FreeMessage, OutgoingMedia
from workers.web.api import Call, Route
from workers.web.auth import Scope
from workers.web.messages.routes import get, taken
from workers.web.messages.schemas import MessageView
from workers.web.replies.schemas import NewReply


async def send(call: Call) -> web.Response:
    wanted = call.body(NewReply)
    by = wanted.agent or call.caller.name
    wish = Wish(call.tenant, wanted.sender, wanted.contact, by, call.once, wanted.interaction)
    return taken(await call.installation.conversations.writing.reply(wish, _body(wanted)))


# ── the pieces ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _body(wanted: NewReply) -> FreeMessage:
    media = wanted.media
    choices = [Choice(one.id, one.title) for one in wanted.quick_replies]
    if wanted.list is not None:
        choices = [Choice(row.id, row.title, row.description or "") for row in wanted.list.rows]
    return FreeMessage(
        "",
        wanted.text,
        OutgoingMedia(media.kind, media.url, media.filename) if media is not None else None,
        tuple(choices),
        wanted.list.button if wanted.list is not None else None,
        wanted.reply_to,
    )


UNCARRIED = (
    "empty-message", "unsupported-content", "bad-media-url", "empty-list", "choice-without-id", "duplicate-choice",
    "too-many-choices", "title-too-long", "text-too-long", "address-unknown", "interaction-differs",
)  # fmt: skip

ROUTES = (
    Route(
        "POST",
        "/v1/replies",
        "Write to a contact in free form, while its window is open. When it is not, the problem names the templates.",
        send,
        frozenset({Scope.AGENTS}),
        {202: MessageView},
        {
            400: ("bad-contact", *UNCARRIED),
            404: ("sender-not-found", "contact-not-found", "interaction-not-found"),
            409: ("window-closed", "opted-out", "not-in-control"),
        },
        body=NewReply,
    ),
    Route(
        "GET",
        "/v1/replies/{message}",
        "What became of a reply.",
        get,
        frozenset({Scope.AGENTS, Scope.READ}),
        {200: MessageView},
        {404: ("message-not-found",)},
    ),
)
