"""The meaning of an event, decided when it came first. Owns `{e:<event>}:heard`.

A provider may send an event again hours later, and with another time if it gives none of its own. By then the contact may
have been merged, and another campaign may have written to it. So three facts of an event are decided once: its time, the
campaign that it answers, the interaction that it belongs to. Who wrote it, and who has edited it or taken it back, is kept
too: only its author can, and an edit may come first and under another name.

*Raises* everywhere: BackendUnavailable.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from redis.asyncio import Redis

from shared.ground import keys
from shared.ground.clock import from_ms, to_ms
from shared.ground.ids import ContactId, EventId, InteractionId
from shared.ground.lua import Durability, Scripts, fields_of, items, outage, text

NOTHING = "-"
EDIT = "edit:"


class Telling(StrEnum):
    """How a delivery of an event compares with earlier deliveries."""

    NEW = "new"
    EARLIER = "earlier"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class Heard:
    """at: the earliest time of all deliveries.

    campaign, attached: as first decided; '' while undecided, NOTHING if there is none.  edits: events that change this
    one, each with the contact id of the name under which it came.
    """

    at: datetime
    telling: Telling
    campaign: str = ""
    attached: str = ""
    edits: Mapping[EventId, ContactId] = field(default_factory=dict)

    @property
    def interaction(self) -> InteractionId | None:
        """The interaction that the event belongs to; None while undecided."""
        _, _, interaction = self.attached.partition(":")
        return InteractionId(interaction) if interaction else None


class HeardStore:
    """remembered: how long duplicates of an event are recognised."""

    def __init__(self, redis: Redis, remembered: timedelta, durability: Durability | None = None) -> None:
        self._redis = redis
        self._remembered_ms = remembered // timedelta(milliseconds=1)
        self._scripts = Scripts(redis, "shared.inbound.journal.scripts", ["heard"], durability)

    async def hear(self, event: EventId, at: datetime, author: ContactId | None = None) -> Heard:
        """author: the name under which it came; None for an event that nobody can change."""
        arguments = [to_ms(at), self._remembered_ms, author or ""]
        reply = items(await self._scripts.run("heard", [keys.heard(event)], arguments))
        at_ms, telling, campaign, attached = (text(part) for part in reply[:4])
        parts = [text(part) for part in items(reply[4])]
        edits = _edits(dict(zip(parts[::2], parts[1::2], strict=True)))
        return Heard(from_ms(int(at_ms)), Telling(telling), campaign, attached, edits)

    async def note_edit(self, original: EventId, edit: EventId, by: ContactId) -> set[ContactId]:
        """Note that an event changes another one, which may not have come yet. Returns the other names of its author: its
        own, if it has come, and those of other edits. Of original and edit the later one sees the other.
        """
        key = keys.heard(original)
        with outage():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.hsetnx(key, f"{EDIT}{edit}", by)
                pipe.pexpire(key, self._remembered_ms)
                pipe.hgetall(key)
                *_, found = await pipe.execute()
        fields = fields_of(found)
        author = {ContactId(fields["author"])} if "author" in fields else set()
        return (author | set(_edits(fields).values())) - {by}

    async def find(self, event: EventId, at: datetime) -> Heard:
        """What was decided on an event, without hearing it; nothing of one that is not known. at: used where it is none."""
        with outage():
            fields = fields_of(await self._redis.hgetall(keys.heard(event)))
        at_ms = fields.get("at")
        heard_at = at if at_ms is None else from_ms(int(at_ms))
        return Heard(heard_at, Telling.AGAIN, fields.get("campaign", ""), fields.get("attached", ""))

    async def record_campaign(self, event: EventId, campaign: str) -> str:
        """Record the campaign that the event answers, unless one is recorded; return the recorded one."""
        return await self._first(event, "campaign", campaign)

    async def record_attachment(self, event: EventId, attachment: str) -> str:
        """Record the event's interaction and how it was attached, unless recorded; return the recorded one."""
        return await self._first(event, "attached", attachment)

    async def _first(self, event: EventId, what: str, found: str) -> str:
        with outage():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.hsetnx(keys.heard(event), what, found)
                pipe.pexpire(keys.heard(event), self._remembered_ms)
                pipe.hget(keys.heard(event), what)
                _, _, kept = await pipe.execute()
        return text(kept)


def _edits(fields: Mapping[str, str]) -> Mapping[EventId, ContactId]:
    return {EventId(name.removeprefix(EDIT)): ContactId(by) for name, by in fields.items() if name.startswith(EDIT)}
