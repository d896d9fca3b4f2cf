"""Settling: a provider's status reaches the job or the single message that it is about.

Owns which of our facts a status is, and that its error is considered beyond its job; which fact outweighs which is
decided by the ledger's and the outbox's scripts.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.campaigns.store import CampaignStore
from shared.conversations.outbox.model import IN_HAND
from shared.conversations.outbox.store import Outbox, Settled, Word
from shared.ground import telemetry
from shared.ground.errors import Disposition, NotFound, SendError
from shared.ground.ids import MessageReference, Reference, read_reference
from shared.ground.retry import next_attempt_at
from shared.ledger.model import Kind, Settlement
from shared.ledger.store import Ledger
from shared.outbound.braking import Braking
from shared.people.provider_refusals import ProviderRefusals
from shared.providers.events import DeliveryStatus, StatusReported

FACTS: Mapping[DeliveryStatus, tuple[Kind, Word]] = {  # as the ledger and the outbox say it
    DeliveryStatus.SENT: (Kind.ACCEPTED, Word.ACCEPTED),  # sent to the network is more; we keep no state between them
    DeliveryStatus.DELIVERED: (Kind.DELIVERED, Word.DELIVERED),
    DeliveryStatus.READ: (Kind.READ, Word.READ),
    DeliveryStatus.FAILED: (Kind.FAILED, Word.FAILED),
}


@dataclass(frozen=True, slots=True)
class Settling:
    ledger: Ledger
    outbox: Outbox
    campaigns: CampaignStore
    braking: Braking
    provider_refusals: ProviderRefusals
    secret: bytes

    async def apply(self, provider: str, event: StatusReported) -> None:
        """*Raises*: BackendUnavailable. Safe to repeat, in any order."""
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
            await self.provider_refusals.apply(
                message.tenant, message.contact, message.to, message.sender, event.error, left_at
            )
        if record.state not in IN_HAND:
            await self.outbox.forget(reference.message)
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
        error is not None and error.may_concern_all,
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
