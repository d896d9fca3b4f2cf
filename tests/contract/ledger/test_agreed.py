"""agree, take_up: a job that is suppressed for want of consent waits again once its contact agrees, and only such a job."""

from datetime import timedelta

import pytest

from shared.ledger.model import PlannedJob
from shared.ledger.states import Move
from tests.factories import contacts
from tests.scene import Scene

REASON = "no-opt-in"


async def suppressed(scene: Scene) -> None:
    """Five jobs: two lack an opt-in, one has refused, one is ready, one waits for its time."""
    await scene.create()
    await scene.admit(contacts(5))
    await scene.move(Move.START)
    lacking = [PlannedJob(ordinal, suppressed=REASON) for ordinal in (0, 1)]
    await scene.plan(*lacking, PlannedJob(2, suppressed="opted-out"), PlannedJob(3), PlannedJob(4, due=scene.in_s(60)))


async def agree(scene: Scene, *ordinals: int) -> None:
    people = [contacts(1, ordinal)[0] for ordinal in ordinals]
    await scene.ledger.note_agreement([scene.campaign], people)


async def test_suppressed_jobs_of_those_who_agree_are_noted_once(scene: Scene) -> None:
    await suppressed(scene)
    for _ in range(2):
        await agree(scene, 0, 1, 2, 3, 4, 99)
    assert await scene.ledger.agreed(scene.campaign) == [0, 1, 2]


async def test_a_job_whose_page_is_not_planned_yet_is_noted_for_it_may_be_judged_in_this_instant(scene: Scene) -> None:
    await scene.create()
    await scene.admit(contacts(2))
    await agree(scene, 0)
    assert await scene.ledger.agreed(scene.campaign) == [], "before the start every plan is still to come"
    await scene.move(Move.START)
    await agree(scene, 0)
    assert await scene.ledger.agreed(scene.campaign) == [0]


async def test_they_wait_again_as_they_are_judged_now(scene: Scene) -> None:
    await suppressed(scene)
    await agree(scene, 0, 1, 2)
    now = [PlannedJob(0, priority=9), PlannedJob(1, due=scene.in_s(30)), PlannedJob(2)]
    assert await scene.ledger.take_up(scene.campaign, 0, REASON, now) == 2
    assert await scene.letters() == "pdxpd"
    assert [(await scene.job(ordinal)).reason for ordinal in range(3)] == ["", "", "opted-out"]
    assert not await scene.ledger.has_agreed(scene.campaign)
    assert await scene.ledger.take_up(scene.campaign, 0, REASON, now) == 0, "a repeat moves nothing"
    assert (await scene.leased(1)).ordinals == (0,), "the most urgent goes first"
    await scene.check()


async def test_whoever_is_judged_as_before_stays_suppressed_and_is_not_judged_again(scene: Scene) -> None:
    await suppressed(scene)
    await agree(scene, 0)
    assert await scene.ledger.take_up(scene.campaign, 0, REASON, [PlannedJob(0, suppressed=REASON)]) == 0
    assert (await scene.letters(), await scene.ledger.has_agreed(scene.campaign)) == ("xxxpd", False)


@pytest.mark.parametrize("move", [Move.CANCEL, None])
async def test_a_campaign_that_was_cancelled_takes_nobody_up(scene: Scene, move: Move | None) -> None:
    await suppressed(scene)
    await agree(scene, 0)
    if move is not None:
        await scene.move(move)
        await agree(scene, 1)
        assert not await scene.ledger.has_agreed(scene.campaign)
    taken = await scene.ledger.take_up(scene.campaign, 0, REASON, [PlannedJob(0)])
    assert taken == (0 if move is not None else 1)


async def test_a_campaign_is_not_finished_while_somebody_is_to_be_judged_again(scene: Scene) -> None:
    await scene.create()
    await scene.admit(contacts(1))
    await scene.move(Move.START)
    await scene.plan(PlannedJob(0, suppressed=REASON))
    await agree(scene, 0)
    assert not await scene.move(Move.FINISH)
    await scene.ledger.take_up(scene.campaign, 0, REASON, [PlannedJob(0, suppressed=REASON)])
    assert await scene.move(Move.FINISH)


async def test_a_finished_campaign_runs_again_for_those_who_agree_and_only_for_them(scene: Scene) -> None:
    await scene.create()
    await scene.admit(contacts(2))
    await scene.move(Move.START)
    await scene.plan(PlannedJob(0, suppressed=REASON), PlannedJob(1, suppressed=REASON))
    await scene.ledger.control(scene.campaign, Move.FINISH, "oriel", reopens_for=timedelta(hours=1))
    assert not await scene.ledger.reopen(scene.campaign), "nobody has agreed"
    await agree(scene, 0)
    assert await scene.ledger.reopen(scene.campaign)
    assert not await scene.ledger.reopen(scene.campaign), "it runs"
    assert ((await scene.standing()).state, (await scene.standing()).finished_at) == ("running", None)


async def test_a_campaign_whose_time_to_be_opened_is_over_notes_nobody(scene: Scene) -> None:
    await scene.create()
    await scene.admit(contacts(1))
    await scene.move(Move.START)
    await scene.plan(PlannedJob(0, suppressed=REASON))
    await scene.move(Move.FINISH)
    await agree(scene, 0)
    assert not await scene.ledger.has_agreed(scene.campaign)
    assert not await scene.ledger.reopen(scene.campaign)
