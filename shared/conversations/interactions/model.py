"""An interaction as values. Owns its states and the JSON form of thread entries; no I/O."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.ground.clock import from_ms, to_ms
from shared.ground.errors import Conflict
from shared.ground.ids import CampaignId, ContactId, EventId, InteractionId, MessageId, SenderId, TenantId
from shared.providers.events import Author

VERSION = 1
_OTHERS = frozenset(Author)  # no contact id, which has 16 characters of base32, is one of these words


class InteractionState(StrEnum):
    """standby: somebody else holds the thread (Meta's own agent, a colleague's phone), so that no agent has to act."""

    STANDBY = "standby"
    OPEN = "open"
    ASSIGNED = "assigned"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class About:
    """The parties of an interaction. external_id, external_contact_id: the dialer's own keys, repeated in every event."""

    tenant: TenantId
    sender: SenderId
    contact: ContactId
    campaign: CampaignId | None = None
    external_id: str | None = None
    external_contact_id: str | None = None

    @property
    def scope(self) -> str:
        """The campaign, else the sender. A contact has at most one open interaction per scope."""
        return self.campaign or f"sender:{self.sender}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of a thread. event: id of a provider's event; message: id of a message of ours; one is set.

    by: of ours, who wanted it; of a contact's message, the contact id of the name under which it came ('' of old entries);
    of another event, who is behind it (`Author`).  body: JSON content.
    """

    at: datetime
    event: EventId | None = None
    message: MessageId | None = None
    by: str = ""
    body: str = field(default="", repr=False)

    @property
    def is_from_contact(self) -> bool:
        """Whether the contact wrote it to us."""
        return self.event is not None and self.by not in _OTHERS

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
    """thread: all messages, by time. agent: the name of the agent to whom it is assigned.

    merged_into: the interaction that goes on in its place, since both were with one person; is_copied: that one has its
    thread.  others: scopes of interactions that were merged into this one.
    """

    id: InteractionId
    about: About
    state: InteractionState
    opened_at: datetime
    updated_at: datetime
    agent: str | None = None
    closed_at: datetime | None = None
    thread: Sequence[Entry] = ()
    merged_into: InteractionId | None = None
    is_copied: bool = False
    others: frozenset[str] = frozenset()

    @property
    def is_closed(self) -> bool:
        return self.state is InteractionState.CLOSED

    @property
    def scopes(self) -> frozenset[str]:
        return self.others | {self.about.scope}


class Held(Conflict):
    """Another agent has the interaction. agent: that agent's name."""

    def __init__(self, agent: str) -> None:
        super().__init__("interaction-assigned", f"The interaction is in the hands of {agent}.")
        self.args = (agent,)  # unpickling calls the constructor with these
        self.agent = agent
