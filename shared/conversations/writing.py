"""Writing: turns a caller's names into an order for one message: the sender, the contact, the interaction it belongs to.

Owns the choice of the interaction, and the time at which a closed window ended. `replying` judges whether the message may
be sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.conversations.browsing import Browsing
from shared.conversations.interactions.model import Interaction, InteractionState
from shared.conversations.outbox.model import MessageRecord
from shared.conversations.replying import Order, Replying, WindowClosed
from shared.ground.errors import InputError
from shared.ground.ids import InteractionId, TenantId
from shared.people.contacts.store import Identity
from shared.people.locales import Locales
from shared.people.resolving import Resolving
from shared.providers.messages import FreeMessage
from shared.templates.choosing import Choosing
from shared.templates.parameters import Parameters, by_name


@dataclass(frozen=True, slots=True)
class Wish:
    """A message as a caller asks for it. contact: a number, a user id or a contact id. by: the agent or the API key.

    interaction: of a reply; None for the contact's newest open one with this sender.
    once: the request's own id, None if it has none. Requests with the same id make one message.
    """

    tenant: TenantId
    sender: str
    contact: str
    by: str
    once: str | None = None
    interaction: str | None = None


@dataclass(frozen=True, slots=True)
class Writing:
    """window: from a contact's message to the end of the session."""

    browsing: Browsing
    replying: Replying
    choosing: Choosing
    resolving: Resolving
    locales: Locales
    window: timedelta

    async def reply(self, wish: Wish, body: FreeMessage) -> MessageRecord:
        """Queue a free-form message inside the contact's window. body: its `to` is ignored.

        *Raises*: as `Replying.reply`; BadContact; NotFound for the contact or the interaction; InputError for an
        interaction that is not with this contact and this sender.
        """
        sender = self.choosing.get_sender(wish.tenant, wish.sender)
        whom = await self.resolving.find(wish.tenant, wish.contact, self.locales.region(wish.tenant, sender))
        talks = await self.browsing.find_with_sender(whom.known, sender)
        interaction = await self._interaction(wish, whom.known, talks)
        order = Order(wish.tenant, sender, whom.known, wish.by, whom.address, interaction, wish.once)
        try:
            return await self.replying.reply(order, body)
        except WindowClosed as closed:
            ended_at = closed.closed_at or when_ended(talks, self.window, self.replying.now())
            raise WindowClosed(ended_at, closed.templates) from None

    async def template(self, wish: Wish, name: str, language: str, given: Parameters) -> MessageRecord:
        """Queue one template, under a campaign's rules of consent. It belongs to no interaction.

        *Effects*: stores the address that the caller used, so that the contact can be found by its id.
        *Raises*: as `Replying.template`; BadContact; NotFound for the contact.
        """
        sender = self.choosing.get_sender(wish.tenant, wish.sender)
        template = self.choosing.registry.get(sender, name, language)
        parameters = by_name(given, template.placeholders)
        whom = await self.resolving.reach(wish.tenant, wish.contact, self.locales.region(wish.tenant, sender))
        order = Order(wish.tenant, sender, whom.known, wish.by, whom.address, once=wish.once)
        record = await self.replying.template(order, name, language, parameters)
        await self.resolving.remember(wish.tenant, whom)
        return record

    async def _interaction(self, wish: Wish, contact: Identity, talks: Sequence[Interaction]) -> InteractionId | None:
        """talks: with this sender, the last updated first. *Raises*: NotFound; InputError for another contact or sender."""
        if wish.interaction is None:
            return next((talk.id for talk in talks if talk.state is not InteractionState.CLOSED), None)
        about = (found := await self.browsing.find(wish.tenant, wish.interaction)).about
        if about.contact not in contact.ids or about.sender != wish.sender:
            raise InputError("interaction-differs", "The interaction is with another contact, or with another sender.")
        return await self.browsing.interactions.follow(found.id)


def when_ended(talks: Sequence[Interaction], window: timedelta, now: datetime) -> datetime | None:
    """The end of the last window, from the threads of these interactions. None if no thread shows one, or if the provider
    closed the window before that end. Pure.
    """
    heard = [entry.at for talk in talks for entry in talk.thread if entry.is_from_contact]
    ended = max(heard) + window if heard else None
    return None if ended is None or ended > now else ended
