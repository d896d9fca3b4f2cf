"""Only tests use this module: the oracle of `slots.lua`, the generic cell rate algorithm (GCRA) with a burst tolerance of
zero. Pure; microseconds throughout.

A bucket is one number, its theoretical arrival time (TAT): the earliest instant at which the next slot may be. The emission
interval of a bucket is the time between two of its slots, 1 / rate.
Source: ITU-T I.371; the words are those of brandur/redis-cell.
"""

from collections.abc import Mapping
from dataclasses import dataclass

COLD_START_US = (
    1_000_000  # of a bucket without a TAT: the store may have lost it when all slots of a second were in use
)
RECOVERY_PER_S = 0.05  # of the full rate: from a tenth back to all of it in 18 s


@dataclass(frozen=True, slots=True)
class Grant:
    """slots: instants in µs, ascending.  next: the earliest instant of the first slot that was not granted, in µs."""

    slots: tuple[int, ...]
    next: int


def take(
    now: int, horizon: int, wanted: int, tats: Mapping[str, int], emission_intervals: Mapping[str, int]
) -> tuple[Grant, dict[str, int]]:
    """Grant up to `wanted` slots that fit all buckets, none later than now + horizon. Returns the new TATs as well.

    tats: bucket → TAT in µs; a cold bucket has none.  emission_intervals: bucket → µs.
    """
    after = {name: tats.get(name, now + COLD_START_US) for name in emission_intervals}
    slots: list[int] = []
    while True:
        slot = max([now, *after.values()])
        if len(slots) == wanted or slot > now + horizon:
            return Grant(tuple(slots), slot), after
        slots.append(slot)
        for name, interval in emission_intervals.items():
            after[name] = slot + interval


def recover(now: int, factor: float, changed: int) -> float:
    """The slow-down factor at `now`: linear recovery since `changed`, 1.0 at most."""
    return min(1.0, factor + RECOVERY_PER_S * (now - changed) / 1_000_000)
