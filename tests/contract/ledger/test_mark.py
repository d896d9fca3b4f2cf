"""mark: the write-ahead step. What it refuses is not sent; what it grants is granted to one lease."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from shared.ground.ids import LeaseId, Nonce
from shared.ledger.model import Kind, MarkRefusal, PlannedJob
from shared.ledger.states import Move
from tests.factories import contacts
from tests.scene import OPENED, W1, W2, Scene

Step = Callable[[Scene, LeaseId], Awaitable[object]]


async def test_a_leased_job_is_sending_from_now_on(scene: Scene) -> None:
    await scene.running(2)
    lease = await scene.opened()
    assert await scene.mark(1, lease) == 1
    assert await scene.letters() == "ls"
    assert await scene.mark(1, lease) == 1, "asked again, the same is answered"


async def pause(scene: Scene, _: LeaseId) -> None:
    await scene.move(Move.PAUSE)


async def cancel(scene: Scene, _: LeaseId) -> None:
    await scene.move(Move.CANCEL)


async def stop(scene: Scene, _: LeaseId) -> None:
    await scene.stop(0)


async def time_passes(scene: Scene, _: LeaseId) -> None:
    await scene.travel(OPENED.total_seconds() + 1)


async def is_swept(scene: Scene, _: LeaseId) -> None:
    await scene.travel(OPENED.total_seconds() + 1)
    await scene.ledger.sweep(scene.campaign)


async def is_closed(scene: Scene, lease: LeaseId) -> None:
    await scene.close(lease, (0, 1))


async def is_released_again(scene: Scene, lease: LeaseId) -> None:
    await scene.close(lease, (0, 1))
    await scene.opened(W2)


async def is_settled(scene: Scene, _: LeaseId) -> None:
    await scene.settle(0, Kind.ACCEPTED)


async def is_too_late(scene: Scene, _: LeaseId) -> None:
    await scene.ledger.limit(scene.campaign, scene.store.now())


@pytest.mark.parametrize(
    ("step", "answers", "letters"),
    [
        pytest.param(pause, [MarkRefusal.NOT_RUNNING] * 2, "ll", id="paused"),
        pytest.param(cancel, [MarkRefusal.NOT_RUNNING] * 2, "ll", id="cancelled"),
        pytest.param(stop, [MarkRefusal.STOPPED, MarkRefusal.NOT_LEASED], "xl", id="stopped contact"),
        pytest.param(is_too_late, [MarkRefusal.EXPIRED, MarkRefusal.NOT_LEASED], "el", id="deadline"),
        pytest.param(time_passes, [MarkRefusal.LEASE_GONE] * 2, "ll", id="expired lease"),
        pytest.param(is_swept, [MarkRefusal.NOT_LEASED] * 2, "pp", id="swept lease"),
        pytest.param(is_closed, [MarkRefusal.NOT_LEASED] * 2, "pp", id="closed lease"),
        pytest.param(is_released_again, [MarkRefusal.LEASE_GONE] * 2, "ll", id="another lease's by now"),
        pytest.param(is_settled, [MarkRefusal.NOT_LEASED] * 2, "al", id="settled job"),
    ],
)
async def test_it_refuses(scene: Scene, step: Step, answers: list[MarkRefusal], letters: str) -> None:
    await scene.running(2)
    lease = await scene.opened()
    await step(scene, lease)
    assert [await scene.mark(0, lease) for _ in range(2)] == answers
    assert await scene.letters() == letters


async def test_a_stopped_contact_is_suppressed_with_the_reason(scene: Scene) -> None:
    await scene.running(2)
    lease = await scene.opened()
    await scene.stop(0)
    assert await scene.mark(0, lease) == MarkRefusal.STOPPED
    assert (await scene.job(0)).reason == "opted-out"
    assert await scene.mark(1, lease) == 1, "nobody else is stopped"


@pytest.mark.parametrize(("nonce", "lease"), [(W2, "1"), (W1, "2"), (W1, "17"), (Nonce(""), "1")])
async def test_a_foreign_nonce_or_lease_cannot_mark(scene: Scene, nonce: Nonce, lease: str) -> None:
    """Lease 2 is this worker's as well, and holds other jobs."""
    await scene.running(4)
    await scene.opened(wanted=2)
    await scene.opened(wanted=2)
    assert await scene.mark(0, LeaseId(lease), nonce) == MarkRefusal.LEASE_GONE
    assert await scene.letters() == "llll"


async def test_an_unopened_lease_marks_nothing(scene: Scene) -> None:
    await scene.running(1)
    lease = await scene.leased()
    assert await scene.mark(0, lease.id, W1) == MarkRefusal.LEASE_GONE


async def test_a_sending_job_is_no_other_lease_s(scene: Scene) -> None:
    lease = await scene.sending(2)
    assert await scene.mark(0, lease, W2) == MarkRefusal.NOT_LEASED
    assert await scene.mark(0, LeaseId("2")) == MarkRefusal.NOT_LEASED
    assert await scene.letters() == "ss"


@pytest.mark.parametrize("ordinal", [1, 127, 128, 5_000])
async def test_nobody_s_ordinal_cannot_be_marked(scene: Scene, ordinal: int) -> None:
    await scene.running(1)
    lease = await scene.opened()
    assert await scene.mark(ordinal, lease) == MarkRefusal.NOT_LEASED


