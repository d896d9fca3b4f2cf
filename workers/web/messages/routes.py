"""Messages to one person over HTTP. Owns the way from a request to `shared.conversations.replying`, which judges."""

import re
from http import HTTPStatus

from aiohttp import web

from shared.conversations.outbox.model import MessageRecord
from shared.conversations.replying import Order
from shared.ground.errors import NotFound
from shared.ground.ids import MessageId
from workers.web.api import Call, Route, answer
from workers.web.auth import Scope
from workers.web.messages.schemas import MessageView, NewMessage
from workers.web.messages.views import message_view
from workers.web.people import reachable
from workers.web.templates.routes import by_name

_MESSAGE = re.compile(r"r[a-z2-7]{32}")


async def send(call: Call) -> web.Response:
    wanted = call.body(NewMessage)
    sender = call.sender(wanted.sender)
    template = call.installation.templates.get(sender, wanted.template.name, wanted.template.language)
    parameters = by_name(wanted.params, template.placeholders)
    whom = await reachable(call, wanted.contact, call.region_for(sender))
    address = whom.address
    order = Order(call.tenant, sender, whom.known, wanted.agent or call.caller.name, address=address, once=call.once)
    record = await call.installation.conversations.replying.template(
        order, template.name, template.language, parameters
    )
    if address is not None:  # so that whoever is answered the id can ask by it
        await call.installation.people.identifying.known(call.tenant, [address])
    return taken(record)


async def get(call: Call) -> web.Response:
    return answer(message_view(await message_of(call, call.request.match_info["message"])))


# ── the pieces ──────────────────────────────────────────────────────────────────────────────────────────────────────


def taken(record: MessageRecord) -> web.Response:
    """It waits in its outbox."""
    view = message_view(record)
    return answer(view, HTTPStatus.ACCEPTED, {"Location": view.links["self"]})


async def message_of(call: Call, name: str) -> MessageRecord:
    """*Raises*: NotFound, also for another tenant's."""
    if _MESSAGE.fullmatch(name):
        record = await call.installation.stores.outbox.get(MessageId(name))
        if record.message.tenant == call.tenant:
            return record
    raise NotFound("message-not-found", "There is no such message; it may have been kept long enough.")


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
                "bad-contact", "template-not-enabled", "unsupported-template", "missing-parameter", "surplus-parameter",
                "malformed-parameter", "address-unknown",
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
