"""The composition root: settings → stores → clients → use cases. Owns opening and closing; decides nothing.

Everything is made once per process and event loop, by `installation`.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from redis.asyncio import Redis

from config.loading import Settings
from shared.campaigns.store import CampaignStore
from shared.conversations.attending import Attending
from shared.conversations.delivering import Delivering, Wire
from shared.conversations.fetching import Fetching
from shared.conversations.interactions.store import InteractionStore
from shared.conversations.outbox.store import Outbox
from shared.conversations.replying import Replying
from shared.ground.clock import utc_now
from shared.ground.domain_events import Events
from shared.ground.downloads import Downloads
from shared.ground.hints import Hints
from shared.ground.http import HttpTimeouts, HttpTransport
from shared.ground.ids import SenderId
from shared.ground.lua import OUTAGE, Durability
from shared.inbound.attributing import Attributing
from shared.inbound.catching_up import CatchingUp
from shared.inbound.hearing import Hearing
from shared.inbound.journal.heard import HeardStore
from shared.inbound.journal.store import Journal
from shared.inbound.receiving import Receiving
from shared.inbound.syncing import Syncing
from shared.ledger.store import Ledger
from shared.ledger.uploads import UploadStore
from shared.outbound.braking import Braking
from shared.outbound.controlling import Controlling
from shared.outbound.importing import Importing
from shared.outbound.releasing import Pace, Releasing
from shared.outbound.sending import Sending, Tempo
from shared.outbound.splitting import Splitting
from shared.people.consent.store import ConsentStore
from shared.people.consenting import Consenting
from shared.people.contacts.store import ContactStore
from shared.people.identifying import Identifying
from shared.people.refusing import Refusing
from shared.people.sessions.store import SessionStore
from shared.providers.client import ProviderClient
from shared.providers.registry import dialect
from shared.reports.explaining import Explaining
from shared.reports.reporting import Reporting
from shared.senders.limits.pacer import Permits
from shared.senders.limits.store import LimitStore
from shared.senders.store import NumberStore
from shared.templates.registry import TemplateRegistry
from shared.templates.store import TemplateStore
from shared.upkeep.liveness import Liveness
from shared.upkeep.sweeping import Patience, Sweeping
from workers.pacers import Pacers
from workers.state_store import durability_of, installation_secret, state_store

REFRESH_S = 1.0  # how old a process's picture of templates and numbers may be


@dataclass(frozen=True, slots=True)
class Installation:
    """What one process works with."""

    settings: Settings
    redis: Redis
    secret: bytes
    hints: Hints
    templates: TemplateRegistry
    clients: Mapping[SenderId, ProviderClient]
    permits: Permits
    pacers: Pacers
    contacts: ContactStore
    sessions: SessionStore
    outbox: Outbox
    interactions: InteractionStore
    events: Events
    identifying: Identifying
    hearing: Hearing
    replying: Replying
    delivering: Delivering
    syncing: Syncing
    numbers: NumberStore
    attending: Attending
    fetching: Fetching
    campaigns: CampaignStore
    ledger: Ledger
    uploads: UploadStore
    consent: ConsentStore
    journal: Journal
    liveness: Liveness
    consenting: Consenting
    importing: Importing
    controlling: Controlling
    reporting: Reporting
    explaining: Explaining
    splitting: Splitting
    releasing: Releasing
    sending: Sending
    receiving: Receiving
    catching_up: CatchingUp
    sweeping: Sweeping

    async def refresh(self) -> None:
        """This process knows what providers have said since. *Raises*: BackendUnavailable."""
        await self.templates.refresh()
        numbers = await self.numbers.of(self.clients)
        self.pacers.follow({sender: standing.rate_per_second for sender, standing in numbers.items()})


@asynccontextmanager
async def installation(
    settings: Settings, hints: Hints, events: Events, store_tries: int = 10, store_answer_s: float = 5.0
) -> AsyncIterator[Installation]:
    """Everything, opened on the running loop and closed at the end.

    store_tries: how often a call to a store that is away is repeated (about 4 s for 10) before it is BackendUnavailable.
    store_answer_s: how long one try waits for a store that hangs.
    *Raises*: ConfigurationError; BackendUnavailable while the store does not answer.
    """
    async with AsyncExitStack() as stack:
        redis = state_store(settings, store_tries, store_answer_s)
        stack.push_async_callback(redis.aclose)
        secret = await installation_secret(redis, settings)
        durability = await durability_of(redis)
        timeouts = _timeouts(settings.timing.http_timeout_seconds)
        transport = await stack.enter_async_context(HttpTransport(timeouts, settings.sending.connections))
        clients = {
            sender: ProviderClient(dialect(account.provider), transport, account, settings.webhook_url(account))
            for sender, account in settings.accounts().items()
        }
        fetching = Fetching(clients, await stack.enter_async_context(Downloads(timeouts)))
        opened = _assemble(settings, hints, events, redis, secret, durability, clients, fetching)
        await opened.refresh()
        fresh = asyncio.create_task(_keep_fresh(opened))
        stack.callback(fresh.cancel)
        yield opened


async def _keep_fresh(opened: Installation) -> None:
    while True:
        await asyncio.sleep(REFRESH_S)
        with suppress(*OUTAGE):
            await opened.refresh()


def _assemble(
    settings: Settings,
    hints: Hints,
    events: Events,
    redis: Redis,
    secret: bytes,
    durability: Durability,
    clients: Mapping[SenderId, ProviderClient],
    fetching: Fetching,
) -> Installation:
    timing, now = settings.timing, utc_now
    campaigns, ledger, uploads = CampaignStore(redis), Ledger(redis, durability), UploadStore(redis)
    consent, journal, limits = ConsentStore(redis, durability), Journal(redis, durability), LimitStore(redis)
    retention = settings.retention
    contacts = ContactStore(redis, durability)
    window, margin = timedelta(seconds=timing.session_seconds), timedelta(seconds=timing.safety_margin_seconds)
    sessions = SessionStore(redis, window, retention.events, durability)
    interactions = InteractionStore(redis, retention.interactions, retention.events, durability)
    outbox = Outbox(redis, retention.interactions, timedelta(seconds=timing.lease_seconds), durability)
    told, numbers, liveness = TemplateStore(redis, durability), NumberStore(redis), Liveness(redis)
    templates = TemplateRegistry((one.template for one in settings.templates), told, clients)
    permits = Permits(settings.sending.in_flight)
    rates = {sender.sender_id: sender.rate_per_second for sender in settings.senders}
    owners = {sender.sender_id: sender.tenant_id for sender in settings.senders}
    consenting = Consenting(consent, campaigns, templates, now)
    braking = Braking(campaigns, ledger, contacts, consenting, secret, now)
    refusing = Refusing(contacts, sessions, consenting)
    identifying = Identifying(contacts, consent, sessions, consenting, owners, secret)
    splitting = Splitting(campaigns, ledger, uploads, consent, consenting, templates, secret, now)
    replying = Replying(outbox, sessions, consent, interactions, templates, clients, owners, hints, margin, now)
    pacers = Pacers(settings, limits, permits, clients)
    tempo = Tempo(timedelta(seconds=timing.lease_seconds), timedelta(seconds=timing.mark_freshness_seconds))
    pace = Pace(settings.sending.jobs_per_message, timedelta(seconds=timing.parcel_unopened_seconds))
    patience = Patience(
        timedelta(seconds=timing.unconfirmed_after_seconds), timedelta(seconds=timing.event_unapplied_seconds)
    )
    syncing = Syncing(told, templates, campaigns, ledger, clients, hints, numbers, settings.sync.resume_campaigns, now)
    wire = Wire(clients, templates, limits, pacers.people, secret)
    delivering = Delivering(outbox, sessions, consent, refusing, wire, hints, events, interactions, margin, now)
    reporting = Reporting(ledger, secret)
    attributing = Attributing(campaigns, ledger, timedelta(days=settings.inbound.attribution_days))
    manners = {tenant.tenant_id: tenant.opt_out_confirmations for tenant in settings.tenants}
    heard = HeardStore(redis, retention.events, durability)
    hearing = Hearing(
        heard, identifying, sessions, consent, consenting, attributing, ledger, interactions, replying, events, clients,
        manners, secret, now,
    )  # fmt: skip
    receiving = Receiving(
        journal, ledger, outbox, campaigns, braking, refusing, hearing, identifying, syncing, clients, secret
    )
    return Installation(
        settings=settings,
        redis=redis,
        secret=secret,
        hints=hints,
        templates=templates,
        clients=clients,
        permits=permits,
        pacers=pacers,
        contacts=contacts,
        sessions=sessions,
        outbox=outbox,
        interactions=interactions,
        events=events,
        identifying=identifying,
        hearing=hearing,
        replying=replying,
        delivering=delivering,
        syncing=syncing,
        numbers=numbers,
        attending=Attending(interactions, events, now),
        fetching=fetching,
        campaigns=campaigns,
        ledger=ledger,
        uploads=uploads,
        consent=consent,
        journal=journal,
        liveness=liveness,
        consenting=consenting,
        importing=Importing(ledger, uploads, splitting, templates, hints),
        controlling=Controlling(campaigns, ledger, uploads, splitting, templates, owners, clients, hints, now),
        reporting=reporting,
        explaining=Explaining(
            campaigns, ledger, reporting, consent, sessions, interactions, templates, owners, margin, now
        ),
        splitting=splitting,
        releasing=Releasing(campaigns, ledger, hints, rates, pace),
        sending=Sending(
            campaigns, ledger, limits, braking, identifying, templates, clients, pacers.of, tempo, secret, now
        ),
        receiving=receiving,
        catching_up=CatchingUp(clients, receiving, numbers, now),
        sweeping=Sweeping(campaigns, ledger, uploads, journal, outbox, hints, liveness, patience, now),
    )


def _timeouts(total_s: float) -> HttpTimeouts:
    """A quarter of the time, at most 5 s, for opening a connection: what fails there has provably sent nothing."""
    return HttpTimeouts(total_s=total_s, connect_s=min(5.0, total_s / 4), read_s=total_s)
