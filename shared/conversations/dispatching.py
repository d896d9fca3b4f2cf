"""Dispatching: one contact's outbox, message by message, to the provider. Owns the order of a send outside campaigns.

    prepared → permit → slot → gate and mark (on disk) → first byte → answer → settlement (on disk) → permit given back

The gate judges window and consent on the store's clock; the first byte leaves within a second of it or not at all. Each
step errs towards not sending, and what an error means is in its class (`shared.ground.errors`).
"""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from structlog.stdlib import BoundLogger, get_logger

from shared.conversations.interactions.store import InteractionStore
from shared.conversations.outbox.model import MessageRecord, MessageState, OutgoingMessage, Purpose, TemplateUse
from shared.conversations.outbox.store import Gate, Judged, Outbox, Settled, Word
from shared.ground import telemetry
from shared.ground.clock import Now
from shared.ground.domain_events import DomainEvent, Events, EventType, Value
from shared.ground.errors import (
    BackendUnavailable,
    Disposition,
    InputError,
    NotFound,
    Refused,
    SendError,
    TemplateUnusable,
)
from shared.ground.hints import Hints
from shared.ground.ids import ContactId, MessageReference, Nonce, SenderId
from shared.ground.lua import OUTAGE
from shared.ground.retry import not_accepted_until
from shared.people.consent.model import ConsentRecord, why_no_reply, why_not
from shared.people.consent.store import ConsentStore
from shared.people.refusing import Refusing
from shared.people.sessions.model import Session
from shared.people.sessions.store import SessionStore
from shared.providers.client import ProviderClient
from shared.providers.messages import FreeMessage, Receipt, TemplateMessage
from shared.senders.limits.pacer import Pacer
from shared.senders.limits.store import LimitStore
from shared.templates.filling import message_of
from shared.templates.registry import TemplateRegistry

ASK_AGAIN_S = 0.2  # between two tries to record an outcome while the store is away
STALE_AFTER = timedelta(seconds=1)  # a gate's answer that is older is no answer
ASKED_AGAIN = timedelta(seconds=1)  # after which a message that could not be judged, or prepared, is looked at again
MOST_JUDGEMENTS = 8  # of a contact that says something new each time
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

log: BoundLogger = get_logger(__name__)

Records = Mapping[str, ConsentRecord]
TOLD = {
    MessageState.ACCEPTED: EventType.MESSAGE_ACCEPTED,
    MessageState.FAILED: EventType.MESSAGE_FAILED,
    MessageState.REFUSED: EventType.MESSAGE_FAILED,
    MessageState.UNCONFIRMED: EventType.MESSAGE_UNCONFIRMED,
}


@dataclass(frozen=True, slots=True)
class ProviderAccess:
    """What a message needs to leave. pacer_of: the sender's lane for people, who wait behind no campaign."""

    clients: Mapping[SenderId, ProviderClient]
    templates: TemplateRegistry
    limits: LimitStore
    pacer_of: Callable[[SenderId], Pacer]
    secret: bytes


