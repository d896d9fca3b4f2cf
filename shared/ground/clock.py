"""Time as an argument. Owns the one reading of the wall clock, and instants as people write them.

Decisions read the store's clock, in Lua.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from shared.ground.zones import read_zone

Now = Callable[[], datetime]
EPOCH = datetime.fromtimestamp(0, UTC)
YEARS: Final = range(1971, 9999)  # in every zone, an instant of these years can be written
MAX_CLOCK_SKEW: Final = timedelta(minutes=5)  # between our clock and that of a provider, or of the source of an opt-in


def utc_now() -> datetime:
    """The wall clock, as an aware datetime in UTC."""
    return datetime.now(UTC)


def to_ms(instant: datetime) -> int:
    """Milliseconds since the epoch, rounded down."""
    return (instant - EPOCH) // timedelta(milliseconds=1)  # as integers: floats would lose a millisecond of some


def from_ms(instant_ms: int) -> datetime:
    """The inverse of `to_ms`."""
    return EPOCH + timedelta(milliseconds=instant_ms)


def read_instant(value: object) -> datetime:
    """An instant in RFC 3339, with or without an offset. *Raises*: ValueError; its text never quotes the value."""
    try:
        read = datetime.fromisoformat(str(value))
    except ValueError:  # its text quotes the value
        raise ValueError("should be a date with a time, as 2026-05-01T10:30:00-03:00") from None
    if read.year not in YEARS:
        raise ValueError("should be a date of this age")
    return read


def aware(instant: datetime | None, timezone: str) -> datetime | None:
    """The instant as an aware datetime: without an offset of its own, it is in `timezone`.

    >>> str(aware(datetime(2026, 5, 1, 10, 30), "America/Montevideo"))
    '2026-05-01 10:30:00-03:00'
    """
    zone = read_zone(timezone)
    return instant if instant is None or instant.tzinfo is not None else instant.replace(tzinfo=zone)
