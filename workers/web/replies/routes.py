"""Replies over HTTP. Owns which conversation a reply belongs to; `shared.conversations.replying` says whether it may go."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from aiohttp import web

from shared.conversations.interactions.model import Interaction, InteractionState
from shared.conversations.replying import Order, WindowClosed
from shared.ground.clock import utc_now
from shared.ground.errors import InputError
from shared.ground.ids import InteractionId, SenderId
from shared.people.contacts.store import Known
from shared.providers.messages import Choice, FreeMessage, OutgoingMedia
from workers.web.api import Call, Route, answer
from workers.web.auth import Scope
from workers.web.interactions.finding import interaction_of, with_sender
from workers.web.messages.routes import message_of, taken
from workers.web.messages.schemas import MessageView
from workers.web.messages.views import message_view
from workers.web.people import person
from workers.web.problems import NoWindow, TemplateRef
from workers.web.replies.schemas import NewReply


async def send(call: Call) -> web.Response:
    wanted = call.body(NewReply)
    sender = call.sender(wanted.sender)
    whom = await person(call, wanted.contact, call.region_for(sender))
    talks = await with_sender(call, whom.known, sender)
    interaction = await _interaction(call, wanted, whom.known, talks)
    order = Order(
        call.tenant,
        sender,
        whom.known,
        wanted.agent or call.caller.name,
        whom.address,
        interaction,
        call.once,
    )
    try:
        return taken(await call.installation.conversations.replying.reply(order, _body(wanted)))
    except WindowClosed as closed:
        raise _no_window(call, sender, closed, talks) from None


async def get(call: Call) -> web.Response:
    return answer(message_view(await message_of(call, call.request.match_info["message"])))


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


async def _interaction(
    call: Call, wanted: NewReply, contact: Known, talks: Sequence[Interaction]
) -> InteractionId | None:
    """*Raises*: NotFound; InputError for one that is not with this contact and this sender."""
    if wanted.interaction is None:
        return next((talk.id for talk in talks if talk.state is not InteractionState.CLOSED), None)
    about = (found := await interaction_of(call, wanted.interaction)).about
    if about.contact not in contact.ids or about.sender != wanted.sender:
        raise InputError("interaction-differs", "The interaction is with another contact, or with another sender.")
    return found.id


def _no_window(call: Call, sender: SenderId, closed: WindowClosed, talks: Sequence[Interaction]) -> NoWindow:
    templates = [
        TemplateRef(name=one.name, language=one.language)
        for one in call.installation.conversations.replying.usable(sender)
    ]
    return NoWindow(closed.detail, templates, closed.closed_at or _ended_at(call, talks))


def _ended_at(call: Call, talks: Sequence[Interaction]) -> datetime | None:
    """When the last window ended, as its conversation remembers; None where its provider had closed it before."""
    heard = [entry.at for talk in talks for entry in talk.thread if entry.event is not None]
    window = timedelta(seconds=call.api.settings.timing.session_seconds)
    ended = max(heard) + window if heard else None
    return None if ended is None or ended > utc_now() else ended


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
            409: ("window-closed", "opted-out"),
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
