"""Browsing: reads one tenant's interactions and messages: one by its id, a filtered list, those with one contact.

Owns the tenant's boundary (another tenant's are not found) and the list's cursor. Reads only.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.conversations.interactions.model import Interaction, InteractionState
from shared.conversations.interactions.store import InteractionStore
from shared.conversations.outbox.model import MessageRecord
from shared.conversations.outbox.store import Outbox
from shared.conversations.windows import Window, window_of
from shared.ground.errors import InputError, NotFound
from shared.ground.ids import ContactId, InteractionId, MessageId, SenderId, TenantId
from shared.people.consent.store import ConsentStore
from shared.people.contacts.store import Identity
from shared.people.sessions.store import SessionStore

READ_TOGETHER = 200
MAX_LOOKED_AT = 5_000  # interactions per page: a filter that few pass gives a short page and its `following`

_INTERACTION = re.compile(r"i[a-z2-7]{32}")
_MESSAGE = re.compile(r"r[a-z2-7]{32}")


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions on a list, all of which must hold. None is no condition."""

    state: InteractionState | None = None
    campaign: str | None = None
    agent: str | None = None
    sender: str | None = None

    def takes(self, one: Interaction) -> bool:
        about = one.about
        return (
            self.state in {None, one.state}
            and self.campaign in {None, about.campaign}
            and self.agent in {None, one.agent}
            and self.sender in {None, about.sender}
        )


@dataclass(frozen=True, slots=True)
class InteractionPage:
    """Part of a list, newest first. following: the cursor of the next part, None at the end."""

    interactions: Sequence[Interaction]
    following: InteractionId | None


@dataclass(frozen=True, slots=True)
class Browsing:
    """margin: before a window's end, in which no reply is accepted any more."""

    interactions: InteractionStore
    outbox: Outbox
    sessions: SessionStore
    consent: ConsentStore
    margin: timedelta

    async def find(self, tenant: TenantId, name: str) -> Interaction:
        """One interaction with its thread. *Raises*: NotFound, also for another tenant's."""
        if _INTERACTION.fullmatch(name):
            found = await self.interactions.get(InteractionId(name))
            if found.about.tenant == tenant:
                return found
        raise NotFound("interaction-not-found", "There is no such interaction; it may have been kept long enough.")

    async def find_message(self, tenant: TenantId, name: str) -> MessageRecord:
        """One message of ours. *Raises*: NotFound, also for another tenant's."""
        if _MESSAGE.fullmatch(name):
            record = await self.outbox.get(MessageId(name))
            if record.message.tenant == tenant:
                return record
        raise NotFound("message-not-found", "There is no such message; it may have been kept long enough.")

    async def browse(self, tenant: TenantId, wanted: Filter, after: str | None, limit: int) -> InteractionPage:
        """Interactions that pass the filter, newest first, without threads. A filtered page may hold fewer than `limit`.

        *Raises*: InputError for a cursor that no list of this tenant gave.
        """
        taken: list[Interaction] = []
        looked_at, last = 0, None
        async for one in self._behind(tenant, await self._cursor(tenant, after)):
            if len(taken) == limit or looked_at == MAX_LOOKED_AT:
                return InteractionPage(taken, last)
            looked_at, last = looked_at + 1, one.id
            if wanted.takes(one):
                taken.append(one)
        return InteractionPage(taken, None)

    async def find_messages(self, interaction: Interaction) -> Mapping[MessageId, MessageRecord]:
        """The records of our messages in a thread, without those whose retention has passed."""
        ids = [entry.message for entry in interaction.thread if entry.message is not None]
        found = await asyncio.gather(*(self._record(one) for one in ids))
        return {one.message.id: one for one in found if one is not None}

    async def find_with_sender(self, contact: Identity, sender: SenderId) -> Sequence[Interaction]:
        """The contact's interactions with this sender, the newest of each scope, the last updated first."""
        ids = await self.interactions.of(*contact.ids)
        found = await asyncio.gather(*(self._kept(one) for one in ids))
        talks = [one for one in found if one is not None and one.about.sender == sender]
        return sorted(talks, key=lambda one: one.updated_at, reverse=True)

    async def find_window(self, contact: ContactId, sender: SenderId) -> Window:
        """The contact's window with this sender; a closed one is an answer too. Reading changes nothing."""
        session = await self.sessions.get(contact, sender)
        (records,) = await self.consent.of([contact])
        return window_of(session, records, self.margin)

    async def _behind(self, tenant: TenantId, cursor: InteractionId | None) -> AsyncIterator[Interaction]:
        """Yield the tenant's interactions behind the cursor, newest first, as they are read."""
        while True:
            page, cursor = await self.interactions.page(tenant, cursor, READ_TOGETHER)
            for one in page:
                yield one
            if cursor is None:
                return

    async def _cursor(self, tenant: TenantId, after: str | None) -> InteractionId | None:
        """*Raises*: InputError for an unknown cursor, because without one the list would begin at its start again."""
        if after is None:
            return None
        cursor = InteractionId(after)
        if not _INTERACTION.fullmatch(after) or not await self.interactions.is_listed(tenant, cursor):
            raise InputError("bad-cursor", "after is not a `next` of this list.")
        return cursor

    async def _kept(self, interaction: InteractionId) -> Interaction | None:
        try:
            return await self.interactions.get(interaction)
        except NotFound:
            return None  # its retention has passed

    async def _record(self, message: MessageId) -> MessageRecord | None:
        try:
            return await self.outbox.get(message)
        except NotFound:
            return None
