"""Which queue a message waits in, and under which limits."""

import pytest

from shared.ground.ids import CampaignId, SenderId
from shared.senders.limits.pacer import Pacer
from shared.senders.limits.pacers import PAIR_SECONDS, PEOPLES_HORIZON_MS, QUEUES_KEPT, Pacers, Pacing
from shared.senders.limits.permits import Permits
from shared.senders.limits.store import Lane, RateLimits, SlotReplies, SlotRequest

CLINIC, DESK = SenderId("clinic"), SenderId("desk")
MAY, JUNE = CampaignId("cmay"), CampaignId("cjune")


class KeptRequests:
    """Slots that nobody gives; the limits under which they were asked for are kept."""

    def __init__(self) -> None:
        self.asked: list[RateLimits] = []

    async def reserve(self, limits: RateLimits, requests: list[SlotRequest]) -> SlotReplies:
        assert not requests
        self.asked.append(limits)
        return SlotReplies((), 0, 0)


@pytest.fixture
def slots() -> KeptRequests:
    return KeptRequests()


@pytest.fixture
def pacers(slots: KeptRequests) -> Pacers:
    accounts, rates = {CLINIC: "twilio:AC1", DESK: "twilio:AC2"}, {CLINIC: 80.0, DESK: 20.0}
    return Pacers(slots, Permits(8), Permits(8), accounts, rates, Pacing(0.5, 100, 2_000))


def limits(pacer: Pacer) -> RateLimits:
    return pacer._limits


def test_campaigns_share_their_senders_queue_unless_they_have_a_rate(pacers: Pacers) -> None:
    may, june = pacers.of_campaign(CLINIC, MAY, None), pacers.of_campaign(CLINIC, JUNE, None)
    slow = pacers.of_campaign(CLINIC, MAY, 3.0)
    assert may is june
    assert slow is not may
    assert slow is pacers.of_campaign(CLINIC, MAY, 3.0)
    assert pacers.of_campaign(DESK, MAY, None) is not may


def test_the_limits_of_a_campaign(pacers: Pacers) -> None:
    own = limits(pacers.of_campaign(CLINIC, MAY, 3.0))
    assert own == RateLimits("twilio:AC1", CLINIC, 40.0, 2_000, PAIR_SECONDS, (("campaign:cmay", 3.0),))


def test_people_wait_apart_in_a_lane_of_their_own_without_the_pair_limit(pacers: Pacers) -> None:
    people = pacers.of_people(CLINIC)
    assert people is pacers.of_people(CLINIC)
    assert people is not pacers.of_campaign(CLINIC, MAY, None)
    assert limits(people) == RateLimits("twilio:AC1", CLINIC, 40.0, PEOPLES_HORIZON_MS, 0, (), Lane.PEOPLE)


@pytest.mark.parametrize(("reported", "rate"), [(10, 5.0), (200, 40.0), (None, 40.0), (0, 40.0)])
def test_a_providers_lower_rate_is_followed(pacers: Pacers, reported: int | None, rate: float) -> None:
    queues = [pacers.of_campaign(CLINIC, MAY, None), pacers.of_campaign(CLINIC, JUNE, 3.0)]
    other, people = pacers.of_campaign(DESK, MAY, None), pacers.of_people(CLINIC)
    pacers.adopt_rates({CLINIC: reported})
    assert (pacers.rate_of(CLINIC), pacers.rate_of(SenderId("gone"))) == (rate, None)
    assert [limits(one).rate_per_second for one in queues] == [rate, rate]
    assert limits(other).rate_per_second == 10.0
    assert limits(pacers.of_people(CLINIC)).rate_per_second == rate
    assert pacers.of_people(CLINIC) is people, "who waits in it has the new rate, too"
    pacers.adopt_rates({CLINIC: None})
    assert limits(queues[0]).rate_per_second == 40.0


async def test_the_buckets_of_all_senders_are_made_before_the_first_message(
    pacers: Pacers, slots: KeptRequests
) -> None:
    await pacers.create_buckets()
    assert [one.sender for one in slots.asked] == [CLINIC, DESK]


def test_queues_of_campaigns_that_are_over_are_forgotten(pacers: Pacers) -> None:
    first = pacers.of_campaign(CLINIC, MAY, 3.0)
    for number in range(2 * QUEUES_KEPT):
        pacers.of_campaign(CLINIC, CampaignId(f"c{number}"), 3.0)
    assert len(pacers._campaigns) == QUEUES_KEPT
    assert pacers.of_campaign(CLINIC, MAY, 3.0) is not first
    assert limits(pacers.of_campaign(CLINIC, MAY, 3.0)) == limits(first)
