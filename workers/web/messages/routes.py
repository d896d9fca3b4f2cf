"""Messages to one person over HTTP. Owns nothing but the way from a request to `shared.conversations.writing`."""

from http import HTTPStatus

from aiohttp import web

from shared.conversations.outbox.model import MessageRecord
from shared.conversations.writing import Wish
from workers.web.api import Call, Route, answer
from workers.web.auth import Scope
from workers.web.messages.schemas import MessageView, NewMessage
from workers.web.messages.views import message_view


async def send(call: Call) -> web.Response:
    wanted = call.body(NewMessage)
    wish = Wish(call.tenant, wanted.sender, wanted.contact, wanted.agent or call.caller.name, call.once)
    template = wanted.template
    return taken(
        await call.installation.conversations.writing.template(wish, template.name, template.language, wanted.params)
    )


async def get(call: Call) -> web.Response:
    named = call.request.match_info["message"]
    return answer(message_view(await call.installation.conversations.browsing.find_message(call.tenant, named)))


# ── the pieces ──────────────────────────────────────────────────────────────────────────────────────────────────────


def taken(record: MessageRecord) -> web.Response:
    """It waits in its outbox."""
    view = message_view(record)
    return answer(view, HTTPStatus.ACCEPTED, {"Location": view.links["self"]})


ROUTES = (
    Route(
        "POST",
        "/v1/messages",
        "Send one template to one person, by a campaign's rules of consent.",
        send,
        frozenset({Scope.AGENTS}),
        {202: MessageView},
        {
            400: (
                "bad-contact", "template-not-enabled", "template-ambiguous", "unsupported-template", "missing-parameter",
                "surplus-parameter", "malformed-parameter", "address-unknown",
            ),
            404: ("sender-not-found", "template-not-found", "contact-not-found"),
            409: ("no-opt-in", "opted-out"),
        },
        body=NewMessage,
    ),
    Route(
        "GET",
        "/v1/messages/{message}",
        "What became of a single message.",
        get,
        frozenset({Scope.AGENTS, Scope.READ}),
        {200: MessageView},
        {404: ("message-not-found",)},
    ),
)  # fmt: skip
