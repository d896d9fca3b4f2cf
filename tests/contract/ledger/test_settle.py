"""settle: what became of an attempt. Facts by a table of every state and fact; a worker's words only under its lease."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from itertools import permutations
from typing import Unpack

import pytest

from shared.ground.ids import LeaseId
from shared.ledger.facts import Facts, Failure, after_facts
from shared.ledger.model import Kind
from shared.ledger.states import BY_LETTER, CampaignState, JobState, Move
from tests.fields import SettlementFields
from tests.scene import W2, Scene

# ── the ways to each state, for as many jobs as a case needs ────────────────────────────────────────────────────────

Way = Callable[[Scene, int], Awaitable[None]]


async def ready(scene: Scene, jobs: int) -> None:
    await scene.running(jobs)


async def leased(scene: Scene, jobs: int) -> None:
    await scene.running(jobs)
    await scene.opened()


async def sending(scene: Scene, jobs: int) -> None:
    await scene.sending(jobs)


async def _sent(scene: Scene, jobs: int, kind: Kind, **words: Unpack[SettlementFields]) -> None:
    lease = await scene.sending(jobs)
    for ordinal in range(jobs):
        await scene.settle(ordinal, kind, lease, **words)


async def _told(scene: Scene, jobs: int, kind: Kind, **words: Unpack[SettlementFields]) -> None:
    for ordinal in range(jobs):
        await scene.settle(ordinal, kind, **words)


async def returned(scene: Scene, jobs: int) -> None:
    await _sent(scene, jobs, Kind.RETURN)


async def deferred(scene: Scene, jobs: int) -> None:
    await _sent(scene, jobs, Kind.DEFER, due=scene.in_s(5), code="429", reason="slow down")


async def expired(scene: Scene, jobs: int) -> None:
    await scene.running(jobs)
    await scene.ledger.limit(scene.campaign, scene.store.now())
    assert await scene.ledger.expire(scene.campaign) == jobs


async def expired_before_retry(scene: Scene, jobs: int) -> None:
    await waits_for_retry(scene, jobs)
    await scene.ledger.limit(scene.campaign, scene.store.now())
    assert await scene.ledger.expire(scene.campaign) == jobs


async def accepted(scene: Scene, jobs: int) -> None:
    await _sent(scene, jobs, Kind.ACCEPTED, message="SM1")


async def delivered(scene: Scene, jobs: int) -> None:
    await accepted(scene, jobs)
    await _told(scene, jobs, Kind.DELIVERED)


async def read(scene: Scene, jobs: int) -> None:
    await delivered(scene, jobs)
    await _told(scene, jobs, Kind.READ)


async def failed(scene: Scene, jobs: int) -> None:
    await _sent(scene, jobs, Kind.FAILED, code="63024", reason="not on WhatsApp")


async def suppressed(scene: Scene, jobs: int) -> None:
    await _sent(scene, jobs, Kind.SUPPRESSED, code="63032", reason="blocked")


async def stopped(scene: Scene, jobs: int) -> None:
    await scene.running(jobs)
    lease = await scene.opened()
    for ordinal in range(jobs):
        await scene.stop(ordinal)
        await scene.mark(ordinal, lease)


async def unconfirmed(scene: Scene, jobs: int) -> None:
    await _sent(scene, jobs, Kind.UNKNOWN, code="timeout", reason="no answer")


async def cancelled(scene: Scene, jobs: int) -> None:
    await scene.running(jobs)
    await scene.move(Move.CANCEL)


async def waits_for_retry(scene: Scene, jobs: int) -> None:
    await accepted(scene, jobs)
    await _told(scene, jobs, Kind.FAILED, code="63049", reason="not now", due=scene.in_s(5))


async def leased_for_retry(scene: Scene, jobs: int) -> None:
    await waits_for_retry(scene, jobs)
    await scene.travel(6)
    await scene.opened(W2)


async def back_from_retry(scene: Scene, jobs: int) -> None:
    await leased_for_retry(scene, jobs)
    await scene.close(LeaseId("2"), range(jobs), W2)


async def resent(scene: Scene, jobs: int) -> None:
    await unconfirmed(scene, jobs)
    await _told(scene, jobs, Kind.RESEND)


WAYS: Mapping[str, tuple[Way, Facts, bool]] = {  # way, facts known then, whether attempt 2 is planned
    "ready": (ready, Facts(), False),
    "leased": (leased, Facts(), False),
    "sending": (sending, Facts(), False),
    "returned": (returned, Facts(), False),
    "deferred": (deferred, Facts(), False),
    "accepted": (accepted, Facts(accepted=True), False),
    "delivered": (delivered, Facts(accepted=True, delivered=True), False),
    "read": (read, Facts(accepted=True, delivered=True, read=True), False),
    "failed": (failed, Facts(failed=Failure.FINAL), False),
    "suppressed": (suppressed, Facts(failed=Failure.SUPPRESSED), False),
    "stopped": (stopped, Facts(), False),
    "unconfirmed": (unconfirmed, Facts(), False),
    "cancelled": (cancelled, Facts(), False),
    "waits-for-retry": (waits_for_retry, Facts(accepted=True, failed=Failure.RETRIABLE), True),
    "leased-for-retry": (leased_for_retry, Facts(accepted=True, failed=Failure.RETRIABLE), True),
    "back-from-retry": (back_from_retry, Facts(accepted=True, failed=Failure.RETRIABLE), True),
    "resent": (resent, Facts(), True),
    "expired": (expired, Facts(), False),
    "expired-before-retry": (expired_before_retry, Facts(accepted=True, failed=Failure.RETRIABLE), False),
}
FACTS: Mapping[str, tuple[Facts, Kind, float]] = {  # fact, kind, seconds until a retry (0: never)
    "accepted": (Facts(accepted=True), Kind.ACCEPTED, 0),
    "delivered": (Facts(delivered=True), Kind.DELIVERED, 0),
    "read": (Facts(read=True), Kind.READ, 0),
    "failed": (Facts(failed=Failure.FINAL), Kind.FAILED, 0),
    "failed-retriable": (Facts(failed=Failure.RETRIABLE), Kind.FAILED, 5),
    "suppressed": (Facts(failed=Failure.SUPPRESSED), Kind.SUPPRESSED, 0),
}

# The state's letter after each fact, in the order of FACTS; what stands before `:` is where the job was.
TABLE = {
    "ready": "p:avrfdx",
    "leased": "l:avrfdx",
    "sending": "s:avrfdx",
    "returned": "p:avrfdx",
    "deferred": "d:avrfdx",
    "accepted": "a:avrfdx",
    "delivered": "v:vvrvvv",
    "read": "r:rrrrrr",
    "failed": "f:fvrffx",
    "suppressed": "x:xvrxxx",
    "stopped": "x:avrxxx",
    "unconfirmed": "u:avrfdx",
    "cancelled": "c:avrccc",
    "waits-for-retry": "d:dvrfdx",
    "leased-for-retry": "l:lvrflx",
    "back-from-retry": "p:pvrfpx",
    "resent": "p:avrfpx",
    "expired": "e:avrfex",
    "expired-before-retry": "e:evrfex",
}


@pytest.mark.parametrize("way", TABLE)
async def test_a_fact_moves_a_job(scene: Scene, way: str) -> None:
    """One job a fact. Once; and said again it moves nothing."""
    before, afters = TABLE[way].split(":")
    await WAYS[way][0](scene, len(FACTS))
    assert await scene.letters() == before * len(FACTS)
    at = scene.in_s(1)
    for _ in range(2):
        for ordinal, (_, kind, retry_s) in enumerate(FACTS.values()):
            due = scene.in_s(retry_s) if retry_s else None
            answer = await scene.settle(ordinal, kind, at=at, due=due, code="1", reason="so")
            assert answer is BY_LETTER[afters[ordinal]]
        assert await scene.letters() == afters
        await scene.check()


@pytest.mark.parametrize("way", TABLE)
def test_the_oracle_says_the_same(way: str) -> None:
    before, afters = TABLE[way].split(":")
    _, known, retry_planned = WAYS[way]
    said = [after_facts(BY_LETTER[before], known.merge(fact), retry_planned).letter for fact, _, _ in FACTS.values()]
    assert "".join(said) == afters


def test_the_table_has_every_state() -> None:
    assert {row[0] for row in TABLE.values()} == set(BY_LETTER)


# ── a worker's words ────────────────────────────────────────────────────────────────────────────────────────────────

WORDS = [Kind.DEFER, Kind.RETURN, Kind.UNKNOWN]


@pytest.mark.parametrize(
    ("kind", "running", "cancelled"), [(Kind.DEFER, "d", "c"), (Kind.RETURN, "p", "c"), (Kind.UNKNOWN, "u", "u")]
)
@pytest.mark.parametrize("is_cancelled", [False, True])
async def test_a_word_of_the_lease_that_marked_counts(
    scene: Scene, kind: Kind, running: str, cancelled: str, is_cancelled: bool
) -> None:
    lease = await scene.sending(1)
    if is_cancelled:
        await scene.move(Move.CANCEL)
    expected = cancelled if is_cancelled else running
    assert await scene.settle(0, kind, lease, due=scene.in_s(5)) is BY_LETTER[expected]
    assert await scene.settle(0, kind, lease, due=scene.in_s(5)) is None
    assert await scene.letters() == expected


@pytest.mark.parametrize("way", WAYS)
async def test_a_word_about_a_job_in_another_state_is_stale(scene: Scene, way: str) -> None:
    """Words are about jobs that are being sent, and only what is unconfirmed is sent again."""
    await WAYS[way][0](scene, 1)
    before = await scene.snapshot()
    words = [*(WORDS if way != "sending" else []), *([Kind.RESEND] if way != "unconfirmed" else [])]
    for kind in words:
        for lease in (None, LeaseId("1"), LeaseId("2")):
            assert await scene.settle(0, kind, lease, due=scene.in_s(5)) is None
    assert await scene.snapshot() == before


async def test_a_word_of_another_lease_or_attempt_is_stale(scene: Scene) -> None:
    await scene.sending(1)
    for kind in WORDS:
        for lease, attempt in [(None, 1), ("2", 1), ("17", 1), ("1", 2), ("1", 0)]:
            assert await scene.settle(0, kind, LeaseId(lease) if lease else None, attempt, due=scene.in_s(5)) is None
    assert await scene.letters() == "s"


@pytest.mark.parametrize("first", [Kind.DEFER, Kind.RETURN])
@pytest.mark.parametrize("again", WORDS)
async def test_a_repeated_word_cannot_touch_a_later_sending(scene: Scene, first: Kind, again: Kind) -> None:
    """The same attempt is sent again, under another lease: the first worker's word was about the time before."""
    before = await scene.sending(1)
    await scene.settle(0, first, before, due=scene.in_s(2))
    await scene.travel(3)
    after = await scene.opened(W2)
    assert await scene.mark(0, after, W2) == 1
    assert await scene.settle(0, again, before, due=scene.in_s(2)) is None
    assert await scene.letters() == "s"
    assert await scene.settle(0, again, after, due=scene.in_s(2)) is not None


