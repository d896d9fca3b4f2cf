"""The wing `shared.inbound`: what providers and contacts tell us."""

from dataclasses import dataclass
from datetime import timedelta

from shared.inbound.attributing import Attributing
from shared.inbound.catching_up import CatchingUp
from shared.inbound.hearing import Hearing
from shared.inbound.receiving import Receiving
from shared.inbound.syncing import Syncing
from shared.templates.registry import TemplateRegistry
from workers.wiring.conversations import Conversations
from workers.wiring.ground import Ground
from workers.wiring.outbound import Outbound
from workers.wiring.people import People
from workers.wiring.senders import Senders
from workers.wiring.stores import Stores


@dataclass(frozen=True, slots=True)
class Inbound:
    hearing: Hearing
    syncing: Syncing
    receiving: Receiving
    catching_up: CatchingUp


def wire_inbound(
    ground: Ground, stores: Stores, senders: Senders, templates: TemplateRegistry, people: People,
    conversations: Conversations, outbound: Outbound,
) -> Inbound:  # fmt: skip
    campaigns, ledger, clients, now = stores.campaigns, stores.ledger, senders.clients, ground.now
    hearing = Hearing(
        stores.heard, people.identifying, stores.sessions, stores.consent, people.consenting,
        Attributing(campaigns, ledger, timedelta(days=ground.settings.inbound.attribution_days)), ledger,
        stores.interactions, conversations.replying, ground.publisher, clients,
        {tenant.tenant_id: tenant.opt_out_confirmations for tenant in ground.settings.tenants}, ground.secret, now,
    )  # fmt: skip
    syncing = Syncing(
        stores.templates, templates, campaigns, ledger, clients, ground.hints, stores.numbers,
        ground.settings.sync.resume_campaigns, now,
    )  # fmt: skip
    receiving = Receiving(
        stores.journal, ledger, stores.outbox, campaigns, outbound.braking, people.refusing, hearing,
        people.identifying, syncing, clients, ground.secret,
    )  # fmt: skip
    return Inbound(hearing, syncing, receiving, CatchingUp(clients, receiving, stores.numbers, now))
