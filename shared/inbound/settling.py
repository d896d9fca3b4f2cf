"""Settling: a provider's status reaches the job or the single message that it is about.

Owns which of our facts a status is, and that its error is considered beyond its job: by the limiter, the brakes and the
contact. Which fact outweighs which is decided by the ledger's and the outbox's scripts.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from structlog.stdlib import BoundLogger, get_logger

from shared.campaigns.model import Campaign
from shared.campaigns.store import CampaignStore
from shared.conversations.interactions.store import InteractionStore
from shared.conversations.message_events import publish_outcome
from shared.conversations.outbox.model import MessageRecord, MessageState
from shared.conversations.outbox.store import Outbox, Settled, Word
from shared.ground import telemetry
from shared.ground.clock import Now
from shared.ground.domain_events import EventPublisher
from shared.ground.errors import Disposition, NotFound, SendError
from shared.ground.ids import CampaignId, MessageReference, Reference, SenderId, TenantId, read_reference
from shared.ground.keys import PAGE_ROWS
from shared.ground.retry import next_attempt_at
from shared.inbound.tracing import Tracing
from shared.ledger.model import Kind, Settlement
from shared.ledger.pages import unpack
from shared.ledger.states import JobState
from shared.ledger.store import Ledger
from shared.outbound.braking import Braking
from shared.outbound.reopening import Reopening
from shared.people.aliases import Source
from shared.people.noting import Note, Noting
from shared.people.provider_refusals import ProviderRefusals
from shared.providers.client import ProviderClient
from shared.providers.events import DeliveryStatus, StatusReported
from shared.senders.limits.store import Lane
from shared.senders.throttling import Throttling

MAX_CAMPAIGNS_KEPT = 1_000  # descriptions that a process remembers: each status asks for one
MAX_PAGES_KEPT = 256  # pages of addresses, at about 10 KiB each
LOOK_AGAIN = timedelta(
    seconds=30
)  # after which the janitor publishes what a status has resolved, unless it is published

log: BoundLogger = get_logger(__name__)

FACTS: Mapping[DeliveryStatus, tuple[Kind, Word]] = {  # as the ledger and the outbox say it
    DeliveryStatus.SENT: (Kind.ACCEPTED, Word.ACCEPTED),  # sent to the network is more; we keep no state between them
    DeliveryStatus.DELIVERED: (Kind.DELIVERED, Word.DELIVERED),
    DeliveryStatus.READ: (Kind.READ, Word.READ),
    DeliveryStatus.FAILED: (Kind.FAILED, Word.FAILED),
}


WAITS = frozenset({JobState.DEFERRED, JobState.PENDING, JobState.LEASED})  # for its next attempt


@dataclass(frozen=True, slots=True)
class Settling:
    ledger: Ledger
    outbox: Outbox
    campaigns: CampaignStore
    braking: Braking
    reopening: Reopening
    throttling: Throttling
    provider_refusals: ProviderRefusals
    noting: Noting
    tracing: Tracing
    clients: Mapping[SenderId, ProviderClient]
    interactions: InteractionStore
    publisher: EventPublisher
    secret: bytes
    now: Now
    _known: OrderedDict[CampaignId, Campaign] = field(default_factory=OrderedDict)
    _rows: OrderedDict[tuple[CampaignId, int], Sequence[str]] = field(default_factory=OrderedDict)

    async def apply(self, provider: str, sender: SenderId, event: StatusReported) -> None:
        """sender: whose webhook, or whose provider on request, brought the status. It is believed about the sender's own
        account only: a reference proves that it is ours, and not that the provider speaks of it.

        *Raises*: BackendUnavailable. Safe to repeat, in any order.
        """
        read = read_reference(self.secret, event.reference) if event.reference else None
        match reference := read or await self.tracing.trace(sender, event):
            case Reference():
                result = await self._apply_to_job(sender, reference, event)
            case MessageReference():
                result = await self._apply_to_message(sender, reference, event)
            case None:
                result = "no-reference"
        telemetry.PROVIDER_EVENTS.labels(provider, event.status.value, result).inc()

    async def _apply_to_job(self, sender: SenderId, reference: Reference, event: StatusReported) -> str:
        try:
            return await self._apply_to_campaign(sender, await self._campaign(reference.campaign), reference, event)
        except NotFound:  # its retention has passed, maybe since it was read; the fact has nowhere to go
            self._known.pop(reference.campaign, None)
            return "stale"

    async def _apply_to_campaign(
        self, sender: SenderId, campaign: Campaign, reference: Reference, event: StatusReported
    ) -> str:
        """*Raises*: NotFound."""
        if not self._may_speak(sender, campaign.sender):
            log.warning("foreign_status_ignored", sender=sender, campaign=campaign.id)
            return "foreign"
        address = await self._address(campaign.id, reference.ordinal)
        state = await self._settle(campaign, address, settlement_of(event, reference))
        if address is not None:
            await self._note(campaign.tenant, campaign.sender, address, event)
        if event.error is not None:
            error = await self.throttling.heed(campaign.sender, event.error, Lane.CAMPAIGNS, event.at)
            await self.braking.consider(campaign, address, error, event.at)
        return "stale" if state is None else "applied"

    async def _settle(self, campaign: Campaign, address: str | None, settlement: Settlement) -> JobState | None:
        """A failure that may be tried again opens a campaign that has ended. address: None once its rows are gone."""
        if settlement.due is None or address is None:
            return await self.ledger.settle(settlement)
        await self.reopening.prepare(campaign, address)
        state = await self.ledger.settle(settlement)
        if state in WAITS:
            await self.reopening.go_on(campaign, address)
        return state

    def _may_speak(self, sender: SenderId, owner: SenderId) -> bool:
        """Whether a webhook of `sender` may be about a message of `owner`."""
        if sender == owner:
            return True
        return owner in self.clients and self.clients[sender].may_speak_for(self.clients[owner])

    async def _note(self, tenant: TenantId, sender: SenderId, to: str, event: StatusReported) -> None:
        """The provider may call the contact otherwise than we did."""
        if sender in self.clients:
            note = Note(tenant, sender, event.provider_message_id, to, event.addresses)
            await self.noting.note(note, Source.STATUS)

    async def _campaign(self, campaign: CampaignId) -> Campaign:
        """*Raises*: NotFound."""
        if campaign not in self._known:
            self._known[campaign] = await self.campaigns.get(campaign)
            while len(self._known) > MAX_CAMPAIGNS_KEPT:
                self._known.popitem(last=False)
        return self._known[campaign]

    async def _address(self, campaign: CampaignId, ordinal: int) -> str | None:
        """The address in one job's row. A page does not change while its campaign runs, and statuses come page by page."""
        page, place = divmod(ordinal, PAGE_ROWS)
        if (campaign, page) not in self._rows:
            packed = await self.ledger.page(campaign, page)
            if packed is None:
                return None
            self._rows[campaign, page] = [row.address for row in unpack(packed)]
            while len(self._rows) > MAX_PAGES_KEPT:
                self._rows.popitem(last=False)
        self._rows.move_to_end((campaign, page))
        addresses = self._rows[campaign, page]
        return addresses[place] if place < len(addresses) else None

    async def _apply_to_message(self, sender: SenderId, reference: MessageReference, event: StatusReported) -> str:
        try:
            record = await self.outbox.get(reference.message)
        except NotFound:
            return "stale"
        if not self._may_speak(sender, record.message.sender):
            log.warning("foreign_status_ignored", sender=sender, outgoing=record.message.id)
            return "foreign"
        message = record.message
        if record.state is MessageState.UNCONFIRMED:
            await self.outbox.look_again(
                message.id, self.now() + LOOK_AGAIN
            )  # this status may be cut off before it tells
        state = await self.outbox.settle(message, fact_of(event))
        await self._note(message.tenant, message.sender, message.to, event)
        if event.error is not None:
            await self._consider_message(record, event.error, event)
        await self._tell(record, state, event)
        return "applied"

    async def _consider_message(self, record: MessageRecord, error: SendError, event: StatusReported) -> None:
        message, left_at = record.message, record.marked_at or event.at
        await self.provider_refusals.apply(message.tenant, message.contact, message.to, message.sender, error, left_at)
        heeded = await self.throttling.heed(message.sender, error, Lane.PEOPLE, event.at)
        await self.braking.consider_sender(message.sender, heeded, event.at)

    async def _tell(self, record: MessageRecord, state: MessageState | None, event: StatusReported) -> None:
        """Publish what the status has changed: an acceptance failed later, or an unknown outcome is known now. What is
        published once a message is on the wire, its worker tells, or else the janitor.
        """
        if event.status is DeliveryStatus.FAILED and state is MessageState.FAILED:
            news = MessageState.FAILED
        elif record.state is MessageState.UNCONFIRMED and event.status is not DeliveryStatus.FAILED:
            news = MessageState.ACCEPTED
        else:
            return
        now_recorded = await self.outbox.get(record.message.id)
        await publish_outcome(self.publisher, self.interactions, now_recorded, news, event.at)
        await self.outbox.forget(record.message.id)


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
