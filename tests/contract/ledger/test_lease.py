"""lease and open: slices of due jobs, the most urgent first, for one worker each."""

import pytest

from shared.ground.ids import LeaseId
from shared.ledger.model import Kind, Lease, PlannedJob
from shared.ledger.states import CampaignState, JobState, Move
from tests.factories import contacts
from tests.scene import OPENED, UNOPENED, W1, W2, Scene


async def planned(scene: Scene, *jobs: PlannedJob) -> None:
    await scene.create()
    await scene.admit(contacts(len(jobs)))
    await scene.move(Move.START)
    await scene.plan(*jobs)


async def test_the_most_urgent_go_first_and_nine_is_most_urgent(scene: Scene) -> None:
    await planned(scene, *(PlannedJob(ordinal, priority) for ordinal, priority in enumerate([0, 9, 5, 9, 1])))
    taken = [(await scene.leased(1)).ordinals[0] for _ in range(5)]
    assert taken == [1, 3, 2, 4, 0]


async def test_what_has_come_due_goes_before_everything(scene: Scene) -> None:
    await planned(scene, PlannedJob(0, 9), PlannedJob(1, due=scene.in_s(30)), PlannedJob(2, due=scene.in_s(40)))
    assert (await scene.leased(1)).ordinals == (0,)
    assert await scene.lease() is None
    await scene.travel(31)
    assert (await scene.leased()).ordinals == (1,)
    await scene.travel(10)
    assert (await scene.leased()).ordinals == (2,)


async def test_a_slice_is_as_large_as_wanted(scene: Scene) -> None:
    await scene.running(10)
    assert (await scene.leased(4)).ordinals == (0, 1, 2, 3)
    assert (await scene.leased(4)).ordinals == (4, 5, 6, 7)
    assert (await scene.leased(4)).ordinals == (8, 9)
    assert await scene.lease(4) is None


@pytest.mark.parametrize(("wanted", "most", "got"), [(5, 3, 3), (2, 3, 2), (5, 0, 0), (0, 5, 0)])
async def test_no_more_are_in_flight_than_may_be(scene: Scene, wanted: int, most: int, got: int) -> None:
    await scene.running(8)
    lease = await scene.lease(wanted, most)
    assert len(lease.ordinals if lease else ()) == got


async def test_sending_counts_as_in_flight(scene: Scene) -> None:
    await scene.running(8)
    first = await scene.opened(wanted=3)
    await scene.mark(0, first)
    assert len((await scene.leased(5, 4)).ordinals) == 1
    await scene.settle(0, Kind.ACCEPTED, first)
    assert len((await scene.leased(5, 4)).ordinals) == 1


@pytest.mark.parametrize(
    "state", [CampaignState.DRAFT, CampaignState.SCHEDULED, CampaignState.PAUSED, CampaignState.CANCELLED]
)
async def test_only_a_running_campaign_gives_work(scene: Scene, state: CampaignState) -> None:
    await scene.running()
    await scene.store.redis.hset(f"{{c:{scene.campaign}}}:ledger", "state", state)
    assert await scene.lease() is None
    assert await scene.letters() == "ppppp"
    await scene.store.redis.hset(f"{{c:{scene.campaign}}}:ledger", "state", "running")


async def test_there_is_nothing_to_lease_where_there_is_no_campaign(scene: Scene) -> None:
    assert await scene.lease() is None


async def test_a_ready_entry_is_a_hint_and_the_byte_decides(scene: Scene) -> None:
    await scene.running(4)
    await scene.settle(1, Kind.ACCEPTED)
    assert (await scene.leased()).ordinals == (0, 2, 3)


# ── open ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_first_nonce_wins(scene: Scene) -> None:
    await scene.running(3)
    lease = await scene.leased()
    opened = await scene.ledger.open_lease(scene.campaign, lease.id, W1, OPENED)
    assert opened == Lease(scene.campaign, lease.id, (0, 1, 2))
    assert await scene.ledger.open_lease(scene.campaign, lease.id, W2, OPENED) is None
    assert await scene.ledger.open_lease(scene.campaign, lease.id, W1, OPENED) == opened, (
        "the same nonce is answered again"
    )


@pytest.mark.parametrize("swept", [False, True])
async def test_an_unopened_lease_runs_out(scene: Scene, swept: bool) -> None:
    await scene.running(2)
    lease = await scene.leased()
    await scene.travel(UNOPENED.total_seconds() + 1)
    if swept:
        assert await scene.ledger.sweep(scene.campaign) == (2, 0)
    assert await scene.ledger.open_lease(scene.campaign, lease.id, W1, OPENED) is None


async def test_an_opened_lease_lasts_longer(scene: Scene) -> None:
    await scene.running(2)
    lease = await scene.opened()
    await scene.travel(UNOPENED.total_seconds() + 1)
    assert await scene.ledger.sweep(scene.campaign) == (0, 0)
    assert await scene.mark(0, lease) == 1


async def test_a_lease_that_nobody_gave_cannot_be_opened(scene: Scene) -> None:
    await scene.running(1)
    assert await scene.ledger.open_lease(scene.campaign, LeaseId("17"), W1, OPENED) is None
    assert await scene.ledger.open_lease(scene.campaign, LeaseId("|0"), W1, OPENED) is None


async def test_a_paused_campaign_s_lease_opens_and_nothing_of_it_is_sent(scene: Scene) -> None:
    await scene.running(2)
    lease = await scene.leased()
    await scene.move(Move.PAUSE)
    assert await scene.ledger.open_lease(scene.campaign, lease.id, W1, OPENED) is not None
    assert await scene.mark(0, lease.id) == "not-running"
    assert await scene.close(lease.id, (0, 1)) == 2
    assert (await scene.standing()).counts[JobState.PENDING] == 2