async def test_a_return_waits_for_nobody_and_a_deferral_for_its_time(scene: Scene) -> None:
    lease = await scene.sending(2)
    await scene.settle(0, Kind.RETURN, lease)
    await scene.settle(1, Kind.DEFER, lease, due=scene.in_s(60), code="429", reason="slow down")
    assert (await scene.leased()).ordinals == (0,)
    job = await scene.job(1)
    assert (job.attempt, job.code, job.reason) == (1, "429", "slow down")
    await scene.travel(61)
    assert (await scene.leased()).ordinals == (1,)


async def test_what_came_back_stands_behind_what_has_been_due_for_longer(scene: Scene) -> None:
    lease = await scene.sending(2)
    await scene.settle(1, Kind.DEFER, lease, due=scene.in_s(2))
    await scene.travel(5)
    await scene.settle(0, Kind.RETURN, lease)
    assert (await scene.leased(1)).ordinals == (1,)


async def test_a_deferral_into_the_past_is_due_now(scene: Scene) -> None:
    await scene.settle(0, Kind.DEFER, await scene.sending(1), due=scene.in_s(-60))
    assert (await scene.leased()).ordinals == (0,)


# ── sent again, knowingly ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("move", "expected"), [(None, "p"), (Move.PAUSE, "p"), (Move.CANCEL, None), (Move.FINISH, None)]
)
async def test_an_unconfirmed_job_is_sent_again_while_its_campaign_can_send(
    scene: Scene, move: Move | None, expected: str | None
) -> None:
    """In a campaign that has ended it would wait for ever, and no longer be known as unconfirmed."""
    await unconfirmed(scene, 1)
    await scene.travel(1)
    if move is not None:
        assert await scene.move(move)
    answer = await scene.settle(0, Kind.RESEND)
    assert answer is (BY_LETTER[expected] if expected else None)
    assert await scene.letters() == (expected or "u")
    assert await scene.settle(0, Kind.RESEND) is None


