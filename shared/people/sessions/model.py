"""A session as a value, and whether it is open. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.ground.ids import EventId


@dataclass(frozen=True, slots=True)
class Received:
    """One message of the contact. address: where it wrote from. body: JSON of what was said (`saying.to_json`).

    thread: what the provider calls the conversation, where an answer has to name it.
    """

    event: EventId
    at: datetime
    address: str = field(repr=False)
    body: str = field(repr=False)
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """asked_at: the store's time of the answer. expires_at, last_inbound_at: None when there is no window.

    messages: received inside it, oldest first.
    """

    asked_at: datetime
    expires_at: datetime | None = None
    last_inbound_at: datetime | None = None
    messages: Sequence[Received] = ()

    @property
    def is_open(self) -> bool:
        return self.expires_at is not None and self.asked_at < self.expires_at

    @property
    def address(self) -> str | None:
        """Where the contact wrote from last."""
        return self.messages[-1].address if self.messages else None

    @property
    def thread(self) -> str | None:
        """What the provider called the conversation last."""
        return self.messages[-1].thread if self.messages else None

    def may_reply(self, margin: timedelta) -> bool:
        """Whether a free-form message passes the gate now. margin: before the end, for its way."""
        return self.expires_at is not None and self.asked_at < self.expires_at - margin