class Dispatching:
    """One per process. margin: how long before the window's end nothing free-form leaves any more."""

    def __init__(
        self,
        outbox: Outbox,
        sessions: SessionStore,
        consent: ConsentStore,
        refusing: Refusing,
        access: ProviderAccess,
        hints: Hints,
        events: Events,
        interactions: InteractionStore,
        margin: timedelta,
        now: Now,
    ) -> None:
        self._outbox = outbox
        self._interactions = interactions
        self._sessions = sessions
        self._consent = consent
        self._refusing = refusing
        self._access = access
        self._hints = hints
        self._events = events
        self._margin = margin
        self._now = now
        self._draining = False
        self._before_mark: set[asyncio.Task[object]] = set()

    def drain(self) -> None:
        """Begin nothing more: what waits stays in its outbox, what is on the wire is finished."""
        self._draining = True
        for task in list(self._before_mark):
            task.cancel()

    async def dispatch(self, contact: ContactId, sender: SenderId, nonce: Nonce) -> int:
        """Everything that waits for this contact, in order. Answers how many messages were settled.

        *Raises*: BackendUnavailable before anything was begun; the message is looked after again.
        """
        settled = 0
        while not self._draining:
            head = await self._outbox.head(contact, sender)
            if head is None or head.state is not MessageState.QUEUED or sender not in self._access.clients:
                break  # nothing waits, or another worker has it and goes on
            if not await self._dispatch(head.message, nonce):
                break
            settled += 1
        return settled

    async def _dispatch(self, message: OutgoingMessage, nonce: Nonce) -> bool:
        """True when the message is out of the way."""
        task = asyncio.current_task()
        if task is not None:
            self._before_mark.add(task)
        try:
            prepared = await self._prepared(message)
            if isinstance(prepared, SendError):
                return await self._unprepared(message, prepared, nonce)
            async with self._access.pacer_of(message.sender).turn(message.contact, message.id) as slot:
                began = asyncio.get_running_loop().time()
                if not await self._pass(message, nonce):
                    return await self._outbox_moved(message)
                if task is not None:
                    self._before_mark.discard(task)  # from here to the settlement nothing interrupts
                return await self._send(_Marked(message, prepared, nonce, slot, began))
        except asyncio.CancelledError:
            if self._draining and task is not None and task.uncancel() == 0:
                return False
            raise
        finally:
            if task is not None:
                self._before_mark.discard(task)

    async def _outbox_moved(self, message: OutgoingMessage) -> bool:
        """Whether the gate itself took the message out of the way."""
        state = (await self._outbox.get(message.id)).state
        if state is MessageState.REFUSED:
            await self._done(message, state)
        return state is MessageState.REFUSED

    async def _prepared(self, message: OutgoingMessage) -> str | SendError | None:
        """What the provider has to be told before: nothing of it counts as sent, so the gate need not have passed it."""
        if not isinstance(message.body, FreeMessage):
            return None
        try:
            return await self._access.clients[message.sender].prepare(message.body)
        except SendError as error:
            return error
        except InputError as error:  # taken while the provider could carry it; its word on that has changed
            return Refused(error.code, error.detail)

    async def _unprepared(self, message: OutgoingMessage, error: SendError, nonce: Nonce) -> bool:
        """True when it will never be sent. What may be tried again waits where it is."""
        settled = settlement_of(error, self._now())
        await self._beyond(message, error)
        if settled.word is not Word.FAILED:
            await self._outbox.look_again(message.id, settled.due or self._now() + ASKED_AGAIN)
            return False
        await self._done(message, await self._settle(message, settled, nonce))
        return True

    async def _pass(self, message: OutgoingMessage, nonce: Nonce) -> bool:
        """The gate: judged again when the contact's consents have changed meanwhile."""
        for _ in range(MOST_JUDGEMENTS):
            passed = await self._outbox.mark(message, nonce, self._margin, await self._judged(message))
            if passed.gate is Gate.WAIT:
                await self._outbox.look_again(message.id, self._now() + timedelta(milliseconds=passed.wait_ms))
            if passed.gate is not Gate.CHANGED:
                return passed.gate is Gate.OK
        await self._outbox.look_again(message.id, self._now() + ASKED_AGAIN)
        return False

    async def _judged(self, message: OutgoingMessage) -> Judged:
        """Somebody may have found out meanwhile that the contact is another one: then that one's word and window count."""
        consents = await self._consent.through(message.contact)
        session = await self._sessions.get(consents.contact, message.sender)
        return Judged(
            "" if message.purpose is Purpose.CONFIRMATION else consents.revision,
            self._why_not(message, consents.records, session) or "",
            None if consents.contact == message.contact else session.expires_at or LONG_AGO,
        )

    def _why_not(self, message: OutgoingMessage, records: Records, session: Session) -> str | None:
        match message.purpose:
            case Purpose.CONFIRMATION:
                return None
            case Purpose.TEMPLATE:
                category = self._access.templates.category(message.sender, *_template_of(message))
                return why_not(records, category, require_opt_in=True)
            case Purpose.REPLY:
                return why_no_reply(records, session.last_inbound_at)

    async def _send(self, marked: "_Marked") -> bool:
        """A mark is held: on to the wire, if it is not too late for that, and what came of it is written down."""
        loop, message, nonce = asyncio.get_running_loop(), marked.message, marked.nonce
        if max(loop.time(), marked.slot) > marked.stale_at:
            telemetry.UNMARKED.labels("too-late").inc()
            await self._settle(message, Settled(Word.RETURN, self._now()), nonce)
            await self._hints.dispatch(message.contact, message.sender)
            return False
        await asyncio.sleep(marked.slot - loop.time())  # at once when it has come
        outcome = await self._request(marked)
        if isinstance(outcome, Receipt):
            telemetry.SENDS.labels(message.sender, "accepted").inc()
            settled = Settled(Word.ACCEPTED, self._now(), outcome.provider_message_id)
            state = await self._settle(message, settled, nonce)
        else:
            telemetry.SENDS.labels(message.sender, outcome.disposition.value).inc()
            state = await self._settle(message, settlement_of(outcome, self._now()), nonce)
            await self._beyond(message, outcome)
        if state is MessageState.QUEUED:
            return False
        await self._done(message, state)
        return True

    async def _request(self, marked: "_Marked") -> Receipt | SendError:
        message = marked.message
        client, reference = (
            self._access.clients[message.sender],
            MessageReference(message.id).signed(self._access.secret),
        )
        began = time.perf_counter()
        within_s = marked.stale_at - asyncio.get_running_loop().time()
        try:
            if isinstance(message.body, FreeMessage):
                return await client.send_free(message.body, reference, marked.prepared, within_s)
            return await client.send_template(await self._filled_now(message, message.body), reference)
        except SendError as error:
            return error
        except InputError as error:  # as in `_prepared`
            return Refused(error.code, error.detail)
        finally:
            telemetry.SEND_SECONDS.labels(message.sender).observe(time.perf_counter() - began)

    async def _filled_now(self, message: OutgoingMessage, use: TemplateUse) -> TemplateMessage:
        """*Raises*: TemplateUnusable, when it is by what is known now: this process's picture may be a second old."""
        with suppress(TemplateUnusable):
            return self._filled(message, use)
        with suppress(*OUTAGE):
            await self._access.templates.refresh()
        return self._filled(message, use)

    def _filled(self, message: OutgoingMessage, use: TemplateUse) -> TemplateMessage:
        """*Raises*: TemplateUnusable for one that has gone, or was disabled, since it was asked for."""
        try:
            template = self._access.templates.get(message.sender, use.name, use.language)
        except NotFound:
            raise TemplateUnusable("not-found", "the template is not among the sender's any more") from None
        if not template.is_enabled:
            raise TemplateUnusable(f"template-{template.status}", "the template is not enabled any more")
        return message_of(template, message.to, use.parameters)

    async def _beyond(self, message: OutgoingMessage, error: SendError) -> None:
        """What an error means beyond its message."""
        try:
            if error.disposition is Disposition.NOT_ACCEPTED:
                telemetry.THROTTLED.labels(message.sender).inc()
                account_key = self._access.clients[message.sender].account_key
                await self._access.limits.slow_down(account_key, message.sender, error.retry_after_s)
            await self._refusing.apply(message.tenant, message.contact, message.sender, error, self._now())
        except OUTAGE as outage:
            log.warning("error_not_considered", outgoing=message.id, code=error.code, error=str(outage))

    async def _settle(self, message: OutgoingMessage, settled: Settled, nonce: Nonce) -> MessageState | None:
        """A fact is not given up: the permit is held, and so the process slows down, until the store takes it."""
        while True:
            try:
                if settled.word is Word.DEFER and settled.due is not None:
                    await self._outbox.look_again(message.id, settled.due)
                return await self._outbox.settle(message, settled, nonce)
            except BackendUnavailable:
                await asyncio.sleep(ASK_AGAIN_S)

    async def _about(self, record: MessageRecord) -> Mapping[str, Value]:
        """Which campaign's conversation it belongs to, in the dialer's own words."""
        if record.message.interaction is None:
            return NOBODYS_KEYS
        try:
            about = (await self._interactions.get(record.message.interaction)).about
        except NotFound:
            return NOBODYS_KEYS
        return {
            "campaign": about.campaign,
            "external_id": about.external_id,
            "external_contact_id": about.external_contact_id,
        }

    async def _done(self, message: OutgoingMessage, state: MessageState | None) -> None:
        """Nobody needs to look after it, and the dialer hears of it."""
        try:
            await self._outbox.done(message.id)
            record = await self._outbox.get(message.id)
            if state in TOLD:
                await self._events.publish([event_of(record, await self._about(record), TOLD[state], self._now())])
        except (*OUTAGE, NotFound) as error:
            log.warning("message_not_told", outgoing=message.id, kind=type(error).__name__)


