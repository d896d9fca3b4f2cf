"""Observing: what happens in a contact's thread without being said to us, and who holds the thread.

A colleague answers from the phone's app, Meta's own agent answers while it holds the thread, the contact takes a message
back, a payment comes to an end: the agent must read it, and nobody has to act. When the thread is handed to us, somebody
must: the interaction that stood in standby opens, with the summary of whoever had the thread.

Owns which interaction such an entry joins: that of the message that it changes; else the contact's newest one with this
sender that is not closed; else one in standby, which the contact's own message will open.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shared.conversations import content_json
from shared.conversations.interactions.model import About, Entry, Interaction, InteractionState
from shared.conversations.interactions.store import Attached, Attachment, InteractionStore
from shared.ground import telemetry
from shared.ground.clock import Now, to_ms
from shared.ground.domain_events import DomainEvent, DomainEventType, EventPublisher, Value
from shared.ground.errors import NotFound
from shared.ground.ids import EventId, InteractionId, SenderId, contact_of, event_id
from shared.inbound.attributing import Attributing
from shared.inbound.contact_message import ContactMessage
from shared.inbound.hearing import name_by_events
from shared.inbound.journal.heard import HeardStore
from shared.inbound.recognising import Recognising
from shared.people.contacts.store import Identity
from shared.people.merging import Merging
from shared.people.sessions.store import SessionStore
from shared.providers.client import ProviderClient
from shared.providers.events import Author, Content, ContentKind, ControlChanged, MessageReceived, NoteReported

OURSELVES: Final = "us"  # the holder of a thread, in events


@dataclass(frozen=True, slots=True)
class Observing:
    """*Raises* everywhere: BackendUnavailable. Safe to repeat."""

    heard: HeardStore
    sessions: SessionStore
    interactions: InteractionStore
    merging: Merging
    recognising: Recognising
    attributing: Attributing
    publisher: EventPublisher
    now: Now

    # ── notes ──

    async def note(self, client: ProviderClient, note: NoteReported) -> None:
        """client: of the sender in whose thread it happened."""
        received = MessageReceived(note.provider_message_id, note.addresses, note.to, note.at, note.content)
        message = await self._recognise(client, received, is_by_contact=note.by is Author.CONTACT)
        telemetry.INBOUND.labels(client.dialect.name, note.content.kind.value, message.heard.telling.value).inc()
        attachment = await self._place(message, note.by)
        await self.heard.record_attachment(message.event, f"{attachment.how}:{attachment.interaction}")
        await self.merging.follow(message.tenant, message.contact)
        await self.publisher.publish([self._observed(message, attachment, note.by)])

    async def _recognise(
        self, client: ProviderClient, received: MessageReceived, *, is_by_contact: bool
    ) -> ContactMessage:
        """Who it is about, and what it belongs to; nothing of it is counted as an answer."""
        provider, tenant, sender = client.dialect.name, client.account.tenant, client.account.sender
        at = min(received.at, self.now())
        contact, heard = await self.recognising.recognise(client, received, at, is_by_contact=is_by_contact)
        event = event_id(provider, sender, received.provider_message_id)
        answered = await self.attributing.attribute(client, contact, received, event, heard)
        named = name_by_events(provider, sender, received)
        name = self.merging.id_of(tenant, received.addresses[0])
        return ContactMessage(event, tenant, sender, contact, named, heard, answered, name)

    async def _place(self, message: ContactMessage, by: Author) -> Attachment:
        entry = Entry(message.at, message.event, by=by.value, body=content_json.to_json(message.received.content))
        for interaction in await self._list_places(message):
            try:
                return await self.interactions.note(interaction, message.event, entry)
            except NotFound:
                continue  # its retention has passed
        return await self.interactions.attach(message.about, message.event, entry, in_standby=True)

    async def _list_places(self, message: ContactMessage) -> list[InteractionId]:
        """Interactions that the entry may join, the best first. An entry that has a place keeps it."""
        if (place := message.heard.interaction) is not None:
            return [place]
        original = message.received.content.changes
        found = None if original is None else (await self.heard.find(EventId(original), message.at)).interaction
        if found is not None and contact_of(found) not in message.contact.ids:
            found = None  # it was taken for another contact's, and has gone with its author since
        going_on = [one.id for one in await self._list_going_on(message.contact, message.sender)]
        return ([] if found is None else [found]) + going_on

    async def _list_going_on(self, contact: Identity, sender: SenderId) -> Sequence[Interaction]:
        """The contact's interactions with this sender that are not closed, the last updated first."""
        found = [await self._read(one) for one in await self.interactions.of(*contact.ids)]
        going_on = [
            one
            for one in found
            if one is not None and one.about.sender == sender and one.state is not InteractionState.CLOSED
        ]
        return sorted(going_on, key=lambda one: one.updated_at, reverse=True)

    async def _read(self, interaction: InteractionId) -> Interaction | None:
        try:
            return await self.interactions.get(interaction)
        except NotFound:
            return None

    def _observed(self, message: ContactMessage, attachment: Attachment, by: Author) -> DomainEvent:
        content = json.loads(content_json.to_json(message.received.content))
        about = message.about
        return _event(message, about, DomainEventType.MESSAGE_OBSERVED, attachment.interaction, message=content, by=by)

    # ── the holder ──

    async def change_control(self, client: ProviderClient, change: ControlChanged) -> None:
        """The latest word on the holder counts. If the thread is ours, its interaction opens for an agent."""
        sender, content = client.account.sender, Content(ContentKind.HANDOVER, change.summary)
        message = await self._recognise(
            client,
            MessageReceived(_name(change), change.addresses, change.to, change.at, content),
            is_by_contact=False,
        )
        holder = await self.sessions.record_holder(message.contact.contact, sender, change.holder, message.at)
        told: list[DomainEvent] = []
        opened = None
        if change.is_ours and not holder:
            opened, told = await self._open(message)
        await self.merging.follow(message.tenant, message.contact)
        changed = _event(
            message, message.about, DomainEventType.CONTROL_CHANGED, opened, holder=change.holder or OURSELVES
        )
        await self.publisher.publish([changed, *told])

    async def _open(self, message: ContactMessage) -> tuple[InteractionId, list[DomainEvent]]:
        """The interaction that an agent shall take up, and the event that tells of it, unless it was open already."""
        going_on = await self._list_going_on(message.contact, message.sender)
        about = going_on[0].about if going_on else message.about
        entry = Entry(
            message.at, message.event, by=Author.AI_AGENT.value, body=content_json.to_json(message.received.content)
        )
        if (known := message.heard.attached) and (place := message.heard.interaction) is not None:
            attachment = Attachment(Attached(known.partition(":")[0]), place, is_new=False)
        else:
            attachment = await self.interactions.attach(about, message.event, entry)
            await self.heard.record_attachment(message.event, f"{attachment.how}:{attachment.interaction}")
        is_first = attachment.how is Attached.OPENED
        what = DomainEventType.INTERACTION_OPENED if is_first else DomainEventType.INTERACTION_CONTINUED
        return attachment.interaction, [_event(message, about, what, attachment.interaction)]


def _name(change: ControlChanged) -> str:
    """The same whenever it is delivered: the provider gives it no id, and the webhook's time is another each time."""
    stated_ms = "" if change.stated_at is None else to_ms(change.stated_at)
    return f"control:{change.addresses[0]}:{change.holder}:{stated_ms}:{change.summary}"


def _event(
    of: ContactMessage, about: About, what: DomainEventType, interaction: InteractionId | None, **more: Value
) -> DomainEvent:
    data: dict[str, Value] = {
        "sender": of.sender,
        "contact_id": of.contact.contact,
        "campaign": about.campaign,
        "external_id": about.external_id,
        "external_contact_id": about.external_contact_id,
        "interaction": interaction,
        **more,
    }
    return DomainEvent(f"{of.event}:{what}", what, of.tenant, of.contact.contact, of.at, data)
