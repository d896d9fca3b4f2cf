"""Time as an argument. Owns the one reading of the wall clock; decisions read the store's clock, in Lua."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Now = Callable[[], datetime]
EPOCH = datetime.fromtimestamp(0, UTC)


def utc_now() -> datetime:
    """The wall clock, aware."""
    return datetime.now(UTC)


def to_ms(instant: datetime) -> int:
    """Milliseconds since the epoch, rounded down."""
    return (instant - EPOCH) // timedelta(milliseconds=1)  # in floats, one instant in some would lose a millisecond


def from_ms(instant_ms: int) -> datetime:
    """The inverse of `to_ms`."""
    return EPOCH + timedelta(milliseconds=instant_ms)
