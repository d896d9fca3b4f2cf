"""The wing `shared.outbound`: a campaign goes out."""

from dataclasses import dataclass
from datetime import timedelta

from shared.outbound.braking import Braking
from shared.outbound.controlling import Controlling
from shared.outbound.dialing import Dialing
from shared.outbound.importing import Importing
from shared.outbound.parcels import Parcels
from shared.outbound.releasing import ParcelLimits, Releasing
from shared.outbound.sending import Sending, SendTiming
from shared.outbound.splitting import Splitting
from shared.templates.registry import TemplateRegistry
from workers.wiring.ground import Ground
from workers.wiring.people import People
from workers.wiring.senders import Senders
from workers.wiring.stores import Stores


@dataclass(frozen=True, slots=True)
class Outbound:
    splitting: Splitting
    importing: Importing
    controlling: Controlling
    releasing: Releasing
    dialing: Dialing
    braking: Braking
    sending: Sending


def wire_outbound(
    ground: Ground, stores: Stores, senders: Senders, templates: TemplateRegistry, people: People
) -> Outbound:
    campaigns, ledger, uploads, hints, now = stores.campaigns, stores.ledger, stores.uploads, ground.hints, ground.now
    timing = ground.settings.timing
    pace = ParcelLimits(ground.settings.sending.jobs_per_message, timedelta(seconds=timing.parcel_unopened_seconds))
    send_timing = SendTiming(timedelta(seconds=timing.lease_seconds), timedelta(seconds=timing.mark_freshness_seconds))
    splitting = Splitting(campaigns, ledger, uploads, stores.consent, people.consenting, templates, ground.secret, now)
    releasing = Releasing(campaigns, ledger, hints, senders.rates, pace)
    braking = Braking(campaigns, ledger, people.refusing, ground.secret, now)
    return Outbound(
        splitting=splitting,
        importing=Importing(ledger, uploads, splitting, templates, senders.clients, people.locales, hints),
        controlling=Controlling(
            campaigns, ledger, uploads, splitting, templates, senders.owners, senders.clients, hints, now
        ),
        releasing=releasing,
        dialing=Dialing(campaigns, splitting, releasing, hints),
        braking=braking,
        sending=Sending(
            Parcels(campaigns, ledger, ground.secret), ledger, stores.limits, braking, people.identifying, templates,
            senders.clients, lambda one: senders.pacers.of_campaign(one.sender, one.id, one.rules.rate_per_second),
            send_timing, ground.secret, now,
        ),
    )  # fmt: skip
