"""A contact's message as the steps of hearing pass it on: who wrote to which sender, and what it answers."""

from dataclasses import dataclass
from datetime import datetime

from shared.conversations.interactions.model import About
from shared.conversations.interactions.store import OWN_SCOPE, Where
from shared.ground.ids import ContactId, EventId, SenderId, TenantId
from shared.inbound.attributing import Attribution
from shared.inbound.journal.heard import Heard
from shared.people.contacts.store import Identity
from shared.providers.events import Content, ContentKind, MessageReceived

CHOSEN = frozenset({ContentKind.BUTTON, ContentKind.CHOICE})  # pressed, not written


def words_of(content: Content) -> str:
    """What the contact put into words: a text, a caption, a text beside a file, a place or an order. '' if nothing. The
    whole of it may be a word that counts.

    No words of the contact: the lines of contact cards, a place's name and address, a form that was filled in, a button's
    or choice's title, an emoji, and whatever a provider or an ad says.
    """
    text, place, order = content.text, content.location, content.order
    match content.kind:
        case ContentKind.TEXT | ContentKind.IMAGE | ContentKind.VIDEO | ContentKind.AUDIO | ContentKind.DOCUMENT:
            return text
        case ContentKind.STICKER:
            return text
        case ContentKind.LOCATION:
            return "" if place is not None and text.strip() in {place.name.strip(), place.address.strip()} else text
        case ContentKind.CONTACTS:
            return text if content.media else ""  # beside a card that is a file; else the text is the card
        case ContentKind.ORDER:
            return text if order is None else order.note
        case ContentKind.UNKNOWN:
            return text if content.payload is None else ""  # a form has its fields as payload
        case _:
            return ""


@dataclass(frozen=True, slots=True)
class ContactMessage:
    """heard: the facts of its event that were decided when it came first. answered: None for the sender itself.

    name: the contact id of the address that it came from, which may be an alias.
    """

    event: EventId
    tenant: TenantId
    sender: SenderId
    contact: Identity
    received: MessageReceived
    heard: Heard
    answered: Attribution | None
    name: ContactId

    @property
    def where(self) -> Where:
        """Where it belongs, of a contact with several names."""
        if len(self.contact.ids) == 1:
            return OWN_SCOPE
        return Where(self.contact.ids, None if self.answered is None else self.answered.job.times.get("accepted"))

    @property
    def at(self) -> datetime:
        return self.heard.at

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
