"""The wing `shared.upkeep`: the janitor's work, and which processes are alive."""

from dataclasses import dataclass
from datetime import timedelta

from shared.ground.presence import Presence
from shared.upkeep.liveness import Liveness
from shared.upkeep.reconciling import Patience, Reconciling
from shared.upkeep.rehinting import Rehinting
from shared.upkeep.sweeping import Resending, Sweeping
from workers.wiring.ground import Ground
from workers.wiring.inbound import Inbound
from workers.wiring.people import People
from workers.wiring.senders import Senders
from workers.wiring.stores import Stores
from workers.wiring.templates import Templates


@dataclass(frozen=True, slots=True)
class Upkeep:
    liveness: Liveness
    presence: Presence
    sweeping: Sweeping
    rehinting: Rehinting
    reconciling: Reconciling


def wire_upkeep(
    ground: Ground, stores: Stores, senders: Senders, templates: Templates, people: People, inbound: Inbound
) -> Upkeep:
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
            _resending(ground, senders),
            ground.now,
            senders.rates,
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
        reconciling=Reconciling(
            stores.campaigns, stores.ledger, inbound.settling, people.noting, templates.registry, stores.pins,
            senders.clients, _patience(ground), ground.secret, ground.now,
        ),
    )  # fmt: skip


def _patience(ground: Ground) -> Patience:
    """Where the outcomes of a request are given up early, all of it is earlier."""
    wanted, timing = ground.settings.reconciliation, ground.settings.timing
    quiet_s = min(wanted.quiet_seconds, timing.unconfirmed_after_seconds / 2)
    first_s = min(wanted.first_after_seconds, quiet_s / 2)
    return Patience(timedelta(seconds=first_s), timedelta(seconds=quiet_s), wanted.looks_per_second)


def _resending(ground: Ground, senders: Senders) -> Resending:
    wanted = ground.settings.reconciliation
    are_asked = wanted.looks_per_second > 0
    listed = [sender for sender, client in senders.clients.items() if are_asked and client.lists_messages]
    return Resending(wanted.resend_attempts, frozenset(listed))
