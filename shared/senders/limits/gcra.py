"""The generic cell rate algorithm, paced and without a burst: the oracle of `slots.lua`. Pure; microseconds throughout.

A bucket is one number, the theoretical arrival time (TAT): the earliest instant at which the next slot may be.
Source: ITU-T I.371; the words are those of brandur/redis-cell.
"""

from collections.abc import Mapping
from dataclasses import dataclass

COLD_START_US = 1_000_000  # a bucket that is not there may have been lost with a full second's slots still in use
LOWEST_FACTOR = 0.02  # the adaptive slow-down never stops a sender for good
RECOVERY_PER_S = 0.05  # of the full rate: from a tenth back to all of it in 18 s
DECREASE = 0.7  # multiplicative, at most once a second: a burst of refusals is one piece of news


@dataclass(frozen=True, slots=True)
class Grant:
    """slots: instants in µs, ascending.  next: the earliest instant of the first slot that was not granted."""

    slots: tuple[int, ...]
    next: int


def take(
    now: int, horizon: int, wanted: int, tats: Mapping[str, int], intervals: Mapping[str, int]
) -> tuple[Grant, dict[str, int]]:
    """Up to `wanted` slots that fit all buckets, none later than now + horizon, and the buckets afterwards.

    tats: bucket → TAT, absent for a cold bucket.  intervals: bucket → µs between two slots.
    """
    after = {name: tats.get(name, now + COLD_START_US) for name in intervals}
    slots: list[int] = []
    while True:
        slot = max([now, *after.values()])
        if len(slots) == wanted or slot > now + horizon:
            return Grant(tuple(slots), slot), after
        slots.append(slot)
        for name, interval in intervals.items():
            after[name] = slot + interval


def factor_at(now: int, factor: float, changed: int) -> float:
    """The slow-down factor, recovered linearly since it was set."""
    return min(1.0, factor + RECOVERY_PER_S * (now - changed) / 1_000_000)
