"""Assigning: agents take and close interactions, and the dialer gets an event.

Owns the events. The store's compare-and-set decides who gets an interaction, and its answer stands even if the event
cannot be published; a dialer that must be sure asks the API.
"""

from dataclasses import dataclass

from structlog.stdlib import BoundLogger, get_logger

from shared.conversations.interactions.model import Interaction
from shared.conversations.interactions.store import InteractionStore
from shared.ground.clock import Now
from shared.ground.domain_events import DomainEvent, DomainEventType, EventPublisher
from shared.ground.errors import BackendUnavailable

log: BoundLogger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Assigning:
    interactions: InteractionStore
    publisher: EventPublisher
    now: Now

    async def assign(self, interaction: Interaction, agent: str) -> Interaction:
        """Assign it to an agent. A repeat changes nothing. *Raises*: Held; Conflict when it is closed."""
        await self.interactions.assign(interaction.id, agent, self.now())
        await self._tell(interaction, DomainEventType.INTERACTION_ASSIGNED, agent, f":{agent}")
        return await self.interactions.get(interaction.id)

    async def close(self, interaction: Interaction, by: str) -> Interaction:
        """As it is then; what is closed stays closed. The contact's next message opens another. *Raises*: NotFound."""
        await self.interactions.close(interaction.id, self.now())
        closed = await self.interactions.get(interaction.id)
        await self._tell(closed, DomainEventType.INTERACTION_CLOSED, closed.agent, by=by)
        return closed

    async def _tell(
        self,
        interaction: Interaction,
        what: DomainEventType,
        agent: str | None,
        suffix: str = "",
        by: str | None = None,
    ) -> None:
        about = interaction.about
        event = DomainEvent(
            f"{interaction.id}:{what}{suffix}",
            what,
            about.tenant,
            interaction.id,
            interaction.closed_at or self.now(),
            {
                "sender": about.sender,
                "contact_id": about.contact,
                "campaign": about.campaign,
                "external_id": about.external_id,
                "external_contact_id": about.external_contact_id,
                "interaction": interaction.id,
                "agent": agent,
                **({} if by is None else {"by": by}),
            },
        )
        try:
            await self.publisher.publish([event])
        except BackendUnavailable as error:
            log.warning("interaction_not_told", interaction=interaction.id, what=what.value, error=str(error))
