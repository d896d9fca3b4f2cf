"""The pair limit: one message from this sender to this contact in an interval, whoever asks."""

from datetime import timedelta

import pytest

from shared.ground.ids import ContactId, SenderId
from shared.senders.limits.store import LimitStore, SlotReply, SlotRequest
from tests.contract.limits.limiters import DESK, rate_limits
from tests.factories import SENDER
from tests.stores import Store

PAIR_S = 6.0
HALF_MS = PAIR_S * 500
ANA, BEN = ContactId("ana"), ContactId("ben")


class Pairs:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.limits = LimitStore(store.redis)

    async def ask(
        self, *asked: tuple[ContactId, str], horizon_ms: int = 1_000, sender: SenderId = SENDER
    ) -> list[SlotReply]:
        question = rate_limits(100, horizon_ms, pair_seconds=PAIR_S, sender=sender)
        return list((await self.limits.reserve(question, [SlotRequest(*one) for one in asked])).jobs)

    async def travel(self, seconds: float) -> None:
        await self.store.travel(timedelta(seconds=seconds))


@pytest.fixture
async def pairs(stores: Store) -> Pairs:
    made = Pairs(stores)
    for sender in (SENDER, DESK):
        await made.ask((ContactId("nobody"), "warm"), sender=sender, horizon_ms=0)
    await made.travel(1)
    return made


async def test_a_second_job_of_the_pair_is_told_how_long_to_wait(pairs: Pairs) -> None:
    first, second, other = await pairs.ask((ANA, "job1"), (ANA, "job2"), (BEN, "job3"))
    assert first.wait_us is not None
    assert second.wait_us is None
    assert second.pair_ms == pytest.approx(PAIR_S * 1000, abs=100)
    assert other.wait_us == pytest.approx(first.wait_us + 10_000, abs=1), "it takes nobody's slot"


async def test_the_pair_is_free_after_the_interval(pairs: Pairs) -> None:
    await pairs.ask((ANA, "job1"))
    await pairs.travel(PAIR_S / 2)
    (answer,) = await pairs.ask((ANA, "job2"))
    assert answer.pair_ms == pytest.approx(HALF_MS, abs=500)
    await pairs.travel(PAIR_S / 2 + 0.1)
    (answer,) = await pairs.ask((ANA, "job2"))
    assert answer.wait_us is not None


async def test_the_job_that_holds_the_pair_may_ask_again(pairs: Pairs) -> None:
    """It missed its slot; nobody else may take the pair for that."""
    await pairs.ask((ANA, "job1"))
    again, other = await pairs.ask((ANA, "job1"), (ANA, "job2"))
    assert again.wait_us is not None
    assert other.pair_ms is not None


async def test_a_job_without_a_slot_takes_no_pair(pairs: Pairs) -> None:
    await pairs.ask(*((ContactId(f"c{n}"), f"j{n}") for n in range(101)))
    (answer,) = await pairs.ask((ANA, "job1"), horizon_ms=0)
    assert answer == SlotReply()
    await pairs.travel(2)
    (answer,) = await pairs.ask((ANA, "job2"))
    assert answer.wait_us is not None


async def test_pairs_of_another_sender_are_free(pairs: Pairs) -> None:
    await pairs.ask((ANA, "job1"))
    (answer,) = await pairs.ask((ANA, "job2"), sender=DESK)
    assert answer.wait_us is not None


async def test_the_interval_counts_from_the_slot_and_not_from_the_question(pairs: Pairs) -> None:
    """A slot may be a whole horizon later than its question."""
    *_, last = await pairs.ask(*((ContactId(f"c{n}"), f"j{n}") for n in range(90)), (ANA, "job1"))
    assert last.wait_us is not None
    assert last.wait_us > 800_000
    (answer,) = await pairs.ask((ANA, "job2"), horizon_ms=10_000)
    assert answer.pair_ms is not None
    assert answer.pair_ms >= PAIR_S * 1000 + last.wait_us / 1000 - 300


async def test_without_a_pair_limit_nothing_is_remembered(stores: Store) -> None:
    limits = LimitStore(stores.redis)
    await limits.reserve(rate_limits(100, 2_000), [SlotRequest(ANA, "job1"), SlotRequest(ANA, "job2")])
    answers = await limits.reserve(rate_limits(100, 2_000), [SlotRequest(ANA, "job3")])
    assert answers.jobs[0].wait_us is not None
    assert not [key async for key in stores.redis.scan_iter("*:pair:*")]
