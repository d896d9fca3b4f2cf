"""A session as a value, and whether it is open. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.ground.ids import EventId


@dataclass(frozen=True, slots=True)
class Received:
    """One message of the contact. address: the contact's. body: JSON of the content (`content_json.to_json`).

    thread: the provider's id of the conversation, if its replies must name it.  in_standby: somebody else held the thread.
    """

    event: EventId
    at: datetime
    address: str = field(repr=False)
    body: str = field(repr=False)
    thread: str | None = None
    in_standby: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """asked_at: the store's clock when it answered. expires_at, last_inbound_at: None if there is no window.

    messages: those received inside the window, oldest first.  holder: who else holds the thread now, and is to answer;
    empty where it is us.
    """

    asked_at: datetime
    expires_at: datetime | None = None
    last_inbound_at: datetime | None = None
    messages: Sequence[Received] = ()
    holder: str = ""

    @property
    def is_open(self) -> bool:
        return self.expires_at is not None and self.asked_at < self.expires_at

    @property
    def address(self) -> str | None:
        """The address of the contact's last message."""
        return self.messages[-1].address if self.messages else None

    @property
    def thread(self) -> str | None:
        """The provider's id of the conversation in the last message."""
        return self.messages[-1].thread if self.messages else None
