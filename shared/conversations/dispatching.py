"""Dispatching: one contact's outbox, message by message, to the provider. Owns the order of a send outside campaigns.

    prepared → slot → permit → gate and mark (on disk) → first byte → answer → settlement (on disk) → permit given back

The gate judges window and consent on the store's clock; the first byte leaves within a second of it or not at all. Each
step errs towards not sending. What an error means is in its class (`shared.ground.errors`), what becomes of the message in
`outbox.outcomes`. The order of a campaign's send is in `shared.outbound.sending`.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from structlog.stdlib import BoundLogger, get_logger

from shared.conversations.interactions.store import InteractionStore
from shared.conversations.message_events import publish_outcome
from shared.conversations.outbox.model import IN_HAND, MessageState, OutgoingMessage, Purpose
from shared.conversations.outbox.outcomes import MAX_DELAY, settled_by_rule, settled_of
from shared.conversations.outbox.store import Gate, Judged, Outbox, Settled, Word
from shared.conversations.provider_access import Body, ProviderAccess
from shared.ground import telemetry
from shared.ground.clock import Now
from shared.ground.domain_events import EventPublisher
from shared.ground.drain import Drain
from shared.ground.errors import NotFound, SendError, TemplateUnusable
from shared.ground.hints import Hints
from shared.ground.ids import ContactId, Nonce, SenderId
from shared.ground.insist import insist
from shared.ground.lua import OUTAGE
from shared.people.aliases import Source
from shared.people.consent.model import Records
from shared.people.consent.store import ConsentStore
from shared.people.noting import Note, Noting
from shared.people.provider_refusals import ProviderRefusals
from shared.people.sessions.model import Session
from shared.people.sessions.store import SessionStore
from shared.providers.messages import Receipt
from shared.rules.judge import judge_before_gate
from shared.rules.question import ConfirmationQuestion, Question, ReplyQuestion, TemplateQuestion
from shared.rules.verdict import Allowed, Later, Never
from shared.senders.limits.pacer import Turn
from shared.senders.limits.slot import Slot

STALE_AFTER = timedelta(seconds=1)  # how long the gate's answer is valid; an older one sends nothing
ASKED_AGAIN = timedelta(seconds=1)  # after which a message that could not be judged is looked at again
MAX_JUDGEMENTS = 8  # of a contact that says something new each time
ENDED = frozenset(MessageState) - IN_HAND
SEPARATED = "contact-separated"  # the reason of a message to an address that is another contact's by a person's word
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
BrakeSender = Callable[[SenderId, SendError], Awaitable[None]]
"""Pauses the campaigns of a sender, if the error concerns all of its messages. *Raises*: BackendUnavailable."""

log: BoundLogger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Marked:
    """A message whose mark is held. began: on the loop's clock; the gate was asked after it."""

    message: OutgoingMessage
    body: Body
    prepared: str | None
    nonce: Nonce
    turn: Turn
    began: float

    @property
    def stale_at(self) -> float:
        """When the gate's answer is none any more."""
        return self.began + STALE_AFTER.total_seconds()


