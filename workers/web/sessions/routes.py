"""Sessions over HTTP. Owns nothing but the way from a path to a session; reading one changes nothing."""

from aiohttp import web

from workers.web.api import Call, Route, answer
from workers.web.auth import Scope
from workers.web.sessions.schemas import SessionView
from workers.web.sessions.views import session_view


async def get(call: Call) -> web.Response:
    sender = call.sender(call.request.match_info["sender"])
    name, region = call.request.match_info["contact"], call.region_for(sender)
    contact = (await call.installation.people.resolving.find(call.tenant, name, region)).known.contact
    window = await call.installation.conversations.browsing.find_window(contact, sender)
    return answer(session_view(sender, contact, window))


ROUTES = (
    Route(
        "GET",
        "/v1/sessions/{sender}/{contact}",
        "Whether a contact may be written to in free form, until when, and what it has said. Closed is an answer, too.",
        get,
        frozenset({Scope.AGENTS, Scope.READ}),
        {200: SessionView},
        {400: ("bad-contact",), 404: ("sender-not-found", "contact-not-found")},
    ),
)
