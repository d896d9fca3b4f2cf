"""redrive, redrive_page: what has failed or is unknown is tried again when a person says so, once, and never by itself."""

from dataclasses import replace

import pytest

from shared.ground import keys
from shared.ground.errors import Conflict, NotFound
from shared.ground.ids import CampaignId
from shared.ledger.model import Kind, RedriveOrder, Retry
from shared.ledger.states import JobState, Move
from tests.scene import Scene
from tests.stores import START

EVERYTHING = (JobState.FAILED, JobState.UNCONFIRMED)


ONE = RedriveOrder("one", frozenset(EVERYTHING), frozenset(), "ana", START)
OTHER = replace(ONE, id="other")


async def order(scene: Scene, one: RedriveOrder = ONE) -> None:
    await scene.ledger.redrive(scene.campaign, one)


async def page(
    scene: Scene, *retries: Retry, number: int = 0, following: int | None = None, one: RedriveOrder = ONE
) -> bool:
    return await scene.ledger.redrive_page(scene.campaign, one, number, following, retries, 0)


async def ended(scene: Scene) -> None:
    """A finished campaign: one job failed, one is unconfirmed, one was accepted."""
    lease = await scene.sending(3)
    await scene.settle(0, Kind.FAILED, lease, code="7")
    await scene.settle(1, Kind.UNKNOWN, lease)
    await scene.settle(2, Kind.ACCEPTED, lease, message="SM2")
    await scene.close(lease, range(3))
    await scene.travel(1)
    assert await scene.move(Move.FINISH)
    assert await scene.letters() == "fua"


async def test_they_wait_again_and_a_finished_campaign_runs(scene: Scene) -> None:
    await ended(scene)
    await order(scene)
    assert await page(scene, Retry(0, 1), Retry(1, 1))
    assert await scene.letters() == "dda"
    assert ((await scene.standing()).state, (await scene.standing()).reason) == ("running", "redriven")
    lease = await scene.opened()
    assert [await scene.mark(ordinal, lease) for ordinal in (0, 1)] == [2, 2]
    await scene.check()


async def test_no_order_tries_a_job_twice(scene: Scene) -> None:
    await ended(scene)
    await order(scene)
    assert await page(scene, Retry(0, 1), following=5)
    assert not await page(scene, Retry(1, 1), following=5), "another call was faster"
    assert await scene.letters() == "dua"
    assert await page(scene, Retry(1, 7), number=5)
    assert await scene.letters() == "dua", "it has had another attempt meanwhile"
    (done,) = await scene.ledger.redrives(scene.campaign)
    assert (done.redriven, done.left_out, done.order.by, done.order.states) == (1, 1, "ana", frozenset(EVERYTHING))
    assert (await scene.standing()).redrive is None


async def test_one_order_at_a_time_and_none_of_a_campaign_that_has_not_begun_or_was_cancelled(scene: Scene) -> None:
    await scene.running(1)
    await order(scene)
    with pytest.raises(Conflict, match="already"):
        await order(scene, OTHER)
    assert not await scene.move(Move.FINISH), "the order has not been carried out"
    await scene.move(Move.CANCEL)
    assert (await scene.standing()).redrive is None
    with pytest.raises(Conflict, match="cancelled"):
        await order(scene, OTHER)


async def test_an_order_that_is_given_again_is_the_same_also_after_it_was_carried_out(scene: Scene) -> None:
    await ended(scene)
    for _ in range(2):
        await order(scene)
    assert await page(scene, Retry(0, 1))
    await order(scene)
    assert (await scene.standing()).redrive is None
    assert len(await scene.ledger.redrives(scene.campaign)) == 1


async def test_an_order_that_is_given_again_after_another_one_is_the_same(scene: Scene) -> None:
    """Carried out, under way behind another one, and once the campaign cannot be ordered anything any more."""
    await ended(scene)
    for one, ordinal in ((ONE, 0), (OTHER, 1)):
        await order(scene, one)
        assert await page(scene, Retry(ordinal, 1), one=one)
    await order(scene, ONE)
    assert (await scene.standing()).redrive is None
    await order(scene, replace(ONE, id="third"))
    await order(scene, ONE)
    assert (await scene.standing()).latest_redrive == "third"
    await page(scene, one=replace(ONE, id="third"))
    await scene.move(Move.CANCEL)
    await order(scene, ONE)
    assert [one.order.id for one in await scene.ledger.redrives(scene.campaign)] == ["one", "other", "third"]


async def test_an_order_that_the_cancel_ended_is_not_carried_out_when_it_is_given_again(scene: Scene) -> None:
    await scene.running(1)
    await order(scene)
    await scene.move(Move.CANCEL)
    await order(scene)
    assert (await scene.standing()).redrive is None


