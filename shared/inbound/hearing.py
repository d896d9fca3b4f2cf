"""Hearing: a contact wrote. Its window opens, its word is heeded, its answer is counted and becomes somebody's work.

Owns the order: the window first, since the contact waits; consent before anything that looks at it; the dialer last,
when everything that it may ask for is there. An event is judged once, and every step is idempotent by its id, so that
several consumers may repeat it, early or late.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from shared.conversations import content_json
from shared.conversations.interactions.store import Attached, Attachment
from shared.ground import telemetry
from shared.ground.clock import Now
from shared.ground.domain_events import DomainEvent, DomainEventType, EventPublisher, Value
from shared.ground.ids import EventId, SenderId, event_id
from shared.inbound.attaching import Attaching
from shared.inbound.attributing import Attributing
from shared.inbound.contact_message import ContactMessage
from shared.inbound.heeding import Heeding
from shared.inbound.journal.heard import NOTHING, Heard, HeardStore
from shared.inbound.recognising import Recognising
from shared.people.consent.model import EVERYTHING
from shared.people.consent.opt_out_words import Said
from shared.people.merging import Merging
from shared.people.sessions.model import Received
from shared.people.sessions.store import SessionStore
from shared.providers.client import ProviderClient
from shared.providers.events import ContentKind, MessageReceived

MUTE = frozenset({ContentKind.REACTION})  # they open the window and are no answers


@dataclass(frozen=True, slots=True)
class Hearing:
    heard: HeardStore
    sessions: SessionStore
    merging: Merging
    recognising: Recognising
    attributing: Attributing
    heeding: Heeding
    attaching: Attaching
    publisher: EventPublisher
    now: Now

    async def hear(self, client: ProviderClient, received: MessageReceived) -> None:
        """client: of the sender that the contact wrote to.

        *Raises*: BackendUnavailable; then some of it is done, and all of it may be asked again.
        """
        provider, tenant, sender = client.dialect.name, client.account.tenant, client.account.sender
        contact, heard = await self.recognising.recognise(client, received, min(received.at, self.now()))
        event = event_id(provider, sender, received.provider_message_id)
        received = name_by_events(provider, sender, received)
        heard = await self._follow_original(event, heard, received)
        body = content_json.to_json(received.content)
        address, in_standby = received.addresses[0], received.in_standby
        await self.sessions.receive(
            contact.contact, sender, Received(event, heard.at, address, body, received.thread, in_standby)
        )
        telemetry.INBOUND.labels(provider, received.content.kind.value, heard.telling.value).inc()
        if received.content.kind in MUTE:
            await self.merging.follow(tenant, contact)
            return
        answered = await self.attributing.attribute(client, contact, received, event, heard)
        name = self.merging.id_of(tenant, received.addresses[0])
        message = ContactMessage(event, tenant, sender, contact, received, heard, answered, name)
        consented = await self.heeding.heed(message)
        attachment = await self.attaching.attach(message)
        await self.attaching.count(message, is_refusal=consented is Said.NO)
        await self._count_edits(message)
        await self.merging.follow(tenant, contact)
        await self.publisher.publish(events_of(message, attachment, consented))

    async def _follow_original(self, event: EventId, heard: Heard, received: MessageReceived) -> Heard:
        """An edit that names no message of ours answers what its original answered."""
        original = received.content.changes
        if original is None or heard.campaign or received.reply_to is not None:
            return heard
        campaign = (await self.heard.find(EventId(original), heard.at)).campaign
        if not campaign:
            return heard
        return replace(heard, campaign=await self.heard.record_campaign(event, campaign))

    async def _count_edits(self, message: ContactMessage) -> None:
        """An edit that overtook this message, under a name that nobody knew to be the same person's, was no answer. It
        answers what this message answers, and counts after it.
        """
        for edit in message.heard.edits:
            known = await self.heard.find(edit, message.at)
            entry = await self.attaching.find_entry(edit, known) if known.campaign == NOTHING else None
            if message.answered is None or entry is None:
                continue
            received = replace(message.received, content=content_json.from_json(entry.body), handled=None)
            edited = replace(message, event=edit, received=received, heard=replace(known, at=entry.at))
            said = await self.heeding.heed(edited)
            await self.attaching.count(edited, is_refusal=said is Said.NO)


def name_by_events(provider: str, sender: SenderId, received: MessageReceived) -> MessageReceived:
    """The same; the message that it changes is named by its event, as threads name it."""
    changes = received.content.changes
    if changes is None:
        return received
    return replace(received, content=replace(received.content, changes=event_id(provider, sender, changes)))


def keys_of(message: ContactMessage, attachment: Attachment) -> dict[str, Value]:
    """The dialer's own keys, and ours, of every event about a contact's message."""
    about = message.about
    return {
        "sender": message.sender,
        "contact_id": message.contact.contact,
        "campaign": about.campaign,
        "external_id": about.external_id,
        "external_contact_id": about.external_contact_id,
        "interaction": attachment.interaction,
    }


def events_of(message: ContactMessage, attachment: Attachment, consented: Said | None) -> list[DomainEvent]:
    """What the dialer is told, each under an id of its own."""
    keys = keys_of(message, attachment)

    def event(what: DomainEventType, **more: Value) -> DomainEvent:
        contact = message.contact.contact
        return DomainEvent(f"{message.event}:{what}", what, message.tenant, contact, message.at, {**keys, **more})

    content: Mapping[str, object] = json.loads(content_json.to_json(message.received.content))
    standby: dict[str, Value] = {"standby": True} if message.received.in_standby else {}
    told = [event(DomainEventType.MESSAGE_RECEIVED, message=content, **standby)]
    if attachment.how is not Attached.OBSERVED:
        is_first = attachment.how is Attached.OPENED
        told.append(event(DomainEventType.INTERACTION_OPENED if is_first else DomainEventType.INTERACTION_CONTINUED))
    if consented is Said.NO:
        told.append(event(DomainEventType.CONTACT_OPTED_OUT, scope=EVERYTHING))
    elif consented is Said.BACK:
        told.append(event(DomainEventType.CONTACT_OPTED_IN, scope=EVERYTHING))
    return told
