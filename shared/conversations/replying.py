"""Replying: what is to be said to one person joins its outbox, if it may be said at all.

Owns what must be true before: whose sender, an open window or an enabled template, consent, what the provider can carry.
Everything is asked again when it goes out (`dispatching`); here it is asked so that whoever wants it hears at once.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from shared.conversations.interactions.model import Entry
from shared.conversations.interactions.store import InteractionStore
from shared.conversations.outbox.model import MessageRecord, OutgoingMessage, Purpose, TemplateUse
from shared.conversations.outbox.store import Outbox
from shared.ground.clock import Now, to_ms
from shared.ground.errors import Conflict, InputError, NotFound
from shared.ground.hints import Hints
from shared.ground.ids import InteractionId, MessageId, SenderId, TenantId, derive_message_id, new_message_id
from shared.ground.names import join_names
from shared.people.consent.store import ConsentStore
from shared.people.contacts.store import Identity, first_phone
from shared.people.sessions.model import Session
from shared.people.sessions.store import SessionStore
from shared.providers.free import check_free
from shared.providers.messages import FreeMessage
from shared.rules.judge import judge
from shared.rules.question import ConfirmationQuestion, ReplyQuestion, TemplateQuestion
from shared.rules.verdict import ALLOWED, Allowed, Later, Never, Reason, Verdict
from shared.templates.choosing import Choosing
from shared.templates.model import Template
from shared.templates.pins import pin_of

EXPLANATIONS: Mapping[Reason, str] = {
    Reason.WINDOW_CLOSED: "The contact's window is closed, or closes too soon for a reply.",
    Reason.OPTED_OUT: "The contact has refused to be written to, and has not written since.",
    Reason.NOT_IN_CONTROL: "Somebody else holds the conversation and answers it: Meta's own agent, or another app of the "
    "number. It can be answered once it is handed over; a template may be sent now.",
    Reason.NO_OPT_IN: "There is no opt-in of this contact: record how it agreed, with POST /v1/opt-ins. An open window "
    "takes a reply without one.",
    Reason.DEADLINE: "The time until which the message was worth sending has passed.",
    Reason.SEND_AT: "The time of the message has not come yet.",
}


class WindowClosed(Conflict):
    """Nothing free-form may be written now. templates: what may be sent instead. closed_at: None where it is not known."""

    def __init__(self, closed_at: datetime | None, templates: tuple[Template, ...]) -> None:
        names = join_names(f"{one.name} ({one.language})" for one in templates)
        may = f"These templates may be sent instead: {names}." if templates else "It has no enabled template."
        reason = Reason.WINDOW_CLOSED
        super().__init__(reason.value, f"{EXPLANATIONS[reason]} {may}")
        self.args = (closed_at, templates)  # what unpickling calls us with
        self.closed_at = closed_at
        self.templates = templates


@dataclass(frozen=True, slots=True)
class Order:
    """A request to write to a contact. address: used if the session has none.

    once: the request's own name, where it has one: however often it is made, it is one message.
    """

    tenant: TenantId
    sender: SenderId
    contact: Identity
    by: str
    address: str | None = None
    interaction: InteractionId | None = None
    once: str | None = None

    @property
    def message(self) -> MessageId:
        """Its id; without `once` a fresh one each time."""
        return new_message_id(self.contact.contact) if self.once is None else self.named("request", self.once)[0]

    def named(self, *name: str) -> list[MessageId]:
        """The message's ids for a request key, one under each of the contact's ids, the present one first."""
        return [derive_message_id(contact, *name) for contact in self.contact.ids]


@dataclass(frozen=True, slots=True)
class Replying:
    """margin: how long before the window's end nothing is taken any more."""

    outbox: Outbox
    sessions: SessionStore
    consent: ConsentStore
    interactions: InteractionStore
    choosing: Choosing
    hints: Hints
    margin: timedelta
    now: Now

    async def reply(self, order: Order, body: FreeMessage) -> MessageRecord:
        """Free form, in an open window. body: its `to` is not looked at.

        *Raises*: WindowClosed; NotFound for the sender; InputError for what the provider cannot carry; Conflict
        `opted-out`; BackendUnavailable.
        """
        if (before := await self._before(order)) is not None:
            return before
        dialect = self.choosing.get_client(order.tenant, order.sender).dialect
        check_free(dialect.name, body, dialect.capabilities)
        session = await self.sessions.get(order.contact.contact, order.sender)
        records = (await self.consent.of([order.contact.contact]))[0]
        verdict = judge(ReplyQuestion(records, session, self.margin))
        if verdict == Never(Reason.WINDOW_CLOSED):
            raise self.window_closed(order.sender, session)
        _check(verdict)
        to = address_of(order, session)
        return await self._put(order, Purpose.REPLY, replace(body, to=to, thread=session.thread), to, order.message)

    async def template(self, order: Order, name: str, language: str, parameters: Mapping[str, str]) -> MessageRecord:
        """One template to one person, by a campaign's rules. *Raises*: as `reply`; NotFound and InputError for the
        template and what fills it; Conflict `no-opt-in`.
        """
        if (before := await self._before(order)) is not None:
            return before
        template = self.choosing.get_template(order.tenant, order.sender, name, language)
        pin = pin_of(template, by_id=self.choosing.registry.is_by_id(order.sender))
        use = TemplateUse(template.name, template.language, template.complete(parameters), pin)
        records = (await self.consent.of([order.contact.contact]))[0]
        _check(judge(TemplateQuestion(records, template.category, require_opt_in=True, now=self.now())))
        to = address_of(order, Session(self.now()))
        return await self._put(order, Purpose.TEMPLATE, use, to, order.message)

    async def confirm(self, order: Order, agreed_at: datetime | None, text: str) -> MessageRecord | None:
        """The one answer to an opt-out; None when the window has closed, and then there is silence.

        agreed_at: what was refused. However often it is refused, it is confirmed once, until the contact agrees anew.
        """
        session = await self.sessions.get(order.contact.contact, order.sender)
        if judge(ConfirmationQuestion(session, self.margin)) != ALLOWED:
            return None
        to = address_of(order, session)
        refused = "" if agreed_at is None else str(to_ms(agreed_at))
        names = order.named("confirmation", refused)
        if (before := await self._any_of(names)) is not None:
            return before
        body = FreeMessage(to, text, thread=session.thread)
        return await self._put(order, Purpose.CONFIRMATION, body, to, names[0])

    def window_closed(self, sender: SenderId, session: Session) -> WindowClosed:
        return WindowClosed(session.expires_at, tuple(self.choosing.list_usable(sender)))

    async def _before(self, order: Order) -> MessageRecord | None:
        """The message of an earlier call with this key, returned unjudged: the window may have ended since."""
        return None if order.once is None else await self._any_of(order.named("request", order.once))

    async def _any_of(self, names: Sequence[MessageId]) -> MessageRecord | None:
        """The contact may have had another name when it was asked for."""
        for name in names:
            with suppress(NotFound):
                return await self.outbox.get(name)
        return None

    async def _put(
        self, order: Order, purpose: Purpose, body: FreeMessage | TemplateUse, to: str, message: MessageId
    ) -> MessageRecord:
        made = OutgoingMessage(
            message, order.tenant, order.sender, order.contact.contact, purpose, body, to, order.by, self.now(),
            order.interaction,
        )  # fmt: skip
        is_new = await self.outbox.put(made)
        if is_new and order.interaction is not None:
            await self.interactions.say(order.interaction, Entry(made.created_at, message=message, by=order.by))
        await self.hints.dispatch(made.contact, made.sender)
        return await self.outbox.get(message)


def _check(verdict: Verdict) -> None:
    """*Raises*: Conflict, unless the message may go now. A Later is refused too: whoever asks hears of it at once."""
    match verdict:
        case Allowed():
            return
        case Later(reason=reason) | Never(reason=reason):
            raise Conflict(reason.value, EXPLANATIONS[reason])
        case _:
            assert_never(verdict)


def address_of(order: Order, session: Session) -> str:
    """Where the contact wrote from last; else a number of it; else what the caller called it. *Raises*: InputError."""
    addresses = tuple(order.contact.addresses.values())
    found = session.address or first_phone(addresses) or order.address or next(iter(addresses), None)
    if found is None:
        raise InputError("address-unknown", "No address of this contact is known yet: name it by its number.")
    return found
