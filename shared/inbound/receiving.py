"""Receiving: what a provider told us, from the journal to whoever it concerns. Owns the order of applying; each step is
idempotent, so an entry may be applied twice, early or late.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from structlog.stdlib import BoundLogger, get_logger

from shared.campaigns.store import CampaignStore
from shared.conversations.outbox.model import IN_HAND
from shared.conversations.outbox.store import Outbox, Settled, Word
from shared.ground import telemetry
from shared.ground.errors import Disposition, NotFound, SendError
from shared.ground.ids import EntryId, MessageReference, Reference, SenderId, read_reference
from shared.ground.retry import next_attempt_at
from shared.inbound.hearing import Hearing
from shared.inbound.journal.store import Entry, Journal
from shared.inbound.syncing import Syncing
from shared.ledger.model import Kind, Settlement
from shared.ledger.store import Ledger
from shared.outbound.braking import Braking
from shared.people.identifying import Identifying
from shared.people.refusing import Refusing
from shared.providers.client import ProviderClient
from shared.providers.events import (
    AddressChanged,
    DeliveryStatus,
    MessageReceived,
    PreferenceReported,
    ProviderEvent,
    RawWebhook,
    SenderReported,
    StatusReported,
    TemplateReported,
    Unrecognised,
)

log: BoundLogger = get_logger(__name__)

FACTS: Mapping[DeliveryStatus, tuple[Kind, Word]] = {  # as the ledger and the outbox say it
    DeliveryStatus.SENT: (Kind.ACCEPTED, Word.ACCEPTED),  # sent to the network is more; we keep no state between them
    DeliveryStatus.DELIVERED: (Kind.DELIVERED, Word.DELIVERED),
    DeliveryStatus.READ: (Kind.READ, Word.READ),
    DeliveryStatus.FAILED: (Kind.FAILED, Word.FAILED),
}
Named = MessageReceived | PreferenceReported | AddressChanged | TemplateReported | SenderReported
KINDS_OF_NEWS = {
    MessageReceived: "message",
    PreferenceReported: "preference",
    AddressChanged: "address",
    TemplateReported: "template",
    SenderReported: "number",
}


@dataclass(frozen=True, slots=True)
class Receiving:
    journal: Journal
    ledger: Ledger
    outbox: Outbox
    campaigns: CampaignStore
    braking: Braking
    refusing: Refusing
    hearing: Hearing
    identifying: Identifying
    syncing: Syncing
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
            telemetry.PROVIDER_EVENTS.labels(entry.provider, "any", "unknown-sender").inc()
            return
        webhook = RawWebhook(entry.url, entry.query, entry.headers, entry.body, entry.received_at)
        for event in client.read_events(webhook):
            await self.told(entry.provider, entry.sender, event)

    async def told(self, provider: str, sender: SenderId, event: ProviderEvent) -> None:
        """One event, to whom it concerns. Safe to repeat. *Raises*: BackendUnavailable."""
        match event:
            case StatusReported():
                await self._apply_status(provider, event)
            case Unrecognised():
                telemetry.PROVIDER_EVENTS.labels(provider, event.kind, "ignored").inc()
            case MessageReceived() | PreferenceReported() | AddressChanged() | TemplateReported() | SenderReported():
                called = self._called(sender, event.to)
                is_known = bool(called) and await self._told_of(provider, called, event)
                kind = KINDS_OF_NEWS[type(event)]
                telemetry.PROVIDER_EVENTS.labels(provider, kind, "applied" if is_known else "unknown").inc()
            case _:
                assert_never(event)

    async def _told_of(self, provider: str, called: Sequence[SenderId], event: Named) -> bool:
        """What a person says is said to one number; news of an account are news of each of its numbers.

        False when nothing here is meant.
        """
        match event:
            case MessageReceived():
                await self.hearing.hear(provider, called[0], event)
            case PreferenceReported():
                await self.hearing.prefer(called[0], event)
            case AddressChanged():
                tenant = self.clients[called[0]].account.tenant
                await self.identifying.known(tenant, (event.current, event.previous))
            case TemplateReported():
                return any([await self.syncing.told(each, event) for each in called])
            case SenderReported():
                for each in called:
                    await self.syncing.told_of_number(each, event)
        return True

    def _called(self, sender: SenderId, name: str | None) -> Sequence[SenderId]:
        """Those of the same tenant and provider that the event names, first the one whose webhook it came to.

        Without a name it is that one; so it is with a name that we do not know, but where others' events come as well.
        """
        at = self.clients[sender]
        if name is None:
            return [sender]
        akin = [one for one, client in self.clients.items() if one != sender and at.may_speak_for(client)]
        named = [one for one in (sender, *akin) if name in self.clients[one].names]
        return named or ([] if at.dialect.capabilities.shares_webhooks else [sender])

    # ── statuses ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _apply_status(self, provider: str, event: StatusReported) -> None:
        reference = read_reference(self.secret, event.reference) if event.reference else None
        match reference:
            case Reference():
                state = await self.ledger.settle(settlement_of(event, reference))
                result = "stale" if state is None else "applied"
                if event.error is not None:
                    await self._consider(reference, event.error)
            case MessageReference():
                result = await self._apply_to_message(reference, event)
            case None:
                result = "no-reference"
        telemetry.PROVIDER_EVENTS.labels(provider, event.status.value, result).inc()

    async def _consider(self, reference: Reference, error: SendError) -> None:
        try:
            campaign = await self.campaigns.get(reference.campaign)
        except NotFound:
            return  # its retention has passed; the fact has nowhere to go
        await self.braking.consider(campaign, reference.ordinal, error)

    async def _apply_to_message(self, reference: MessageReference, event: StatusReported) -> str:
        try:
            record = await self.outbox.get(reference.message)
        except NotFound:
            return "stale"
        await self.outbox.settle(record.message, fact_of(event))
        if event.error is not None:
            message = record.message
            left_at = record.marked_at or event.at
            await self.refusing.apply(message.tenant, message.contact, message.to, message.sender, event.error, left_at)
        if record.state not in IN_HAND:
            await self.outbox.done(reference.message)
        return "applied"


def settlement_of(event: StatusReported, reference: Reference) -> Settlement:
    """The fact that a status is. A retry's time depends on the fact alone, so that any order gives the same."""
    error = event.error
    kind, _ = FACTS[event.status]
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
        *_words_of(error),
        due,
        event.price_category or "",
    )


def fact_of(event: StatusReported) -> Settled:
    """The same of a message outside any campaign. A failure is its end, also a daily limit's: the provider had accepted it,
    and no second attempt's statuses could be told from those of the first.
    """
    _, word = FACTS[event.status]
    return Settled(word, event.at, event.provider_message_id, *_words_of(event.error))


def _words_of(error: SendError | None) -> tuple[str, str]:
    """Code and gloss."""
    return ("", "") if error is None else (error.code, error.gloss)
