"""Parting: two contacts that were taken for one person are separated by a person, and their conversations with them.

Owns that each message goes with the name under which it was written, and that the dialer is told. What happens to consents
and windows: `people.separating`. A message that came before names were kept with it stays where it is.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from structlog.stdlib import BoundLogger, get_logger

from shared.conversations.interactions.model import Interaction
from shared.conversations.interactions.store import InteractionStore
from shared.ground.clock import Now, to_ms
from shared.ground.domain_events import DomainEvent, DomainEventType, EventPublisher
from shared.ground.errors import BackendUnavailable, Conflict, NotFound
from shared.ground.ids import ContactId, InteractionId, TenantId, contact_of
from shared.people.contacts.store import Identity
from shared.people.separating import Separated, Separating

log: BoundLogger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Parting:
    separating: Separating
    interactions: InteractionStore
    publisher: EventPublisher
    now: Now

    async def separate(self, tenant: TenantId, contact: Identity, names: Collection[ContactId], by: str) -> Separated:
        """As `Separating.separate`, conversations included. *Raises*: as it."""
        done = await self.separating.separate(tenant, contact, names, by)
        for talk in await self.interactions.newest_of(contact.ids):
            is_theirs = contact_of(talk.id) in done.parted.ids
            await self._move(talk, done.stays if is_theirs else done.parted)
        await self._tell(tenant, done)
        return done

    async def _move(self, talk: Interaction, whose: Identity) -> None:
        """The other contact's messages leave this thread for an interaction of its own, with the same agent."""
        try:
            whole = await self.interactions.get(talk.id)
        except NotFound:
            return  # its retention has passed
        theirs = [entry for entry in whole.thread if entry.event is not None and entry.by in whose.ids]
        if not theirs:
            return
        about = replace(talk.about, contact=whose.contact)
        attached = [
            await self.interactions.attach(about, entry.event, entry) for entry in theirs if entry.event is not None
        ]
        if talk.agent is not None and not talk.is_closed:
            for one in {attachment.interaction for attachment in attached}:
                await self._assign(talk.agent, one)
        await self.interactions.drop(talk.id, theirs, self.now())

    async def _assign(self, agent: str, interaction: InteractionId) -> None:
        try:
            await self.interactions.assign(interaction, agent, self.now())
        except (Conflict, NotFound):
            return  # somebody else has it

    async def _tell(self, tenant: TenantId, done: Separated) -> None:
        at = self.now()
        event = DomainEvent(
            f"{done.stays.contact}:{done.parted.contact}:{DomainEventType.CONTACT_SEPARATED}:{to_ms(at)}",
            DomainEventType.CONTACT_SEPARATED,
            tenant,
            done.stays.contact,
            at,
            {
                "contact_id": done.stays.contact,
                "other_ids": {"stay": list(done.stays.ids[1:]), "part": list(done.parted.ids)},
                "separated_contact_id": done.parted.contact,
                "by": done.by,
            },
        )
        try:
            await self.publisher.publish([event])
        except BackendUnavailable as error:
            log.warning("separation_not_told", contact=done.stays.contact, error=str(error))
