"""Heeding: what contacts say about consent holds. A no is recorded and confirmed once; who comes back is written to again.

Owns which words and buttons mean it, and when a no is confirmed. Which of two contrary words holds: `people.consenting`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from shared.campaigns.model import Campaign
from shared.conversations.replying import Order, Replying
from shared.ground.clock import Now
from shared.ground.ids import BY_ORIEL, SenderId, TenantId
from shared.inbound.contact_message import CHOSEN, ContactMessage, words_of
from shared.people.aliases import Source
from shared.people.consent import opt_out_words as words
from shared.people.consent.model import EVERYTHING, ConsentKind, has_refused
from shared.people.consent.opt_out_words import Said
from shared.people.consent.store import ConsentStore
from shared.people.consenting import Consenting, OptIn, Refusal
from shared.people.merging import Merging
from shared.providers.events import Content, ContentKind, Keyword, MessageReceived, PreferenceReported

SOURCES = {ContentKind.BUTTON: "button", ContentKind.CHOICE: "button"}
BY_KEYWORD = {Keyword.STOP: Said.NO, Keyword.START: Said.BACK}

Confirmations = Mapping[str, str]
"""What an opt-out is answered with, by the language of its word; `other` for the rest. An empty text is silence."""
OTHER_LANGUAGES = "other"


@dataclass(frozen=True, slots=True)
class Heeding:
    """own_words: the words and sentences that refuse for a tenant, beside ours. *Raises* everywhere: BackendUnavailable.
    Safe to repeat.
    """

    merging: Merging
    consent: ConsentStore
    consenting: Consenting
    replying: Replying
    confirmations: Mapping[TenantId, Confirmations]
    now: Now
    own_words: Mapping[TenantId, Collection[str]] = field(default_factory=dict)

    async def heed(self, message: ContactMessage) -> Said | None:
        """What the message says about consent, once it holds."""
        campaign = message.answered.campaign if message.answered is not None else None
        said = _said(message.received, campaign, self.own_words.get(message.tenant, ()))
        source = SOURCES.get(message.received.content.kind, "keyword")
        if said is Said.NO:
            await self.consenting.refuse(
                message.tenant, message.contact, Refusal(source, message.at, EVERYTHING, message.event)
            )
            if message.received.handled is None:
                await self._confirm(message)
        elif said is Said.BACK:
            opt_in = OptIn(message.contact.contact, source, EVERYTHING, message.at, message.event)
            await self.consenting.come_back(message.tenant, message.contact, opt_in)
        return said

    async def _confirm(self, message: ContactMessage) -> None:
        """Once, inside the window, and not to somebody who has come back since."""
        (records,) = await self.consent.of([message.contact.contact])
        texts = self.confirmations.get(message.tenant, {})
        language = words.language_of(_text_of(message.received.content)) or OTHER_LANGUAGES
        text = texts.get(language, texts.get(OTHER_LANGUAGES, ""))
        if text and has_refused(records, EVERYTHING):
            order = Order(message.tenant, message.sender, message.contact, BY_ORIEL, message.received.addresses[0])
            agreed = records.get(f"{ConsentKind.OPT_IN}:{EVERYTHING}")
            await self.replying.confirm(order, agreed.at if agreed is not None else None, text)

    async def heed_preference(self, tenant: TenantId, sender: SenderId, preference: PreferenceReported) -> None:
        """The contact said it to WhatsApp itself."""
        contact = await self.merging.merge(tenant, preference.addresses, "", Source.PREFERENCE, sender)
        at = min(preference.at, self.now())
        if preference.wanted:
            opt_in = OptIn(contact.contact, "whatsapp", preference.scope, at)
            await self.consenting.come_back(tenant, contact, opt_in)
        else:
            await self.consenting.refuse(tenant, contact, Refusal("whatsapp", at, preference.scope))
        await self.merging.follow(tenant, contact)


def _said(message: MessageReceived, campaign: Campaign | None, own: Collection[str]) -> Said | None:
    """A button always counts, a text, a caption or a text beside something else when the whole of it is a word or a
    sentence that refuses, and the provider's own verdict before both.
    """
    if message.handled in BY_KEYWORD:
        return BY_KEYWORD[message.handled]
    content = message.content
    if content.kind in CHOSEN and words.is_refusal_button(content.text, content.payload):
        return Said.NO
    text = _text_of(content)
    if campaign is None:
        return words.said(text, own=own)
    rules = campaign.rules
    declared = (one for said in rules.answers.values() for one in said)
    return words.said(text, words.counted(rules.opt_out_words, declared), own)


def _text_of(content: Content) -> str:
    """What is judged: a title that was chosen, or the contact's own words."""
    return content.text if content.kind in CHOSEN else words_of(content)