async def test_a_repeat_is_answered_as_before_even_after_a_pause(scene: Scene) -> None:
    """redis-py repeats a call whose answer was lost: the answer must not change, or the job would be nobody's."""
    lease = await scene.sending(1)
    await scene.move(Move.PAUSE)
    await scene.stop(0)
    assert await scene.mark(0, lease) == 1


# ── a job that has come to another lease ────────────────────────────────────────────────────────────────────────────


async def deferred(scene: Scene, lease: LeaseId) -> None:
    await scene.settle(0, Kind.DEFER, lease, due=scene.in_s(2))


async def returned(scene: Scene, lease: LeaseId) -> None:
    await scene.settle(0, Kind.RETURN, lease)


async def failed_early(scene: Scene, _: LeaseId) -> None:
    await scene.settle(0, Kind.FAILED, code="63049", due=scene.in_s(2))


async def accepted_then_failed(scene: Scene, lease: LeaseId) -> None:
    await scene.settle(0, Kind.ACCEPTED, lease)
    await scene.settle(0, Kind.FAILED, code="63049", due=scene.in_s(2))


async def unknown_then_sent_again(scene: Scene, lease: LeaseId) -> None:
    await scene.settle(0, Kind.UNKNOWN, lease)
    await scene.settle(0, Kind.RESEND)


LEAVES_THE_LEASE = [deferred, returned, failed_early, accepted_then_failed, unknown_then_sent_again]


@pytest.mark.parametrize("leaves", LEAVES_THE_LEASE)
async def test_the_lease_before_cannot_mark_a_job_that_came_to_another(scene: Scene, leaves: Step) -> None:
    """The lease before is still open: other jobs of its parcel are on the wire."""
    before = await scene.sending(2)
    await leaves(scene, before)
    await scene.travel(3)
    after = await scene.opened(W2)
    assert await scene.letters() == "ls"
    assert await scene.mark(0, before, W1) == MarkRefusal.NOT_LEASED
    assert await scene.letters() == "ls"
    attempt = await scene.mark(0, after, W2)
    assert isinstance(attempt, int)
    assert await scene.mark(0, before, W1) == MarkRefusal.NOT_LEASED
    assert await scene.mark(0, after, W2) == attempt


@pytest.mark.parametrize("leaves", LEAVES_THE_LEASE)
@pytest.mark.parametrize("marked", [False, True])
async def test_the_lease_before_ends_and_the_other_keeps_its_job(scene: Scene, leaves: Step, marked: bool) -> None:
    before = await scene.sending(2)
    await leaves(scene, before)
    await scene.travel(3)
    after = await scene.opened(W2)
    if marked:
        await scene.mark(0, after, W2)
    present = "s" if marked else "l"
    await scene.settle(1, Kind.ACCEPTED, before)
    assert await scene.close(before, (0, 1)) == 0
    assert await scene.letters() == present + "a"
    assert isinstance(await scene.mark(0, after, W2), int)


@pytest.mark.parametrize("leaves", LEAVES_THE_LEASE)
async def test_the_lease_before_is_swept_and_the_other_keeps_its_job(scene: Scene, leaves: Step) -> None:
    before = await scene.sending(2)
    await leaves(scene, before)
    await scene.travel(3)
    after = await scene.opened(W2)
    await scene.store.redis.zadd(f"{{c:{scene.campaign}}}:deadlines", {before: 1})
    assert await scene.ledger.sweep(scene.campaign) == (0, 1)
    assert await scene.letters() == "lu"
    assert isinstance(await scene.mark(0, after, W2), int)


async def test_a_closed_lease_with_a_job_on_the_wire_keeps_only_that_one(scene: Scene) -> None:
    """Its worker gave the others back: it may not mark them under a lease that comes after."""
    await scene.running(3)
    before = await scene.opened(W1)
    await scene.mark(2, before)
    assert await scene.close(before, (0, 1, 2)) == 2
    after = await scene.opened(W2)
    assert await scene.mark(0, before) == MarkRefusal.LEASE_GONE
    assert await scene.close(before, (0, 1, 2)) == 0
    assert await scene.letters() == "lls"
    assert await scene.mark(0, after, W2) == 1
    await scene.travel(OPENED.total_seconds() + 1)
    assert await scene.ledger.sweep(scene.campaign) == (1, 2)
    assert await scene.letters() == "upu"


# ── attempts ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("leaves", "attempt"),
    [(deferred, 1), (returned, 1), (failed_early, 2), (accepted_then_failed, 2), (unknown_then_sent_again, 2)],
)
async def test_the_number_grows_when_the_next_attempt_is_marked(scene: Scene, leaves: Step, attempt: int) -> None:
    await leaves(scene, await scene.sending(1))
    await scene.travel(3)
    after = await scene.opened(W2)
    assert await scene.mark(0, after, W2) == attempt
    job = await scene.job(0)
    assert (job.attempt, job.code, job.provider_message_id, job.times) == (attempt, "", "", {})


async def test_many_are_marked_in_one_round_trip(scene: Scene) -> None:
    await scene.create()
    for sequence in range(3):
        await scene.admit(contacts(128, 128 * sequence), sequence=sequence)
    await scene.move(Move.START)
    for page in range(3):
        await scene.plan(*(PlannedJob(ordinal) for ordinal in range(128 * page, 128 * page + 128)), page=page)
    lease = await scene.lease()
    assert lease is not None
    assert await scene.ledger.open_lease(scene.campaign, lease.id, W1, OPENED) == lease
    marks = await asyncio.gather(*(scene.mark(ordinal, lease.id) for ordinal in lease.ordinals))
    assert marks == [1] * 384
    assert await scene.letters() == "s" * 384
