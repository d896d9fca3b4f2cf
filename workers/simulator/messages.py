"""Submissions, refusals and accepted messages, and the book in which lookups find them.

Owns the newest messages, by id and by recipient; the journal has the whole history.
"""

import base64
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

KEPT_MESSAGES = 200_000  # about 1 kB each: the memory of a long benchmark stays under 250 MB

_RANK = {status: rank for rank, status in enumerate(("sent", "delivered", "read", "undelivered", "failed"), start=1)}


def make_whatsapp_id(unique: str) -> str:
    """WhatsApp's own kind of message id, for providers that have none of theirs."""
    return f"wamid.{base64.b64encode(unique.encode()).decode()}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The reason why a request is not accepted, in the provider's words."""

    code: str
    text: str
    http_status: int
    retry_after_s: int | None = None


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """A webhook URL of the client, with its retry policy.

    url: as called, without fragment.  retries: the most repetitions.
    retry_on: the results that are repeated: `ct` no connection, `rt` no response `within_s`, `3xx`, `4xx`, `5xx`.
    """

    url: str
    retries: int
    retry_on: frozenset[str]
    within_s: float


@dataclass(slots=True)  # not frozen: a frozen field costs 0.2 µs, and every request makes one
class Submission:
    """A request to send, as far as it can be read. refusal: set if it cannot be accepted.

    to, sender: without a provider's prefix (`+<E.164>`, a BSUID, a service's id); empty if missing.
    callback: the target of the status webhooks.  secret: signs the account's webhooks.
    fails_with: the code of a defect that this provider reports later, by a status.
    needs_window: a free-form message.  reference: the client's own mark of this attempt.
    wire: the fields that the dialect needs for its response and its webhooks.
    """

    account: str
    to: str
    sender: str
    template: str | None
    variables: Mapping[str, str]
    callback: WebhookTarget | None
    refusal: Refusal | None
    secret: str = field(repr=False)
    fails_with: str | None
    needs_window: bool
    wire: Mapping[str, str] = field(repr=False)
    reference: str | None = None


@dataclass(slots=True)
class Message:
    """One accepted message.

    status, code: the highest status so far; statuses that are sent out of order never move it back.
    sent_at_us, delivered_at_us: when this status was first reported, in whatever order the statuses came.
    """

    id: str
    submission: Submission
    accepted_at_us: int
    status: str
    code: str | None = None
    updated_at_us: int = 0
    sent_at_us: int | None = None
    delivered_at_us: int | None = None

    def update_status(self, status: str, code: str | None, at_us: int) -> None:
        if status == "sent":
            self.sent_at_us = self.sent_at_us or at_us
        elif status == "delivered":
            self.delivered_at_us = self.delivered_at_us or at_us
        if _RANK.get(status, 0) > _RANK.get(self.status, 0):
            self.status, self.code, self.updated_at_us = status, code, at_us

    def find_status_time(self, status: str) -> int:
        """Microseconds: when this status was reported; for an unreported one, the last known instant."""
        at_us = {"sent": self.sent_at_us, "delivered": self.delivered_at_us}.get(status)
        return at_us or self.updated_at_us or self.accepted_at_us


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

    def iterate_newest(self, recipient: str | None) -> Iterator[Message]:
        """Newest first; of all recipients if None."""
        if recipient is None:
            return reversed(self._by_age)
        return reversed(self._by_recipient.get(recipient, ()))

    def find_last(self, sender: str, recipient: str) -> Message | None:
        """The last message of this sender to this recipient."""
        newest = self.iterate_newest(recipient)
        return next((message for message in newest if message.submission.sender == sender), None)

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
