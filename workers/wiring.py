"""The composition root: settings → stores → clients → use cases. Owns opening and closing; decides nothing.

Everything is made once per process and event loop, by `installation`.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import BusyLoadingError, RedisError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from structlog.stdlib import BoundLogger, get_logger

from config.settings import Settings
from shared import keys
from shared.attending import Attending
from shared.attributing import Attributing
from shared.braking import Braking
from shared.campaigns.model import Campaign
from shared.campaigns.store import CampaignStore
from shared.catching_up import CatchingUp
from shared.clock import utc_now
from shared.consent.store import ConsentStore
from shared.consenting import Consenting
from shared.contacts.store import ContactStore
from shared.controlling import Controlling
from shared.delivering import Delivering, Wire
from shared.errors import BackendUnavailable, ConfigurationError
from shared.events import Events
from shared.explaining import Explaining
from shared.fetching import Fetching
from shared.hearing import Hearing
from shared.hints import Hints
from shared.http import Downloads, HttpTimeouts, HttpTransport
from shared.identifying import Identifying
from shared.ids import SenderId
from shared.importing import Importing
from shared.interactions.store import InteractionStore
from shared.journal.store import Journal
from shared.ledger.store import Ledger
from shared.ledger.uploads import UploadStore
from shared.limits.pacer import Pacer, Permits
from shared.limits.store import Lane, LimitStore
from shared.liveness import Liveness
from shared.lua import OUTAGE, Durability
from shared.outbox.store import Outbox
from shared.providers.client import ProviderClient
from shared.providers.registry import dialect
from shared.receiving import Receiving
from shared.releasing import Pace, Releasing
from shared.replying import Replying
from shared.reporting import Reporting
from shared.senders.store import NumberStore
from shared.sending import Sending, Tempo
from shared.sessions.store import SessionStore
from shared.splitting import Splitting
from shared.sweeping import Patience, Sweeping
from shared.syncing import Syncing
from shared.templates.registry import TemplateRegistry
from shared.templates.store import TemplateStore
from workers.store_connection import PackingConnection

PAIR_SECONDS = 6.0  # one message in 6 s from one sender to one person (PROTOCOLS 5.3)
PEOPLES_HORIZON_MS = 10_000  # a slow sender's queue: whoever waits longer is asked again
PEOPLES_LEAD_S = 0.02  # time for gate and mark before the slot; a second is what both allow
REFRESH_S = 1.0  # how old a process's picture of templates and numbers may be
STORE_CONNECTIONS = 32  # of one process: group commit needs two or three, reading pages the rest

log: BoundLogger = get_logger(__name__)


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
    pacers: "Pacers"
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
    braking = Braking(campaigns, ledger, contacts, sessions, consenting, secret, now)
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
    delivering = Delivering(outbox, sessions, consent, braking, wire, hints, events, margin, now)
    reporting = Reporting(ledger, secret)
    attributing = Attributing(campaigns, ledger, timedelta(days=settings.inbound.attribution_days))
    manners = {tenant.tenant_id: tenant.opt_out_confirmations for tenant in settings.tenants}
    hearing = Hearing(
        identifying, sessions, consent, consenting, attributing, ledger, interactions, replying, events, clients,
        manners, secret, now,
    )  # fmt: skip
    receiving = Receiving(journal, ledger, outbox, campaigns, braking, hearing, identifying, syncing, clients, secret)
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


class Pacers:
    """One queue a lane in this process; campaigns with a rate of their own have a lane of their own."""

    def __init__(
        self, settings: Settings, limits: LimitStore, permits: Permits, clients: Mapping[SenderId, ProviderClient]
    ) -> None:
        self._sending = settings.sending
        self._configured = {sender.sender_id: sender.rate_per_second for sender in settings.senders}
        self._rates = dict(self._configured)
        self._limits = limits
        self._permits = permits
        self._clients = clients
        self._pacers: dict[str, tuple[Pacer, Campaign]] = {}
        self._people: dict[SenderId, Pacer] = {}
        self._permits_of_people = Permits(settings.sending.in_flight)  # a campaign's wait for nobody's answer

    def follow(self, reported: Mapping[SenderId, int | None]) -> None:
        """Where a provider allows less than is configured, that is the rate."""
        for sender, rate in reported.items():
            allowed = min(self._configured[sender], rate) if rate else self._configured[sender]
            if allowed != self._rates[sender]:
                self._rates[sender] = allowed
                self._people.pop(sender, None)  # made anew; who waits there has a slot already
                for pacer, campaign in self._pacers.values():
                    if campaign.sender == sender:
                        pacer.follow(self._lane_of(campaign))

    async def wake(self) -> None:
        """The buckets of all senders are there: the second that a new one waits passes now, not before the first message.

        *Raises*: BackendUnavailable.
        """
        for sender in self._clients:
            await self._limits.slots(self._lane(sender, ()), [])

    def of(self, campaign: Campaign) -> Pacer:
        name = campaign.sender if campaign.rules.rate_per_second is None else f"{campaign.sender}:{campaign.id}"
        if name not in self._pacers:
            pacer = Pacer(
                self._limits,
                self._lane_of(campaign),
                self._permits,
                self._sending.slot_tolerance_ms / 1000,
                lead_s=self._sending.bulk_horizon_ms / 1000,
            )
            self._pacers[name] = (pacer, campaign)
        return self._pacers[name][0]

    def _lane_of(self, campaign: Campaign) -> Lane:
        rate = campaign.rules.rate_per_second
        return self._lane(campaign.sender, () if rate is None else ((f"campaign:{campaign.id}", rate),))

    def people(self, sender: SenderId) -> Pacer:
        """The queue of what is said to one person: the same slots, taken as they come, behind no horizon.

        WhatsApp lets a conversation run ahead of the pair limit; a provider that minds says so.
        """
        if sender not in self._people:
            lane = replace(self._lane(sender, ()), horizon_ms=PEOPLES_HORIZON_MS, pair_seconds=0)
            tolerance_s = self._sending.slot_tolerance_ms / 1000
            self._people[sender] = Pacer(self._limits, lane, self._permits_of_people, tolerance_s, PEOPLES_LEAD_S)
        return self._people[sender]

    def _lane(self, sender: SenderId, extra: tuple[tuple[str, float], ...]) -> Lane:
        return Lane(
            self._clients[sender].account_key,
            sender,
            self._rates[sender] * self._sending.rate_headroom,
            self._sending.bulk_horizon_ms,
            PAIR_SECONDS,
            extra,
        )


# ── the pieces ──────────────────────────────────────────────────────────────────────────────────────────────────────


def state_store(settings: Settings, tries: int, answer_s: float) -> Redis:
    """A client of the state store. A call whose answer was lost is repeated silently: every script allows it."""
    if settings.state.url is None:
        raise ConfigurationError("no state store is configured: start `oriel up`, or set [state] url")
    pool = BlockingConnectionPool.from_url(  # whoever finds no connection free waits for one, and fails only then
        settings.state.url,
        connection_class=PackingConnection,
        retry=Retry(ExponentialBackoff(cap=1.0, base=0.02), tries),
        retry_on_error=[RedisConnectionError, RedisTimeoutError, BusyLoadingError],
        socket_timeout=answer_s,
        socket_connect_timeout=2,
        socket_keepalive=True,
        health_check_interval=30,
        max_connections=STORE_CONNECTIONS,
        timeout=10,
    )
    return Redis.from_pool(pool)


async def installation_secret(redis: Redis, settings: Settings) -> bytes:
    """The configured secret, else the one that the first process to ask has left in the store."""
    if settings.secret:
        return settings.secret[0].get_secret_value().encode()
    try:
        await redis.set(keys.secret(), secrets.token_bytes(32), nx=True)
        kept = await redis.get(keys.secret())
    except OUTAGE as error:
        raise BackendUnavailable(f"the state store did not answer ({type(error).__name__})") from error
    if not isinstance(kept, bytes):
        raise BackendUnavailable("the state store keeps no installation secret")
    return kept


async def durability_of(redis: Redis) -> Durability:
    """What this server needs for a write to be on disk before it counts. *Raises*: BackendUnavailable."""
    try:
        config = await _persistence(redis)
    except (RedisError, OSError) as error:
        raise BackendUnavailable(f"the state store did not answer ({type(error).__name__})") from error
    if config.get("appendonly") != "yes":
        log.warning("state_store_not_durable", remedy="set `appendonly yes` on the server of [state] url")
        return Durability(wait_aof=False)
    return Durability(wait_aof=config.get("appendfsync") != "always")


async def _persistence(redis: Redis) -> dict[str, str]:
    try:
        return {str(name): str(value) for name, value in (await redis.config_get("append*")).items()}
    except ResponseError:  # managed servers hide CONFIG
        info = await redis.info("persistence")
        return {"appendonly": "yes" if info.get("aof_enabled") else "no", "appendfsync": "unknown"}


def _timeouts(total_s: float) -> HttpTimeouts:
    """A quarter of the time, at most 5 s, for opening a connection: what fails there has provably sent nothing."""
    return HttpTimeouts(total_s=total_s, connect_s=min(5.0, total_s / 4), read_s=total_s)
