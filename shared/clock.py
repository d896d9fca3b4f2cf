"""Time as an argument. Owns the one reading of the wall clock; decisions read the store's clock, in Lua."""

from collections.abc import Callable
from datetime import UTC, datetime

Now = Callable[[], datetime]


def utc_now() -> datetime:
    """The wall clock, aware."""
    return datetime.now(UTC)


def to_ms(instant: datetime) -> int:
    """Milliseconds since the epoch."""
    return int(instant.timestamp() * 1000)


def from_ms(instant_ms: int) -> datetime:
    """The inverse of `to_ms`."""
    return datetime.fromtimestamp(instant_ms / 1000, UTC)
