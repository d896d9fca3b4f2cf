"""Recognising: whose message it is, by all that the message tells of its author.

Owns which names are taken for the author's: those in the message, the name to which the answered message of ours went, and
the name under which the message came that it edits or takes back, since only its author can change it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.conversations.interactions.store import InteractionStore
from shared.ground.errors import NotFound
from shared.ground.ids import ContactId, SenderId, contact_of, event_id
from shared.inbound.journal.heard import HeardStore
from shared.people.aliases import Source
from shared.people.contacts.store import Identity, first_phone
from shared.people.merging import Merging
from shared.people.noting import Noting
from shared.providers.client import ProviderClient
from shared.providers.events import MessageReceived


@dataclass(frozen=True, slots=True)
class Recognising:
    """*Raises* everywhere: BackendUnavailable. Safe to repeat."""

    heard: HeardStore
    interactions: InteractionStore
    merging: Merging
    noting: Noting

    async def recognise(self, client: ProviderClient, received: MessageReceived) -> Identity:
        """client: of the sender that the contact wrote to."""
        tenant, sender = client.account.tenant, client.account.sender
        name = received.profile_name or ""
        contact = await self.merging.merge(tenant, received.addresses, name, Source.MESSAGE, sender)
        told = [
            one for one in await self._list_told(client, received) if self.merging.id_of(tenant, one) not in contact.ids
        ]
        if not told:
            return contact
        first = first_phone(received.addresses) or received.addresses[0]
        for address in told:  # one by one: each may be somebody else's
            await self.merging.link(tenant, first, [address], Source.CONTEXT, sender)
        return await self.merging.merge(tenant, received.addresses, name, Source.MESSAGE, sender)

    async def _list_told(self, client: ProviderClient, received: MessageReceived) -> Sequence[str]:
        """Addresses of the author that do not stand in the message."""
        sender, changes = client.account.sender, received.content.changes
        answered = await self.noting.find_recipient(sender, received.reply_to) if received.reply_to else None
        author = await self._find_author(client.dialect.name, sender, changes, received) if changes else None
        return [one for one in (answered, author) if one]

    async def _find_author(
        self, provider: str, sender: SenderId, changed: str, received: MessageReceived
    ) -> str | None:
        """The address from which the message came that is changed now; None if it is not known."""
        original = event_id(provider, sender, changed)
        place = (await self.heard.find(original, received.at)).interaction
        if place is None:
            return None
        try:
            thread = (await self.interactions.get(place)).thread
        except NotFound:
            return None  # its retention has passed
        written = next((one for one in thread if one.event == original and one.is_from_contact), None)
        if written is None:
            return None
        name = ContactId(written.by or contact_of(place))
        return (await self.merging.contacts.resolve(name)).addresses.get(name)
