"""The measured rate of campaigns. Owns this process's recent readings of each; its callers bring the readings.

Decision: the ledger keeps no rate, so the rate is the difference of two readings. With one reading there is none, because a
guess would look like a measurement. The cost: each replica has its own readings and may show another figure.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable

from shared.ground.ids import CampaignId

WINDOW_S = 10.0  # a rate over longer would hide that a campaign has come to a halt
OLDEST_S = 120.0  # for who looks more rarely: the last reading before the window, if it is no older than that
MIN_SPAN_S = 0.5  # a rate over less is mostly chance
MAX_CAMPAIGNS = 1_000
MAX_READINGS = 64  # of one campaign: more would come from somebody who asks without a pause


class RateMeter:
    """monotonic: seconds of a clock that never goes back."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._readings: OrderedDict[CampaignId, deque[tuple[float, int]]] = OrderedDict()

    def read(self, campaign: CampaignId, accepted: int) -> float | None:
        """Accepted per second since the oldest reading of the window; None while there is none old enough."""
        now = self._monotonic()
        readings = self._readings.setdefault(campaign, deque())
        self._readings.move_to_end(campaign)
        while readings and (readings[0][0] < now - OLDEST_S or (len(readings) > 1 and readings[1][0] < now - WINDOW_S)):
            readings.popleft()
        rate = self._since(readings[0], now, accepted) if readings else None
        self._remember(readings, now, accepted)
        return rate

    def _remember(self, readings: deque[tuple[float, int]], now: float, accepted: int) -> None:
        if len(readings) < MAX_READINGS and (not readings or now - readings[-1][0] >= WINDOW_S / MAX_READINGS):
            readings.append((now, accepted))
        if len(self._readings) > MAX_CAMPAIGNS:
            self._readings.popitem(last=False)

    @staticmethod
    def _since(first: tuple[float, int], now: float, accepted: int) -> float | None:
        seconds = now - first[0]
        return max(0, accepted - first[1]) / seconds if seconds >= MIN_SPAN_S else None
