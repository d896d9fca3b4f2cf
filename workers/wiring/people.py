"""The wing `shared.people`: who somebody is, and what they agreed to."""

from dataclasses import dataclass

from shared.people.consenting import Consenting
from shared.people.identifying import Identifying
from shared.people.locales import Locales
from shared.people.recognising import Recognising
from shared.people.recording import Recording
from shared.people.refusing import Refusing
from workers.wiring.ground import Ground
from workers.wiring.senders import Senders
from workers.wiring.stores import Stores
from workers.wiring.templates import Templates


@dataclass(frozen=True, slots=True)
class People:
    consenting: Consenting
    identifying: Identifying
    refusing: Refusing
    locales: Locales
    recognising: Recognising
    recording: Recording


def wire_people(ground: Ground, stores: Stores, senders: Senders, templates: Templates) -> People:
    consenting = Consenting(stores.consent, stores.campaigns, templates.registry, ground.now)
    identifying = Identifying(
        stores.contacts, stores.consent, stores.sessions, consenting, senders.owners, ground.secret
    )
    recognising = Recognising(stores.contacts, stores.consent, stores.campaigns, stores.ledger, identifying)
    locales = ground.settings.locales()
    return People(
        consenting=consenting,
        identifying=identifying,
        refusing=Refusing(stores.contacts, stores.sessions, consenting),
        locales=locales,
        recognising=recognising,
        recording=Recording(stores.consent, consenting, identifying, recognising, locales, ground.now),
    )