# ── attempts and their records ──────────────────────────────────────────────────────────────────────────────────────


async def test_facts_of_an_attempt_before_are_late(scene: Scene) -> None:
    await leased_for_retry(scene, 1)
    assert await scene.mark(0, LeaseId("2"), W2) == 2
    for _, kind, retry_s in FACTS.values():
        assert await scene.settle(0, kind, attempt=1, due=scene.in_s(retry_s) if retry_s else None) is None
    assert await scene.letters() == "s"
    assert (await scene.standing()).late_facts == 3, "an acceptance, a delivery and a reading"
    assert await scene.settle(0, Kind.ACCEPTED, LeaseId("2"), attempt=2) is JobState.ACCEPTED


async def test_a_delivery_calls_off_the_retry_that_is_not_marked(scene: Scene) -> None:
    await leased_for_retry(scene, 1)
    await scene.settle(0, Kind.DELIVERED)
    assert await scene.mark(0, LeaseId("2"), W2) == "not-leased"
    assert (await scene.job(0)).attempt == 1
    assert await scene.close(LeaseId("2"), [0], W2) == 0


@pytest.mark.parametrize("move", [Move.CANCEL, Move.FINISH])
async def test_nothing_is_tried_again_in_a_campaign_that_has_ended(scene: Scene, move: Move) -> None:
    await accepted(scene, 1)
    await scene.move(move)
    assert await scene.settle(0, Kind.FAILED, code="63049", due=scene.in_s(5)) is JobState.FAILED


