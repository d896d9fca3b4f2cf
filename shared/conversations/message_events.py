"""The events that tell the dialer of a message outside of campaigns, with its own keys: never the message's text."""

from collections.abc import Mapping
from datetime import datetime

from shared.conversations.interactions.store import InteractionStore
from shared.conversations.outbox.model import MessageRecord, MessageState
from shared.ground.domain_events import DomainEvent, DomainEventType, EventPublisher, Value
from shared.ground.errors import NotFound

EVENTS: Mapping[MessageState, DomainEventType] = {
    MessageState.ACCEPTED: DomainEventType.MESSAGE_ACCEPTED,
    MessageState.DELIVERED: DomainEventType.MESSAGE_ACCEPTED,
    MessageState.READ: DomainEventType.MESSAGE_ACCEPTED,
    MessageState.FAILED: DomainEventType.MESSAGE_FAILED,
    MessageState.REFUSED: DomainEventType.MESSAGE_FAILED,
    MessageState.UNCONFIRMED: DomainEventType.MESSAGE_UNCONFIRMED,
}
PROVE_ACCEPTANCE = frozenset({MessageState.DELIVERED, MessageState.READ})
NOBODYS_KEYS: Mapping[str, Value] = {"campaign": None, "external_id": None, "external_contact_id": None}


async def publish_outcome(
    publisher: EventPublisher, interactions: InteractionStore, record: MessageRecord, state: MessageState, at: datetime
) -> None:
    """state: the one to tell of, which a status may have outrun; a delivery tells of the acceptance. A state that has no
    event is not told.

    Told again, the event has the same id. *Raises*: BackendUnavailable.
    """
    if state in EVENTS:
        about = await _dialers_keys(interactions, record)
        await publisher.publish([event_of(record, about, state, at)])


async def _dialers_keys(interactions: InteractionStore, record: MessageRecord) -> Mapping[str, Value]:
    """The campaign whose conversation it belongs to, as the dialer calls it."""
    if record.message.interaction is None:
        return NOBODYS_KEYS
    try:
        about = (await interactions.get(record.message.interaction)).about
    except NotFound:
        return NOBODYS_KEYS
    return {
        "campaign": about.campaign,
        "external_id": about.external_id,
        "external_contact_id": about.external_contact_id,
    }


def event_of(record: MessageRecord, about: Mapping[str, Value], state: MessageState, at: datetime) -> DomainEvent:
    """about: the dialer's keys. state: the one to tell of."""
    message = record.message
    told = MessageState.ACCEPTED if state in PROVE_ACCEPTANCE else state
    return DomainEvent(
        f"{message.id}:{told}",
        EVENTS[state],
        message.tenant,
        message.id,
        at,
        {
            "message_id": message.id,
            "sender": message.sender,
            "contact_id": message.contact,
            **about,
            "interaction": message.interaction,
            "purpose": message.purpose.value,
            "state": record.state.value,
            "code": record.code or None,
            "reason": record.reason or None,
            "provider_message_id": record.provider_message_id or None,
        },
    )
