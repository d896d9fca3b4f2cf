"""Hearing: a contact wrote. Its window opens, its word is heeded, its answer is counted and becomes somebody's work.

Owns the order: the window first, since the contact waits; consent before anything that looks at it; the dialer last,
when everything that it may ask for is there. What an event means is decided once, and every step is idempotent by its
id, so that it may be told again, early or late, by several consumers at once.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.campaigns.model import Campaign
from shared.conversations import saying
from shared.conversations.interactions.model import About, Entry
from shared.conversations.interactions.store import Attached, Attachment, InteractionStore
from shared.conversations.replying import Order, Replying
from shared.ground import telemetry
from shared.ground.clock import Now
from shared.ground.domain_events import DomainEvent, DomainEventType, EventPublisher, Value
from shared.ground.ids import (
    BY_ORIEL,
    CampaignId,
    EventId,
    InteractionId,
    Reference,
    SenderId,
    TenantId,
    event_id,
    read_reference,
)
from shared.inbound.attributing import Attributing, Attribution, Evidence
from shared.inbound.journal.heard import NOTHING, Heard, HeardStore, Telling
from shared.ledger.model import Answer
from shared.ledger.store import Ledger
from shared.people.consent import words
from shared.people.consent.model import EVERYTHING, ConsentKind, why_not
from shared.people.consent.store import ConsentStore
from shared.people.consent.words import Said
from shared.people.consenting import Consenting, OptIn, Refusal
from shared.people.contacts.store import Known
from shared.people.identifying import Identifying
from shared.people.sessions.model import Received
from shared.people.sessions.store import SessionStore
from shared.providers.client import ProviderClient
from shared.providers.events import ContentKind, Keyword, MessageReceived, PreferenceReported

MUTE = frozenset({ContentKind.REACTION})  # they open the window and are no answers
CHOSEN = frozenset({ContentKind.BUTTON, ContentKind.CHOICE})
SOURCES = {ContentKind.BUTTON: "button", ContentKind.CHOICE: "button"}
BY_KEYWORD = {Keyword.STOP: Said.NO, Keyword.START: Said.BACK}


Confirmations = Mapping[str, str]
"""What an opt-out is answered with, by the language of its word; `other` for the rest. An empty text is silence."""
OTHER_LANGUAGES = "other"


@dataclass(frozen=True, slots=True)
class _Heard:
    """One message of one contact, and what it answers."""

    event: EventId
    tenant: TenantId
    sender: SenderId
    contact: Known
    message: MessageReceived
    at: datetime
    answered: Attribution | None

    @property
    def about(self) -> About:
        found = self.answered
        campaign = None if found is None else found.campaign
        return About(
            self.tenant,
            self.sender,
            self.contact.contact,
            None if campaign is None else campaign.id,
            None if campaign is None else campaign.external_id,
            None if found is None else found.row.external_contact_id,
        )


@dataclass(frozen=True, slots=True)
class Hearing:
    heard: HeardStore
    identifying: Identifying
    sessions: SessionStore
    consent: ConsentStore
    consenting: Consenting
    attributing: Attributing
    ledger: Ledger
    interactions: InteractionStore
    replying: Replying
    publisher: EventPublisher
    clients: Mapping[SenderId, ProviderClient]
    confirmations: Mapping[TenantId, Confirmations]
    secret: bytes
    now: Now

    async def hear(self, provider: str, sender: SenderId, message: MessageReceived) -> None:
        """*Raises*: BackendUnavailable; then some of it is done, and all of it may be asked again."""
        tenant = self.clients[sender].account.tenant
        contact = await self.identifying.known(tenant, message.addresses, message.profile_name or "")
        event = event_id(provider, sender, message.provider_message_id)
        known = await self.heard.hear(event, min(message.at, self.now()))
        said = saying.to_json(message.content)
        await self.sessions.receive(
            contact.contact, sender, Received(event, known.at, message.addresses[0], said, message.thread)
        )
        telemetry.INBOUND.labels(provider, message.content.kind.value, known.telling.value).inc()
        if message.content.kind in MUTE:
            await self.identifying.follow(tenant, contact)
            return
        answered = await self._answered(sender, contact, message, event, known)
        heard = _Heard(event, tenant, sender, contact, message, known.at, answered)
        consented = await self._heed(heard)
        attachment = await self._attach(heard, known, said)
        await self._count(heard, is_refusal=consented is Said.NO)
        await self.identifying.follow(tenant, contact)
        await self.publisher.publish(self._told(heard, attachment, consented))

    async def prefer(self, sender: SenderId, preference: PreferenceReported) -> None:
        """The contact said it to WhatsApp itself."""
        tenant = self.clients[sender].account.tenant
        contact = await self.identifying.known(tenant, preference.addresses)
        at = min(preference.at, self.now())
        if preference.wanted:
            opt_in = OptIn(contact.contact, "whatsapp", preference.scope, at)
            await self.consenting.come_back(tenant, contact, opt_in)
        else:
            await self.consenting.refuse(tenant, contact, Refusal("whatsapp", at, preference.scope))
        await self.identifying.follow(tenant, contact)

    async def _answered(
        self, sender: SenderId, contact: Known, message: MessageReceived, event: EventId, known: Heard
    ) -> Attribution | None:
        """Found once; told again, an event answers what it answered before, whoever has written to the contact since."""
        reference = read_reference(self.secret, message.reference) if message.reference else None
        named = reference if isinstance(reference, Reference) else None
        evidence, same = Evidence(known.at, message.reply_to, named), self.clients[sender].dialect.is_same_message
        found, campaign = None, known.campaign
        if not campaign:
            found = await self.attributing.attribute(sender, contact, evidence, same)
            campaign = await self.heard.answers(event, NOTHING if found is None else found.campaign.id)
        if campaign == NOTHING:
            return None
        if found is not None and found.campaign.id == campaign:
            return found
        return await self.attributing.recall(CampaignId(campaign), contact, evidence, same)

    async def _attach(self, heard: _Heard, known: Heard, said: str) -> Attachment:
        """An interaction may stand under a name that the contact had before: what is attached stays where it is."""
        entry = Entry(heard.at, heard.event, body=said)
        if known.attached:
            how, _, interaction = known.attached.partition(":")
            attachment = Attachment(Attached(how), InteractionId(interaction), is_new=False)
        else:
            attachment = await self.interactions.attach(heard.about, heard.event, entry)
            await self.heard.attached(heard.event, f"{attachment.how}:{attachment.interaction}")
        if known.telling is Telling.EARLIER and not attachment.is_new:
            await self.interactions.tell_earlier(attachment.interaction, heard.event, entry)
        return attachment

    # ── consent ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _heed(self, heard: _Heard) -> Said | None:
        """What the message says about consent, once it holds."""
        said = _said(heard.message, heard.answered.campaign if heard.answered is not None else None)
        source = SOURCES.get(heard.message.content.kind, "keyword")
        if said is Said.NO:
            await self.consenting.refuse(
                heard.tenant, heard.contact, Refusal(source, heard.at, EVERYTHING, heard.event)
            )
            if heard.message.handled is None:
                await self._confirm(heard)
        elif said is Said.BACK:
            opt_in = OptIn(heard.contact.contact, source, EVERYTHING, heard.at, heard.event)
            await self.consenting.come_back(heard.tenant, heard.contact, opt_in)
        return said

    async def _confirm(self, heard: _Heard) -> None:
        """Once, inside the window, and not to somebody who has come back since."""
        (records,) = await self.consent.of([heard.contact.contact])
        texts = self.confirmations.get(heard.tenant, {})
        language = words.language_of(heard.message.content.text) or OTHER_LANGUAGES
        text = texts.get(language, texts.get(OTHER_LANGUAGES, ""))
        if text and why_not(records, EVERYTHING, require_opt_in=False) is not None:
            order = Order(heard.tenant, heard.sender, heard.contact, BY_ORIEL, heard.message.addresses[0])
            agreed = records.get(f"{ConsentKind.OPT_IN}:{EVERYTHING}")
            await self.replying.confirm(order, agreed.at if agreed is not None else None, text)

    # ── the campaign and the dialer ─────────────────────────────────────────────────────────────────────────────────

    async def _count(self, heard: _Heard, *, is_refusal: bool) -> None:
        found = heard.answered
        if found is None:
            return
        label = _label(heard.message, found.campaign) if found.to_the_question else ""
        line = saying.line_of(heard.message.content)
        answer = Answer(found.job.ordinal, heard.event, heard.at, line, label, is_refusal)
        await self.ledger.record_answer(found.campaign.id, answer)

    def _told(self, heard: _Heard, attachment: Attachment, consented: Said | None) -> list[DomainEvent]:
        about = heard.about
        keys: dict[str, Value] = {
            "sender": heard.sender,
            "contact_id": heard.contact.contact,
            "campaign": about.campaign,
            "external_id": about.external_id,
            "external_contact_id": about.external_contact_id,
            "interaction": attachment.interaction,
        }

        def event(what: DomainEventType, **more: Value) -> DomainEvent:
            contact = heard.contact.contact
            return DomainEvent(f"{heard.event}:{what}", what, heard.tenant, contact, heard.at, {**keys, **more})

        message: Mapping[str, object] = json.loads(saying.to_json(heard.message.content))
        told = [event(DomainEventType.MESSAGE_RECEIVED, message=message)]
        is_first = attachment.how is Attached.OPENED
        told.append(event(DomainEventType.INTERACTION_OPENED if is_first else DomainEventType.INTERACTION_CONTINUED))
        if consented is Said.NO:
            told.append(event(DomainEventType.CONTACT_OPTED_OUT, scope=EVERYTHING))
        elif consented is Said.BACK:
            told.append(event(DomainEventType.CONTACT_OPTED_IN, scope=EVERYTHING))
        return told


def _said(message: MessageReceived, campaign: Campaign | None) -> Said | None:
    """A button always counts, a text only when the whole of it is a word, and the provider's own verdict before both."""
    if message.handled in BY_KEYWORD:
        return BY_KEYWORD[message.handled]
    content = message.content
    if content.kind in CHOSEN and words.is_refusal_button(content.text, content.payload):
        return Said.NO
    if content.kind not in {ContentKind.TEXT, *CHOSEN}:
        return None
    if campaign is None:
        return words.said(content.text)
    rules = campaign.rules
    declared = (one for said in rules.answers.values() for one in said)
    return words.said(content.text, words.counted(rules.opt_out_words, declared))


def _label(message: MessageReceived, campaign: Campaign) -> str:
    """What the answer counts as: a button's or choice's title, or the label of a declared word; '' for nothing."""
    content = message.content
    if content.kind in CHOSEN:
        return content.text or content.payload or ""
    if content.kind is not ContentKind.TEXT:
        return ""
    word = words.normalised(content.text)
    labels = [
        label for label, said in campaign.rules.answers.items() if word in {words.normalised(one) for one in said}
    ]
    return labels[0] if labels else ""
