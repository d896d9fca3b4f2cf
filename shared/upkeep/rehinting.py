"""Rehinting: the repair of lost hints, for events that nobody applied and for messages outside campaigns that nobody took.

Owns how old a hint is when it is repeated; the janitor decides when it is looked for. A campaign's hints are repeated by
`sweeping`, which looks at its whole state.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from structlog.stdlib import BoundLogger, get_logger

from shared.conversations.interactions.store import InteractionStore
from shared.conversations.message_events import publish_outcome
from shared.conversations.outbox.model import IN_HAND, MessageRecord, MessageState
from shared.conversations.outbox.store import Outbox, Settled, Word
from shared.ground import telemetry
from shared.ground.clock import Now
from shared.ground.domain_events import EventPublisher
from shared.ground.errors import NotFound
from shared.ground.hints import Hints
from shared.ground.ids import MessageId
from shared.ground.lua import OUTAGE
from shared.inbound.journal.store import Journal

MAX_REHINTED = 20_000  # entries a round, of one each 5 s: about what a consumer applies meanwhile
LOOK_AGAIN = timedelta(seconds=5)  # between two hints of a message outside campaigns

log: BoundLogger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Rehinting:
    """hint_again: the age at which the hint of a journal entry is repeated."""

    journal: Journal
    outbox: Outbox
    interactions: InteractionStore
    hints: Hints
    publisher: EventPublisher
    hint_again: timedelta
    now: Now

    async def rehint_journal(self) -> int:
        """Repeat the hints of webhook bodies that were not applied in time; return their number.

        A broker that was away for some seconds, or lost its queues, leaves tens of thousands behind, and among them a
        contact's STOP.
        """
        now, count = self.now(), 0
        while count < MAX_REHINTED and (stale := await self.journal.stale(self.hint_again, now)):
            await self.hints.apply("status", stale)
            count += len(stale)
        telemetry.JOURNAL_ENTRIES.set(await self.journal.size())
        return count

    async def rehint_outboxes(self) -> int:
        """Repeat the hints of messages outside campaigns that wait; those whose worker died become unconfirmed."""
        now = self.now()
        overlooked = await self.outbox.overlooked(now)
        for message in overlooked:
            await self._look_after(message, now)
        return len(overlooked)

    async def _look_after(self, message: MessageId, now: datetime) -> None:
        try:
            record = await self.outbox.get(message)
        except NotFound:
            await self.outbox.forget(message)
            return
        if record.state is MessageState.SENDING:
            settled = await self.outbox.settle(record.message, Settled(Word.LOST, now))
            if settled is MessageState.UNCONFIRMED:
                log.info("message_unconfirmed", outgoing=message)
                record = await self.outbox.get(message)
        if record.state not in IN_HAND:
            await self._finish(record, now)
            return
        if record.due is not None and record.due > now:
            await self.outbox.look_again(message, record.due)
            return
        await self.outbox.rejoin(record.message)
        await self.outbox.look_again(message, now + LOOK_AGAIN)
        await self.hints.dispatch(record.message.contact, record.message.sender)

    async def _finish(self, record: MessageRecord, now: datetime) -> None:
        """Its worker died before it published the outcome: publish it, and take the message off the index."""
        try:
            await publish_outcome(self.publisher, self.interactions, record, record.state, now)
        except OUTAGE as error:
            log.warning("message_not_told", outgoing=record.message.id, kind=type(error).__name__)
            await self.outbox.look_again(record.message.id, now + LOOK_AGAIN)
            return
        await self.outbox.forget(record.message.id)
