"""The wing `shared.conversations`: what is said to one person, and whose work an answer is."""

from dataclasses import dataclass
from datetime import timedelta

from shared.conversations.attending import Attending
from shared.conversations.dispatching import Dispatching
from shared.conversations.fetching import Fetching, FileSource
from shared.conversations.provider_access import ProviderAccess
from shared.conversations.replying import Replying
from shared.templates.registry import TemplateRegistry
from workers.wiring.ground import Ground
from workers.wiring.people import People
from workers.wiring.senders import Senders
from workers.wiring.stores import Stores


@dataclass(frozen=True, slots=True)
class Conversations:
    replying: Replying
    dispatching: Dispatching
    attending: Attending
    fetching: Fetching


def wire_conversations(
    ground: Ground, stores: Stores, senders: Senders, templates: TemplateRegistry, people: People, files: FileSource
) -> Conversations:
    margin = timedelta(seconds=ground.settings.timing.safety_margin_seconds)
    access = ProviderAccess(senders.clients, templates, stores.limits, senders.pacers.people, ground.secret)
    return Conversations(
        replying=Replying(
            stores.outbox, stores.sessions, stores.consent, stores.interactions, templates, senders.clients,
            senders.owners, ground.hints, margin, ground.now,
        ),
        dispatching=Dispatching(
            stores.outbox, stores.sessions, stores.consent, people.refusing, access, ground.hints, ground.events,
            stores.interactions, margin, ground.now,
        ),
        attending=Attending(stores.interactions, ground.events, ground.now),
        fetching=Fetching(senders.clients, files),
    )  # fmt: skip
