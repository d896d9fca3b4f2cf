"""A small campaign does not wait behind a large one: releasing and the ledger as they are, and a queue in virtual time.

Jobs take their slots in the order in which they were released, one every 1 / rate seconds; a parcel's end releases more.
"""

from collections import deque
from dataclasses import dataclass, field

import pytest

from shared.ground.ids import CampaignId, LeaseId
from tests.factories import SENDER, campaign, rows
from tests.reading import present
from tests.wired import OPENED, W1, Wired

DELAY_S = 2.0
LARGE = 1_200  # jobs; a million are as many to the release, which looks at a second's work


@dataclass
class Course:
    """now_s: virtual. done: campaign → when each of its jobs had its slot."""

    wired: Wired
    rate: float
    now_s: float = 0.0
    done: dict[CampaignId, list[float]] = field(default_factory=dict)
    queue: deque[tuple[CampaignId, LeaseId, int]] = field(default_factory=deque)

    async def release(self) -> None:
        await self.wired.outbound.releasing.release(SENDER)
        parcels, self.wired.hints.parcels = self.wired.hints.parcels, []
        for campaign_id, lease in parcels:
            opened = present(await self.wired.stores.ledger.open_lease(campaign_id, lease, W1, OPENED))
            self.queue.append((campaign_id, lease, len(opened.ordinals)))

    async def next_parcel(self) -> None:
        campaign_id, lease, jobs = self.queue.popleft()
        for _ in range(jobs):
            self.now_s += 1 / self.rate
            self.done.setdefault(campaign_id, []).append(self.now_s)
        await self.wired.outbound.sending.send_parcel(campaign_id, lease, W1)
        await self.release()


@pytest.mark.parametrize("rate", [10, 80, 200])
@pytest.mark.parametrize("weight", [1.0, 4.0])
async def test_ten_jobs_wait_two_seconds_at_most_behind_a_large_campaign(
    wired: Wired, rate: float, weight: float
) -> None:
    """At 10/s the ten alone take a second, and with half of the rate two."""
    wired.restart(rate=rate)
    large = await wired.running(LARGE, campaign({"weight": weight}, id=CampaignId("clarge")))
    course = Course(wired, rate)
    await course.release()
    while course.now_s < 2.0:
        await course.next_parcel()

    began_s = course.now_s
    small = await wired.running(made=campaign(id=CampaignId("csmall")), base=rows(10, first=5_000))
    await course.release()
    while len(course.done.get(small.id, ())) < 10:
        await course.next_parcel()
    alone_s = 10 / rate * (1 + weight)
    waited_s = course.done[small.id][-1] - began_s
    print(f"{waited_s:.2f} s at {rate}/s beside a weight of {weight:g}; its own share takes {alone_s:.2f} s")
    assert course.done[small.id][0] - began_s <= DELAY_S
    assert waited_s <= DELAY_S + alone_s
    assert len(course.done[large.id]) > 0
