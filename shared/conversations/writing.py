"""Writing: what somebody wants said to one person becomes an order: from whose sender, to whom, in which conversation.

Owns that choice, and what is told of a window that has closed. Whether it may be said at all is judged by `replying`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.conversations.browsing import Browsing
from shared.conversations.interactions.model import Interaction, InteractionState
from shared.conversations.outbox.model import MessageRecord
from shared.conversations.replying import Order, Replying, WindowClosed
from shared.ground.errors import InputError
from shared.ground.ids import InteractionId, SenderId, TenantId
from shared.people.contacts.store import Known
from shared.people.locales import Locales
from shared.people.recognising import Recognising
from shared.providers.messages import FreeMessage
from shared.senders.owners import own_sender
from shared.templates.parameters import Parameters, by_name


@dataclass(frozen=True, slots=True)
class Wish:
    """A caller's request to write to a contact. contact: any of its names. by: the agent or the key.

    interaction: the conversation that a reply belongs to; None for the contact's newest open one with this sender.
    once: the request's own name, where it has one: however often it is made, it is one message.
    """

    tenant: TenantId
    sender: str
    contact: str
    by: str
    once: str | None = None
    interaction: str | None = None


@dataclass(frozen=True, slots=True)
class Writing:
    """window: how long a contact's message opens it."""

    browsing: Browsing
    replying: Replying
    recognising: Recognising
    locales: Locales
    window: timedelta

    async def reply(self, wish: Wish, body: FreeMessage) -> MessageRecord:
        """Free form, in the contact's open window. body: its `to` is not looked at.

        *Raises*: as `Replying.reply`; BadContact; NotFound for the contact or the interaction; InputError for an
        interaction that is not with this contact and this sender.
        """
        sender = self._sender(wish)
        whom = await self.recognising.find(wish.tenant, wish.contact, self.locales.region(wish.tenant, sender))
        talks = await self.browsing.find_with_sender(whom.known, sender)
        interaction = await self._interaction(wish, whom.known, talks)
        order = Order(wish.tenant, sender, whom.known, wish.by, whom.address, interaction, wish.once)
        try:
            return await self.replying.reply(order, body)
        except WindowClosed as closed:
            ended_at = closed.closed_at or when_ended(talks, self.window, self.replying.now())
            raise WindowClosed(ended_at, closed.templates) from None

    async def template(self, wish: Wish, name: str, language: str, given: Parameters) -> MessageRecord:
        """One template, by a campaign's rules of consent; it belongs to no conversation.

        *Effects*: the contact's address is remembered, so that it can be asked for by its id.
        *Raises*: as `Replying.template`; BadContact; NotFound for the contact.
        """
        sender = self._sender(wish)
        template = self.replying.templates.get(sender, name, language)
        parameters = by_name(given, template.placeholders)
        whom = await self.recognising.reach(wish.tenant, wish.contact, self.locales.region(wish.tenant, sender))
        order = Order(wish.tenant, sender, whom.known, wish.by, whom.address, once=wish.once)
        record = await self.replying.template(order, template.name, template.language, parameters)
        await self.recognising.remember(wish.tenant, whom)
        return record

    def _sender(self, wish: Wish) -> SenderId:
        return own_sender(self.replying.senders, wish.tenant, wish.sender)

    async def _interaction(self, wish: Wish, contact: Known, talks: Sequence[Interaction]) -> InteractionId | None:
        """talks: with this sender, the last one first. *Raises*: NotFound; InputError for another contact's or sender's."""
        if wish.interaction is None:
            return next((talk.id for talk in talks if talk.state is not InteractionState.CLOSED), None)
        about = (found := await self.browsing.find(wish.tenant, wish.interaction)).about
        if about.contact not in contact.ids or about.sender != wish.sender:
            raise InputError("interaction-differs", "The interaction is with another contact, or with another sender.")
        return found.id


def when_ended(talks: Sequence[Interaction], window: timedelta, now: datetime) -> datetime | None:
    """When the last window ended, as its conversations remember; None where its provider had closed it before. Pure."""
    heard = [entry.at for talk in talks for entry in talk.thread if entry.event is not None]
    ended = max(heard) + window if heard else None
    return None if ended is None or ended > now else ended
