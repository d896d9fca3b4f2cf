"""The deadline: from then on no script lets a job be sent, whoever waits has expired, and the sums are right."""

from datetime import timedelta

import pytest

from shared.ground import keys
from shared.ground.keys import PAGE_ROWS
from shared.ledger.model import Kind, PlannedJob, RedriveOrder, Retry
from shared.ledger.states import CampaignState, JobState, Move
from tests.factories import contacts
from tests.scene import OPENED, UNOPENED, Scene


async def limited(scene: Scene, seconds: float) -> None:
    await scene.ledger.limit(scene.campaign, scene.in_s(seconds))


async def test_before_it_nothing_changes(scene: Scene) -> None:
    await scene.running(2)
    await limited(scene, 60)
    assert await scene.ledger.expire(scene.campaign) == 0
    lease = await scene.opened()
    assert await scene.mark(0, lease) == 1
    await scene.settle(0, Kind.DEFER, lease, due=scene.in_s(5))
    assert await scene.letters() == "dl"
    assert (await scene.standing()).deadline_at is not None


async def test_whoever_waits_has_expired_with_the_reason_and_the_campaign_finishes(scene: Scene) -> None:
    await scene.create()
    await scene.admit(contacts(PAGE_ROWS))
    await scene.admit(contacts(2, PAGE_ROWS), sequence=1)
    await scene.move(Move.START)
    await scene.plan(PlannedJob(0), PlannedJob(1, due=scene.in_s(50)), PlannedJob(2, suppressed="no-opt-in"))
    await scene.plan(page=1)
    await limited(scene, 5)
    await scene.travel(6)
    assert await scene.lease() is None
    assert not await scene.move(Move.FINISH)
    assert await scene.ledger.expire(scene.campaign) == PAGE_ROWS + 1
    now = await scene.check()
    assert (len(now.are("e")), now.are("x"), now.due) == (PAGE_ROWS + 1, {2}, frozenset())
    assert {(await scene.job(ordinal)).reason for ordinal in (0, 1, PAGE_ROWS)} == {"deadline"}
    assert await scene.move(Move.FINISH)
    standing = await scene.standing()
    assert standing.counts[JobState.EXPIRED] + standing.counts[JobState.SUPPRESSED] == standing.total


async def test_of_a_paused_campaign_too_and_the_rest_after_a_resume_is_nobody(scene: Scene) -> None:
    await scene.running(2)
    await limited(scene, 5)
    await scene.move(Move.PAUSE)
    await scene.travel(6)
    await scene.move(Move.RESUME)
    assert await scene.lease() is None, "released after the resume"
    await scene.move(Move.PAUSE)
    assert await scene.ledger.expire(scene.campaign) == 2
    assert await scene.letters() == "ee"


@pytest.mark.parametrize(
    ("due_s", "letter"), [(3, "d"), (5, "e"), (60, "e")], ids=["before", "at the deadline", "after"]
)
@pytest.mark.parametrize("kind", [Kind.DEFER, Kind.FAILED])
async def test_another_try_that_would_come_too_late_is_none(
    scene: Scene, kind: Kind, due_s: float, letter: str
) -> None:
    lease = await scene.sending(1)
    now = scene.store.now()
    due = now + timedelta(seconds=due_s)
    await scene.ledger.limit(scene.campaign, now + timedelta(seconds=5))
    for _ in range(2 if kind is Kind.FAILED else 1):
        await scene.settle(0, kind, lease, due=due, code="131049", reason="not now")
    assert await scene.letters() == letter
    job = await scene.job(0)
    assert (job.code, job.reason) == ("131049", "deadline" if letter == "e" else "not now")
    await scene.check()


async def test_a_job_that_returns_too_late_has_expired(scene: Scene) -> None:
    lease = await scene.sending(3)
    await limited(scene, 0)
    await scene.settle(0, Kind.RETURN, lease)
    await scene.settle(1, Kind.UNKNOWN, lease)
    assert await scene.settle(1, Kind.RESEND) is None, "not sent again, and still unknown"
    await scene.settle(2, Kind.ACCEPTED, lease)
    assert await scene.letters() == "eua"


async def test_a_lease_that_ends_gives_back_nobody(scene: Scene) -> None:
    await scene.running(3)
    lease = await scene.opened(wanted=2)
    await scene.leased(1)
    await limited(scene, 20)
    await scene.close(lease, (0, 1), postponed={1: scene.in_s(30)})
    assert await scene.letters() == "pel", "postponed until behind the deadline"
    await scene.travel(max(UNOPENED, OPENED).total_seconds() + 1)
    await scene.ledger.sweep(scene.campaign)
    assert await scene.letters() == "pee"
    await scene.check()


