"""One contact over HTTP. Owns nothing but the way to `shared.reports`: `gathering` finds, `explaining` judges."""

from aiohttp import web

from shared.ground.zones import read_zone
from workers.web.api import Call, Route, answer
from workers.web.auth import Scope
from workers.web.timelines.schemas import ContactView, FoundView, Lookup, SeparationOrder, SeparationView
from workers.web.timelines.views import contact_view, separation_view


async def look_up(call: Call) -> web.Response:
    wanted = call.body(Lookup)
    sender = call.sender(wanted.sender) if wanted.sender is not None else None
    region = wanted.region or call.region_for(sender)
    return answer(
        FoundView(contact_id=await call.installation.people.resolving.look_up(call.tenant, wanted.contact, region))
    )


async def get(call: Call) -> web.Response:
    whom = await call.installation.people.resolving.find(
        call.tenant, call.request.match_info["contact"], call.region_for()
    )
    reports = call.installation.reports
    dossier = await reports.gathering.dossier(call.tenant, whom.known, whom.is_proven)
    explanation = reports.explaining.explanation(dossier, read_zone(call.api.locales.timezone(call.tenant)))
    return answer(contact_view(dossier, explanation, reports.explaining.windows(dossier)))


async def separate(call: Call) -> web.Response:
    people, region = call.installation.people, call.region_for()
    whom = await people.resolving.reach(call.tenant, call.request.match_info["contact"], region)
    names = {people.resolving.read(call.tenant, name, region).contact for name in call.body(SeparationOrder).names}
    parting = call.installation.conversations.parting
    done = await parting.separate(call.tenant, whom.known, names, call.caller.name)
    return answer(separation_view(done))


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
    Route(
        "POST",
        "/v1/contacts/{contact}/separate",
        "Some names of a contact are somebody else's: two contacts from now on. No provider's word makes them one again.",
        separate,
        frozenset({Scope.CONSENT}),
        {200: SeparationView},
        {400: ("bad-contact", "not-an-alias", "nothing-stays"), 404: ("contact-not-found",)},
        body=SeparationOrder,
    ),
)
