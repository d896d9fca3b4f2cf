"""Noting: to whom a message of ours went, and by which names its provider calls that person.

Owns what is remembered of an answer or a status about its recipient. Which names are believed: `merging`. A later message
that carries only one of the names, such as a STOP, then reaches all of them.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.ground.ids import ContactId, SenderId, TenantId
from shared.ground.values import value
from shared.people.aliases import Source
from shared.people.merging import Merging
from shared.people.recipients.store import RecipientStore, Sent
from shared.providers.client import ProviderClient

MAX_NOTED = 20_000  # notes that a process recognises as repeated, at about 300 B each: a message has three statuses


@value(frozen=True, slots=True)
class Note:
    """message: the provider's id, empty where it is not known. to: the address that we wrote to. names: the provider's."""

    tenant: TenantId
    sender: SenderId
    message: str
    to: str = field(repr=False)
    names: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Noting:
    merging: Merging
    recipients: RecipientStore
    clients: Mapping[SenderId, ProviderClient]
    _noted: OrderedDict[Note, None] = field(default_factory=OrderedDict)

    async def note(self, note: Note, source: Source, patience_s: float = 0.0) -> None:
        """*Raises*: BackendUnavailable. Safe to repeat; a repeat in one process asks no store.

        patience_s: seconds that it may wait for others, to share their round trip.
        """
        if note in self._noted:
            self._noted.move_to_end(note)
            return
        dialect = self.clients[note.sender].dialect
        if note.message and dialect.capabilities.names_answered:
            await self.recipients.note(Sent(note.sender, dialect.normalise_id(note.message), note.to), patience_s)
        others = [one for one in note.names if one != note.to]
        if any(self.merging.id_of(note.tenant, one) != self._own(note) for one in others):
            await self.merging.link(note.tenant, note.to, note.names, source, note.sender)
        self._noted[note] = None
        while len(self._noted) > MAX_NOTED:
            self._noted.popitem(last=False)

    def _own(self, note: Note) -> ContactId:
        return self.merging.id_of(note.tenant, note.to)

    async def find_recipient(self, sender: SenderId, message: str) -> str | None:
        """The address that this message of ours went to; None if it is not known. *Raises*: BackendUnavailable."""
        dialect = self.clients[sender].dialect
        if not dialect.capabilities.names_answered:
            return None
        return await self.recipients.find(sender, dialect.normalise_id(message))
