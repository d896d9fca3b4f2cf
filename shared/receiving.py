"""Receiving: what a provider told us, from the journal into the ledger. Owns the order of applying; each step is
idempotent, so an entry may be applied twice, early or late.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from structlog.stdlib import BoundLogger, get_logger

from shared import telemetry
from shared.braking import Braking
from shared.campaigns.store import CampaignStore
from shared.errors import Disposition, NotFound, SendError
from shared.ids import EntryId, Reference, SenderId, read_reference
from shared.journal.store import Entry, Journal
from shared.ledger.model import Kind, Settlement
from shared.ledger.store import Ledger
from shared.providers.base import DeliveryStatus, RawWebhook, StatusReported, Unrecognised
from shared.providers.client import ProviderClient
from shared.retry import next_attempt_at

log: BoundLogger = get_logger(__name__)

KINDS = {
    DeliveryStatus.SENT: Kind.ACCEPTED,  # sent to the network is more than accepted, and we keep no state between them
    DeliveryStatus.DELIVERED: Kind.DELIVERED,
    DeliveryStatus.READ: Kind.READ,
    DeliveryStatus.FAILED: Kind.FAILED,
}


@dataclass(frozen=True, slots=True)
class Receiving:
    journal: Journal
    ledger: Ledger
    campaigns: CampaignStore
    braking: Braking
    clients: Mapping[SenderId, ProviderClient]
    secret: bytes

    async def apply(self, entry_ids: Sequence[EntryId]) -> int:
        """Entries applied and forgotten. One that cannot be applied holds up no other; it stays, and is hinted again.

        *Raises*: what the first of those raised; BackendUnavailable.
        """
        entries = await self.journal.read(entry_ids)
        outcomes = await asyncio.gather(*(self._apply_entry(entry) for entry in entries), return_exceptions=True)
        done = [entry.id for entry, outcome in zip(entries, outcomes, strict=True) if outcome is None]
        await self.journal.forget(done)
        for outcome in outcomes:
            if outcome is not None:
                raise outcome
        return len(done)

    async def _apply_entry(self, entry: Entry) -> None:
        client = self.clients.get(entry.sender)
        if client is None:
            log.warning("entry_of_unknown_sender", entry=entry.id, sender=entry.sender)
            telemetry.EVENTS.labels(entry.provider, "any", "unknown-sender").inc()
            return
        webhook = RawWebhook(entry.url, entry.query, entry.headers, entry.body, entry.received_at)
        for event in client.events(webhook):
            if isinstance(event, StatusReported):
                await self._apply_status(entry.provider, event)
            elif isinstance(event, Unrecognised):
                telemetry.EVENTS.labels(entry.provider, event.kind, "ignored").inc()

    async def _apply_status(self, provider: str, event: StatusReported) -> None:
        reference = read_reference(self.secret, event.reference) if event.reference else None
        if reference is None:
            telemetry.EVENTS.labels(provider, event.status.value, "no-reference").inc()
            return
        state = await self.ledger.settle(settlement_of(event, reference))
        result = "stale" if state is None else "applied"
        telemetry.EVENTS.labels(provider, event.status.value, result).inc()
        if event.error is not None:
            await self._consider(reference, event.error)

    async def _consider(self, reference: Reference, error: SendError) -> None:
        try:
            campaign = await self.campaigns.get(reference.campaign)
        except NotFound:
            return  # its retention has passed; the fact has nowhere to go
        await self.braking.consider(campaign, reference.ordinal, error)


def settlement_of(event: StatusReported, reference: Reference) -> Settlement:
    """The fact that a status is. A retry's time depends on the fact alone, so that any order gives the same."""
    error = event.error
    kind = KINDS[event.status]
    due = None
    if error is not None:
        kind = Kind.SUPPRESSED if error.disposition is Disposition.SUPPRESS else Kind.FAILED
        due = next_attempt_at(error, reference.attempt, event.at)
    return Settlement(
        reference.campaign,
        reference.ordinal,
        reference.attempt,
        kind,
        event.at,
        None,
        event.provider_message_id,
        error.code if error is not None else "",
        error.gloss if error is not None else "",
        due,
    )
