"""Routing: an event of a provider reaches the use case that it concerns.

Owns which senders an event means: the number that it names, all numbers of an account, or the sender whose URL was called.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from shared.ground import telemetry
from shared.ground.ids import SenderId
from shared.inbound.hearing import Hearing
from shared.inbound.heeding import Heeding
from shared.inbound.observing import Observing
from shared.inbound.rating import Rating
from shared.inbound.settling import Settling
from shared.inbound.syncing import Syncing
from shared.people.aliases import Source
from shared.people.merging import Merging
from shared.providers.client import ProviderClient
from shared.providers.events import (
    AddressChanged,
    ControlChanged,
    MessageReceived,
    NoteReported,
    PreferenceReported,
    ProviderEvent,
    SenderReported,
    StatusReported,
    TemplateReported,
    Unrecognised,
)

Named = (
    MessageReceived
    | NoteReported
    | ControlChanged
    | PreferenceReported
    | AddressChanged
    | TemplateReported
    | SenderReported
)
KINDS_OF_NEWS = {
    MessageReceived: "message",
    NoteReported: "note",
    ControlChanged: "control",
    PreferenceReported: "preference",
    AddressChanged: "address",
    TemplateReported: "template",
    SenderReported: "number",
}


@dataclass(frozen=True, slots=True)
class Routing:
    settling: Settling
    hearing: Hearing
    observing: Observing
    heeding: Heeding
    merging: Merging
    syncing: Syncing
    rating: Rating
    clients: Mapping[SenderId, ProviderClient]

    async def route(self, provider: str, sender: SenderId, event: ProviderEvent) -> None:
        """One event, to whom it concerns. Safe to repeat. *Raises*: BackendUnavailable."""
        match event:
            case StatusReported():
                await self.settling.apply(provider, sender, event)
            case Unrecognised():
                telemetry.PROVIDER_EVENTS.labels(provider, event.kind, "ignored").inc()
            case _:
                senders = self._find_senders(sender, event.to)
                is_known = bool(senders) and await self._apply(senders, event)
                kind = KINDS_OF_NEWS[type(event)]
                telemetry.PROVIDER_EVENTS.labels(provider, kind, "applied" if is_known else "unknown").inc()

    async def _apply(self, senders: Sequence[SenderId], event: Named) -> bool:
        """Apply a message to its sender, news of an account to each of its senders. False if none of ours is meant."""
        client = self.clients[senders[0]]
        tenant = client.account.tenant
        match event:
            case MessageReceived():
                await self.hearing.hear(client, event)
            case NoteReported():
                await self.observing.note(client, event)
            case ControlChanged():
                await self.observing.change_control(client, event)
            case PreferenceReported():
                await self.heeding.heed_preference(tenant, senders[0], event)
            case AddressChanged():
                await self.merging.merge(tenant, (event.current, event.previous), "", Source.RENAMING, senders[0])
            case TemplateReported():
                return any([await self.syncing.apply(each, event) for each in senders])
            case SenderReported():
                for each in senders:
                    await self.rating.apply(each, event)
            case _:
                assert_never(event)
        return True

    def _find_senders(self, sender: SenderId, name: str | None) -> Sequence[SenderId]:
        """The senders that the event names, among those of the called sender's account; the called one first.

        No name, or an unknown one: the sender whose URL was called. If the provider shares one URL between customers, an
        unknown name is nobody's. So is the name of a sender of another account, whose secret did not prove the webhook.
        """
        at = self.clients[sender]
        if name is None:
            return [sender]
        named = [one for one, client in self.clients.items() if self._is_named(at, client, name)]
        named.sort(key=lambda one: one != sender)
        believed = [one for one in named if at.may_speak_for(self.clients[one])]
        return believed or ([] if named or at.dialect.capabilities.shares_webhooks else [sender])

    @staticmethod
    def _is_named(at: ProviderClient, client: ProviderClient, name: str) -> bool:
        return at.dialect.name == client.dialect.name and name in client.names
