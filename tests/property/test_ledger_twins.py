"""The ledger's scripts, which read and write a page at a time, decide as the plain ones do, which run a command a job.

Two campaigns live the same life, one under each kind. After every step each reply and each key are the same. The plain
scripts are in `plain_scripts`; they are called with one job, the others with groups.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha1
from pathlib import Path
from typing import TypeVar

import pytest
from fakeredis import FakeAsyncRedis, FakeServer
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from redis.asyncio import Redis

from shared.ground.clock import to_ms
from shared.ground.errors import Conflict
from shared.ground.ids import LeaseId, Nonce
from shared.ground.keys import PAGE_ROWS
from shared.ledger.model import Kind, Lease, Mark, MarkRefusal, PlannedJob, Settlement
from shared.ledger.states import JobState, Move
from shared.ledger.store import Ledger
from tests.factories import CAMPAIGN, contact, contacts
from tests.scene import OPENED, PLENTY, Scene
from tests.stores import START, dump

ROWS, PAGES = 5, 2
NONCES = (Nonce("worker-1"), Nonce("worker-2"))
CODES = (("", ""), ("63024", "gone"), ("63016", "closed"))
ANSWERS = ((Kind.ACCEPTED, 0), (Kind.DEFER, 3), (Kind.RETURN, 0), (Kind.FAILED, 3), (Kind.UNKNOWN, 0), (None, 0))
MOVES = (Move.PAUSE, Move.RESUME, Move.RESUME, Move.FINISH, Move.CANCEL)
PLAIN = Path(__file__).parent / "plain_scripts"
NOW_KEY = "{test}:now"
CLOCK = """
local function clock_ms() return tonumber(redis.call('GET', '{test}:now')) end
"""
WORDS = """
local words = {}
for _, job in ipairs(ARGV) do
  for word in string.gmatch(job .. '|', '([^|]*)|') do words[#words + 1] = word end
end
local ARGV = words
"""  # the plain scripts take each word as an argument
REOPENS_FOR = timedelta(seconds=60)
Reply = TypeVar("Reply")
any_of = st.integers(min_value=0, max_value=10_000)  # an index into whatever there is


def with_sources(ledger: Ledger, change: Callable[[str, str], str]) -> Ledger:
    """The same ledger with other sources of its scripts. change: name and source → source."""
    scripts = ledger._scripts
    scripts._sources = {name: change(name, source) for name, source in scripts._sources.items()}
    scripts._digests = {
        name: sha1(source.encode(), usedforsecurity=False).hexdigest() for name, source in scripts._sources.items()
    }
    return ledger


def with_stored_clock(prelude: str) -> str:
    """Both twins must read the same time, to the millisecond, on a real server as well."""
    start = prelude.index("local function clock_ms()")
    end = prelude.index("end\n", start) + len("end\n")
    return prelude[:start] + CLOCK + prelude[end:]


def plain(name: str, source: str, prelude: str) -> str:
    """The source as it would be under the plain prelude; of `mark` and `settle` the plain script."""
    own = PLAIN / f"{name}.lua"
    body = WORDS + own.read_text("utf-8") if own.is_file() else source.removeprefix(prelude)
    return with_stored_clock((PLAIN / "prelude.lua").read_text("utf-8")) + body


@dataclass
class Twin:
    """One of the two stores, on a clock that stands still until it is moved."""

    redis: Redis
    name: str = "twin"
    at: datetime = START

    def now(self) -> datetime:
        return self.at

    async def travel(self, by: timedelta) -> None:
        self.at += by
        await self.redis.set(NOW_KEY, to_ms(self.at))


@dataclass(frozen=True)
class Write:
    """What a worker or a status writes. job, lease, code: indexes into what there is."""

    is_mark: bool
    job: int
    lease: int
    kind: Kind
    attempt: int
    code: int
    due_s: int
    price: str
    weighs: bool


writes = st.builds(
    Write,
    is_mark=st.booleans(),
    job=any_of,
    lease=st.sampled_from([-1, -1, -2, 0, 1]),
    kind=st.sampled_from([Kind.ACCEPTED, Kind.ACCEPTED, *Kind]),
    attempt=st.sampled_from([1, 1, 1, 2, 3]),
    code=any_of,
    due_s=st.sampled_from([0, 0, 3, 70]),
    price=st.sampled_from(["", "", "utility", "marketing"]),
    weighs=st.booleans(),
)


class Twins(RuleBasedStateMachine):
    def __init__(self, open_stores: Callable[[], tuple[Redis, Redis]]) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.redises = self.runner.run(_opened(open_stores))
        self.group, self.single = (Scene(Twin(redis)) for redis in self.redises)
        prelude = (Path("shared/ledger/scripts/prelude.lua")).read_text("utf-8") + "\n"
        with_sources(self.group.ledger, lambda _, source: with_stored_clock(source))
        with_sources(self.single.ledger, lambda name, source: plain(name, source, prelude))
        for scene in (self.group, self.single):
            self.runner.run(_load(scene.ledger))
        self.leases: list[Lease] = []
        self.ordinals: list[int] = []

    def teardown(self) -> None:
        self.runner.run(_closed(self.redises))
        self.runner.close()

    def both(self, step: Callable[[Scene], Awaitable[Reply]]) -> Reply:
        """The same step in both lives; its reply, which is the same."""

        async def in_both() -> tuple[Reply, Reply]:
            return await step(self.group), await step(self.single)

        grouped, single = self.runner.run(in_both())
        assert grouped == single
        self.compare()
        return grouped

    def compare(self) -> None:
        async def contents() -> list[dict[bytes, object]]:
            return [_without_zeros(await dump(redis)) for redis in self.redises]

        grouped, single = self.runner.run(contents())
        assert grouped == single

    # ── a life ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @initialize(any_later=st.booleans(), deadline_s=st.sampled_from([None, None, 5, 30]))
    def begin(self, any_later: bool, deadline_s: int | None = None) -> None:
        async def running(scene: Scene) -> None:
            await scene.store.travel(timedelta(0))
            await scene.create()
            if deadline_s is not None:
                await scene.ledger.limit(scene.campaign, scene.in_s(deadline_s))
            for page in range(PAGES):
                await scene.admit(contacts(ROWS, page * PAGE_ROWS), sequence=page)
            await scene.move(Move.START)
            for page in range(PAGES):
                first = page * PAGE_ROWS
                ready = [PlannedJob(first + row) for row in range(ROWS - 1)]
                last = PlannedJob(first + ROWS - 1, due=scene.in_s(5) if any_later else None, suppressed="no-opt-in")
                await scene.plan(*ready, last, page=page)

        self.both(running)
        self.ordinals = [page * PAGE_ROWS + row for page in range(PAGES) for row in range(ROWS)]

    @rule(wanted=st.integers(1, 8), nonce=st.sampled_from([*NONCES, None]))
    def take(self, wanted: int, nonce: Nonce | None) -> None:
        async def taken(scene: Scene) -> Lease | None:
            lease = await scene.lease(wanted, PLENTY)
            if lease is not None and nonce is not None:
                await scene.ledger.open_lease(scene.campaign, lease.id, nonce, OPENED)
            return lease

        lease = self.both(taken)
        if lease is not None:
            self.leases.append(lease)

    @rule(seconds=st.sampled_from([0, 4, 11]), answers=st.lists(st.sampled_from(ANSWERS), min_size=1, max_size=3))
    def send(self, seconds: int, answers: Sequence[tuple[Kind | None, int]]) -> None:
        """What usually happens: the jobs of a new parcel are marked together and settled together."""
        known = len(self.leases)
        self.travel(seconds)
        self.take(6, NONCES[0])
        if len(self.leases) > known:
            jobs = range(len(self.leases[-1].ordinals))
            self.write([Write(True, job, known, Kind.ACCEPTED, 1, 1, 0, "", False) for job in jobs])
            self.write([told for job in jobs if (told := self._told(job, known, answers)) is not None])

    def _told(self, job: int, lease: int, answers: Sequence[tuple[Kind | None, int]]) -> Write | None:
        """The answer about the attempt that was marked, or none yet."""
        kind, due_s = answers[job % len(answers)]
        record = self.runner.run(self.group.job(self.leases[lease].ordinals[job]))
        return None if kind is None else Write(False, job, lease, kind, record.attempt, job, due_s, "", False)

    @rule(which=st.sampled_from([-1, -2]), kind=st.sampled_from([Kind.ACCEPTED, Kind.ACCEPTED, Kind.DELIVERED]))
    def tell_late(self, which: int, kind: Kind) -> None:
        """Answers and statuses about a parcel's jobs, wherever those are by now."""
        if self.leases:
            jobs = range(len(self.leases[which % len(self.leases)].ordinals))
            told = (self._told(job, which % len(self.leases), [(kind, 0)]) for job in jobs)
            self.write([one for one in told if one is not None])

    @rule(group=st.lists(writes, min_size=1, max_size=12))
    def write(self, group: Sequence[Write]) -> None:
        """One group in one life; in the other one call a job, settlements first as `Ledger` orders them."""
        submitted = [self._submission(write) for write in group]

        async def together() -> list[int | MarkRefusal | JobState | None]:
            return await asyncio.gather(*(_submit(self.group.ledger, one) for one in submitted))

        async def one_by_one() -> list[int | MarkRefusal | JobState | None]:
            replies: dict[int, int | MarkRefusal | JobState | None] = {}
            for index, one in sorted(enumerate(submitted), key=lambda pair: isinstance(pair[1], Mark)):
                replies[index] = await _submit(self.single.ledger, one)
            return [replies[index] for index in range(len(submitted))]

        assert self.runner.run(together()) == self.runner.run(one_by_one())
        self.compare()

    def _submission(self, write: Write) -> Mark | Settlement:
        lease = self.leases[write.lease % len(self.leases)] if self.leases else Lease(CAMPAIGN, LeaseId("1"), (0,))
        ordinals = (*lease.ordinals, *lease.ordinals, *self.ordinals, 7, 300)
        ordinal = ordinals[write.job % len(ordinals)]
        if write.is_mark:
            return Mark(CAMPAIGN, lease.id, NONCES[write.code % 5 == 0], ordinal, contact(ordinal))
        code, reason = CODES[write.code % len(CODES)]
        now = self.group.store.now()
        due = now + timedelta(seconds=write.due_s) if write.due_s else None
        of = None if write.code % 4 == 3 else lease.id
        message = f"SM{ordinal}|{write.attempt}" if write.job % 3 else ""
        return Settlement(
            CAMPAIGN, ordinal, write.attempt, write.kind, now, of, message, code, reason, due, write.price, write.weighs,
            is_unanswered=write.code % 3 == 1,
        )  # fmt: skip

    @rule(which=any_of, is_postponed=st.booleans())
    def close(self, which: int, is_postponed: bool) -> None:
        if self.leases:
            lease = self.leases[which % len(self.leases)]
            nonce = NONCES[which % 2]

            async def closed(scene: Scene) -> int:
                waits = {lease.ordinals[0]: scene.in_s(6)} if is_postponed else {}
                return await scene.close(lease.id, lease.ordinals, nonce, waits)

            self.both(closed)

    @rule()
    def sweep(self) -> None:
        self.both(lambda scene: scene.ledger.sweep(scene.campaign))

    @rule()
    def expire(self) -> None:
        self.both(lambda scene: scene.ledger.expire(scene.campaign))

    @rule(which=any_of)
    def stop(self, which: int) -> None:
        self.both(lambda scene: scene.stop(self.ordinals[which % len(self.ordinals)]))

    @rule(priority=st.integers(0, 9))
    def take_up(self, priority: int) -> None:
        jobs = [PlannedJob(row, priority) for row in range(ROWS)]
        self.both(lambda scene: scene.ledger.take_up(scene.campaign, 0, "no-opt-in", jobs))

    @rule(move=st.sampled_from(MOVES), is_sure=st.booleans())
    def move(self, move: Move, is_sure: bool) -> None:
        if move is Move.CANCEL and not is_sure:
            return

        async def moved(scene: Scene) -> bool | None:
            with suppress(Conflict):
                return await scene.ledger.control(
                    scene.campaign, move, "somebody", "because", timedelta(0), REOPENS_FOR
                )
            return None

        self.both(moved)

    @rule(seconds=st.sampled_from([1, 4, 11, 46]))
    def travel(self, seconds: int) -> None:
        self.both(lambda scene: scene.travel(seconds))


def _without_zeros(contents: dict[bytes, object]) -> dict[bytes, object]:
    """A group counts what is left at its end: a count that went up and down again is absent, which is 0."""
    return {
        key: {name: count for name, count in value.items() if count != b"0"} if isinstance(value, dict) else value
        for key, value in contents.items()
    }


async def _submit(ledger: Ledger, write: Mark | Settlement) -> int | MarkRefusal | JobState | None:
    return await (ledger.mark(write) if isinstance(write, Mark) else ledger.settle(write))


async def _opened(open_stores: Callable[[], tuple[Redis, Redis]]) -> tuple[Redis, Redis]:
    redises = open_stores()
    for redis in redises:
        await redis.flushdb()
    return redises


async def _load(ledger: Ledger) -> None:
    """Scripts that are not loaded yet run after the others of their round trip, and the order is compared here."""
    await ledger._scripts._load(set(ledger._scripts._sources))


async def _closed(redises: Sequence[Redis]) -> None:
    for redis in redises:
        await redis.flushdb()
        await redis.aclose()


def live(open_stores: Callable[[], tuple[Redis, Redis]], examples: int) -> None:
    class Lives(Twins):
        def __init__(self) -> None:
            super().__init__(open_stores)

    run_state_machine_as_test(
        Lives,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )


def fakes() -> tuple[Redis, Redis]:
    return FakeAsyncRedis(server=FakeServer()), FakeAsyncRedis(server=FakeServer())


@pytest.mark.parametrize("kind", [Kind.ACCEPTED, Kind.DELIVERED, Kind.FAILED])
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: str(answer[0]))
def test_a_fact_that_comes_late_finds_the_job_wherever_it_is(answer: tuple[Kind | None, int], kind: Kind) -> None:
    """Each way that a marked job can go, and then a fact of its first attempt."""
    life = Twins(fakes)
    try:
        life.begin(any_later=False)
        life.send(0, [answer])
        life.tell_late(-1, kind)
        life.send(11, [(Kind.ACCEPTED, 0)])
        life.tell_late(0, kind)
    finally:
        life.teardown()


@pytest.mark.timeout(600)
def test_a_group_is_written_as_one_job_after_the_other_would_be_on_fakeredis() -> None:
    live(fakes, 25)


@pytest.mark.timeout(600)
def test_a_group_is_written_as_one_job_after_the_other_would_be_on_valkey(valkey_url: str) -> None:
    other = valkey_url.rpartition("/")[0]
    live(lambda: (Redis.from_url(valkey_url), Redis.from_url(f"{other}/8")), 40)
