"""control: what may be asked of a campaign, from which state; and when it is finished."""

from datetime import timedelta

import pytest

from shared.ground import keys
from shared.ground.errors import Conflict, NotFound
from shared.ledger.model import Kind, PlannedJob
from shared.ledger.states import CampaignState, JobState, Move
from tests.factories import UPLOAD, contacts
from tests.scene import Scene

D, S, R, P, F, C = CampaignState
# The state after each move; the campaign's own for a move that changes nothing, None for one that is forbidden.
MOVES_TABLE = {
    Move.START: {D: R, S: R, R: R, P: None, F: None, C: None},
    Move.PAUSE: {D: None, S: P, R: P, P: P, F: None, C: None},
    Move.RESUME: {D: None, S: None, R: R, P: R, F: None, C: None},
    Move.CANCEL: {D: C, S: C, R: C, P: C, F: None, C: C},
    Move.FINISH: {D: None, S: None, R: F, P: None, F: F, C: None},
}


@pytest.mark.parametrize("move", Move)
async def test_each_move_from_each_state(scene: Scene, move: Move) -> None:
    for before, after in MOVES_TABLE[move].items():
        await scene.store.redis.delete(keys.ledger(scene.campaign))
        await scene.create(before)
        if after is None:
            with pytest.raises(Conflict, match=before.value):
                await scene.move(move)
        else:
            assert await scene.move(move) == (after is not before)
            assert not await scene.move(move), "asked again, it changes nothing"
        assert (await scene.standing()).state is (after or before)


@pytest.mark.parametrize("move", Move)
async def test_a_campaign_that_is_not_there(scene: Scene, move: Move) -> None:
    with pytest.raises(NotFound):
        await scene.move(move)
    with pytest.raises(NotFound):
        await scene.standing()


async def test_who_why_and_when_are_kept(scene: Scene) -> None:
    await scene.create()
    await scene.move(Move.START)
    standing = await scene.standing()
    assert (standing.by, standing.reason) == ("somebody", "because")
    assert standing.started_at is not None
    assert standing.finished_at is None
    await scene.travel(10)
    await scene.move(Move.PAUSE)
    await scene.move(Move.RESUME)
    assert (await scene.standing()).started_at == standing.started_at, "it starts once"
    await scene.move(Move.CANCEL)
    assert (await scene.standing()).finished_at is not None


async def test_a_campaign_is_created_once(scene: Scene) -> None:
    await scene.create()
    created_at = (await scene.standing()).created_at
    await scene.move(Move.START)
    await scene.travel(10)
    await scene.create()
    standing = await scene.standing()
    assert (standing.state, standing.created_at) == (CampaignState.RUNNING, created_at)


async def test_cancel_ends_who_waits_and_leaves_who_is_on_the_way(scene: Scene) -> None:
    await scene.running(4)
    await scene.admit(contacts(1, 10), sequence=1)
    lease = await scene.opened(wanted=3)
    await scene.mark(0, lease)
    await scene.mark(1, lease)
    await scene.settle(1, Kind.DEFER, lease, due=scene.in_s(60))
    assert await scene.letters() == "sdlpp"
    await scene.move(Move.CANCEL)
    assert await scene.letters() == "sclcc"
    assert (await scene.snapshot()).due == frozenset()
    assert await scene.settle(0, Kind.ACCEPTED, lease) is JobState.ACCEPTED
    assert await scene.close(lease, range(3)) == 1
    assert await scene.letters() == "acccc"


async def test_pause_and_resume_send_exactly_the_rest(scene: Scene) -> None:
    await scene.running(4)
    lease = await scene.opened(wanted=2)
    await scene.mark(0, lease)
    await scene.settle(0, Kind.ACCEPTED, lease)
    await scene.move(Move.PAUSE)
    assert await scene.mark(1, lease) == "not-running"
    assert await scene.lease() is None
    await scene.close(lease, range(2))
    await scene.move(Move.RESUME)
    assert (await scene.leased()).ordinals == (1, 2, 3)


# ── finish ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", [None, Kind.DEFER, Kind.RETURN])
@pytest.mark.parametrize("marked", [False, True])
async def test_it_does_not_finish_while_somebody_waits(scene: Scene, kind: Kind | None, marked: bool) -> None:
    await scene.running(1)
    if marked or kind:
        lease = await scene.opened()
        await scene.mark(0, lease)
        if kind:
            await scene.settle(0, kind, lease, due=scene.in_s(60))
    assert not await scene.move(Move.FINISH)
    assert (await scene.standing()).state is CampaignState.RUNNING


async def test_it_does_not_finish_while_a_lease_is_out(scene: Scene) -> None:
    await scene.running(1)
    await scene.lease()
    assert not await scene.move(Move.FINISH)


async def test_it_does_not_finish_before_everybody_is_planned(scene: Scene) -> None:
    await scene.create()
    await scene.admit(contacts(1))
    await scene.move(Move.START)
    assert not await scene.move(Move.FINISH)
    await scene.plan(PlannedJob(0, suppressed="no-opt-in"))
    assert await scene.move(Move.FINISH)


async def test_it_does_not_finish_while_an_upload_waits_to_join(scene: Scene) -> None:
    await scene.create()
    await scene.move(Move.START)
    await scene.store.redis.hset(keys.uploads(scene.campaign), UPLOAD, "complete")
    assert not await scene.move(Move.FINISH)
    await scene.store.redis.hset(keys.uploads(scene.campaign), UPLOAD, "joined")
    assert await scene.move(Move.FINISH)


async def test_an_unknown_outcome_keeps_it_from_finishing_for_a_while(scene: Scene) -> None:
    await scene.settle(0, Kind.UNKNOWN, await scene.sending(1))
    patience = timedelta(seconds=600)
    await scene.travel(590)
    assert not await scene.move(Move.FINISH, patience)
    await scene.travel(11)
    assert await scene.move(Move.FINISH, patience)
    assert (await scene.standing()).counts[JobState.UNCONFIRMED] == 1
