"""The ledger under any fate: workers that die, calls that are made twice, statuses in any order, people who change their
minds. After every step everybody is counted and can be found; the provider never accepts anybody twice by our doing; and
from collections.abc import Awaitable
from collections.abc import Awaitable
from wherever fate has left it, the campaign can be brought to its end.

The same machine runs on fakeredis and on Valkey. What it draws depends on nothing that the store says, so that a slow
machine, on which real leases may run out, is no reason to fail.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from shared.ground.clock import to_ms
from shared.ground.errors import Conflict
from shared.ground.ids import LeaseId, Nonce, UploadId
from shared.ground.keys import PAGE_ROWS
from shared.ledger.model import Kind, PlannedJob
from shared.ledger.states import Move
from tests.factories import contact
from tests.invariants import Snapshot, check
from tests.scene import OPENED, PLENTY, Scene
from tests.stores import START, Clock, FakeStore, ValkeyStore

PEOPLE, UPLOADS, PAGES_AN_UPLOAD = 10, 2, 2
NONCES = (Nonce("worker-1"), Nonce("worker-2"))
PATIENCE = timedelta(seconds=60)
FATES = ("ready", "urgent", "later", "refused")
PEOPLE_S_MOVES = (Move.PAUSE, Move.RESUME, Move.RESUME, Move.FINISH, Move.START)
ACTS = (
    "admit", "plan", "stop", "move", "travel", "lease", "open", "mark", "send", "close", "sweep", "bury", "resend", "limit",
)  # fmt: skip
any_of = st.integers(min_value=0, max_value=10_000)  # an index into whatever there is


@dataclass
class Sending:
    """A request that left. accepted: the truth, which only the provider knows at first."""

    ordinal: int
    attempt: int
    accepted: bool
    reported_failed: bool = False


@dataclass
class Word:
    """What a worker or a status says about an attempt: said once, twice or never."""

    ordinal: int
    attempt: int
    kind: Kind
    lease: LeaseId | None = None
    retry_s: float = 0
    of: Sending | None = None


@dataclass(eq=False)
class Parcel:
    """A lease that one worker has opened. granted: attempts that it may send, once each."""

    lease: LeaseId
    nonce: Nonce
    ordinals: tuple[int, ...]
    granted: dict[int, int] = field(default_factory=dict)
    begun: set[int] = field(default_factory=set)


# What a provider makes of a request: (accepted, the worker's word, seconds until it may be tried again).
ANSWERS = [
    (True, Kind.ACCEPTED, 0),
    (True, Kind.UNKNOWN, 0),  # the answer was lost
    (False, Kind.UNKNOWN, 0),  # the request was lost
    (False, Kind.FAILED, 0),
    (False, Kind.FAILED, 5),
    (False, Kind.SUPPRESSED, 0),
    (False, Kind.DEFER, 3),
    (False, Kind.RETURN, 0),
]
STATUSES = [
    (Kind.ACCEPTED, 0),
    (Kind.DELIVERED, 0),
    (Kind.READ, 0),
    (Kind.FAILED, 0),
    (Kind.FAILED, 5),
    (Kind.SUPPRESSED, 0),
]

Value = TypeVar("Value")


class LedgerMachine(RuleBasedStateMachine):
    def __init__(self, open_store: Callable[[], FakeStore | ValkeyStore]) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.store = open_store()
        self.do(self.store.__aenter__())
        self.scene = Scene(self.store)
        self.uploads: dict[tuple[int, int], list[int]] = {}
        self.people: set[int] = set()
        self.leases: list[tuple[LeaseId, tuple[int, ...]]] = []
        self.newest_lease: dict[int, LeaseId] = {}
        self.parcels: list[Parcel] = []
        self.sendings: list[Sending] = []
        self.words: list[Word] = []

    def do(self, step: Awaitable[Value]) -> Value:
        async def done() -> Value:
            return await step

        return self.runner.run(done())

    def look(self) -> Snapshot:
        return self.do(self.scene.snapshot())

    # ── contacts come in ────────────────────────────────────────────────────────────────────────────────────────────

    @initialize(people=st.integers(1, 4))
    def create(self, people: int) -> None:
        """Most fates begin once it runs."""
        self.do(self.scene.create())
        self.admit(0, 0, list(range(people)))
        self.move(Move.START)
        self.plan(["ready"])

    def admit(self, upload: int, sequence: int, people: list[int]) -> None:
        """A page of an upload is always the same page; it may be admitted again, and after another upload's."""
        page = self.uploads.setdefault((upload, sequence), people)
        try:
            self.do(self.scene.admit([contact(n) for n in page], UploadId(f"u{upload}"), sequence))
        except Conflict:
            return
        self.people |= set(page)

    def plan(self, fates: list[str]) -> None:
        now = self.look()
        page = int(now.fields.get("planned", 0))
        of_page = [ordinal for ordinal in now.are("p") if ordinal // PAGE_ROWS == page]
        jobs = [self._planned(ordinal, fates[index % len(fates)]) for index, ordinal in enumerate(sorted(of_page))]
        self.do(self.scene.plan(*jobs, page=page))

    def _planned(self, ordinal: int, fate: str) -> PlannedJob:
        if fate == "later":
            return PlannedJob(ordinal, due=self.scene.in_s(20))
        if fate == "refused":
            return PlannedJob(ordinal, suppressed="no-opt-in")
        return PlannedJob(ordinal, 9 if fate == "urgent" else 0)

    def stop(self, number: int) -> None:
        self.do(self.store.redis.hset(f"{{c:{self.scene.campaign}}}:stopped", contact(number), "1:1"))

    # ── people ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def move(self, move: Move) -> None:
        with suppress(Conflict):
            self.do(self.scene.move(move, PATIENCE))

    def travel(self, seconds: float) -> None:
        self.do(self.scene.travel(seconds))

    # ── workers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def lease(self, wanted: int, most: int) -> None:
        before = self.look()
        lease = self.do(self.scene.lease(wanted, most))
        if lease is None:
            return
        assert before.fields["state"] == "running"
        assert len(lease.ordinals) <= wanted
        assert len(self.look().are("ls")) <= most
        self.leases.append((lease.id, lease.ordinals))
        self.newest_lease.update(dict.fromkeys(lease.ordinals, lease.id))

    @rule(wanted=st.integers(1, 4), nonce=st.sampled_from(NONCES))
    def take(self, wanted: int, nonce: Nonce) -> None:
        """What usually happens: a lease, and at once a worker that opens it."""
        known = len(self.leases)
        self.lease(wanted, PLENTY)
        if len(self.leases) > known:
            self.open(known, nonce)

    @rule(seconds=st.sampled_from([4, 11]), nonce=st.sampled_from(NONCES))
    def take_later(self, seconds: int, nonce: Nonce) -> None:
        """What waited is due by then; what nobody opened has run out."""
        self.travel(seconds)
        self.sweep()
        self.take(2, nonce)

    @rule(which=any_of, answer=st.sampled_from(ANSWERS), is_said=st.booleans())
    def work(self, which: int, answer: tuple[bool, Kind, float], is_said: bool) -> None:
        """What usually happens: the next job of a parcel is marked and sent, and its outcome told."""
        if not self.parcels:
            return
        parcel = self.parcels[-1 - which % min(2, len(self.parcels))]
        rest = [ordinal for ordinal in parcel.ordinals if ordinal not in parcel.granted]
        if rest:
            self.mark(self.parcels.index(parcel), parcel.ordinals.index(rest[0]), own=True)
        if rest and rest[0] in parcel.granted:
            self._ask(parcel, rest[0], answer)
            if is_said:
                self.say_the_newest()

    def open(self, which: int, nonce: Nonce) -> None:
        lease, ordinals = self.leases[which % len(self.leases)]
        opened = self.do(self.scene.ledger.open_lease(self.scene.campaign, lease, nonce, OPENED))
        if opened is None:
            return
        assert set(opened.ordinals) <= set(ordinals)
        holders = {parcel.nonce for parcel in self.parcels if parcel.lease == lease}
        assert holders <= {nonce}, "two workers hold one lease"
        if not holders:
            self.parcels.append(Parcel(lease, nonce, ordinals))

    def mark(self, which: int, job: int, own: bool) -> None:
        """Any job of its own, or, as no worker would, of anybody."""
        parcel = self.parcels[which % len(self.parcels)]
        ordinal = parcel.ordinals[job % len(parcel.ordinals)] if own else job % (2 * PAGE_ROWS)
        before, asked_ms = self.look(), to_ms(self.store.now())
        answer = self.do(self.scene.mark(ordinal, parcel.lease, parcel.nonce))
        after = self.look()
        if not isinstance(answer, int):
            assert after.jobs.get(ordinal) != "s" or before.jobs.get(ordinal) == "s"
            return
        assert self.newest_lease[ordinal] == parcel.lease, "a job was marked under a lease that has lost it"
        assert after.jobs[ordinal] == "s"
        assert after.records[ordinal]["lease"] == parcel.lease
        if ordinal in parcel.granted:
            assert parcel.granted[ordinal] == answer, "a repeated mark is answered as before, or not at all"
            assert before.jobs[ordinal] == "s"
        else:
            assert before.fields["state"] == "running"
            assert "deadline_ms" not in before.fields or int(before.fields["deadline_ms"]) > asked_ms, "written to late"
        parcel.granted[ordinal] = answer

    def unbegun(self) -> list[tuple[Parcel, int]]:
        return [(p, o) for p in self.parcels for o in sorted(p.granted) if o not in p.begun]

    def _ask(self, parcel: Parcel, ordinal: int, answer: tuple[bool, Kind, float]) -> None:
        accepted, kind, retry_s = answer
        self._send(parcel, ordinal, accepted)
        self.words.append(Word(ordinal, parcel.granted[ordinal], kind, parcel.lease, retry_s))

    def _send(self, parcel: Parcel, ordinal: int, accepted: bool) -> None:
        parcel.begun.add(ordinal)
        if accepted:
            open_ones = [s for s in self.sendings if s.ordinal == ordinal and s.accepted and not s.reported_failed]
            assert not open_ones, "promise 1: somebody was written to twice"
        self.sendings.append(Sending(ordinal, parcel.granted[ordinal], accepted))

    @rule(which=any_of)
    def say(self, which: int) -> None:
        """Any word that was ever formed: late, twice, out of order. What was never said died with its worker."""
        if self.words:
            self._say(self.words[which % len(self.words)])

    @rule()
    def say_the_newest(self) -> None:
        if self.words:
            self._say(self.words[-1])

    def _say(self, word: Word) -> None:
        due = self.scene.in_s(word.retry_s) if word.retry_s else None
        if word.of is not None and word.kind in {Kind.FAILED, Kind.SUPPRESSED}:
            word.of.reported_failed = True
        self.do(self.scene.settle(word.ordinal, word.kind, word.lease, word.attempt, due=due, code="1"))

    def close(self, which: int, postponed: bool) -> None:
        parcel = self.parcels[which % len(self.parcels)]
        waits = {parcel.ordinals[0]: self.scene.in_s(6)} if postponed else {}
        before = self.look()
        self.do(self.scene.close(parcel.lease, parcel.ordinals, parcel.nonce, waits))
        self._check_others_keep_theirs(before, parcel.lease)

    def _check_others_keep_theirs(self, before: Snapshot, ended: LeaseId | None = None) -> None:
        """Whoever ends a lease touches no job that a newer lease holds."""
        now = self.look()
        for ordinal, lease in self.newest_lease.items():
            if lease in now.leases and lease != ended:
                assert now.jobs[ordinal] == before.jobs[ordinal]

    # ── the provider's statuses ─────────────────────────────────────────────────────────────────────────────────────

    def accepted(self) -> list[Sending]:
        return [sending for sending in self.sendings if sending.accepted]

    @rule(which=any_of, status=st.sampled_from(STATUSES))
    def status(self, which: int, status: tuple[Kind, float]) -> None:
        if not self.accepted():
            return
        sending = self.accepted()[which % len(self.accepted())]
        kind, retry_s = status
        self.words.append(Word(sending.ordinal, sending.attempt, kind, None, retry_s, sending))
        self._say(self.words[-1])

    # ── the janitor, and a person who redrives ──────────────────────────────────────────────────────────────────────

    def sweep(self) -> None:
        before = self.look()
        self.do(self.scene.ledger.sweep(self.scene.campaign))
        self.do(self.scene.ledger.expire(self.scene.campaign))
        self._check_others_keep_theirs(before)

    def bury(self, which: int) -> None:
        """A worker process is found dead."""
        lease = self.parcels[which % len(self.parcels)].lease
        self.do(self.scene.ledger.expire_leases(self.scene.campaign, [lease]))

    def resend(self, which: int) -> None:
        unknown = sorted(self.look().are("u"))
        self._resend(unknown[which % len(unknown)])

    def _resend(self, ordinal: int) -> None:
        """Promise 1 is waived for this job, by name."""
        attempt = int(self.look().records[ordinal]["attempt"] or 1)
        if self.do(self.scene.settle(ordinal, Kind.RESEND, attempt=attempt)) is not None:
            for sending in self.sendings:
                sending.reported_failed |= sending.ordinal == ordinal

    # ── mischief ────────────────────────────────────────────────────────────────────────────────────────────────────

    @rule(act=st.sampled_from(ACTS), one=any_of, other=any_of)
    def mischief(self, act: str, one: int, other: int) -> None:
        """What happens now and then; each act takes what it needs of the two numbers."""
        getattr(self, f"act_{act}")(one, other)

    def act_admit(self, one: int, other: int) -> None:
        people = [(one + step * (1 + other % 3)) % PEOPLE for step in range(1 + other % 5)]
        self.admit(one % UPLOADS, other % PAGES_AN_UPLOAD, people)

    def act_plan(self, one: int, other: int) -> None:
        self.plan([FATES[one % len(FATES)], FATES[other % len(FATES)]])

    def act_stop(self, one: int, _: int) -> None:
        self.stop(one % PEOPLE)

    def act_move(self, one: int, other: int) -> None:
        self.move(PEOPLE_S_MOVES[one % len(PEOPLE_S_MOVES)])
        if other % 7 == 0:
            self.move(Move.CANCEL)

    def act_travel(self, one: int, _: int) -> None:
        self.travel((1, 4, 11, 46)[one % 4])

    def act_lease(self, one: int, other: int) -> None:
        self.lease(1 + one % 4, (3, PLENTY)[other % 2])

    def act_open(self, one: int, other: int) -> None:
        if self.leases:
            self.open(one, NONCES[other % len(NONCES)])

    def act_mark(self, one: int, other: int) -> None:
        if self.parcels:
            self.mark(one, other, own=bool(other % 3))

    def act_send(self, one: int, other: int) -> None:
        if unbegun := self.unbegun():
            self._ask(*unbegun[one % len(unbegun)], ANSWERS[other % len(ANSWERS)])

    def act_close(self, one: int, other: int) -> None:
        if self.parcels:
            self.close(one, postponed=bool(other % 2))

    def act_sweep(self, _: int, __: int) -> None:
        self.sweep()

    def act_bury(self, one: int, _: int) -> None:
        if self.parcels:
            self.bury(one)

    def act_resend(self, one: int, _: int) -> None:
        if self.look().are("u"):
            self.resend(one)

    def act_limit(self, one: int, _: int) -> None:
        """A campaign gets its deadline once."""
        if "deadline_ms" not in self.look().fields:
            self.do(self.scene.ledger.limit(self.scene.campaign, self.scene.in_s((15, 60)[one % 2])))

    # ── what is always so ───────────────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def everybody_is_counted_and_can_be_found(self) -> None:
        now = self.look()
        check(now)
        assert len(now.jobs) == len(self.people)

    @invariant()
    def nothing_is_claimed_that_is_not_so(self) -> None:
        """A job that is said to be accepted was accepted."""
        really = {(sending.ordinal, sending.attempt) for sending in self.accepted()}
        now = self.look()
        for ordinal in now.are("avr"):
            assert (ordinal, int(now.records[ordinal]["attempt"] or 1)) in really

    # ── and at last ─────────────────────────────────────────────────────────────────────────────────────────────────

    def teardown(self) -> None:
        try:
            if self.people:
                self._bring_to_an_end()
        finally:
            self.do(self.store.__aexit__(None, None, None))
            self.runner.close()

    def _bring_to_an_end(self) -> None:
        """Nobody is lost: whoever still waits is written to, and then the campaign is finished."""
        for move in (Move.START, Move.RESUME):
            self.move(move)
        for _ in range(2 * UPLOADS * PAGES_AN_UPLOAD):
            self.plan(["ready"])
        for _ in range(3):  # what is out comes back, what waits becomes due, and is sent
            self.travel(100)
            self.sweep()
            self._send_all()
        self.travel(PATIENCE.total_seconds() + 1)
        self.move(Move.FINISH)
        now = self.look()
        assert now.fields["state"] in {"finished", "cancelled"}
        assert not now.are("pdls")
        check(now)

    def _send_all(self) -> None:
        lease = self.do(self.scene.lease())
        if lease is None:
            return
        parcel = Parcel(lease.id, NONCES[0], lease.ordinals)
        assert self.do(self.scene.ledger.open_lease(self.scene.campaign, lease.id, parcel.nonce, OPENED))
        for ordinal in lease.ordinals:
            answer = self.do(self.scene.mark(ordinal, lease.id, parcel.nonce))
            if isinstance(answer, int):
                parcel.granted[ordinal] = answer
                self._send(parcel, ordinal, accepted=True)
                self.do(self.scene.settle(ordinal, Kind.ACCEPTED, lease.id, answer))
        self.do(self.scene.close(lease.id, lease.ordinals, parcel.nonce))


SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


@pytest.mark.timeout(600)
def test_any_fate_on_fakeredis(clock: Clock) -> None:
    def open_store() -> FakeStore:
        clock.now = START
        return FakeStore(clock)

    class OnFakeredis(LedgerMachine):
        def __init__(self) -> None:
            super().__init__(open_store)

    run_state_machine_as_test(
        OnFakeredis,
        settings=settings(
            max_examples=30, stateful_step_count=40, deadline=None, suppress_health_check=SLOW, print_blob=True
        ),
    )


@pytest.mark.timeout(600)
def test_any_fate_on_valkey(valkey_url: str) -> None:
    class OnValkey(LedgerMachine):
        def __init__(self) -> None:
            super().__init__(lambda: ValkeyStore(valkey_url))

    run_state_machine_as_test(
        OnValkey,
        settings=settings(
            max_examples=40, stateful_step_count=50, deadline=None, suppress_health_check=SLOW, print_blob=True
        ),
    )
