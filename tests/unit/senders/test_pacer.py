"""The pacer: turns in order, one question for many, permits that always come back, and missed slots taken anew."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from shared.ground import insist
from shared.ground.errors import BackendUnavailable
from shared.ground.ids import ContactId
from shared.senders.limits.pacer import MAX_SLOTS_PER_CALL, PATIENCE_S, Pacer, PairTaken
from shared.senders.limits.permits import Permits
from shared.senders.limits.slot import Slot
from shared.senders.limits.store import SlotReply
from tests.contract.limits.limiters import rate_limits
from tests.stores import until
from tests.wired import ScriptedSlots

LATE_US = -11_000_000


class Queue:
    """A pacer, and jobs that stay inside their turn until they are let go."""

    def __init__(self, permits: int = 100, tolerance_s: float = 10.0) -> None:
        self.slots = ScriptedSlots()
        self.permits = Permits(permits)
        self.pacer = Pacer(self.slots, rate_limits(10_000), self.permits, tolerance_s)
        self.inside: list[str] = []
        self.let_go = asyncio.Event()
        self.let_go.set()
        self._missed_before = _missed()

    def slots_missed(self) -> float:
        return _missed() - self._missed_before

    async def job(self, name: str) -> str:
        async with self.pacer.turn(ContactId(name), name) as turn:
            assert turn.slot.begins <= asyncio.get_running_loop().time()
            self.inside.append(name)
            await self.let_go.wait()
        return name

    def start(self, *names: str) -> list[asyncio.Task[str]]:
        return [asyncio.create_task(self.job(name)) for name in names]

    @property
    def is_whole(self) -> bool:
        """Every permit is back."""
        return self.permits.free == self.permits.total


def _missed() -> float:
    return REGISTRY.get_sample_value("oriel_slots_missed_total", {"sender": rate_limits(100).sender}) or 0.0


@pytest.fixture
async def queue() -> Queue:
    return Queue()


async def test_turns_come_in_order_of_arrival(queue: Queue) -> None:
    names = [f"j{n}" for n in range(5)]
    assert await asyncio.gather(*queue.start(*names)) == names
    assert queue.inside == names
    assert queue.is_whole


async def test_who_waits_together_asks_together(queue: Queue) -> None:
    names = [f"j{n}" for n in range(MAX_SLOTS_PER_CALL + 3)]
    await asyncio.gather(*queue.start(*names))
    assert [len(group) for group in queue.slots.asked] == [MAX_SLOTS_PER_CALL, 3]


async def test_no_more_ask_than_the_horizon_can_hold() -> None:
    """What it cannot hold would be asked for again, every time, and costs the store and the process as much as a slot."""
    queue = Queue()
    queue.pacer.set_limits(rate_limits(100, horizon_ms=40))
    await asyncio.gather(*queue.start(*(f"j{n}" for n in range(12))))
    assert [len(group) for group in queue.slots.asked] == [5, 5, 2]
    queue.pacer.set_limits(rate_limits(100, horizon_ms=40, extra=(("campaign:slow", 1.0),)))
    await asyncio.gather(*queue.start("a", "b"))
    assert [len(group) for group in queue.slots.asked[3:]] == [1, 1]


async def test_the_next_question_comes_shortly_before_the_next_free_slot() -> None:
    queue, loop = Queue(), asyncio.get_running_loop()
    queue.pacer.set_limits(rate_limits(100, horizon_ms=40))
    began = loop.time()
    tasks = queue.start(*(f"j{n}" for n in range(6)))
    await asyncio.gather(*tasks[:5])
    assert len(queue.slots.asked) == 1
    await tasks[5]
    assert loop.time() - began >= 0.03, "the first slot that was not granted was 40 ms away"


async def test_where_the_store_is_slow_the_next_question_comes_when_half_of_the_horizon_is_free_again() -> None:
    queue, loop = Queue(), asyncio.get_running_loop()
    queue.pacer.set_limits(rate_limits(100, horizon_ms=40))
    queue.slots.takes_s = 0.05
    tasks = queue.start(*(f"j{n}" for n in range(6)))
    await until(lambda: len(queue.slots.asked) == 1)
    asked = loop.time()
    await until(lambda: len(queue.slots.asked) == 2)
    assert 0.07 <= loop.time() - asked < 0.08
    await asyncio.gather(*tasks)


async def test_a_settlement_has_the_less_patience_the_fewer_permits_are_free() -> None:
    queue = Queue(permits=4)
    queue.let_go.clear()
    async with queue.pacer.turn(ContactId("a"), "a") as turn:
        assert turn.patience_s == pytest.approx(PATIENCE_S * 2 / 3)
        tasks = queue.start("b", "c")
        await until(lambda: queue.inside == ["b", "c"])
        assert turn.patience_s == 0
    queue.let_go.set()
    await asyncio.gather(*tasks)


async def test_no_more_are_inside_than_there_are_permits() -> None:
    queue = Queue(permits=2)
    queue.let_go.clear()
    tasks = queue.start("a", "b", "c", "d", "e")
    await until(lambda: len(queue.inside) == 2)
    await _turns()
    assert len(queue.inside) == 2
    assert queue.permits.free == 0
    queue.let_go.set()
    await asyncio.gather(*tasks)
    assert queue.is_whole


async def test_two_lanes_share_the_permits() -> None:
    one, other = Queue(permits=1), Queue()
    other.permits = one.permits
    other.pacer = Pacer(other.slots, rate_limits(50), one.permits, 10.0)
    one.let_go.clear()
    first, second = one.start("a")[0], other.start("b")[0]
    await until(lambda: one.inside == ["a"])
    await _turns()
    assert other.inside == []
    one.let_go.set()
    await asyncio.gather(first, second)
    assert one.is_whole


async def test_a_missed_slot_is_given_up_and_taken_anew_before_the_others(queue: Queue) -> None:
    queue.slots.answers["a"] = [SlotReply(wait_us=LATE_US), SlotReply(wait_us=0)]
    queue.slots.answers["b"] = [SlotReply(), SlotReply(), SlotReply(wait_us=0)]
    await asyncio.gather(*queue.start("a", "b"))
    assert queue.slots_missed() == 1
    assert queue.inside[0] == "a"
    assert queue.is_whole


async def test_a_slot_that_is_late_within_tolerance_is_used() -> None:
    queue = Queue(tolerance_s=60.0)
    queue.slots.answers["a"] = [SlotReply(wait_us=LATE_US)]
    await asyncio.gather(*queue.start("a"))
    assert queue.slots_missed() == 0
    assert len(queue.slots.asked) == 1


async def test_who_got_no_slot_asks_again_when_the_next_is_near(queue: Queue) -> None:
    queue.slots.answers["b"] = [SlotReply(), SlotReply(), SlotReply(wait_us=0)]
    assert await asyncio.gather(*queue.start("a", "b", "c")) == ["a", "b", "c"]
    assert [[one.owner for one in group] for group in queue.slots.asked] == [["a", "b", "c"], ["b"], ["b"]]
    assert queue.is_whole


async def test_a_pair_that_is_taken_is_told_and_holds_up_nobody(queue: Queue) -> None:
    queue.slots.answers["b"] = [SlotReply(pair_ms=6_000)]
    outcomes = await asyncio.gather(*queue.start("a", "b", "c"), return_exceptions=True)
    assert [outcomes[0], outcomes[2]] == ["a", "c"]
    assert isinstance(outcomes[1], PairTaken)
    assert outcomes[1].for_ms == 6_000
    assert queue.is_whole


async def test_a_limiter_that_is_away_lets_nobody_through(queue: Queue) -> None:
    queue.slots.error = BackendUnavailable("away")
    outcomes = await asyncio.gather(*queue.start("a", "b"), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [BackendUnavailable] * 2
    assert queue.inside == []
    assert queue.is_whole
    queue.slots.error = None
    assert await queue.start("c")[0] == "c"


async def test_what_goes_wrong_inside_a_turn_gives_the_permit_back(queue: Queue) -> None:
    async def faulty() -> None:
        async with queue.pacer.turn(ContactId("a"), "a"):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await faulty()
    assert queue.is_whole


# ── a slot that passed after the mark ───────────────────────────────────────────────────────────────────────────────


async def send_once(queue: Queue, name: str, until_s: float = 60.0, comes_late: int = 0) -> tuple[str | None, int]:
    """What one job's request answered, and how often it was begun. comes_late: connections that were there too late."""
    begun = 0

    async def request(slot: Slot) -> str | None:
        nonlocal begun
        begun += 1
        assert slot.begins <= asyncio.get_running_loop().time() <= slot.ends
        return None if begun <= comes_late else "answered"

    async with queue.pacer.turn(ContactId(name), name) as turn:
        queue.inside.append(name)
        await queue.let_go.wait()  # the mark
        return await turn.send(request, turn.slot.begins + until_s), begun