async def test_an_acceptance_that_is_told_late_stands(scene: Scene) -> None:
    lease = await scene.sending(1)
    await limited(scene, 0)
    await scene.settle(0, Kind.FAILED, lease, due=scene.in_s(5), code="1")
    assert await scene.letters() == "e"
    await scene.settle(0, Kind.DELIVERED, message="SM1")
    assert await scene.letters() == "v"


async def test_planned_as_expired(scene: Scene) -> None:
    await scene.create()
    await scene.admit(contacts(2))
    await scene.move(Move.START)
    await scene.plan(PlannedJob(0, expired="deadline"), PlannedJob(1))
    assert await scene.letters() == "ep"
    assert (await scene.job(0)).reason == "deadline"
    await scene.check()


async def test_a_failure_that_could_be_tried_too_late_opens_no_finished_campaign(scene: Scene) -> None:
    lease = await scene.sending(1)
    await scene.settle(0, Kind.ACCEPTED, lease)
    await limited(scene, 5)
    await scene.close(lease, [0])
    await scene.ledger.control(scene.campaign, Move.FINISH, "oriel", reopens_for=timedelta(days=1))
    await scene.settle(0, Kind.FAILED, due=scene.in_s(60), code="1")
    assert await scene.letters() == "e"
    assert (await scene.standing()).state is CampaignState.FINISHED


async def test_nor_does_somebody_who_agrees(scene: Scene) -> None:
    await scene.create()
    await scene.admit(contacts(1))
    await scene.move(Move.START)
    await scene.plan(PlannedJob(0, suppressed="no-opt-in"))
    await limited(scene, 5)
    await scene.ledger.control(scene.campaign, Move.FINISH, "oriel", reopens_for=timedelta(days=1))
    await scene.ledger.note_agreement([scene.campaign], contacts(1))
    await scene.travel(6)
    assert not await scene.ledger.reopen(scene.campaign)


async def test_whoever_agrees_too_late_stays_suppressed(scene: Scene) -> None:
    await scene.create()
    await scene.admit(contacts(1))
    await scene.move(Move.START)
    await scene.plan(PlannedJob(0, suppressed="no-opt-in"))
    assert await scene.ledger.take_up(scene.campaign, 0, "no-opt-in", [PlannedJob(0, expired="deadline")]) == 0
    assert await scene.letters() == "x"


async def test_the_same_failure_told_again_with_an_earlier_try_brings_nobody_back(scene: Scene) -> None:
    lease = await scene.sending(1)
    await limited(scene, 30)
    for due_s in (60, 5):
        await scene.settle(0, Kind.FAILED, lease, due=scene.in_s(due_s), code="1")
        assert await scene.letters() == "e"


async def test_a_person_s_other_try_that_would_come_too_late_is_left_out(scene: Scene) -> None:
    lease = await scene.sending(2)
    for ordinal in range(2):
        await scene.settle(ordinal, Kind.FAILED, lease, code="1")
    await limited(scene, 5)
    order = RedriveOrder("r1", frozenset({JobState.FAILED}), frozenset(), "ana", scene.store.now())
    await scene.ledger.redrive(scene.campaign, order)
    retries = [Retry(0, 1), Retry(1, 1, scene.in_s(60))]
    assert await scene.ledger.redrive_page(scene.campaign, order, 0, None, retries, 0)
    assert await scene.letters() == "df"
    (done,) = await scene.ledger.redrives(scene.campaign)
    assert (done.redriven, done.left_out) == (1, 1)
    assert await scene.store.redis.zcard(keys.due(scene.campaign)) == 1


@pytest.mark.parametrize("is_late", [False, True], ids=["agreed before", "agreed after"])
async def test_a_finished_campaign_is_not_kept_awake_for_an_agreement_that_comes_to_nothing(
    scene: Scene, is_late: bool
) -> None:
    await scene.create()
    await scene.admit(contacts(1))
    await scene.move(Move.START)
    await scene.plan(PlannedJob(0, suppressed="no-opt-in"))
    await limited(scene, 5)
    await scene.ledger.control(scene.campaign, Move.FINISH, "oriel", reopens_for=timedelta(hours=1))
    for step in ("travel", "agree") if is_late else ("agree", "travel"):
        if step == "travel":
            await scene.travel(6)
        else:
            await scene.ledger.note_agreement([scene.campaign], contacts(1))
    assert await scene.ledger.has_agreed(scene.campaign) is not is_late
    assert not await scene.ledger.reopen(scene.campaign)
    assert not await scene.ledger.has_agreed(scene.campaign)
