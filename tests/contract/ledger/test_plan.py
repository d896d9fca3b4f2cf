"""plan: what was admitted becomes leasable, waits for its time, or is suppressed; the cursor moves once."""

from shared.ledger.model import PlannedJob
from shared.ledger.states import JobState, Move
from tests.factories import contacts
from tests.scene import Scene


async def drafted(scene: Scene, jobs: int) -> None:
    await scene.create()
    await scene.admit(contacts(jobs))
    await scene.move(Move.START)


async def test_each_verdict_has_its_place(scene: Scene) -> None:
    await drafted(scene, 4)
    assert await scene.plan(
        PlannedJob(0, priority=9),
        PlannedJob(1, due=scene.in_s(60)),
        PlannedJob(2, suppressed="no-opt-in"),
        PlannedJob(3, due=scene.in_s(60), suppressed="opted-out"),
    )
    assert await scene.letters() == "pdxx"
    assert [(await scene.job(ordinal)).reason for ordinal in range(4)] == ["", "", "no-opt-in", "opted-out"]
    assert (await scene.snapshot()).ready == {0}
    assert (await scene.standing()).planned == 1


async def test_a_page_is_planned_once(scene: Scene) -> None:
    await drafted(scene, 2)
    assert await scene.plan(PlannedJob(0), PlannedJob(1))
    assert not await scene.plan(PlannedJob(0, suppressed="no-opt-in"), PlannedJob(1))
    assert await scene.letters() == "pp"


async def test_pages_are_planned_in_order(scene: Scene) -> None:
    await drafted(scene, 2)
    await scene.admit(contacts(2, 10), sequence=1)
    assert not await scene.plan(PlannedJob(128), page=1)
    assert await scene.plan(PlannedJob(0), PlannedJob(1))
    assert await scene.plan(PlannedJob(128), PlannedJob(129), page=1)
    assert (await scene.leased()).ordinals == (0, 1, 128, 129)


async def test_the_cursor_never_overtakes_the_pages(scene: Scene) -> None:
    """What is admitted later would never be planned, and its contacts would wait for ever."""
    await scene.create()
    assert not await scene.plan()
    await scene.admit(contacts(1))
    assert await scene.plan(PlannedJob(0))
    assert not await scene.plan(page=1)


async def test_only_pending_jobs_move(scene: Scene) -> None:
    await drafted(scene, 2)
    await scene.move(Move.CANCEL)
    assert await scene.plan(PlannedJob(0, suppressed="no-opt-in"), PlannedJob(1, due=scene.in_s(5)))
    assert await scene.letters() == "cc"
    assert (await scene.standing()).counts[JobState.SUPPRESSED] == 0