async def test_a_request_is_not_begun_before_its_slot_and_not_after_it(queue: Queue) -> None:
    queue.slots.answers["a"] = [SlotReply(wait_us=30_000)]
    assert await send_once(queue, "a") == ("answered", 1)
    assert len(queue.slots.asked) == 1


async def test_a_mark_that_took_longer_than_its_slot_takes_another_slot_and_keeps_its_permit() -> None:
    queue = Queue(permits=1, tolerance_s=0.01)
    queue.let_go.clear()
    task = asyncio.create_task(send_once(queue, "a"))
    await until(lambda: queue.inside == ["a"])
    await asyncio.sleep(0.02)
    assert queue.permits.free == 0
    queue.pacer._tolerance_s = 10.0
    queue.let_go.set()
    assert await task == ("answered", 1)
    assert queue.slots_missed() == 1
    assert [[one.owner for one in group] for group in queue.slots.asked] == [["a"], ["a"]]
    assert queue.is_whole


async def test_jobs_that_are_late_together_ask_together(queue: Queue) -> None:
    outcomes = await asyncio.gather(*(send_once(queue, name, comes_late=1) for name in "abc"))
    assert outcomes == [("answered", 2)] * 3
    assert [len(group) for group in queue.slots.asked] == [3, 3]


async def test_a_connection_that_came_too_late_is_used_in_another_slot(queue: Queue) -> None:
    assert await send_once(queue, "a", comes_late=2) == ("answered", 3)
    assert queue.slots_missed() == 2
    assert queue.is_whole


