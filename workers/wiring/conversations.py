"""The wing `shared.conversations`: what is said to one person, and whose work an answer is."""

from dataclasses import dataclass
from datetime import timedelta

from shared.conversations.attending import Attending
from shared.conversations.browsing import Browsing
from shared.conversations.dispatching import Dispatching
from shared.conversations.fetching import Fetching, FileSource
from shared.conversations.provider_access import ProviderAccess
from shared.conversations.replying import Replying
from shared.conversations.writing import Writing
from workers.wiring.ground import Ground
from workers.wiring.people import People
from workers.wiring.senders import Senders
from workers.wiring.stores import Stores
from workers.wiring.templates import Templates


@dataclass(frozen=True, slots=True)
class Conversations:
    browsing: Browsing
    replying: Replying
    writing: Writing
    dispatching: Dispatching
    attending: Attending
    fetching: Fetching


def wire_conversations(
    ground: Ground, stores: Stores, senders: Senders, templates: Templates, people: People, files: FileSource
) -> Conversations:
    timing = ground.settings.timing
    window, margin = timedelta(seconds=timing.session_seconds), timedelta(seconds=timing.safety_margin_seconds)
    access = ProviderAccess(senders.clients, templates.registry, stores.limits, senders.pacers.of_people, ground.secret)
    browsing = Browsing(stores.interactions, stores.outbox)
    replying = Replying(
        stores.outbox, stores.sessions, stores.consent, stores.interactions, templates.choosing, ground.hints,
        margin, ground.now,
    )  # fmt: skip
    return Conversations(
        browsing=browsing,
        replying=replying,
        writing=Writing(browsing, replying, templates.choosing, people.recognising, people.locales, window),
        dispatching=Dispatching(
            stores.outbox, stores.sessions, stores.consent, people.refusing, access, ground.hints, ground.publisher,
            stores.interactions, margin, ground.now,
        ),
        attending=Attending(stores.interactions, ground.publisher, ground.now),
        fetching=Fetching(senders.clients, files),
    )  # fmt: skip
