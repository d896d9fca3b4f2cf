"""The wing `shared.reports`: what became of everybody, and why."""

from dataclasses import dataclass
from datetime import timedelta

from shared.ground.presence import Presence
from shared.reports.explaining import Explaining
from shared.reports.gathering import Gathering
from shared.reports.rates import RateMeter
from shared.reports.reporting import Reporting
from shared.reports.surveying import Surveying
from shared.reports.watching import Watching
from workers.wiring.ground import Ground
from workers.wiring.senders import Senders
from workers.wiring.stores import Stores
from workers.wiring.templates import Templates


@dataclass(frozen=True, slots=True)
class Reports:
    reporting: Reporting
    watching: Watching
    gathering: Gathering
    explaining: Explaining


def wire_reports(ground: Ground, stores: Stores, senders: Senders, templates: Templates) -> Reports:
    margin = timedelta(seconds=ground.settings.timing.safety_margin_seconds)
    reporting = Reporting(stores.ledger, ground.secret)
    gathering = Gathering(
        stores.campaigns, stores.ledger, reporting, stores.consent, stores.sessions, stores.interactions,
        templates.registry, stores.pins, senders.owners, stores.uploads,
    )  # fmt: skip
    watching = Watching(stores.campaigns, stores.ledger, _wire_surveying(ground, stores, senders), RateMeter())
    return Reports(reporting, watching, gathering, Explaining(margin, ground.now))


def _wire_surveying(ground: Ground, stores: Stores, senders: Senders) -> Surveying:
    configured = {sender: senders.pacing.paced(rate) for sender, rate in senders.rates.items()}
    return Surveying(
        stores.ledger, stores.limits, Presence(ground.redis), senders.accounts, senders.pacers.rate_of, configured,
        senders.gloss_of, ground.now,
    )  # fmt: skip
