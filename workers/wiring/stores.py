"""The stores: everything of this installation that is in Redis, by what it holds."""

from dataclasses import dataclass
from datetime import timedelta

from shared.campaigns.store import CampaignStore
from shared.conversations.interactions.store import InteractionStore
from shared.conversations.outbox.store import Outbox
from shared.inbound.journal.heard import HeardStore
from shared.inbound.journal.store import Journal
from shared.ledger.store import Ledger
from shared.ledger.uploads import UploadStore
from shared.people.consent.store import ConsentStore
from shared.people.contacts.store import ContactStore
from shared.people.recipients.store import RecipientStore
from shared.people.sessions.store import SessionStore
from shared.senders.limits.store import LimitStore
from shared.senders.store import NumberStore
from shared.templates.store import PinStore, TemplateStore
from workers.wiring.ground import Ground


@dataclass(frozen=True, slots=True)
class Stores:
    """templates: the providers' words on them; what a process makes of those is its TemplateRegistry.

    pins: the templates with which campaigns were started.
    """

    campaigns: CampaignStore
    ledger: Ledger
    uploads: UploadStore
    limits: LimitStore
    numbers: NumberStore
    templates: TemplateStore
    pins: PinStore
    contacts: ContactStore
    consent: ConsentStore
    sessions: SessionStore
    recipients: RecipientStore
    outbox: Outbox
    interactions: InteractionStore
    journal: Journal
    heard: HeardStore


def wire_stores(ground: Ground) -> Stores:
    redis, durability = ground.redis, ground.durability
    timing, retention = ground.settings.timing, ground.settings.retention
    window, lease = timedelta(seconds=timing.session_seconds), timedelta(seconds=timing.lease_seconds)
    return Stores(
        campaigns=CampaignStore(redis),
        ledger=Ledger(redis, durability),
        uploads=UploadStore(redis),
        limits=LimitStore(redis),
        numbers=NumberStore(redis),
        templates=TemplateStore(redis, durability),
        pins=PinStore(redis),
        contacts=ContactStore(redis, durability),
        consent=ConsentStore(redis, durability),
        sessions=SessionStore(redis, window, retention.events, durability),
        recipients=RecipientStore(redis, timedelta(days=ground.settings.inbound.attribution_days), ground.now),
        outbox=Outbox(redis, retention.interactions, lease, durability),
        interactions=InteractionStore(redis, retention.interactions, retention.events, durability),
        journal=Journal(redis, durability),
        heard=HeardStore(redis, retention.events, durability),
    )
