"""The outbox on Redis or Valkey. Owns `{k:<contact>}:message:<id>`, `{k:<contact>}:outbox:<sender>` and the index of
those that somebody should look after.

*Raises* everywhere: BackendUnavailable; nothing was decided, or the answer was lost, and asking again is safe.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from redis.asyncio import Redis

from shared.conversations.outbox.model import (
    MessageRecord,
    MessageState,
    OutgoingMessage,
    Purpose,
    body_from_json,
    body_to_json,
)
from shared.ground import keys
from shared.ground.clock import from_ms, to_ms
from shared.ground.errors import NotFound
from shared.ground.ids import ContactId, InteractionId, MessageId, Nonce, SenderId, TenantId, contact_of
from shared.ground.lua import Durability, Reply, Scripts, fields_of, int_reply, items, outage, text
from shared.ledger.model import TIMES

SCRIPTS = ("put", "mark", "settle", "rejoin")
FIRST_LOOK = timedelta(seconds=2)  # after which a message that nobody began is hinted again


class Word(StrEnum):
    """The outcome of a message. The first four are facts; the others come from the holder of the mark."""

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    DEFER = "defer"  # at the head of its outbox
    ASIDE = "aside"  # out of its outbox, until it is due
    RETURN = "return"
    UNKNOWN = "unknown"
    REFUSE = "refuse"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Settled:
    """provider_message_id, code, reason: without content. due: when a deferral ends, in the line or aside."""

    word: Word
    at: datetime
    provider_message_id: str = ""
    code: str = ""
    reason: str = ""
    due: datetime | None = None


class Gate(StrEnum):
    OK = "ok"
    REFUSED = "refused"
    WAIT = "wait"
    BEHIND = "behind"
    CHANGED = "changed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Judged:
    """The judgement made before the gate, which passes nothing that has changed since.

    revision: of the consents under the message's own contact; '' for a message that is exempt.  forbidden: why they
    forbid it, '' when they do not.  window_ends, holder: of the contact that this one is by now, and of its thread; None
    while it is itself.
    """

    revision: str = ""
    forbidden: str = ""
    window_ends: datetime | None = None
    holder: str = ""

    @property
    def expires(self) -> str:
        return "" if self.window_ends is None else str(to_ms(self.window_ends))


@dataclass(frozen=True, slots=True)
class Passed:
    """The gate's answer. reason: why it was refused. wait_ms: until it is due."""

    gate: Gate
    reason: str = ""
    wait_ms: int = 0


