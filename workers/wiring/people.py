"""The wing `shared.people`: who somebody is, and what they agreed to."""

from dataclasses import dataclass

from shared.conversations.uniting import Uniting
from shared.people.consenting import Consenting
from shared.people.locales import Locales
from shared.people.merging import Merging
from shared.people.noting import Noting
from shared.people.provider_refusals import ProviderRefusals
from shared.people.recording import Recording
from shared.people.resolving import Resolving
from shared.people.separating import Separating
from workers.wiring.ground import Ground
from workers.wiring.senders import Senders
from workers.wiring.stores import Stores
from workers.wiring.templates import Templates


@dataclass(frozen=True, slots=True)
class People:
    consenting: Consenting
    merging: Merging
    noting: Noting
    uniting: Uniting
    provider_refusals: ProviderRefusals
    locales: Locales
    resolving: Resolving
    recording: Recording
    separating: Separating


def wire_people(ground: Ground, stores: Stores, senders: Senders, templates: Templates) -> People:
    consenting = Consenting(
        stores.consent, stores.campaigns, stores.ledger, templates.registry, stores.pins, stores.contacts, ground.now
    )
    uniting = Uniting(stores.interactions, ground.publisher, ground.now)
    merging = Merging(
        stores.contacts, stores.consent, stores.sessions, consenting, senders.owners, uniting, ground.secret, ground.now
    )
    resolving = Resolving(stores.contacts, stores.consent, stores.campaigns, stores.ledger, merging)
    locales = ground.settings.locales()
    return People(
        consenting=consenting,
        merging=merging,
        noting=Noting(merging, stores.recipients, senders.clients),
        uniting=uniting,
        provider_refusals=ProviderRefusals(merging, stores.sessions, consenting),
        locales=locales,
        resolving=resolving,
        separating=Separating(
            stores.contacts, stores.consent, stores.sessions, consenting, merging, senders.owners, ground.now
        ),
        recording=Recording(stores.consent, consenting, merging, resolving, locales, ground.now),
    )
