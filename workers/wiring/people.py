"""The wing `shared.people`: who somebody is, and what they agreed to."""

from dataclasses import dataclass

from shared.people.consenting import Consenting
from shared.people.locales import Locales
from shared.people.merging import Merging
from shared.people.provider_refusals import ProviderRefusals
from shared.people.recording import Recording
from shared.people.resolving import Resolving
from workers.wiring.ground import Ground
from workers.wiring.senders import Senders
from workers.wiring.stores import Stores
from workers.wiring.templates import Templates


@dataclass(frozen=True, slots=True)
class People:
    consenting: Consenting
    merging: Merging
    provider_refusals: ProviderRefusals
    locales: Locales
    resolving: Resolving
    recording: Recording


def wire_people(ground: Ground, stores: Stores, senders: Senders, templates: Templates) -> People:
    consenting = Consenting(stores.consent, stores.campaigns, stores.ledger, templates.registry, ground.now)
    merging = Merging(stores.contacts, stores.consent, stores.sessions, consenting, senders.owners, ground.secret)
    resolving = Resolving(stores.contacts, stores.consent, stores.campaigns, stores.ledger, merging)
    locales = ground.settings.locales()
    return People(
        consenting=consenting,
        merging=merging,
        provider_refusals=ProviderRefusals(stores.contacts, stores.sessions, consenting),
        locales=locales,
        resolving=resolving,
        recording=Recording(stores.consent, consenting, merging, resolving, locales, ground.now),
    )
