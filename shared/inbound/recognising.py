"""Recognising: whose message it is, by all that the message tells of its author.

Owns which names are taken for the author's: those in the message, the name to which the answered message of ours went, and
the names under which a message and its edits came, since only its author can change it or take it back. Of a message and
its edit whichever comes later finds the other's name.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.ground.ids import ContactId, event_id
from shared.inbound.journal.heard import Heard, HeardStore
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
    merging: Merging
    noting: Noting

    async def recognise(
        self, client: ProviderClient, received: MessageReceived, at: datetime, *, is_by_contact: bool = True
    ) -> tuple[Identity, Heard]:
        """Its author, and what was decided on it before. client: of the sender that the contact wrote to.

        at: when this delivery says that it was written.  is_by_contact: False if another wrote it, in the contact's thread.
        """
        tenant, sender = client.account.tenant, client.account.sender
        profile = received.profile_name or ""
        contact = await self.merging.merge(tenant, received.addresses, profile, Source.MESSAGE, sender)
        first = first_phone(received.addresses) or received.addresses[0]
        name = self.merging.id_of(tenant, first)
        event = event_id(client.dialect.name, sender, received.provider_message_id)
        heard = await self.heard.hear(event, at, name if is_by_contact else None)  # once the name has its address
        names = set(heard.edits.values())
        if is_by_contact and (changed := received.content.changes):
            names |= await self.heard.note_edit(event_id(client.dialect.name, sender, changed), event, name)
        told = await self._list_told(client, contact, received, names)
        if not told:
            return contact, heard
        for address in told:  # one by one: each may be somebody else's
            await self.merging.link(tenant, first, [address], Source.CONTEXT, sender)
        return await self.merging.merge(tenant, received.addresses, profile, Source.MESSAGE, sender), heard

    async def _list_told(
        self, client: ProviderClient, contact: Identity, received: MessageReceived, names: Iterable[ContactId]
    ) -> Sequence[str]:
        """Addresses of the author that do not stand in the message. names: under which it edited this message, or wrote
        the one that this message edits.
        """
        tenant, sender = client.account.tenant, client.account.sender
        answered = await self.noting.find_recipient(sender, received.reply_to) if received.reply_to else None
        others = [await self._find_address(one) for one in sorted(names) if one not in contact.ids]
        return [one for one in (answered, *others) if one and self.merging.id_of(tenant, one) not in contact.ids]

    async def _find_address(self, name: ContactId) -> str | None:
        return (await self.merging.contacts.resolve(name)).addresses.get(name)
