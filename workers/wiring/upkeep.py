"""The wing `shared.upkeep`: the janitor's work, and which processes are alive."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from shared.ground.ids import SenderId
from shared.ground.presence import Presence
from shared.upkeep.liveness import Liveness
from shared.upkeep.rehinting import Rehinting
from shared.upkeep.sweeping import Sweeping
from workers.wiring.ground import Ground
from workers.wiring.people import People
from workers.wiring.stores import Stores


@dataclass(frozen=True, slots=True)
class Upkeep:
    liveness: Liveness
    presence: Presence
    sweeping: Sweeping
    rehinting: Rehinting


def wire_upkeep(ground: Ground, stores: Stores, people: People, rates: Mapping[SenderId, float]) -> Upkeep:
    timing, liveness = ground.settings.timing, Liveness(ground.redis)
    unconfirmed_after = timedelta(seconds=timing.unconfirmed_after_seconds)
    reopens_for = timedelta(seconds=timing.reopens_for_seconds)
    hint_again = timedelta(seconds=timing.event_unapplied_seconds)
    return Upkeep(
        liveness=liveness,
        presence=Presence(ground.redis),
        sweeping=Sweeping(
            stores.campaigns,
            stores.ledger,
            stores.uploads,
            ground.hints,
            liveness,
            people.consenting,
            unconfirmed_after,
            reopens_for,
            ground.now,
            rates,
        ),
        rehinting=Rehinting(
            stores.journal,
            stores.outbox,
            stores.interactions,
            ground.hints,
            ground.publisher,
            hint_again,
            ground.now,
        ),
    )
