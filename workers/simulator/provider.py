"""The words between the simulator and one provider's wire. Owns no wire: each dialect module does.

A dialect is pure: request → submission, decision → answer, status or contact's message → callback. It decides nothing
about chance or time. Only the client's own contents are its business from end to end: it keeps them in the memory.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from workers.simulator.contacts import Step
from workers.simulator.conversations import Keyword
from workers.simulator.memory import Memory
from workers.simulator.messages import CallbackTarget, Message, Refusal, Submission
from workers.simulator.news import News, TemplateNews
from workers.simulator.script import Script
from workers.simulator.speech import Remark


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


def json_answer(status: int, content: Mapping[str, object], retry_after_s: int | None = None) -> Answer:
    return Answer(status, json.dumps(content).encode(), retry_after_s=retry_after_s)


def number(code: str) -> int | str:
    """A number on the wire; a script may name a code that the provider would not."""
    return int(code) if code.isascii() and code.isdigit() else code


@dataclass(frozen=True, slots=True)
class Callback:
    """One POST to the client. url: byte for byte what was signed.  secret: what it was signed with, to sign it anew."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    secret: str = field(default="", repr=False)


Together = Callable[[Sequence[Callback]], Callback]


NewId = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Desk:
    """What everything but a send is answered from. new_id: 32 hexadecimal digits, never twice."""

    script: Script
    memory: Memory
    at_us: int
    new_id: NewId


@dataclass(frozen=True, slots=True)
class Route:
    """Something beside sending. path: an aiohttp route path.  *Effects* (answer): on the desk's memory alone."""

    method: str
    path: str
    answer: Callable[[Arrival, Desk], Answer]


@dataclass(frozen=True, slots=True)
class Line:
    """One of the client's senders, as contacts reach it.

    sender: without the provider's decoration.  wire: of the last message it sent, where there was one.
    last: what it last sent to the contact who writes.  answered: what the contact names, where it was the sender's.
    """

    account: str
    sender: str
    target: CallbackTarget
    secret: str = field(repr=False)
    wire: Mapping[str, str] = field(repr=False)
    script: Script = field(repr=False)
    last: Message | None = field(default=None, repr=False)
    answered: Message | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """One message of a contact.

    contact: the address it writes from.  bsuid: what it is called besides.  reply_to: the message that it names.
    at_us: when it was written; 0 while it is not.
    keyword: what the provider takes it for.  raw: single fields of the wire, instead of the dialect's; None: not there.
    """

    id: str
    contact: str
    remark: Remark = field(repr=False)
    reply_to: str | None = None
    profile_name: str | None = field(default=None, repr=False)
    bsuid: str | None = None
    keyword: Keyword | None = None
    raw: Mapping[str, object] = field(default_factory=dict, repr=False)
    at_us: int = 0


class Newsroom(Protocol):
    """What a provider tells of templates and numbers, and how it makes sure of a client beforehand."""

    def told(self, said: News, script: Script, url: str, at_us: int) -> Callback:
        """The exact request, signed as the provider signs."""
        ...

    def status_after(self, said: TemplateNews) -> str | None:
        """What the template is from now on; None where that stays as it was."""
        ...

    def question(self, script: Script, challenge: str) -> Mapping[str, str]:
        """The query of a GET that the client answers by the challenge alone."""
        ...


class Dialect(Protocol):
    """One provider's wire. send_path: an aiohttp route path.

    not_on_whatsapp: the code that a status carries when the recipient cannot be reached there.
    outside_window: the code that a status carries when only a template might have been sent.
    opted_out: the code when the contact has stopped this sender: of the refusal, or of a status.
    together: several posts of one kind to one URL, as one; None where each tells one thing.
    news: None where the provider tells none, and nothing that is no message.
    """

    name: str
    send_path: str
    not_on_whatsapp: str
    outside_window: str
    opted_out: str
    refuses_opted_out: bool
    routes: Sequence[Route]

    @property
    def together(self) -> Together | None: ...

    @property
    def news(self) -> Newsroom | None: ...

    def read(self, arrival: Arrival, script: Script, memory: Memory) -> Submission | Answer:
        """Total on arbitrary bytes: what is wrong becomes the submission's refusal. What asks for no message is answered
        at once, and counts for nothing.
        """
        ...

    def first_status(self, submission: Submission) -> str:
        """The status of a message that was just accepted."""
        ...

    def message_id(self, unique: str) -> str:
        """The provider's kind of id around 32 hexadecimal digits, for either direction."""
        ...

    def target(self, url: str) -> CallbackTarget:
        """A URL as a client gives it, with whatever the provider reads in it."""
        ...

    def keyword(self, words: str) -> Keyword | None:
        """What the provider itself would obey, were it asked to."""
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
        """The exact request that reports one status, signed as the provider signs."""
        ...

    def inbound(self, letter: Letter, line: Line, *, forged: bool) -> Callback:
        """The exact request that brings a contact's message, signed as the provider signs."""
        ...
