"""An interaction as values. Owns its states and the JSON form of what was said; no I/O."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.ground.clock import from_ms, to_ms
from shared.ground.errors import Conflict
from shared.ground.ids import CampaignId, ContactId, EventId, InteractionId, MessageId, SenderId, TenantId

VERSION = 1


class InteractionState(StrEnum):
    OPEN = "open"
    ASSIGNED = "assigned"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class About:
    """What an interaction is about. external_id, external_contact_id: the dialer's own keys, repeated in every event."""

    tenant: TenantId
    sender: SenderId
    contact: ContactId
    campaign: CampaignId | None = None
    external_id: str | None = None
    external_contact_id: str | None = None

    @property
    def scope(self) -> str:
        """A contact has at most one open interaction in it."""
        return self.campaign or f"sender:{self.sender}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was said. event: the contact's message; message: ours; one of them is set. body: JSON of it."""

    at: datetime
    event: EventId | None = None
    message: MessageId | None = None
    by: str = ""
    body: str = field(default="", repr=False)

    def to_json(self) -> str:
        return json.dumps(
            [VERSION, to_ms(self.at), self.event, self.message, self.by, self.body], separators=(",", ":")
        )


def entry_from_json(text: str | bytes) -> Entry:
    """The inverse of `to_json`."""
    _, at_ms, event, message, by, body = json.loads(text)
    return Entry(from_ms(at_ms), EventId(event) if event else None, MessageId(message) if message else None, by, body)


@dataclass(frozen=True, slots=True)
class Interaction:
    """thread: everything that was said, by time. agent: who has taken it."""

    id: InteractionId
    about: About
    state: InteractionState
    opened_at: datetime
    updated_at: datetime
    agent: str | None = None
    closed_at: datetime | None = None
    thread: Sequence[Entry] = ()


class Held(Conflict):
    """Another agent has it. agent: who."""

    def __init__(self, agent: str) -> None:
        super().__init__("interaction-assigned", f"The interaction is in the hands of {agent}.")
        self.args = (agent,)  # what unpickling calls us with
        self.agent = agent
