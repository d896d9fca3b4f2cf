"""The wing `shared.outbound`: a campaign goes out."""

from dataclasses import dataclass
from datetime import timedelta

from shared.outbound.braking import Braking, RefusalLimits
from shared.outbound.controlling import Controlling
from shared.outbound.dialing import Dialing
from shared.outbound.following import Following
from shared.outbound.importing import Importing
from shared.outbound.joining import Joining
from shared.outbound.parcels import Parcels
from shared.outbound.redriving import Redriving
from shared.outbound.releasing import ParcelLimits, Releasing
from shared.outbound.reopening import Reopening
from shared.outbound.sending import Sending, SendTiming
from shared.outbound.splitting import Splitting
from shared.outbound.staging import Staging
from workers.wiring.ground import Ground
from workers.wiring.people import People
from workers.wiring.senders import Senders, wire_throttling
from workers.wiring.stores import Stores
from workers.wiring.templates import Templates


@dataclass(frozen=True, slots=True)
class Outbound:
    joining: Joining
    splitting: Splitting
    importing: Importing
    controlling: Controlling
    releasing: Releasing
    dialing: Dialing
    braking: Braking
    reopening: Reopening
    following: Following
    sending: Sending


def wire_outbound(ground: Ground, stores: Stores, senders: Senders, templates: Templates, people: People) -> Outbound:
    campaigns, ledger, uploads, hints, now = stores.campaigns, stores.ledger, stores.uploads, ground.hints, ground.now
    unopened = timedelta(seconds=ground.settings.timing.parcel_unopened_seconds)
    parcel_limits = ParcelLimits(ground.settings.sending.jobs_per_message, unopened)
    staging = Staging(uploads, people.merging, templates.registry, stores.pins, senders.clients, people.locales)
    joining = Joining(ledger, uploads, people.consenting, people.merging, templates.registry, stores.pins, now)
    redriving = Redriving(ledger, stores.consent, people.merging, templates.registry, now)
    splitting = Splitting(
        campaigns, ledger, joining, redriving, stores.consent, people.merging, templates.registry, stores.pins, now
    )
    releasing = Releasing(campaigns, ledger, hints, senders.rates, parcel_limits)
    brakes = ground.settings.brakes
    limits = RefusalLimits(brakes.refused_in_a_row, brakes.refused_share, brakes.refused_of)
    doubts = RefusalLimits(brakes.unanswered_in_a_row, brakes.refused_share, 2 * brakes.unanswered_in_a_row)
    braking = Braking(campaigns, ledger, people.provider_refusals, limits, doubts, ground.secret, now)
    return Outbound(
        joining=joining,
        splitting=splitting,
        importing=Importing(ledger, uploads, staging, joining, hints),
        controlling=Controlling(
            campaigns,
            ledger,
            uploads,
            splitting,
            templates.choosing,
            stores.pins,
            hints,
            brakes.confirm_unsent_share,
            now,
        ),
        releasing=releasing,
        dialing=Dialing(campaigns, splitting, releasing, hints),
        braking=braking,
        reopening=Reopening(campaigns, ledger, stores.contacts, people.consenting, people.merging),
        following=Following(
            templates.choosing, stores.pins, campaigns, ledger, hints, ground.settings.sync.resume_campaigns
        ),
        sending=_wire_sending(ground, stores, senders, templates, people, braking),
    )


def _wire_sending(
    ground: Ground, stores: Stores, senders: Senders, templates: Templates, people: People, braking: Braking
) -> Sending:
    timing = ground.settings.timing
    send_timing = SendTiming(timedelta(seconds=timing.lease_seconds), timedelta(seconds=timing.mark_freshness_seconds))
    parcels = Parcels(stores.campaigns, stores.ledger, stores.pins, ground.secret)
    throttling = wire_throttling(ground, senders, stores.limits)
    return Sending(
        parcels, stores.ledger, throttling, braking, people.noting, templates.registry, senders.clients,
        lambda one: senders.pacers.of_campaign(one.sender, one.id, one.rules.rate_per_second), send_timing,
        ground.secret, ground.now,
    )  # fmt: skip