async def test_a_job_without_a_slot_in_time_is_not_sent(queue: Queue) -> None:
    queue.slots.answers["a"] = [SlotReply(wait_us=0), SlotReply(wait_us=3_600_000_000)]
    assert await send_once(queue, "a", comes_late=1) == (None, 1)
    queue.slots.answers["b"] = [SlotReply(wait_us=0)] + [SlotReply()] * 100_000
    assert await send_once(queue, "b", until_s=0.05, comes_late=1) == (None, 1)
    assert queue.is_whole


async def test_a_late_job_of_a_campaign_with_a_slow_rate_of_its_own_takes_one_of_its_senders_slots(
    queue: Queue,
) -> None:
    """Its campaign's next slot may be minutes away; the first one was taken off that rate."""
    queue.pacer.set_limits(rate_limits(10_000, extra=(("campaign:slow", 0.05),)))
    assert await send_once(queue, "a", comes_late=1) == ("answered", 2)
    assert [limits.extra for limits in queue.slots.limits] == [(("campaign:slow", 0.05),), ()]


async def test_a_limiter_that_fails_after_the_mark_leaves_the_job_unsent_and_its_permit_free(queue: Queue) -> None:
    queue.let_go.clear()
    task = asyncio.create_task(send_once(queue, "a", comes_late=1))
    await until(lambda: queue.inside == ["a"])
    queue.slots.error = ValueError("a script that is not there")
    queue.let_go.set()
    assert await task == (None, 1)
    assert queue.is_whole