@dataclass(frozen=True, slots=True)
class Dispatching:
    """One per process. margin: how long before the window's end nothing free-form leaves any more."""

    outbox: Outbox
    sessions: SessionStore
    consent: ConsentStore
    provider_refusals: ProviderRefusals
    noting: Noting
    access: ProviderAccess
    hints: Hints
    publisher: EventPublisher
    interactions: InteractionStore
    brake_sender: BrakeSender
    margin: timedelta
    now: Now
    _drain: Drain = field(default_factory=Drain)

    def drain(self) -> None:
        """Begin nothing more: what waits stays in its outbox, what is on the wire is finished."""
        self._drain.begin()

    async def dispatch(self, contact: ContactId, sender: SenderId, nonce: Nonce) -> int:
        """Everything that waits for this contact, in order. Answers how many messages left the line.

        *Raises*: BackendUnavailable before anything was begun; the message is looked after again.
        """
        left = 0
        while not self._drain.is_on and sender in self.access.clients:
            head = await self.outbox.head(contact, sender)
            if head is None or head.state is not MessageState.QUEUED:
                break  # nothing waits, or another worker has it and goes on
            if head.due is not None and head.due > self.now():
                break  # the janitor asks again
            if not await self._dispatch(head.message, nonce):
                break
            left += 1
        return left

    async def _dispatch(self, message: OutgoingMessage, nonce: Nonce) -> bool:
        """True when the message is out of the way."""
        with self._drain.before_mark() as wait:
            try:
                prepared = await self.access.prepare(message)
            except SendError as error:
                return await self._account_for(message, error, nonce)
            async with self.access.pacer_of(message.sender).turn(message.contact, message.id) as turn:
                wait.end()  # from here to the settlement nothing interrupts
                return await self._take_turn(message, prepared, turn, nonce)
        return False  # given up

    async def _take_turn(self, message: OutgoingMessage, prepared: str | None, turn: Turn, nonce: Nonce) -> bool:
        """A permit is held and the slot is near: gate and mark, then on to the wire. True when it is out of the way."""
        began = asyncio.get_running_loop().time()
        try:
            body = await self.access.body_now(message)
        except TemplateUnusable as error:
            return await self._account_for(message, error, nonce)
        match await self._pass(message, nonce):
            case Gate.OK:
                return await self._send(_Marked(message, body, prepared, nonce, turn, began))
            case Later() as later:
                return await self._settle(message, settled_by_rule(message, later, self.now()), nonce)
            case _:
                return await self._leave(message, {MessageState.REFUSED})

    async def _pass(self, message: OutgoingMessage, nonce: Nonce) -> Gate | Later:
        """The gate: judged again when the contact's consents have changed meanwhile.

        A mark that was written and not heard of would leave the message unconfirmed, though nothing was sent: asked again
        it is answered the same, and given back because the gate's answer is stale.
        """
        for _ in range(MAX_JUDGEMENTS):
            judged = await self._judged(message)
            if isinstance(judged, Later):
                return judged
            passed = await insist(partial(self.outbox.mark, message, nonce, self.margin, judged))
            if passed.gate is Gate.WAIT:
                await self.outbox.look_again(message.id, self.now() + timedelta(milliseconds=passed.wait_ms))
            if passed.gate is not Gate.CHANGED:
                return passed.gate
        await self.outbox.look_again(message.id, self.now() + ASKED_AGAIN)
        return Gate.CHANGED

    async def _judged(self, message: OutgoingMessage) -> Judged | Later:
        """The judgement by consent and window of the contact as it is now, after any merge or separation."""
        consents = await self.consent.through(message.contact)
        if not await self._is_still_theirs(message, consents.contact):
            return Judged(consents.revision, SEPARATED)
        session = await self.sessions.get(consents.contact, message.sender)
        revision = "" if message.purpose is Purpose.CONFIRMATION else consents.revision
        window_ends = None if consents.contact == message.contact else session.expires_at or LONG_AGO
        match judge_before_gate(self._question(message, consents.records, session)):
            case Allowed():
                return Judged(revision, "", window_ends, session.holder)
            case Never(reason):
                return Judged(revision, reason.value, window_ends, session.holder)
            case Later() as later:
                return later

    async def _is_still_theirs(self, message: OutgoingMessage, contact: ContactId) -> bool:
        """Whether the message's address is this contact's: a person may have separated the two since it was queued."""
        addressed = self.noting.merging.id_of(message.tenant, message.to)
        if addressed in {contact, message.contact}:
            return True
        (now,) = await self.consent.consents([addressed])
        return now.contact == contact or not (await self.noting.merging.contacts.resolve(contact)).apart.keys() & {
            addressed
        }

    def _question(self, message: OutgoingMessage, records: Records, session: Session) -> Question:
        match message.purpose:
            case Purpose.CONFIRMATION:
                return ConfirmationQuestion(session, self.margin)
            case Purpose.TEMPLATE:
                return TemplateQuestion(records, self.access.category(message), require_opt_in=True, now=self.now())
            case Purpose.REPLY:
                return ReplyQuestion(records, session, self.margin)

    async def _send(self, marked: _Marked) -> bool:
        """A mark is held: on to the wire, if it is not too late for that. True when the message is out of the way."""
        message = marked.message
        request = partial(self._request, marked)
        answer: Receipt | SendError | None = await marked.turn.send(request, marked.stale_at)
        if answer is None:
            telemetry.UNMARKED.labels("too-late").inc()
            await self._settle(message, Settled(Word.RETURN, self.now()), marked.nonce)
            await self.hints.dispatch(message.contact, message.sender)
            return False
        if isinstance(answer, SendError):
            return await self._account_for(message, answer, marked.nonce)
        settled = Settled(Word.ACCEPTED, self.now(), answer.provider_message_id)
        is_out_of_the_way = await self._settle(message, settled, marked.nonce)
        await self._note_accepted(message)
        await self._note(message, answer)
        return is_out_of_the_way

    async def _request(self, marked: _Marked, slot: Slot) -> Receipt | SendError | None:
        within_s = marked.stale_at - asyncio.get_running_loop().time()
        return await self.access.request(marked.message, marked.body, marked.prepared, within_s, slot.ends)

    async def _note_accepted(self, message: OutgoingMessage) -> None:
        try:
            await self.access.note_accepted(message.sender)
        except OUTAGE as outage:
            log.warning("hold_not_ended", sender=message.sender, error=str(outage))

    async def _note(self, message: OutgoingMessage, receipt: Receipt) -> None:
        """The provider may call the contact otherwise than we did. A status says it again, if the store is away now."""
        note = Note(message.tenant, message.sender, receipt.provider_message_id, message.to, receipt.names)
        try:
            await self.noting.note(note, Source.ANSWER)
        except OUTAGE as outage:
            log.warning("recipient_not_noted", outgoing=message.id, error=str(outage))

    async def _account_for(self, message: OutgoingMessage, error: SendError, nonce: Nonce) -> bool:
        """Everything but a receipt: the message's own outcome first; limiter, campaigns and contact second."""
        last_chance = await insist(partial(self._last_chance, message))
        believed = self.access.believe(error)
        settled = settled_of(message, believed, self.now(), last_chance, random.random())  # noqa: S311 (spreads, does not hide)
        is_out_of_the_way = await self._settle(message, settled, nonce)
        try:
            await self.brake_sender(message.sender, await self.access.heed(message.sender, error))
            await self.provider_refusals.apply(
                message.tenant, message.contact, message.to, message.sender, error, self.now()
            )
        except OUTAGE as outage:
            log.warning("error_not_considered", outgoing=message.id, code=error.code, error=str(outage))
        return is_out_of_the_way

    async def _last_chance(self, message: OutgoingMessage) -> datetime:
        """From then on it is too late for the message."""
        if not message.needs_window:
            return message.created_at + MAX_DELAY
        contact = (await self.consent.through(message.contact)).contact
        session = await self.sessions.get(contact, message.sender)
        return (session.expires_at or LONG_AGO) - self.margin

    async def _settle(self, message: OutgoingMessage, settled: Settled, nonce: Nonce) -> bool:
        """True when the message is out of the way."""
        state = await insist(partial(self.outbox.settle, message, settled, nonce))
        if state is None:  # asked twice, since the first answer was lost; or it took so long that the mark was
            return await self._leave(message, ENDED)
        if state in ENDED:
            await self._finish(message, state)
            return True
        if settled.due is not None:
            with suppress(*OUTAGE):  # looked after in seconds anyway, and then again when it is due
                await self.outbox.look_again(message.id, settled.due)
        return settled.word is Word.ASIDE

    async def _leave(self, message: OutgoingMessage, states: Collection[MessageState]) -> bool:
        """Whether it has come to one of these states by now; then it is out of the way."""
        state = (await self.outbox.get(message.id)).state
        if state in states:
            await self._finish(message, state)
        return state in states

    async def _finish(self, message: OutgoingMessage, state: MessageState) -> None:
        """Publish its outcome, and take the message off the index; the janitor publishes what is left there."""
        try:
            record = await self.outbox.get(message.id)
            await publish_outcome(self.publisher, self.interactions, record, state, self.now())
            await self.outbox.forget(message.id)
        except (*OUTAGE, NotFound) as error:
            log.warning("message_not_told", outgoing=message.id, kind=type(error).__name__)
