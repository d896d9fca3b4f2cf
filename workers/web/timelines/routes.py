"""One contact over HTTP. Owns nothing but the way to `shared.reports.explaining`, which judges."""

from zoneinfo import ZoneInfo

from aiohttp import web

from workers.web.api import Call, Route, answer
from workers.web.auth import Scope
from workers.web.people import Person, person
from workers.web.timelines.schemas import ContactView, FoundView, Lookup
from workers.web.timelines.views import contact_view


async def look_up(call: Call) -> web.Response:
    wanted = call.body(Lookup)
    sender = call.sender(wanted.sender) if wanted.sender is not None else None
    whom = await person(call, wanted.contact, wanted.region or call.region_for(sender))
    await _remember(call, whom)
    return answer(FoundView(contact_id=whom.known.contact))


async def get(call: Call) -> web.Response:
    whom = await person(call, call.request.match_info["contact"], call.region_for())
    explaining = call.installation.reports.explaining
    dossier = await explaining.dossier(call.tenant, whom.known, whom.is_proven)
    explanation = explaining.explanation(dossier, ZoneInfo(call.caller.tenant.timezone))
    return answer(contact_view(dossier, explanation, explaining.margin))


# ── the pieces ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def _remember(call: Call, whom: Person) -> None:
    """*Effects*: whose consents alone are known can then be asked for by its id, which by itself says nothing of whose it
    is. Of others nothing is written.
    """
    if whom.address is None:
        return
    (records,) = await call.installation.stores.consent.of([whom.known.contact])
    if records:
        await call.installation.people.identifying.known(call.tenant, [whom.address])


ROUTES = (
    Route(
        "POST",
        "/v1/contacts/lookup",
        "The opaque id of a contact, so that no number has to stand in a URL. Anybody has one, known or not.",
        look_up,
        frozenset(Scope),
        {200: FoundView},
        {400: ("bad-contact",), 404: ("sender-not-found", "contact-not-found")},
        body=Lookup,
    ),
    Route(
        "GET",
        "/v1/contacts/{contact}",
        "All that is known of one contact: consents, windows, messages, conversations, and why it is so.",
        get,
        frozenset({Scope.AGENTS, Scope.READ}),
        {200: ContactView},
        {400: ("bad-contact",), 404: ("contact-not-found",)},
    ),
)
