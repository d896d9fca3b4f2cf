"""The rule that keeps every sliding second under the cap, however late the requests are. Pure.

A slot is a span of time. Slots begin at least `1 / paced_rate` seconds apart on the store's clock, and a request is written
between the begin and the end of its slot, or under another slot. So the requests of any second [t, t + 1) have slots that
begin in [t − lateness, t + 1), and that span holds at most (1 + lateness) × paced_rate ≤ cap of them. Lateness is our own,
at most `tolerance_s` (the way of the store's answer, a slow mark, a busy loop, a connection that had to be opened), plus
the network's: 1 / headroom − 1 seconds in all, 31 ms at a headroom of 0.97.

Two things make a slot longer, so that it can be used at all. A sender of less than a message a second has a slot that
leaves a second between two requests: a new encrypted connection takes more than 20 ms, and its next slot is far. And where
the store answers so slowly that its clock is not known to half of the tolerance, half of it is added; what that makes
requests later is taken off the rate.
"""

from math import isfinite

from shared.ground.values import value

MAX_LONG_S = 1.0  # of a slow sender's slot: a pause is silence within a second
DRIFT = 0.001  # of two clocks against each other, seconds a second: twice what time servers correct by


@value(frozen=True, slots=True)
class Slot:
    """In seconds of the loop's clock. A request is written at `begins` at the earliest, at `ends` at the latest."""

    begins: float
    ends: float


def paced_rate(cap: float, headroom: float, tolerance_s: float) -> float:
    """Slots per second under a cap of so many requests per second, where a request may be `tolerance_s` late."""
    return cap * min(headroom, 1 / (1 + tolerance_s))


def tolerance_of(rate: float, tolerance_s: float) -> float:
    """How late a request of a sender with this paced rate may be, in seconds.

    >>> tolerance_of(80, 0.02), tolerance_of(0.8, 0.02), tolerance_of(0.1, 0.02)
    (0.02, 0.25, 1.0)
    """
    return max(tolerance_s, min(1 / rate - 1, MAX_LONG_S))


class StoreClock:
    """How much the store's clock is ahead of the loop's, in seconds: between two bounds, which every answer narrows.

    An answer that took long says little by itself, so what quicker ones have said before is remembered.
    """

    def __init__(self) -> None:
        self._low = float("-inf")
        self._high = float("inf")
        self._at = 0.0

    def note(self, asked: float, answered: float, now_us: int) -> None:
        """The store's clock showed `now_us` at an instant between a question and its answer, by the loop's clock."""
        drift = DRIFT * (answered - self._at)
        low, high = now_us / 1_000_000 - answered, now_us / 1_000_000 - asked
        self._low, self._high = max(low, self._low - drift), min(high, self._high + drift)
        if self._low > self._high:  # the store's clock was set, or it is another store
            self._low, self._high = low, high
        self._at = answered

    def slot_at(self, at_us: int, tolerance_s: float) -> Slot:
        """The slot that begins at this instant of the store's clock.

        Begins at the latest instant that this can be, so that no request is early, and ends by the earliest, so that none
        is more than `tolerance_s` late; but it lasts for half of that at least: see `excess_s`.
        """
        begins, width = at_us / 1_000_000 - self._low, self._high - self._low
        return Slot(begins, begins + max(tolerance_s - width, tolerance_s / 2))

    def excess_s(self, tolerance_s: float) -> float:
        """How much later than `tolerance_s` a request may be, because the store's clock is not known better."""
        width = self._high - self._low
        return max(0.0, width - tolerance_s / 2) if isfinite(width) else 0.0