async def test_a_store_that_answers_slowly_costs_rate_and_stops_nobody() -> None:
    queue = Queue(tolerance_s=0.02)
    queue.slots.takes_s = 0.05
    for name in "abc":
        assert (await send_once(queue, name))[0] == "answered"
    first, *later = [limits.rate_per_second for limits in queue.slots.limits]
    assert first == 10_000
    assert all(9_000 < rate < 9_990 for rate in later)


async def test_a_late_job_waits_while_the_store_is_away(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(insist, "ASK_AGAIN_S", 0.0)
    queue.let_go.clear()
    task = asyncio.create_task(send_once(queue, "a", comes_late=1))
    await until(lambda: queue.inside == ["a"])
    queue.slots.error = BackendUnavailable("away")
    queue.let_go.set()
    await until(lambda: len(queue.slots.asked) > 3)
    queue.slots.error = None
    assert await task == ("answered", 2)


# ── cancelled ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def while_it_waits_for_a_permit(queue: Queue) -> None:
    await until(lambda: queue.permits.room == 0)
    await _turns()


async def while_it_is_asked_for(queue: Queue) -> None:
    await until(lambda: len(queue.slots.asked) == 1)


async def before_it_was_asked_for(queue: Queue) -> None:
    await asyncio.sleep(0)


async def once_its_turn_has_come(queue: Queue) -> None:
    await until(lambda: queue.slots.asked != [])
    queue.slots.open.set()
    await _turns(2)


@pytest.mark.parametrize(
    "moment", [before_it_was_asked_for, while_it_waits_for_a_permit, while_it_is_asked_for, once_its_turn_has_come]
)
async def test_a_cancelled_job_leaves_its_permit_and_its_place(moment: Callable[[Queue], Awaitable[None]]) -> None:
    queue = Queue(permits=1 if moment is while_it_waits_for_a_permit else 4)
    queue.slots.open.clear()
    tasks = queue.start("a", "b", "c")
    await moment(queue)
    tasks[1].cancel()
    queue.slots.open.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [outcomes[0], outcomes[2]] == ["a", "c"]
    assert isinstance(outcomes[1], asyncio.CancelledError) or outcomes[1] == "b"
    await until(lambda: queue.is_whole)
    assert await queue.start("d")[0] == "d"


@given(
    permits=st.integers(1, 4),
    fates=st.lists(st.sampled_from(["now", "late", "ungranted", "pair"]), min_size=1, max_size=8),
    cancels=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 12)), max_size=4),
)
@settings(max_examples=60, deadline=None)
def test_permits_always_come_back(permits: int, fates: list[str], cancels: list[tuple[int, int]]) -> None:
    """Whatever the limiter says, and whoever is cancelled at whatever turn of the loop."""
    answers = {
        "now": [],
        "late": [SlotReply(wait_us=LATE_US)],
        "ungranted": [SlotReply()],
        "pair": [SlotReply(pair_ms=5)],
    }

    async def main() -> None:
        queue = Queue(permits=permits)
        for index, fate in enumerate(fates):
            queue.slots.answers[str(index)] = list(answers[fate])
        tasks = queue.start(*(str(index) for index in range(len(fates))))
        for turn in range(14):
            for job, at in cancels:
                if at == turn and job < len(tasks):
                    tasks[job].cancel()
            await asyncio.sleep(0)
        await asyncio.gather(*tasks, return_exceptions=True)
        await until(lambda: queue.is_whole)
        await until(lambda: queue.pacer._pump is None)

    asyncio.run(main())


async def test_a_question_is_never_empty(queue: Queue) -> None:
    queue.slots.open.clear()
    tasks = queue.start("a")
    tasks[0].cancel()
    queue.slots.open.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    await until(lambda: queue.pacer._pump is None)
    assert all(queue.slots.asked)
    assert queue.is_whole


async def _turns(count: int = 10) -> None:
    for _ in range(count):
        await asyncio.sleep(0)
