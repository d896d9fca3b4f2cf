"""The words between the simulator and one provider's wire. Owns no wire: each dialect module does.

A dialect is pure: request → submission, decision → answer, status → callback. It decides nothing about chance or time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from workers.simulator.contacts import Step
from workers.simulator.messages import CallbackTarget, Message, MessageBook, Refusal, Submission
from workers.simulator.script import Script


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request as it came in.  path: the names in the route's path.  query: of a lookup; a send has none.
    headers: looked up without regard to case.
    """

    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    content_type: str = "application/json"
    retry_after_s: int | None = None


@dataclass(frozen=True, slots=True)
class Callback:
    """One POST to the client. url: byte for byte what was signed."""

    url: str
    headers: Mapping[str, str]
    body: bytes


Lookup = Callable[[Arrival, Script, MessageBook], Answer]


class Dialect(Protocol):
    """One provider's wire. send_path and the keys of `lookups` are aiohttp route paths (POST and GET).

    not_on_whatsapp: the code that a status carries when the recipient cannot be reached there.
    """

    name: str
    send_path: str
    not_on_whatsapp: str
    lookups: Mapping[str, Lookup]

    def read(self, arrival: Arrival, script: Script) -> Submission:
        """Total on arbitrary bytes: what is wrong becomes the submission's refusal."""
        ...

    def first_status(self, submission: Submission) -> str:
        """The status of a message that was just accepted."""
        ...

    def message_id(self, unique: str) -> str:
        """The provider's kind of id around 32 hexadecimal digits."""
        ...

    def receipt(self, message: Message) -> Answer:
        """The answer to an accepted request."""
        ...

    def refusal(self, code: str, http_status: int | None = None, retry_after_s: int | None = None) -> Refusal:
        """The provider's refusal with this code; http_status: its usual one when None."""
        ...

    def throttle(self, retry_after_s: int | None) -> Refusal:
        """The refusal of a request above the rate."""
        ...

    def internal_error(self) -> Refusal:
        """What the provider says when it does not know itself what it did."""
        ...

    def refused(self, refusal: Refusal) -> Answer:
        """The answer that carries a refusal."""
        ...

    def callback(self, message: Message, target: CallbackTarget, step: Step) -> Callback:
        """The exact, signed request that reports one status."""
        ...
