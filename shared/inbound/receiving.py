"""Receiving: what a provider told us, from the journal to whoever it concerns. Owns the order of applying; each step is
idempotent, so an entry may be applied twice, early or late.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from structlog.stdlib import BoundLogger, get_logger

from shared.ground import telemetry
from shared.ground.ids import EntryId, SenderId
from shared.inbound.hearing import Hearing
from shared.inbound.heeding import Heeding
from shared.inbound.journal.store import Entry, Journal
from shared.inbound.settling import Settling
from shared.inbound.syncing import Syncing
from shared.people.identifying import Identifying
from shared.providers.client import ProviderClient
from shared.providers.events import (
    AddressChanged,
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
    settling: Settling
    hearing: Hearing
    heeding: Heeding
    identifying: Identifying
    syncing: Syncing
    clients: Mapping[SenderId, ProviderClient]

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
                await self.settling.apply(provider, event)
            case Unrecognised():
                telemetry.PROVIDER_EVENTS.labels(provider, event.kind, "ignored").inc()
            case MessageReceived() | PreferenceReported() | AddressChanged() | TemplateReported() | SenderReported():
                called = self._called(sender, event.to)
                is_known = bool(called) and await self._told_of(called, event)
                kind = KINDS_OF_NEWS[type(event)]
                telemetry.PROVIDER_EVENTS.labels(provider, kind, "applied" if is_known else "unknown").inc()
            case _:
                assert_never(event)

    async def _told_of(self, called: Sequence[SenderId], event: Named) -> bool:
        """What a person says is said to one number; news of an account are news of each of its numbers.

        False when nothing here is meant.
        """
        client = self.clients[called[0]]
        tenant = client.account.tenant
        match event:
            case MessageReceived():
                await self.hearing.hear(client, event)
            case PreferenceReported():
                await self.heeding.heed_preference(tenant, event)
            case AddressChanged():
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
