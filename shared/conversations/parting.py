"""Parting: two contacts that were taken for one person are separated by a person, and their conversations with them.

Owns that each message goes with the name under which it was written, and that the dialer is told. What happens to consents
and windows: `people.separating`. A message that came before names were kept with it stays where it is.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from structlog.stdlib import BoundLogger, get_logger

from shared.conversations.interactions.model import About, Entry, Interaction, InteractionState
from shared.conversations.interactions.store import Attached, InteractionStore, rank
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
        talks = await self.interactions.newest_of([*done.stays.ids, *done.parted.ids])
        for talk in talks:
            whose = done.stays if contact_of(talk.id) in done.parted.ids else done.parted
            gave_way = [one for one in talks if contact_of(one.id) in whose.ids and one.merged_into == talk.id]
            is_going_on = talk.merged_into is None  # else all of it stands in another one, and is moved from there
            others = done.parted if whose is done.stays else done.stays
            await self._move(talk, whose, others, min(gave_way, key=rank, default=None) if is_going_on else None)
        await self._tell(tenant, done)
        return done

    async def _move(self, talk: Interaction, whose: Identity, others: Identity, before: Interaction | None) -> None:
        """The messages of `whose` leave this thread, which is with `others`: for `before`, their own that gave way to it,
        with all that was in that; else for one that stands as this one does, with the same agent.
        """
        try:
            whole = await self.interactions.get(talk.id)
            copied = () if before is None else (await self.interactions.get(before.id)).thread
        except NotFound:
            return  # its retention has passed
        came_along = [one for one in copied if one.by not in others.ids]
        theirs = [one for one in whole.thread if (one.event and one.by in whose.ids) or one in came_along]
        if before is not None:
            since = replace(
                before, thread=theirs, updated_at=max((one.at for one in theirs), default=before.updated_at)
            )
            await self.interactions.absorb(before.id, since, must_be_open=False)
            await self.interactions.resume(before, whole)
        elif theirs and talk.merged_into is None:
            await self._attach(whole, replace(talk.about, contact=whose.contact), theirs)
        if theirs:
            await self.interactions.drop(talk.id, theirs, self.now())

    async def _attach(self, whole: Interaction, about: About, theirs: Sequence[Entry]) -> None:
        in_standby = whole.state is InteractionState.STANDBY
        attached = [
            await self.interactions.attach(about, entry.event, entry, in_standby=in_standby)
            for entry in theirs
            if entry.event is not None
        ]
        for one in {attachment.interaction for attachment in attached}:
            if whole.agent is not None and not whole.is_closed:
                await self._assign(whole.agent, one)
        if whole.closed_at is not None:
            for one in {found.interaction for found in attached if found.how is Attached.OPENED}:
                await self.interactions.close(one, whole.closed_at)

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