async def test_a_failure_opens_a_finished_campaign_again_in_its_time(scene: Scene) -> None:
    await accepted(scene, 2)
    assert await scene.ledger.control(scene.campaign, Move.FINISH, "oriel", reopens_for=timedelta(hours=1))
    assert await scene.settle(0, Kind.FAILED, code="63049", due=scene.in_s(5)) is JobState.DEFERRED
    standing = await scene.standing()
    assert (standing.state, standing.reason, standing.by) == (CampaignState.RUNNING, "reopened", "oriel")
    assert standing.finished_at is None
    assert (await scene.job(0)).attempt == 2
    assert await scene.settle(1, Kind.FAILED, code="63049", due=scene.in_s(5)) is JobState.DEFERRED
    await scene.store.travel(timedelta(seconds=6))
    assert await scene.lease() is not None


async def test_a_finished_campaign_opens_no_more_when_its_time_is_over(scene: Scene) -> None:
    await accepted(scene, 1)
    assert await scene.ledger.control(scene.campaign, Move.FINISH, "oriel", reopens_for=timedelta(0))
    assert await scene.settle(0, Kind.FAILED, code="63049", due=scene.in_s(5)) is JobState.FAILED
    assert (await scene.standing()).state is CampaignState.FINISHED


async def test_the_time_of_the_next_job_is_known(scene: Scene) -> None:
    await accepted(scene, 2)
    due = scene.in_s(300)
    await scene.settle(0, Kind.FAILED, code="63049", due=due)
    await scene.settle(1, Kind.FAILED, code="63049", due=scene.in_s(600))
    assert [_ms(one) for one in await scene.ledger.next_dues([scene.campaign]) if one] == [_ms(due)]
    assert await scene.ledger.next_dues([]) == []


async def test_facts_update_a_finished_campaign(scene: Scene) -> None:
    await accepted(scene, 1)
    assert await scene.move(Move.FINISH)
    assert await scene.settle(0, Kind.READ) is JobState.READ


async def test_a_record_tells_what_is_known(scene: Scene) -> None:
    await scene.sending(1)
    times = {name: scene.in_s(offset) for offset, name in enumerate(["accepted", "delivered", "read"])}
    for name, at in times.items():
        await scene.settle(0, Kind(name), at=at, message="SM1")
    job = await scene.job(0)
    assert (job.state, job.attempt, job.provider_message_id, job.code) == (JobState.READ, 1, "SM1", "")
    assert {name: _ms(at) for name, at in job.times.items()} == {name: _ms(at) for name, at in times.items()}


