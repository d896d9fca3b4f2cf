"""The ground: what a process is given from outside, before any wing stands on it."""

from dataclasses import dataclass, field

from redis.asyncio import Redis

from config.loading import Settings
from shared.ground.clock import Now
from shared.ground.domain_events import EventPublisher
from shared.ground.hints import Hints
from shared.ground.lua import Durability


@dataclass(frozen=True, slots=True)
class Ground:
    """secret: signs references and names contacts. durability: what the store needs before a write counts as kept."""

    settings: Settings
    redis: Redis
    durability: Durability
    secret: bytes = field(repr=False)
    hints: Hints
    publisher: EventPublisher
    now: Now