class Outbox:
    """kept: how long a message's record stays. lost_after: how long a mark may stay unsettled."""

    def __init__(
        self, redis: Redis, kept: timedelta, lost_after: timedelta, durability: Durability | None = None
    ) -> None:
        self._redis = redis
        self._kept_ms = kept // timedelta(milliseconds=1)
        self._lost_ms = lost_after // timedelta(milliseconds=1)
        self._scripts = Scripts(
            redis, "shared.conversations.outbox.scripts", ["put", "mark", "settle", "rejoin"], durability
        )

    async def put(self, message: OutgoingMessage) -> bool:
        """It waits from now on; False when it was there already. Looked after before it is there, so that a crash
        between the two forgets nobody.
        """
        await self.look_again(message.id, message.created_at + FIRST_LOOK)
        is_new = await self._scripts.run("put", self._own(message), [message.id, self._kept_ms, *_packed(message)])
        await self.look_again(message.id, message.created_at + FIRST_LOOK)
        return bool(int_reply(is_new))

    async def head(self, contact: ContactId, sender: SenderId) -> MessageRecord | None:
        """The next message of this contact; one that is being sent is the next until it is settled."""
        with outage():
            first = await self._redis.lindex(keys.outbox(contact, sender), 0)
        if first is None:
            return None
        try:
            return await self.get(MessageId(text(first)))
        except NotFound:  # its record has expired, which the list outlives by what came behind it
            with outage():
                await self._redis.lrem(keys.outbox(contact, sender), 1, text(first))
            return await self.head(contact, sender)

    async def mark(self, message: OutgoingMessage, nonce: Nonce, margin: timedelta, judged: Judged) -> Passed:
        """Gate and mark in one step. margin: how long before the window's end is too late."""
        margin_ms = str(margin // timedelta(milliseconds=1)) if message.needs_window else ""
        contact, sender = message.contact, message.sender
        reply = await self._scripts.run(
            "mark",
            [*self._own(message), keys.session(contact, sender), keys.consent(contact)],
            [message.id, nonce, margin_ms, judged.revision, judged.forbidden, judged.expires, judged.holder],
        )
        return _passed(items(reply))

    async def settle(
        self, message: OutgoingMessage, settled: Settled, nonce: Nonce | None = None
    ) -> MessageState | None:
        """The state after it; None when it speaks of another mark. nonce: of whoever gives its word; a fact has none."""
        due_ms = to_ms(settled.due) if settled.due else 0
        reply = await self._scripts.run(
            "settle",
            self._own(message),
            [
                message.id, settled.word, nonce or "", settled.provider_message_id, to_ms(settled.at), settled.code,
                settled.reason, due_ms, self._lost_ms,
            ],
        )  # fmt: skip
        word = text(reply)
        return None if word == "stale" else MessageState(word)

    async def rejoin(self, message: OutgoingMessage) -> bool:
        """Put a message that stood aside back in line; False if it did not stand aside, or is not due."""
        return bool(int_reply(await self._scripts.run("rejoin", self._own(message), [message.id, self._kept_ms])))

    async def get(self, message: MessageId) -> MessageRecord:
        """*Raises*: NotFound."""
        with outage():
            fields = await self._redis.hgetall(keys.message(message, contact_of(message)))
        if not fields:
            raise NotFound("message-not-found", "There is no such message; it may have been kept long enough.")
        return _record(message, fields_of(fields))

    # ── looking after them ──────────────────────────────────────────────────────────────────────────────────────────

    async def look_again(self, message: MessageId, at: datetime) -> None:
        with outage():
            await self._redis.zadd(keys.outboxes(), {message: to_ms(at)})

    async def overlooked(self, now: datetime, limit: int = 500) -> Sequence[MessageId]:
        """Messages whose time to be looked after has come."""
        with outage():
            found = await self._redis.zrangebyscore(keys.outboxes(), "-inf", to_ms(now), 0, limit)
        return [MessageId(text(one)) for one in found]

    async def forget(self, message: MessageId) -> None:
        """Take a message off the index of those to look after."""
        with outage():
            await self._redis.zrem(keys.outboxes(), message)

    @staticmethod
    def _own(message: OutgoingMessage) -> list[str]:
        return [keys.message(message.id, message.contact), keys.outbox(message.contact, message.sender)]


def _passed(reply: list[Reply]) -> Passed:
    gate = Gate(text(reply[0]))
    if gate is Gate.REFUSED:
        return Passed(gate, reason=text(reply[1]))
    return Passed(gate, wait_ms=int_reply(reply[1])) if gate is Gate.WAIT else Passed(gate)


def _packed(message: OutgoingMessage) -> list[str | int]:
    return [
        "tenant", message.tenant, "sender", message.sender, "contact", message.contact, "purpose", message.purpose,
        "body", body_to_json(message.body), "to", message.to, "by", message.by, "created", to_ms(message.created_at),
        "interaction", message.interaction or "",
    ]  # fmt: skip


def _record(message: MessageId, fields: Mapping[str, str]) -> MessageRecord:
    def word(name: str) -> str:
        return fields.get(name, "")

    def instant(name: str) -> datetime | None:
        return from_ms(int(word(name))) if word(name) else None

    sent = OutgoingMessage(
        message,
        TenantId(word("tenant")),
        SenderId(word("sender")),
        ContactId(word("contact")),
        Purpose(word("purpose")),
        body_from_json(fields["body"]),
        word("to"),
        word("by"),
        from_ms(int(word("created"))),
        InteractionId(word("interaction")) if word("interaction") else None,
    )
    times = {name: at for name in TIMES if (at := instant(name)) is not None}
    state = MessageState(word("state"))
    due = instant("due") if state is MessageState.QUEUED and int(word("due") or "0") > 0 else None
    return MessageRecord(sent, state, word("code"), word("reason"), word("provider_id"), instant("marked"), times, due)
