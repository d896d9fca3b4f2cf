"""The wing `shared.inbound`: what providers and contacts tell us."""

from dataclasses import dataclass
from datetime import timedelta

from shared.inbound.attaching import Attaching
from shared.inbound.attributing import Attributing
from shared.inbound.catching_up import CatchingUp
from shared.inbound.hearing import Hearing
from shared.inbound.heeding import Heeding
from shared.inbound.observing import Observing
from shared.inbound.rating import Rating
from shared.inbound.receiving import Receiving
from shared.inbound.recognising import Recognising
from shared.inbound.routing import Routing
from shared.inbound.settling import Settling
from shared.inbound.syncing import Syncing
from shared.inbound.tracing import Tracing
from workers.wiring.conversations import Conversations
from workers.wiring.ground import Ground
from workers.wiring.outbound import Outbound
from workers.wiring.people import People
from workers.wiring.senders import Senders, wire_throttling
from workers.wiring.stores import Stores
from workers.wiring.templates import Templates


@dataclass(frozen=True, slots=True)
class Inbound:
    routing: Routing
    settling: Settling
    hearing: Hearing
    syncing: Syncing
    rating: Rating
    receiving: Receiving
    catching_up: CatchingUp


def wire_inbound(
    ground: Ground, stores: Stores, senders: Senders, templates: Templates, people: People,
    conversations: Conversations, outbound: Outbound,
) -> Inbound:  # fmt: skip
    clients, now = senders.clients, ground.now
    heeding = _wire_heeding(ground, stores, people, conversations)
    hearing = _wire_hearing(ground, stores, people, heeding)
    reach = timedelta(days=ground.settings.inbound.attribution_days)
    tracing = Tracing(stores.campaigns, stores.ledger, people.noting, people.merging, clients, reach)
    settling = Settling(
        stores.ledger, stores.outbox, stores.campaigns, outbound.braking, outbound.reopening,
        wire_throttling(ground, senders, stores.limits), people.provider_refusals, people.noting, tracing,
        clients, stores.interactions, ground.publisher, ground.secret, now,
    )  # fmt: skip
    syncing = Syncing(stores.templates, templates.registry, clients, outbound.following, now)
    rating = Rating(stores.numbers, stores.campaigns, stores.ledger)
    observing = Observing(
        stores.heard, stores.sessions, stores.interactions, people.merging, hearing.recognising, hearing.attributing,
        ground.publisher, now,
    )  # fmt: skip
    routing = Routing(settling, hearing, observing, heeding, people.merging, syncing, rating, clients)
    return Inbound(
        routing=routing,
        settling=settling,
        hearing=hearing,
        syncing=syncing,
        rating=rating,
        receiving=Receiving(stores.journal, routing, clients),
        catching_up=CatchingUp(clients, routing, stores.numbers, now),
    )


def _wire_heeding(ground: Ground, stores: Stores, people: People, conversations: Conversations) -> Heeding:
    confirmations = {tenant.tenant_id: tenant.opt_out_confirmations for tenant in ground.settings.tenants}
    own_words = {tenant.tenant_id: tenant.opt_out_words for tenant in ground.settings.tenants}
    return Heeding(
        people.merging, stores.consent, people.consenting, conversations.replying, confirmations, ground.now, own_words
    )


def _wire_hearing(ground: Ground, stores: Stores, people: People, heeding: Heeding) -> Hearing:
    reach = timedelta(days=ground.settings.inbound.attribution_days)
    attributing = Attributing(stores.campaigns, stores.ledger, stores.heard, ground.secret, reach)
    recognising = Recognising(stores.heard, people.merging, people.noting)
    attaching = Attaching(stores.heard, stores.interactions, stores.ledger, people.uniting)
    return Hearing(
        stores.heard, stores.sessions, people.merging, recognising, attributing, heeding, attaching, ground.publisher,
        ground.now,
    )  # fmt: skip
