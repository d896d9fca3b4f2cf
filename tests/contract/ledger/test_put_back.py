"""put_back: a lease ends, by its worker or by the sweep, and everybody in it is accounted for."""

import pytest

from shared.ground.ids import LeaseId, Nonce
from shared.ledger.model import Kind
from shared.ledger.states import BY_LETTER, Move
from tests.scene import OPENED, UNOPENED, W1, W2, Scene


async def test_what_was_not_begun_goes_back(scene: Scene) -> None:
    await scene.running(4)
    lease = await scene.opened()
    await scene.mark(0, lease)
    await scene.settle(0, Kind.ACCEPTED, lease)
    assert await scene.close(lease, range(4)) == 3
    assert await scene.letters() == "appp"
    assert (await scene.snapshot()).leases == {}
    assert (await scene.leased()).ordinals == (1, 2, 3)


async def test_the_lease_is_closed_once(scene: Scene) -> None:
    await scene.running(2)
    lease = await scene.opened()
    assert await scene.close(lease, range(2)) == 2
    assert await scene.close(lease, range(2)) == 0


@pytest.mark.parametrize("nonce", [W2, Nonce("worker")])
async def test_only_its_holder_closes_a_lease(scene: Scene, nonce: Nonce) -> None:
    await scene.running(2)
    lease = await scene.opened(W1)
    assert await scene.close(lease, range(2), nonce) == 0
    assert await scene.letters() == "ll"
    assert await scene.close(LeaseId("17"), range(2)) == 0


async def test_postponed_jobs_wait_for_their_time(scene: Scene) -> None:
    await scene.running(3)
    lease = await scene.opened()
    assert await scene.close(lease, range(3), postponed={1: scene.in_s(6)}) == 3
    assert await scene.letters() == "pdp"
    assert (await scene.leased()).ordinals == (0, 2)
    await scene.travel(7)
    assert (await scene.leased()).ordinals == (1,)


async def test_a_cancelled_campaign_s_jobs_are_cancelled(scene: Scene) -> None:
    await scene.running(3)
    lease = await scene.opened()
    await scene.move(Move.CANCEL)
    assert await scene.close(lease, range(3), postponed={1: scene.in_s(6)}) == 3
    assert await scene.letters() == "ccc"


async def test_a_job_on_the_wire_keeps_its_lease_until_the_sweep(scene: Scene) -> None:
    await scene.running(2)
    lease = await scene.opened()
    await scene.mark(1, lease)
    assert await scene.close(lease, range(2)) == 1
    assert await scene.ledger.sweep(scene.campaign) == (0, 0)
    await scene.travel(OPENED.total_seconds() + 1)
    assert await scene.ledger.sweep(scene.campaign) == (0, 1)
    assert await scene.letters() == "pu"


# ── sweep ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_sweep_finds_what_a_killed_worker_left(scene: Scene) -> None:
    """Begun and unheard of: unconfirmed. Not begun: back. Settled: as it is."""
    await scene.running(4)
    lease = await scene.opened()
    for ordinal in range(3):
        await scene.mark(ordinal, lease)
    await scene.settle(0, Kind.ACCEPTED, lease)
    await scene.settle(1, Kind.RETURN, lease)
    assert await scene.ledger.sweep(scene.campaign) == (0, 0), "not before its time"
    await scene.travel(OPENED.total_seconds() + 1)
    assert await scene.ledger.sweep(scene.campaign) == (1, 1)
    assert await scene.ledger.sweep(scene.campaign) == (0, 0)
    assert await scene.letters() == "apup"
    job = await scene.job(2)
    assert (job.reason, job.attempt) == ("lease-expired", 1)


@pytest.mark.parametrize("kind", [Kind.DEFER, Kind.RETURN, Kind.UNKNOWN])
async def test_a_worker_that_was_swept_has_no_say_but_facts_count(scene: Scene, kind: Kind) -> None:
    lease = await scene.sending(2)
    await scene.travel(OPENED.total_seconds() + 1)
    await scene.ledger.sweep(scene.campaign)
    assert await scene.settle(0, kind, lease, due=scene.in_s(1)) is None
    assert await scene.settle(1, Kind.ACCEPTED, lease) is BY_LETTER["a"]
    assert await scene.letters() == "ua"


async def test_the_sweep_of_a_cancelled_campaign_brings_nobody_back(scene: Scene) -> None:
    await scene.running(2)
    lease = await scene.opened()
    await scene.mark(0, lease)
    await scene.move(Move.CANCEL)
    await scene.travel(OPENED.total_seconds() + 1)
    assert await scene.ledger.sweep(scene.campaign) == (1, 1)
    assert await scene.letters() == "uc"


async def test_the_sweep_ends_no_lease_that_was_opened_in_the_same_moment(scene: Scene) -> None:
    """It read the deadline before the worker moved it: the script looks again."""
    await scene.running(2)
    lease = await scene.opened()
    assert await scene.ledger._put_back(scene.campaign, lease, Nonce(""), [0, 1], {}) == (0, 0)
    assert await scene.mark(0, lease) == 1


async def test_many_leases_are_swept_a_few_at_a_time(scene: Scene) -> None:
    await scene.running(6)
    for _ in range(3):
        await scene.lease(2)
    await scene.travel(UNOPENED.total_seconds() + 1)
    assert await scene.ledger.sweep(scene.campaign, limit=2) == (4, 0)
    assert await scene.ledger.sweep(scene.campaign, limit=2) == (2, 0)


async def test_a_deadline_without_a_lease_is_forgotten(scene: Scene) -> None:
    await scene.running(1)
    deadlines = f"{{c:{scene.campaign}}}:deadlines"
    await scene.store.redis.zadd(deadlines, {"17": 1})
    assert await scene.ledger.sweep(scene.campaign) == (0, 0)
    assert await scene.store.redis.zcard(deadlines) == 0


async def test_a_dead_worker_s_lease_ends_before_its_time(scene: Scene) -> None:
    await scene.running(4)
    lease = await scene.opened(W1, wanted=2)
    other = await scene.opened(W2, wanted=2)
    await scene.mark(0, lease)
    assert await scene.ledger.lease_holders(scene.campaign) == {lease: W1, other: W2}
    await scene.ledger.expire_leases(scene.campaign, [lease, LeaseId("17")])
    assert await scene.mark(1, lease) == "lease-gone", "from now on, whether it was swept or not"
    assert await scene.ledger.sweep(scene.campaign) == (1, 1)
    assert await scene.letters() == "upll"


async def test_an_unopened_lease_has_no_holder(scene: Scene) -> None:
    await scene.running(1)
    await scene.lease()
    assert await scene.ledger.lease_holders(scene.campaign) == {}
