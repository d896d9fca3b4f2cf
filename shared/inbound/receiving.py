"""Receiving: entries of the journal are applied, and forgotten once they are. Each step is idempotent, so an entry may be
applied twice, early or late.

Owns that one entry holds up no other. Whom an event concerns: `routing`.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from structlog.stdlib import BoundLogger, get_logger

from shared.ground import telemetry
from shared.ground.ids import EntryId, SenderId
from shared.inbound.journal.store import Entry, Journal
from shared.inbound.routing import Routing
from shared.providers.client import ProviderClient
from shared.providers.events import RawWebhook

log: BoundLogger = get_logger(__name__)


def _nobody() -> None:
    """Nobody asks whether it goes on."""


@dataclass(frozen=True, slots=True)
class Receiving:
    journal: Journal
    routing: Routing
    clients: Mapping[SenderId, ProviderClient]

    async def apply(self, entry_ids: Sequence[EntryId], applied: Callable[[], None] = _nobody) -> int:
        """Apply entries and delete them; return how many. A failed entry stays and is hinted again; the others go on.

        applied: called after each event. One body may hold a thousand, and a slow store takes seconds for each.
        *Raises*: the first failure, after all were tried; BackendUnavailable.
        """
        entries = await self.journal.read(entry_ids)
        outcomes = await asyncio.gather(
            *(self._apply_entry(entry, applied) for entry in entries), return_exceptions=True
        )
        done = [entry.id for entry, outcome in zip(entries, outcomes, strict=True) if outcome is None]
        await self.journal.forget(done)
        for outcome in outcomes:
            if outcome is not None:
                raise outcome
        return len(done)

    async def _apply_entry(self, entry: Entry, applied: Callable[[], None]) -> None:
        client = self.clients.get(entry.sender)
        if client is None:
            log.warning("entry_of_unknown_sender", entry=entry.id, sender=entry.sender)
            telemetry.PROVIDER_EVENTS.labels(entry.provider, "any", "unknown-sender").inc()
            return
        webhook = RawWebhook(entry.url, entry.query, entry.headers, entry.body, entry.received_at)
        for event in client.read_events(webhook):
            await self.routing.route(entry.provider, entry.sender, event)
            applied()
