"""Promise 8: facts about one attempt, in any order, any number of times, early or late, end in the same place.

The scripts against their oracle, and both against every order that hypothesis thinks of.
"""

import asyncio
from collections.abc import Iterator, Sequence
from functools import reduce

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shared.ground import keys
from shared.ground.ids import LeaseId
from shared.ledger.facts import Facts, after_facts, derive
from shared.ledger.model import JobRecord, Kind
from shared.ledger.states import BY_LETTER, JobState
from tests.fields import WordFields
from tests.scene import Scene
from tests.stores import FakeStore, Store, ValkeyStore
from tests.strategies import Fact, facts, merged_facts

ORDERS = 4  # orders of the same facts, each on a job of its own
LEASE = LeaseId("1")

# What was there before the first fact: letter, record (fields by position), facts known from then.
BEFORE = {
    "sending": ("s", "1||1", Facts()),
    "unconfirmed": ("u", "1||||||||||timeout|no answer", Facts()),
    "deferred": ("d", "1||1|1|||||||429|slow down", Facts()),
    "accepted": ("a", "1||||SM1|1500", Facts(accepted=True)),
}


class Jobs:
    """A campaign with a job for each order; `begin` puts all of them where a case begins."""

    def __init__(self, scene: Scene, runner: asyncio.Runner) -> None:
        self.scene = scene
        self.run = runner.run

    async def begin(self, letter: str, record: str) -> None:
        campaign = self.scene.campaign
        async with self.scene.store.redis.pipeline() as pipe:
            pipe.delete(keys.due(campaign), keys.unconfirmed(campaign))
            pipe.setrange(keys.states(campaign), 0, letter * ORDERS)
            for ordinal in range(ORDERS):
                pipe.hset(keys.jobs(campaign, ordinal), str(ordinal), record)
            await pipe.execute()

    async def tell(self, ordinal: int, said: Sequence[Fact | None]) -> None:
        """None: the worker's word that it does not know."""
        for fact in said:
            if fact is None:
                await self.scene.settle(ordinal, Kind.UNKNOWN, LEASE, code="timeout", reason="no answer")
            else:
                words: WordFields = {"message": fact.message, "code": fact.code, "reason": fact.reason}
                await self.scene.settle(ordinal, fact.kind, at=fact.at, due=fact.due, **words)

    async def ends(self) -> list[JobRecord]:
        return await self.scene.ledger.page_of_jobs(self.scene.campaign, 0)


@pytest.fixture(params=["fakeredis", "valkey"])
def jobs(request: pytest.FixtureRequest) -> Iterator[Jobs]:
    with asyncio.Runner() as runner:
        store: Store
        if request.param == "fakeredis":
            store = FakeStore(request.getfixturevalue("clock"))
        else:
            store = ValkeyStore(request.getfixturevalue("valkey_url"))
        runner.run(store.__aenter__())
        scene = Scene(store)
        runner.run(scene.running(ORDERS))
        yield Jobs(scene, runner)
        runner.run(store.__aexit__(None, None, None))


@given(
    before=st.sampled_from(sorted(BEFORE)),
    said=st.lists(facts, min_size=1, max_size=4),
    is_unknown=st.booleans(),
    data=st.data(),
)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
def test_any_order_ends_the_same(
    jobs: Jobs, before: str, said: list[Fact], is_unknown: bool, data: st.DataObject
) -> None:
    letter, record, known = BEFORE[before]
    heard: list[Fact | None] = [*said, *([None] if is_unknown else [])]
    jobs.run(jobs.begin(letter, record))

    async def tell_all() -> list[JobRecord]:
        await asyncio.gather(*(jobs.tell(ordinal, order) for ordinal, order in enumerate(orders)))
        return await jobs.ends()

    orders = [
        data.draw(st.permutations(heard + data.draw(st.lists(st.sampled_from(heard), max_size=2))))
        for _ in range(ORDERS)
    ]
    ends = jobs.run(tell_all())
    assert len({_told(end) for end in ends}) == 1, ends
    final = reduce(Facts.merge, (one.facts for one in said), known)
    assert ends[0].state is after_facts(BY_LETTER[letter], final)


def _told(job: JobRecord) -> tuple[object, ...]:
    """All that a person or a report is told of a job."""
    return (job.state, job.attempt, job.code, job.reason, job.provider_message_id, tuple(sorted(job.times.items())))


# ── the oracle by itself ────────────────────────────────────────────────────────────────────────────────────────────


@given(merged_facts, merged_facts, merged_facts)
def test_merging_is_a_join(one: Facts, two: Facts, three: Facts) -> None:
    assert one.merge(two) == two.merge(one)
    assert one.merge(two).merge(three) == one.merge(two.merge(three))
    assert one.merge(one) == one
    assert one.merge(Facts()) == one


@given(st.sampled_from([JobState.SENDING, JobState.UNCONFIRMED, JobState.ACCEPTED]), st.lists(facts, min_size=1))
@example(JobState.SENDING, [])
def test_step_by_step_is_as_all_at_once(state: JobState, said: list[Fact]) -> None:
    known, now, retry_planned = Facts(accepted=state is JobState.ACCEPTED), state, False
    for one in said:
        known = known.merge(one.facts)
        now = after_facts(now, known, retry_planned)
        retry_planned = now is JobState.DEFERRED
    assert now is after_facts(state, known)


@given(merged_facts)
def test_delivery_is_believed_over_failure(known: Facts) -> None:
    assert derive(known.merge(Facts(delivered=True))) in {JobState.DELIVERED, JobState.READ}
