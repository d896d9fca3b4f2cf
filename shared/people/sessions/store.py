"""Sessions on Redis or Valkey. Owns `{k:<contact>}:session:<sender>` and `{k:<contact>}:seen:<event>`.

*Raises* everywhere: BackendUnavailable; every call is safe to repeat.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from redis.asyncio import Redis

from shared.ground import keys
from shared.ground.clock import from_ms, to_ms
from shared.ground.ids import ContactId, EventId, SenderId
from shared.ground.lua import Durability, Scripts, fields_of, int_reply, items, outage, text
from shared.people.sessions.model import Received, Session

MESSAGE = "m:"
SOMEBODY = "other"  # the holder of a thread, where a message alone says that it is not us
END_OF_SECOND = timedelta(milliseconds=999)
MAX_MESSAGES = 50  # kept with a session; the interaction's thread has all of them


@dataclass(frozen=True, slots=True)
class Opened:
    """is_new: False for a duplicate of the event. expires_at: the window's end now; None if there is no window."""

    is_new: bool
    expires_at: datetime | None


class SessionStore:
    """window: the time that a contact's message opens. remembered: how long a duplicate of an event is recognised."""

    def __init__(
        self, redis: Redis, window: timedelta, remembered: timedelta, durability: Durability | None = None
    ) -> None:
        self._redis = redis
        self._window_ms = window // timedelta(milliseconds=1)
        self._remembered_ms = remembered // timedelta(milliseconds=1)
        self._scripts = Scripts(
            redis, "shared.people.sessions.scripts", ["inbound", "close", "merge", "part", "control"], durability
        )

    async def receive(self, contact: ContactId, sender: SenderId, message: Received) -> Opened:
        """Open or extend the window for a contact's message. *Atomicity*: duplicate mark and window in one script."""
        reply = items(
            await self._scripts.run(
                "inbound",
                [keys.session(contact, sender), keys.seen(contact, message.event)],
                [
                    message.event,
                    to_ms(message.at),
                    self._window_ms,
                    json.dumps([message.address, message.body, message.thread]),
                    MAX_MESSAGES,
                    self._remembered_ms,
                    SOMEBODY if message.in_standby else "",
                ],
            )
        )
        expires_ms = int_reply(reply[1])
        return Opened(bool(int_reply(reply[0])), from_ms(expires_ms) if expires_ms else None)

    async def get(self, contact: ContactId, sender: SenderId) -> Session:
        """The session now, by the store's clock."""
        with outage():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.time()
                pipe.hgetall(keys.session(contact, sender))
                (seconds, micros), fields = await pipe.execute()
        return _session(from_ms(int(seconds) * 1000 + int(micros) // 1000), fields_of(fields))

    async def close(self, contact: ContactId, sender: SenderId, refused_at: datetime) -> bool:
        """Close the window: the provider refused, as outside of it, a message that left at `refused_at`.

        A message of the contact after that instant keeps it open. True if this call closed it.
        """
        return bool(int_reply(await self._scripts.run("close", [keys.session(contact, sender)], [to_ms(refused_at)])))

    async def record_holder(self, contact: ContactId, sender: SenderId, holder: str, at: datetime) -> str:
        """Record who holds the thread since `at`, '' for us; return who holds it now, by the latest word of all.

        A provider's times are whole seconds: a change of the holder counts as later than the messages of its second.
        """
        at_ms = to_ms(at.replace(microsecond=0) + END_OF_SECOND)
        key = keys.session(contact, sender)
        return text(await self._scripts.run("control", [key], [holder, at_ms, self._window_ms, ""]))

    async def merge(self, contact: ContactId, into: ContactId, sender: SenderId) -> None:
        """Add the session of a merged contact to that of `into`: the later expiry, all messages and the latest word on the
        holder stay.
        """
        with outage():
            fields = fields_of(await self._redis.hgetall(keys.session(contact, sender)))
        await self._copy_holder(fields, keys.session(into, sender))
        if "last" in fields:
            said = [part for name, body in fields.items() if name.startswith(MESSAGE) for part in (name, body)]
            await self._scripts.run("merge", [keys.session(into, sender)], [fields["last"], fields["expires"], *said])

    async def part(self, contact: ContactId, to: ContactId, sender: SenderId, events: Collection[EventId]) -> None:
        """Move these messages, and the window that they open, to the session of another contact.

        Whoever held the thread holds both, until the next word on either: nobody knows any more whose it was.
        """
        with outage():
            fields = fields_of(await self._redis.hgetall(keys.session(contact, sender)))
        theirs = {f"{MESSAGE}{event}": fields[f"{MESSAGE}{event}"] for event in events if f"{MESSAGE}{event}" in fields}
        if theirs:
            said = [part for pair in theirs.items() for part in pair]
            await self._copy_holder(fields, keys.session(to, sender))
            await self._scripts.run("merge", [keys.session(to, sender)], [fields["last"], fields["expires"], *said])
            await self._scripts.run("part", [keys.session(contact, sender)], list(theirs))

    async def _copy_holder(self, fields: Mapping[str, str], to: str) -> None:
        """fields: of the session whose latest word on the holder another session hears: a change of the holder, or the last
        message, which was to us.
        """
        since = fields.get("held_at", fields.get("last"))
        if since is not None:
            was_ours = "" if "held_at" in fields else "1"
            args: list[str | int] = [fields.get("holder", ""), since, self._window_ms, was_ours]
            await self._scripts.run("control", [to], args)


def _session(now: datetime, fields: Mapping[str, str]) -> Session:
    if "expires" not in fields:
        return Session(now, holder=fields.get("holder", ""))
    messages = [_received(name, body) for name, body in fields.items() if name.startswith(MESSAGE)]
    messages.sort(key=lambda one: (one.at, one.event))
    return Session(
        now, from_ms(int(fields["expires"])), from_ms(int(fields["last"])), messages, fields.get("holder", "")
    )


def _received(name: str, packed: str) -> Received:
    at_ms, _, body = packed.partition("|")
    address, said, thread = json.loads(body)
    return Received(EventId(name.removeprefix(MESSAGE)), from_ms(int(at_ms)), address, said, thread)
