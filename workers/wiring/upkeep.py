"""The wing `shared.upkeep`: the janitor's work, and which processes are alive."""

from dataclasses import dataclass
from datetime import timedelta

from shared.upkeep.liveness import Liveness
from shared.upkeep.sweeping import SweepDelays, Sweeping
from workers.wiring.ground import Ground
from workers.wiring.stores import Stores


@dataclass(frozen=True, slots=True)
class Upkeep:
    liveness: Liveness
    sweeping: Sweeping


def wire_upkeep(ground: Ground, stores: Stores) -> Upkeep:
    timing = ground.settings.timing
    patience = SweepDelays(
        timedelta(seconds=timing.unconfirmed_after_seconds), timedelta(seconds=timing.event_unapplied_seconds)
    )
    liveness = Liveness(ground.redis)
    sweeping = Sweeping(
        stores.campaigns, stores.ledger, stores.uploads, stores.journal, stores.outbox, ground.hints, liveness,
        patience, ground.now,
    )  # fmt: skip
    return Upkeep(liveness, sweeping)
