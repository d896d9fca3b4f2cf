"""The object graph of one process, opened on its event loop and closed at its end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

from config.loading import Settings
from shared.conversations.fetching import FileSource
from shared.ground.clock import utc_now
from shared.ground.domain_events import EventPublisher
from shared.ground.downloads import Downloads
from shared.ground.hints import Hints
from shared.ground.http import HttpTimeouts
from shared.ground.lean_http import open_transport
from shared.ground.lua import OUTAGE
from shared.templates.registry import TemplateRegistry
from workers.wiring.conversations import Conversations, wire_conversations
from workers.wiring.ground import Ground
from workers.wiring.inbound import Inbound, wire_inbound
from workers.wiring.outbound import Outbound, wire_outbound
from workers.wiring.people import People, wire_people
from workers.wiring.reports import Reports, wire_reports
from workers.wiring.senders import Senders, wire_clients, wire_senders
from workers.wiring.state_store import durability_of, installation_secret, state_store
from workers.wiring.stores import Stores, wire_stores
from workers.wiring.templates import Templates, wire_templates
from workers.wiring.upkeep import Upkeep, wire_upkeep

REFRESH_S = 2.0  # the age that a process's copy of templates and of the numbers' standings may reach


@dataclass(frozen=True, slots=True)
class Installation:
    """One wing a field: `installation.people.consenting`, `installation.stores.ledger`."""

    ground: Ground
    stores: Stores
    senders: Senders
    templates: Templates
    people: People
    conversations: Conversations
    outbound: Outbound
    inbound: Inbound
    reports: Reports
    upkeep: Upkeep

    async def refresh(self) -> None:
        """Read what providers have said of templates and numbers since the last time. *Raises*: BackendUnavailable."""
        await self.templates.registry.refresh()
        numbers = await self.stores.numbers.of(self.senders.clients)
        self.senders.pacers.adopt_rates({sender: standing.rate_per_second for sender, standing in numbers.items()})


def wire(
    ground: Ground, stores: Stores, senders: Senders, registry: TemplateRegistry, files: FileSource
) -> Installation:
    """The wings over stores and senders, from the lowest to the highest. registry: which templates there are."""
    templates = wire_templates(registry, senders)
    people = wire_people(ground, stores, senders, templates)
    outbound = wire_outbound(ground, stores, senders, templates, people)
    conversations = wire_conversations(ground, stores, senders, templates, people, outbound, files)
    inbound = wire_inbound(ground, stores, senders, templates, people, conversations, outbound)
    return Installation(
        ground=ground,
        stores=stores,
        senders=senders,
        templates=templates,
        people=people,
        conversations=conversations,
        outbound=outbound,
        inbound=inbound,
        reports=wire_reports(ground, stores, senders, templates),
        upkeep=wire_upkeep(ground, stores, senders, templates, people, inbound),
    )


@asynccontextmanager
async def installation(
    settings: Settings, hints: Hints, publisher: EventPublisher, store_tries: int = 10, store_answer_s: float = 5.0
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
        ground = Ground(settings, redis, await durability_of(redis), secret, hints, publisher, utc_now)
        timeouts = _timeouts(settings.timing.http_timeout_seconds)
        transport = await stack.enter_async_context(open_transport(timeouts, settings.sending.connections))
        files = await stack.enter_async_context(Downloads(timeouts))
        stores = wire_stores(ground)
        clients = wire_clients(ground, transport)
        by_id = [sender for sender, client in clients.items() if client.dialect.capabilities.templates_have_ids]
        registry = TemplateRegistry((one.template for one in settings.templates), stores.templates, clients, by_id)
        opened = wire(ground, stores, wire_senders(ground, clients, stores.limits), registry, files)
        await opened.refresh()
        fresh = asyncio.create_task(_keep_fresh(opened))
        stack.callback(fresh.cancel)
        yield opened


async def _keep_fresh(opened: Installation) -> None:
    while True:
        await asyncio.sleep(REFRESH_S)
        with suppress(*OUTAGE):
            await opened.refresh()


def _timeouts(total_s: float) -> HttpTimeouts:
    """A quarter of the time, at most 5 s, for opening a connection: what fails there has provably sent nothing."""
    return HttpTimeouts(total_s=total_s, connect_s=min(5.0, total_s / 4), read_s=total_s)
