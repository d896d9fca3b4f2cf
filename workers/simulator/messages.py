"""What was asked for, what was accepted, and what the provider finds when it is asked about it later.

Owns the latest messages, by id and by recipient; the whole history is the journal's.
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

KEPT_MESSAGES = 200_000  # about 1 kB each: the memory of a long benchmark stays under 250 MB

_RANK = {status: rank for rank, status in enumerate(("sent", "delivered", "read", "undelivered", "failed"), start=1)}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not accepted, in the provider's words."""

    code: str
    text: str
    http_status: int
    retry_after_s: int | None = None


@dataclass(frozen=True, slots=True)
class CallbackTarget:
    """Where something is told to the client.

    url: as called, without fragment.  retries, retry_on: how often again after which results: `ct` no connection,
    `rt` no answer `within_s`, `3xx`, `4xx`, `5xx`.
    """

    url: str
    retries: int
    retry_on: frozenset[str]
    within_s: float


@dataclass(slots=True)  # not frozen: a frozen field costs 0.2 µs, and every request makes one
class Submission:
    """What a request asks for, as far as it can be read; `refusal` says why it cannot be granted.

    to, sender: without a provider's decoration (`+<E.164>`, a BSUID, a service's id); empty when missing.
    secret: signs whatever the account is told.  fails_with: a defect that this provider reports only later, by a status.
    needs_window: nothing that may start a conversation.  reference: what the client will recognise its attempt by.
    wire: what the dialect needs for its answer and its callbacks.
    """

    account: str
    to: str
    sender: str
    template: str | None
    variables: Mapping[str, str]
    callback: CallbackTarget | None
    refusal: Refusal | None
    secret: str = field(repr=False)
    fails_with: str | None
    needs_window: bool
    wire: Mapping[str, str] = field(repr=False)
    reference: str | None = None


@dataclass(slots=True)
class Message:
    """One acceptance. status, code: the latest word, never moved back by statuses that are sent out of order.

    sent_at_us, delivered_at_us: when these were first told, whatever came before them.
    """

    id: str
    submission: Submission
    accepted_at_us: int
    status: str
    code: str | None = None
    updated_at_us: int = 0
    sent_at_us: int | None = None
    delivered_at_us: int | None = None

    def move(self, status: str, code: str | None, at_us: int) -> None:
        if status == "sent":
            self.sent_at_us = self.sent_at_us or at_us
        elif status == "delivered":
            self.delivered_at_us = self.delivered_at_us or at_us
        if _RANK.get(status, 0) > _RANK.get(self.status, 0):
            self.status, self.code, self.updated_at_us = status, code, at_us


class MessageBook:
    """*Effects*: forgets the oldest message beyond `kept`."""

    def __init__(self, kept: int = KEPT_MESSAGES) -> None:
        self._kept = kept
        self._by_age: deque[Message] = deque()  # a dict that loses its first key again and again slows down
        self._by_id: dict[str, Message] = {}
        self._by_recipient: defaultdict[str, list[Message]] = defaultdict(list)

    def add(self, message: Message) -> None:
        self._by_age.append(message)
        self._by_id[message.id] = message
        self._by_recipient[message.submission.to].append(message)
        if len(self._by_age) > self._kept:
            self._forget(self._by_age.popleft())

    def find(self, message_id: str) -> Message | None:
        return self._by_id.get(message_id)

    def latest(self, recipient: str | None) -> Iterator[Message]:
        """Newest first; all recipients when none is named."""
        if recipient is None:
            return reversed(self._by_age)
        return reversed(self._by_recipient.get(recipient, ()))

    def last_of(self, sender: str, recipient: str) -> Message | None:
        """What this sender was last accepted with for this recipient."""
        return next((message for message in self.latest(recipient) if message.submission.sender == sender), None)

    def clear(self) -> None:
        self._by_age.clear()
        self._by_id.clear()
        self._by_recipient.clear()

    def _forget(self, message: Message) -> None:
        del self._by_id[message.id]
        recipient = message.submission.to
        of_recipient = self._by_recipient[recipient]
        del of_recipient[0]  # the oldest of all is the oldest of its recipient
        if not of_recipient:
            del self._by_recipient[recipient]
