"""Uniting: two names turn out to be one person's, and of their open interactions one goes on, with its agent.

Owns which one that is, and that none of the messages is lost. Who is one person: `people.merging`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from structlog.stdlib import BoundLogger, get_logger

from shared.conversations.interactions.model import Interaction
from shared.conversations.interactions.store import InteractionStore, rank
from shared.ground.clock import Now
from shared.ground.domain_events import DomainEvent, DomainEventType, EventPublisher
from shared.ground.errors import BackendUnavailable, NotFound
from shared.ground.ids import BY_ORIEL, InteractionId, contact_of
from shared.people.contacts.store import Identity

log: BoundLogger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Uniting:
    """*Raises* everywhere: BackendUnavailable. Safe to repeat, and to run in several processes at once."""

    interactions: InteractionStore
    publisher: EventPublisher
    now: Now

    async def unite(self, contact: Identity) -> None:
        """Of the contact's open interactions with a sender about one campaign, or about none, one goes on.

        Decided anew whenever an agent has taken or closed one of them meanwhile.
        """
        if len(contact.ids) == 1:
            return
        while True:
            talks = await self.interactions.newest_of(contact.ids)
            for talk in talks:
                if talk.merged_into is not None and not talk.is_copied:  # a process died in between
                    await self._copy_rest(talk.id, talk.merged_into)
            pair = find_pair([talk for talk in talks if not talk.is_closed])
            if pair is None:
                return
            await self._join(*pair)

    async def _join(self, keeper: Interaction, other: Interaction) -> None:
        """The thread is copied before the other gives way, so that an agent who has the keeper misses nothing."""
        whole = await self._get(other.id)
        if whole is None or not await self.interactions.absorb(keeper.id, whole, must_be_open=True):
            return
        if not await self.interactions.give_way(other, keeper.id, self.now()):
            return
        await self._copy_rest(other.id, keeper.id)
        log.info("interactions_united", interaction=keeper.id, other=other.id)
        await self._tell(keeper, other)

    async def _copy_rest(self, other: InteractionId, keeper: InteractionId) -> None:
        """Messages that joined the other one until it was closed."""
        whole = await self._get(other)
        if whole is not None:
            await self.interactions.absorb(keeper, whole, must_be_open=False)
            await self.interactions.record_copied(other)

    async def _get(self, interaction: InteractionId) -> Interaction | None:
        try:
            return await self.interactions.get(interaction)
        except NotFound:
            return None  # its retention has passed

    async def _tell(self, keeper: Interaction, other: Interaction) -> None:
        """That the other one is closed, as `assigning` tells it."""
        about, what = other.about, DomainEventType.INTERACTION_CLOSED
        event = DomainEvent(
            f"{other.id}:{what}",
            what,
            about.tenant,
            other.id,
            self.now(),
            {
                "sender": about.sender,
                "contact_id": about.contact,
                "campaign": about.campaign,
                "external_id": about.external_id,
                "external_contact_id": about.external_contact_id,
                "interaction": other.id,
                "agent": other.agent,
                "by": BY_ORIEL,
                "merged_into": keeper.id,
            },
        )
        try:
            await self.publisher.publish([event])
        except BackendUnavailable as error:
            log.warning("interaction_not_told", interaction=other.id, what=what.value, error=str(error))


def find_pair(talks: Sequence[Interaction]) -> tuple[Interaction, Interaction] | None:
    """Two open interactions that are one conversation: the one that goes on, and the other. None without a pair. Pure."""
    ranked = sorted(talks, key=rank)
    for place, other in enumerate(ranked):
        for keeper in ranked[:place]:
            if _are_one(keeper, other):
                return keeper, other
    return None


def _are_one(one: Interaction, other: Interaction) -> bool:
    """Two that answer nothing known, or the same campaign; or one that answers nothing, under another name of the person:
    had the name been known, its first message would have been an answer to the other's campaign.
    """
    if one.about.sender != other.about.sender:
        return False
    if not one.scopes.isdisjoint(other.scopes):
        return True
    are_named_apart = contact_of(one.id) != contact_of(other.id)
    return are_named_apart and None in {one.about.campaign, other.about.campaign}
