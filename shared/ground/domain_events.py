"""What happened, told to the dialer: domain events as CloudEvents, and the port through which they leave.

Owns names and the envelope; who publishes them is the processes'. Every event repeats the dialer's own keys.
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


class EventType(StrEnum):
    """The value is CloudEvents' `type`, and the routing key on `oriel.events`."""

    MESSAGE_RECEIVED = "oriel.message.received"
    INTERACTION_OPENED = "oriel.interaction.opened"
    INTERACTION_CONTINUED = "oriel.interaction.continued"
    INTERACTION_ASSIGNED = "oriel.interaction.assigned"
    INTERACTION_CLOSED = "oriel.interaction.closed"
    CONTACT_OPTED_OUT = "oriel.contact.opted_out"
    CONTACT_OPTED_IN = "oriel.contact.opted_in"
    MESSAGE_ACCEPTED = "oriel.message.accepted"
    MESSAGE_FAILED = "oriel.message.failed"
    MESSAGE_UNCONFIRMED = "oriel.message.unconfirmed"


@dataclass(frozen=True, slots=True)
class DomainEvent:
    """id: the same for the same happening, so that whoever hears it twice can tell. subject: what it is about.

    data: snake_case names; `external_id` and `external_contact_id` are the dialer's own.
    """

    id: str
    type: EventType
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


class Events(Protocol):
    async def publish(self, events: Sequence[DomainEvent]) -> None:
        """At least once: whoever must be sure asks again. *Raises*: BackendUnavailable while the broker is away."""
        ...
