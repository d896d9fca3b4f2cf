"""What the provider would find when asked: the latest messages, by id and by recipient. Owns no history beyond its bound."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from workers.simulator.provider import Submission

KEPT_MESSAGES = 200_000  # about 1 kB each: the memory of a long benchmark stays under 250 MB

_RANK = {status: rank for rank, status in enumerate(("sent", "delivered", "read", "undelivered", "failed"), start=1)}


@dataclass(slots=True)
class Message:
    """One acceptance. status, code: the latest word, never moved back by statuses that are sent out of order."""

    id: str
    submission: Submission
    accepted_at_us: int
    status: str
    code: str | None = None
    updated_at_us: int = 0
    sent_at_us: int | None = None

    def move(self, status: str, code: str | None, at_us: int) -> None:
        if status == "sent":
            self.sent_at_us = at_us
        if _RANK.get(status, 0) > _RANK.get(self.status, 0):
            self.status, self.code, self.updated_at_us = status, code, at_us


class MessageBook:
    """*Effects*: forgets the oldest message beyond `kept`."""

    def __init__(self, kept: int = KEPT_MESSAGES) -> None:
        self._kept = kept
        self._by_id: dict[str, Message] = {}
        self._by_recipient: defaultdict[str, list[Message]] = defaultdict(list)

    def add(self, message: Message) -> None:
        self._by_id[message.id] = message
        self._by_recipient[message.submission.to].append(message)
        if len(self._by_id) > self._kept:
            self._forget(next(iter(self._by_id)))

    def find(self, message_id: str) -> Message | None:
        return self._by_id.get(message_id)

    def latest(self, recipient: str | None) -> Iterator[Message]:
        """Newest first; all recipients when none is named."""
        if recipient is None:
            return reversed(self._by_id.values())
        return reversed(self._by_recipient.get(recipient, ()))

    def clear(self) -> None:
        self._by_id.clear()
        self._by_recipient.clear()

    def _forget(self, message_id: str) -> None:
        recipient = self._by_id.pop(message_id).submission.to
        of_recipient = self._by_recipient[recipient]
        del of_recipient[0]  # the oldest of all is the oldest of its recipient
        if not of_recipient:
            del self._by_recipient[recipient]
