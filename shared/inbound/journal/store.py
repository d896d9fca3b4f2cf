"""The journal on Redis or Valkey. Owns `{j}:bodies` (hash) and `{j}:ages` (zset); an entry lives until it is applied.

An entry's age counts from its last hint, so that the janitor repeats each hint at most once in that time.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from redis.asyncio import Redis

from shared.ground import keys
from shared.ground.clock import from_ms, to_ms
from shared.ground.coalesce import Coalescer
from shared.ground.ids import EntryId, SenderId
from shared.ground.lua import Call, Durability, Scripts, outage, text

VERSION = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One webhook as it came in. url, query: as the provider called it. headers: those that decoding needs."""

    id: EntryId
    provider: str
    sender: SenderId
    url: str
    query: str
    headers: Mapping[str, str]
    received_at: datetime
    event_class: str
    body: bytes = field(repr=False)

    def to_bytes(self) -> bytes:
        head = {
            "v": VERSION, "provider": self.provider, "sender": self.sender, "url": self.url, "query": self.query,
            "headers": dict(self.headers), "at": to_ms(self.received_at), "class": self.event_class,
        }  # fmt: skip
        return json.dumps(head, separators=(",", ":")).encode() + b"\n" + self.body


def entry_from_bytes(entry: EntryId, packed: bytes) -> Entry:
    """The inverse of `to_bytes`."""
    head_text, _, body = packed.partition(b"\n")
    head = json.loads(head_text)
    return Entry(
        entry, head["provider"], SenderId(head["sender"]), head["url"], head["query"], head["headers"],
        from_ms(head["at"]), head["class"], body,
    )  # fmt: skip


class Journal:
    """*Raises* everywhere: BackendUnavailable."""

    def __init__(self, redis: Redis, durability: Durability | None = None) -> None:
        self._redis = redis
        self._scripts = Scripts(redis, "shared.inbound.journal.scripts", ["append"], durability)
        self._appends: Coalescer[Entry, None] = Coalescer(self._append_group, max_items=500)

    async def append(self, entry: Entry) -> None:
        """Resolves once the entry is on disk. Safe to repeat with the same id."""
        await self._appends.submit(entry)

    async def _append_group(self, entries: Sequence[Entry]) -> Sequence[None]:
        """One script, so that body and age come together, and the question for the disk goes over its connection."""
        args = [part for entry in entries for part in (entry.id, to_ms(entry.received_at), entry.to_bytes())]
        await self._scripts.run_every([Call("append", [keys.journal_bodies(), keys.journal_ages()], args)])
        return [None] * len(entries)

    async def read(self, entries: Sequence[EntryId]) -> list[Entry]:
        """The entries that are still there."""
        if not entries:
            return []
        with outage():
            bodies = await self._redis.hmget(keys.journal_bodies(), list(entries))
        return [
            entry_from_bytes(entry, bytes(body))
            for entry, body in zip(entries, bodies, strict=True)
            if isinstance(body, bytes)
        ]

    async def forget(self, entries: Sequence[EntryId]) -> None:
        """Delete entries that were applied."""
        if not entries:
            return
        with outage():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.hdel(keys.journal_bodies(), *entries)
                pipe.zrem(keys.journal_ages(), *entries)
                await pipe.execute()

    async def stale(self, older_than: timedelta, now: datetime, limit: int = 500) -> list[EntryId]:
        """Entries whose last hint is older than `older_than`. Each counts as hinted at `now`."""
        until = to_ms(now - older_than)
        with outage():
            members = await self._redis.zrangebyscore(keys.journal_ages(), "-inf", until, 0, limit)
            entries = [EntryId(text(member)) for member in members]
            if entries:
                await self._redis.zadd(keys.journal_ages(), dict.fromkeys(entries, to_ms(now)), xx=True)
        return entries

    async def size(self) -> int:
        """Entries not yet applied."""
        with outage():
            return int(await self._redis.hlen(keys.journal_bodies()))
