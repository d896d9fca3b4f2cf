"""The wing `shared.conversations`: what is said to one person, and whose work an answer is."""

from dataclasses import dataclass
from datetime import timedelta

from shared.conversations.assigning import Assigning
from shared.conversations.browsing import Browsing
from shared.conversations.dispatching import Dispatching
from shared.conversations.fetching import Fetching, FileSource
from shared.conversations.parting import Parting
from shared.conversations.provider_access import ProviderAccess
from shared.conversations.replying import Replying
from shared.conversations.writing import Writing
from workers.wiring.ground import Ground
from workers.wiring.outbound import Outbound
from workers.wiring.people import People
from workers.wiring.senders import Senders, wire_throttling
from workers.wiring.stores import Stores
from workers.wiring.templates import Templates


@dataclass(frozen=True, slots=True)
class Conversations:
    browsing: Browsing
    replying: Replying
    writing: Writing
    dispatching: Dispatching
    assigning: Assigning
    fetching: Fetching
    parting: Parting


def wire_conversations(
    ground: Ground, stores: Stores, senders: Senders, templates: Templates, people: People, outbound: Outbound,
    files: FileSource,
) -> Conversations:  # fmt: skip
    timing = ground.settings.timing
    window, margin = timedelta(seconds=timing.session_seconds), timedelta(seconds=timing.safety_margin_seconds)
    throttling = wire_throttling(ground, senders, stores.limits)
    access = ProviderAccess(senders.clients, templates.registry, throttling, senders.pacers.of_people, ground.secret)
    browsing = Browsing(stores.interactions, stores.outbox, stores.sessions, stores.consent, margin)
    replying = Replying(
        stores.outbox, stores.sessions, stores.consent, stores.interactions, templates.choosing, ground.hints,
        margin, ground.now,
    )  # fmt: skip
    return Conversations(
        browsing=browsing,
        replying=replying,
        writing=Writing(browsing, replying, templates.choosing, people.resolving, people.locales, window),
        dispatching=Dispatching(
            stores.outbox, stores.sessions, stores.consent, people.provider_refusals, people.noting, access, ground.hints,
            ground.publisher, stores.interactions, outbound.braking.consider_sender, margin, ground.now,
        ),
        assigning=Assigning(stores.interactions, ground.publisher, ground.now),
        fetching=Fetching(senders.clients, files),
        parting=Parting(people.separating, stores.interactions, ground.publisher, ground.now),
    )  # fmt: skip