@dataclass(frozen=True, slots=True)
class _Marked:
    """A message whose mark is held. slot, began: on the loop's clock; the gate was asked after `began`."""

    message: OutgoingMessage
    prepared: str | None
    nonce: Nonce
    slot: float
    began: float

    @property
    def stale_at(self) -> float:
        """When the gate's answer is none any more."""
        return self.began + STALE_AFTER.total_seconds()


NOBODYS_KEYS: Mapping[str, Value] = {"campaign": None, "external_id": None, "external_contact_id": None}


def _template_of(message: OutgoingMessage) -> tuple[str, str]:
    body = message.body
    return (body.name, body.language) if isinstance(body, TemplateUse) else ("", "")


def settlement_of(error: SendError, now: datetime) -> Settled:
    """What becomes of a message that was not accepted. Only what provably was not is tried again."""
    match error.disposition:
        case Disposition.NOT_ACCEPTED:
            due = not_accepted_until(error, now, random.random())  # noqa: S311 (spreads, does not hide)
            return Settled(Word.DEFER, now, code=error.code, reason=error.gloss, due=due)
        case Disposition.UNKNOWN:
            return Settled(Word.UNKNOWN, now, code=error.code, reason=error.gloss)
        case Disposition.REFUSED | Disposition.SUPPRESS | Disposition.TEMPLATE_UNUSABLE | Disposition.SENDER_UNUSABLE:
            return Settled(Word.FAILED, now, code=error.code, reason=error.gloss)


def event_of(record: MessageRecord, about: Mapping[str, Value], what: EventType, at: datetime) -> DomainEvent:
    """What the dialer is told of a message: never what was said. about: its own keys, of the conversation."""
    message = record.message
    return DomainEvent(
        f"{message.id}:{record.state}",
        what,
        message.tenant,
        message.id,
        at,
        {
            "message_id": message.id,
            "sender": message.sender,
            "contact_id": message.contact,
            **about,
            "interaction": message.interaction,
            "purpose": message.purpose.value,
            "state": record.state.value,
            "code": record.code or None,
            "reason": record.reason or None,
            "provider_message_id": record.provider_message_id or None,
        },
    )
