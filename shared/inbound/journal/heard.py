"""The meaning of an event, decided when it came first. Owns `{e:<event>}:heard`.

A provider may send an event again hours later, and with another time if it gives none of its own. By then the contact may
have been merged, and another campaign may have written to it. So three facts of an event are decided once: its time, the
campaign that it answers, the interaction that it belongs to.

*Raises* everywhere: BackendUnavailable.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from redis.asyncio import Redis

from shared.ground import keys
from shared.ground.clock import from_ms, to_ms
from shared.ground.ids import EventId, InteractionId
from shared.ground.lua import Durability, Scripts, fields_of, items, outage, text

NOTHING = "-"


class Telling(StrEnum):
    """How a delivery of an event compares with earlier deliveries."""

    NEW = "new"
    EARLIER = "earlier"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class Heard:
    """at: the earliest time of all deliveries.

    campaign, attached: as first decided; '' while undecided, NOTHING if there is none.
    """

    at: datetime
    telling: Telling
    campaign: str = ""
    attached: str = ""

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

    async def hear(self, event: EventId, at: datetime) -> Heard:
        reply = items(await self._scripts.run("heard", [keys.heard(event)], [to_ms(at), self._remembered_ms]))
        at_ms, telling, campaign, attached = (text(part) for part in reply)
        return Heard(from_ms(int(at_ms)), Telling(telling), campaign, attached)

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
