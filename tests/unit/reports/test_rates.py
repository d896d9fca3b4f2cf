"""How fast a campaign goes: told when it was measured, and only then."""

import pytest

from shared.ground.ids import CampaignId
from shared.reports.rates import MAX_CAMPAIGNS, MAX_READINGS, RateMeter

C = CampaignId("c")


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("readings", "rate"),
    [
        ([(0, 0)], None),
        ([(0, 0), (0.1, 50)], None),
        ([(0, 0), (1, 80)], 80.0),
        ([(0, 100), (2, 100)], 0.0),
        ([(0, 100), (2, 90)], 0.0),  # deliveries that failed later are no negative speed
        ([(0, 0), (5, 400), (10, 800)], 80.0),
        ([(0, 0), (1, 900), (11.5, 900), (12, 900)], 0.0),  # halted: what was before the window does not count
        ([(0, 0), (60, 4_800)], 80.0),  # looked at rarely
        ([(0, 0), (121, 4_800)], None),  # too rarely
    ],
)
def test_a_rate(readings, rate):
    clock = Clock()
    meter = RateMeter(clock)
    told = None
    for at, accepted in readings:
        clock.now = 1_000 + at
        told = meter.read(C, accepted)

    assert told == rate


def test_campaigns_are_measured_each_by_itself():
    clock = Clock()
    meter = RateMeter(clock)
    meter.read(C, 0)
    meter.read(CampaignId("d"), 500)
    clock.now += 1

    assert (meter.read(C, 10), meter.read(CampaignId("d"), 520)) == (10.0, 20.0)


def test_what_is_remembered_is_bounded():
    clock = Clock()
    meter = RateMeter(clock)
    for index in range(2 * MAX_CAMPAIGNS):
        meter.read(CampaignId(str(index)), 0)
    for _ in range(10 * MAX_READINGS):
        clock.now += 0.001
        meter.read(C, 0)

    assert len(meter._readings) == MAX_CAMPAIGNS
    assert len(meter._readings[C]) <= MAX_READINGS