async def test_how_many_have_which_code(scene: Scene) -> None:
    lease = await scene.sending(6)
    for ordinal, code in enumerate(["7", "7", "8", ""]):
        await scene.settle(ordinal, Kind.FAILED, lease, code=code)
    await scene.settle(4, Kind.UNKNOWN, lease, code="7")
    await scene.settle(5, Kind.ACCEPTED, lease, message="SM5")
    failed, unknown = JobState.FAILED, JobState.UNCONFIRMED
    found = await scene.ledger.codes_in(scene.campaign, EVERYTHING)
    assert found == {(failed, "7"): 2, (failed, "8"): 1, (failed, ""): 1, (unknown, "7"): 1}
    assert await scene.ledger.codes_in(scene.campaign, [unknown]) == {(unknown, "7"): 1}
    assert await scene.ledger.codes_in(scene.campaign, [JobState.READ]) == {}


async def test_a_slow_process_carries_out_no_other_order_than_it_has_read(scene: Scene) -> None:
    await ended(scene)
    await order(scene)
    await page(scene)
    await order(scene, OTHER)
    assert not await page(scene, Retry(0, 1), following=7)
    assert await page(scene, Retry(0, 1), one=OTHER)


async def test_what_becomes_unknown_after_the_order_is_not_meant_by_it(scene: Scene) -> None:
    lease = await scene.sending(2)
    await scene.settle(0, Kind.UNKNOWN, lease)
    await scene.travel(1)
    await order(scene)
    await scene.travel(1)
    await scene.settle(1, Kind.UNKNOWN, lease)
    assert await page(scene, Retry(0, 1), Retry(1, 1))
    assert await scene.letters() == "du"


async def test_what_an_older_release_has_left_of_an_order_is_replaced(scene: Scene) -> None:
    """It knows no orders, and may have finished the campaign."""
    await ended(scene)
    await order(scene)
    await scene.store.redis.hset(keys.ledger(scene.campaign), "state", "finished")
    await order(scene, OTHER)
    assert await page(scene, Retry(0, 1), one=OTHER)


async def test_ordered_attempts_that_all_fail_are_weighed_by_the_brakes(scene: Scene) -> None:
    await ended(scene)
    await order(scene)
    await page(scene, Retry(0, 1))
    lease = await scene.opened()
    await scene.mark(0, lease)
    await scene.settle(0, Kind.FAILED, lease, attempt=2, may_concern_all=True)
    answers, *_ = await scene.ledger.refused_runs(scene.campaign)
    assert answers.in_a_row == 1


@pytest.mark.parametrize(("kind", "letter"), [(Kind.FAILED, "d"), (Kind.SUPPRESSED, "x"), (Kind.DELIVERED, "v")])
async def test_what_is_told_of_the_first_attempt_afterwards(scene: Scene, kind: Kind, letter: str) -> None:
    """A failure told once more takes nothing back; a contact that refuses, or has the message, is not written to again."""
    await ended(scene)
    await order(scene)
    await page(scene, Retry(0, 1))
    await scene.settle(0, kind, code="7")
    assert await scene.letters() == f"{letter}ua"


async def test_the_second_attempt_ends_as_any_other(scene: Scene) -> None:
    await ended(scene)
    await order(scene)
    await page(scene, Retry(0, 1))
    lease = await scene.opened()
    assert await scene.mark(0, lease) == 2
    await scene.settle(0, Kind.FAILED, lease, attempt=2, code="8")
    assert (await scene.letters(), (await scene.job(0)).code) == ("fua", "8")


async def test_a_lease_of_before_may_not_touch_it(scene: Scene) -> None:
    lease = await scene.sending(1)
    await scene.settle(0, Kind.FAILED, code="7")
    await order(scene)
    await page(scene, Retry(0, 1))
    assert await scene.mark(0, lease) == "not-leased"
    await scene.close(lease, [0])
    assert await scene.letters() == "d"


async def test_only_pages_with_such_jobs_are_looked_at(scene: Scene) -> None:
    await ended(scene)
    assert await scene.ledger.pages_in(scene.campaign, EVERYTHING, 0) == [0]
    assert await scene.ledger.pages_in(scene.campaign, [JobState.READ], 0) == []


async def test_a_campaign_that_is_not_there_takes_no_order(scene: Scene) -> None:
    with pytest.raises(NotFound):
        await scene.ledger.redrive(CampaignId("cnowhere"), ONE)


async def test_nobody_is_forgotten_by_an_empty_list(scene: Scene) -> None:
    await scene.ledger.forget_agreed(scene.campaign, [])
    assert await scene.ledger.agreed(scene.campaign) == []