@pytest.mark.parametrize("first", [Kind.ACCEPTED, Kind.DELIVERED])
async def test_it_was_accepted_at_the_latest_when_it_was_delivered(scene: Scene, first: Kind) -> None:
    """The provider's clock may be behind ours, which the acceptance is timed by; in either order."""
    await scene.sending(1)
    instants = {Kind.DELIVERED: scene.in_s(1), Kind.ACCEPTED: scene.in_s(2)}
    second = Kind.ACCEPTED if first is Kind.DELIVERED else Kind.DELIVERED
    for kind in (first, second):
        await scene.settle(0, kind, at=instants[kind])
    times = (await scene.job(0)).times
    assert _ms(times["accepted"]) == _ms(times["delivered"]) == _ms(instants[Kind.DELIVERED])


async def test_an_answer_that_came_after_all_clears_the_timeout(scene: Scene) -> None:
    await unconfirmed(scene, 1)
    assert (await scene.job(0)).code == "timeout"
    await scene.settle(0, Kind.ACCEPTED)
    job = await scene.job(0)
    assert (job.code, job.reason) == ("", "")


async def test_a_provider_s_words_cannot_break_the_record(scene: Scene) -> None:
    """The parts of a record are separated by `|`. One bad job must not hold up the others of its group, either."""
    lease = await scene.sending(2)
    odd = "|" * 20
    await scene.settle(0, Kind.FAILED, lease, message=f"a{odd}", code=f"1{odd}", reason=f"b{odd}c")
    await scene.settle(0, Kind.FAILED, lease, code="1")
    await scene.settle(1, Kind.ACCEPTED, lease)
    assert await scene.letters() == "fa"
    assert (await scene.job(0)).provider_message_id.startswith("a/")


async def test_a_record_of_a_later_release_is_no_obstacle(scene: Scene) -> None:
    """Versions n and n+1 run side by side: one more field must not make the script fail half way."""
    await scene.sending(1)
    bucket = f"{{c:{scene.campaign}}}:jobs:0"
    await scene.store.redis.hset(bucket, "0", "1||1||||||||||what|we|do|not|know")
    assert await scene.settle(0, Kind.ACCEPTED) is JobState.ACCEPTED


@pytest.mark.parametrize("ordinal", [1, 127, 128, 5_000])
async def test_nobody_s_ordinal_cannot_be_settled(scene: Scene, ordinal: int) -> None:
    await scene.sending(1)
    assert await scene.settle(ordinal, Kind.ACCEPTED) is None


async def test_a_campaign_that_is_gone_settles_nothing(scene: Scene) -> None:
    assert await scene.settle(0, Kind.DELIVERED) is None


async def test_before_the_campaign_was_created_is_a_time_too(scene: Scene) -> None:
    """A provider's clock may be behind ours."""
    await scene.sending(1)
    at = scene.store.now() - timedelta(days=1)
    await scene.settle(0, Kind.ACCEPTED, at=at)
    assert _ms((await scene.job(0)).times["accepted"]) == _ms(at)


def _ms(instant):
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


# ── what it is billed as ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("order", list(permutations(range(4))))
async def test_what_a_message_is_billed_as_counts_once_in_any_order(scene: Scene, order: tuple[int, ...]) -> None:
    told = [
        (0, Kind.ACCEPTED, "utility"), (0, Kind.DELIVERED, "utility"), (0, Kind.READ, "marketing"), (1, Kind.READ, ""),
    ]  # fmt: skip
    await sending(scene, 2)
    for index in (*order, *order):
        ordinal, kind, price = told[index]
        await scene.settle(ordinal, kind, price_category=price)
    assert (await scene.ledger.standing(scene.campaign)).priced == {"marketing": 1}
    assert [job.price_category for job in await scene.ledger.page_of_jobs(scene.campaign, 0)] == ["marketing", ""]


async def test_a_new_attempt_is_billed_anew(scene: Scene) -> None:
    lease = await scene.sending(1)
    await scene.settle(0, Kind.ACCEPTED, lease, price_category="utility")
    await scene.settle(0, Kind.FAILED, code="131026", due=scene.in_s(0))
    await scene.travel(1)
    assert await scene.mark(0, await scene.opened(W2), W2) == 2
    await scene.settle(0, Kind.DELIVERED, attempt=2, price_category="utility")
    assert (await scene.ledger.standing(scene.campaign)).priced == {"utility": 2}
