"""Attaching: a contact's message joins an interaction, and counts as an answer in the campaign that it answers.

Owns what an answer counts as. Which campaign that is: `attributing`; who takes the interaction: `conversations.assigning`.
"""

from dataclasses import dataclass

from shared.campaigns.model import Campaign
from shared.conversations import content_json
from shared.conversations.interactions.model import Entry
from shared.conversations.interactions.store import Attached, Attachment, InteractionStore
from shared.conversations.uniting import Uniting
from shared.ground.errors import NotFound
from shared.ground.ids import EventId, InteractionId
from shared.inbound.contact_message import CHOSEN, ContactMessage, words_of
from shared.inbound.journal.heard import Heard, HeardStore, Telling
from shared.ledger.model import Answer
from shared.ledger.store import Ledger
from shared.people.consent import opt_out_words as words
from shared.providers.events import MessageReceived


@dataclass(frozen=True, slots=True)
class Attaching:
    """*Raises* everywhere: BackendUnavailable. Safe to repeat."""

    heard: HeardStore
    interactions: InteractionStore
    ledger: Ledger
    uniting: Uniting

    async def attach(self, message: ContactMessage) -> Attachment:
        """An interaction may stand under a name that the contact had before: what is attached stays where it is."""
        entry = Entry(message.at, message.event, by=message.name, body=content_json.to_json(message.received.content))
        if message.heard.attached:
            how, _, interaction = message.heard.attached.partition(":")
            attachment = Attachment(Attached(how), InteractionId(interaction), is_new=False)
        else:
            attachment = await self.interactions.attach(
                message.about, message.event, entry, message.where, in_standby=message.received.in_standby
            )
            if attachment.how is not Attached.APPENDED:
                await self.uniting.unite(message.contact)  # another consumer may have opened one under another name
            await self.heard.record_attachment(message.event, f"{attachment.how}:{attachment.interaction}")
        if message.heard.telling is Telling.EARLIER and not attachment.is_new:
            await self.interactions.tell_earlier(attachment.interaction, message.event, entry)
        return attachment

    async def find_entry(self, event: EventId, heard: Heard) -> Entry | None:
        """A contact's message in the thread that it has joined; None if it is in none. heard: what was decided on it."""
        if heard.interaction is None:
            return None
        try:
            thread = (await self.interactions.get(heard.interaction)).thread
        except NotFound:
            return None  # its retention has passed
        return next((one for one in thread if one.event == event and one.is_from_contact), None)

    async def count(self, message: ContactMessage, *, is_refusal: bool) -> None:
        found = message.answered
        if found is None:
            return
        label = _label(message.received, found.campaign) if found.to_the_question else ""
        line = content_json.line_of(message.received.content)
        answer = Answer(found.job.ordinal, message.event, message.at, line, label, is_refusal)
        await self.ledger.record_answer(found.campaign.id, answer)


def _label(message: MessageReceived, campaign: Campaign) -> str:
    """What the answer counts as: a button's or choice's title, or the label of a declared word; '' for nothing."""
    content = message.content
    if content.kind in CHOSEN:
        return content.text or content.payload or ""
    word = words.normalised(words_of(content))
    if not word:
        return ""
    labels = [
        label for label, said in campaign.rules.answers.items() if word in {words.normalised(one) for one in said}
    ]
    return labels[0] if labels else ""
