"""Domain events: facts that dialers subscribe to, as CloudEvents, and the port that publishes them.

Owns names and the envelope; the processes own the publishing. Every event repeats the dialer's own keys.
Source: CloudEvents 1.0.2, JSON event format.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shared.ground.ids import TenantId

SPEC_VERSION = "1.0"
DATA_VERSION = 1

Value = str | int | bool | None | Mapping[str, object]


class DomainEventType(StrEnum):
    """The value is CloudEvents' `type`, and the routing key on `oriel.events`."""

    MESSAGE_RECEIVED = "oriel.message.received"
    MESSAGE_OBSERVED = "oriel.message.observed"  # said by others in our name, taken back, or paid
    CONTROL_CHANGED = "oriel.contact.control_changed"  # another holder of the thread: us, or somebody else
    INTERACTION_OPENED = "oriel.interaction.opened"
    INTERACTION_CONTINUED = "oriel.interaction.continued"
    INTERACTION_ASSIGNED = "oriel.interaction.assigned"
    INTERACTION_CLOSED = "oriel.interaction.closed"
    CONTACT_OPTED_OUT = "oriel.contact.opted_out"
    CONTACT_OPTED_IN = "oriel.contact.opted_in"
    CONTACT_SEPARATED = "oriel.contact.separated"
    MESSAGE_ACCEPTED = "oriel.message.accepted"
    MESSAGE_FAILED = "oriel.message.failed"
    MESSAGE_UNCONFIRMED = "oriel.message.unconfirmed"


@dataclass(frozen=True, slots=True)
class DomainEvent:
    """id: the same each time this event is published, so that subscribers recognise a duplicate. subject: the id of the
    contact, message or interaction.  data: snake_case names; `external_id` and `external_contact_id` are the dialer's own.
    """

    id: str
    type: DomainEventType
    tenant: TenantId
    subject: str
    at: datetime
    data: Mapping[str, Value] = field(repr=False)

    def to_json(self) -> str:
        return json.dumps(
            {
                "specversion": SPEC_VERSION,
                "id": self.id,
                "source": f"/tenants/{self.tenant}",
                "type": self.type.value,
                "subject": self.subject,
                "time": self.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "datacontenttype": "application/json",
                "data": {"v": DATA_VERSION, "tenant": self.tenant, **self.data},
            },
            separators=(",", ":"),
            ensure_ascii=False,
        )


class EventPublisher(Protocol):
    async def publish(self, events: Sequence[DomainEvent]) -> None:
        """Publish each event at least once.

        *Raises*: BackendUnavailable while the broker is away; some events may have left, and all may be published again.
        """
        ...
