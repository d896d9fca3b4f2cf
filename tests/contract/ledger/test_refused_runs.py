"""settle counts failures that may concern every contact: apart for answers and statuses, each once, anew after a resume."""

from shared.ground import keys
from shared.ledger.model import Kind, RefusedRun
from shared.ledger.states import Move
from tests.scene import Scene


async def runs(scene: Scene) -> list[RefusedRun]:
    return await scene.ledger.refused_runs(scene.campaign)


async def test_answers_and_statuses_are_counted_apart_and_each_fact_once(scene: Scene) -> None:
    lease = await scene.sending(6)
    await scene.settle(0, Kind.FAILED, lease, may_concern_all=True)
    await scene.settle(1, Kind.ACCEPTED, lease)
    await scene.settle(2, Kind.FAILED, lease)  # of this contact alone
    await scene.settle(3, Kind.UNKNOWN, lease, may_concern_all=True)
    for _ in range(2):
        await scene.settle(1, Kind.FAILED, may_concern_all=True)
        await scene.settle(0, Kind.FAILED, may_concern_all=True)  # the answer said so already
        await scene.settle(4, Kind.DELIVERED)
    assert await runs(scene) == [RefusedRun((0, 1), 2), RefusedRun((0,), 1, (1,), 2), RefusedRun((0, 1), 2)]


async def test_delivered_and_then_read_is_one_success(scene: Scene) -> None:
    await scene.sending(2)
    for kind in (Kind.ACCEPTED, Kind.DELIVERED, Kind.READ, Kind.DELIVERED):
        await scene.settle(0, kind)
    await scene.settle(1, Kind.READ)
    assert await runs(scene) == [RefusedRun((), 2), RefusedRun((), 2, (), 2), RefusedRun((), 2)]


async def test_a_resume_begins_anew_and_forgets_what_left_before_it(scene: Scene) -> None:
    lease = await scene.sending(4)
    await scene.settle(0, Kind.FAILED, lease, may_concern_all=True)
    await scene.settle(1, Kind.ACCEPTED, lease)
    await scene.move(Move.PAUSE)
    await scene.travel(5)
    await scene.move(Move.RESUME)
    assert [run.before for run in await runs(scene)] == [(), (), ()]
    await scene.settle(1, Kind.FAILED, may_concern_all=True)  # it left before the resume
    await scene.settle(2, Kind.FAILED, may_concern_all=True)
    assert [run.before for run in await runs(scene)] == [(), (0,), ()]


async def test_requests_without_an_answer_are_told_from_answers_that_prove_nothing(scene: Scene) -> None:
    lease = await scene.sending(4)
    await scene.settle(0, Kind.UNKNOWN, lease, may_concern_all=True, is_unanswered=True)
    await scene.settle(1, Kind.UNKNOWN, lease, may_concern_all=True)
    await scene.settle(2, Kind.ACCEPTED, lease)
    await scene.settle(3, Kind.UNKNOWN, lease, may_concern_all=True, is_unanswered=True)
    assert [run.before for run in await runs(scene)] == [(0,), (), (0, 0, 1)]


async def test_answers_to_what_left_before_a_resume_are_forgotten(scene: Scene) -> None:
    """A time-out is told seconds after the message left: by then somebody may have resumed the campaign."""
    await scene.running(5)
    old = await scene.opened(wanted=3)
    for ordinal in range(3):
        await scene.mark(ordinal, old)
    await scene.move(Move.PAUSE)
    await scene.move(Move.RESUME)
    await scene.settle(0, Kind.UNKNOWN, old, may_concern_all=True)
    await scene.settle(1, Kind.UNKNOWN, old, may_concern_all=True, is_unanswered=True)
    await scene.settle(2, Kind.FAILED, old, may_concern_all=True)
    assert [run.before for run in await runs(scene)] == [(), (), ()]
    new = await scene.opened()
    await scene.mark(3, new)
    await scene.settle(3, Kind.UNKNOWN, new, may_concern_all=True)
    assert [run.before for run in await runs(scene)] == [(0,), (), (0,)]


async def test_the_list_of_failures_is_bounded(scene: Scene) -> None:
    await scene.sending(1)
    await scene.store.redis.rpush(keys.refused(scene.campaign), *["status:0:0"] * 1_500)
    await scene.settle(0, Kind.FAILED, may_concern_all=True)
    assert len((await runs(scene))[1].before) == 1_500
