"""What the ledger's store promises beyond its scripts: reading, repeating, outages, writes that are on disk."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Unpack
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from shared.ground import keys
from shared.ground.errors import BackendUnavailable, NotFound
from shared.ground.ids import CampaignId, LeaseId, UploadId
from shared.ground.lua import Durability
from shared.ledger import store
from shared.ledger.model import JobRecord, Kind, Mark, MarkRefusal, PlannedJob
from shared.ledger.states import JobState, Move
from shared.ledger.store import MAX_GROUP_JOBS, Ledger
from tests.factories import contact, contacts
from tests.fields import WordFields
from tests.scene import OPENED, UNOPENED, W1, W2, Scene
from tests.stores import FakeStore, Store, ValkeyStore, dump, lost_answers
from workers.machine.embedded import EmbeddedServer

OTHER = CampaignId("cbbbbbbbbbbbbbbbb")
FIRST = LeaseId("1")  # a campaign counts its leases

# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_page_of_jobs_has_no_holes(scene: Scene) -> None:
    await scene.create()
    await scene.admit([contact(0), contact(0), contact(1)])
    assert [job.ordinal for job in await scene.ledger.page_of_jobs(scene.campaign, 0)] == [0, 2]
    assert await scene.ledger.page_of_jobs(scene.campaign, 1) == []


async def test_the_pages_that_hold_a_state(scene: Scene) -> None:
    await scene.running(2)
    await scene.admit(contacts(3, 10), sequence=1)
    await scene.admit(contacts(3, 20), sequence=2)
    await scene.settle(130, Kind.READ)
    found = scene.ledger.pages_with
    assert await found(scene.campaign, {JobState.READ}, range(3)) == [1]
    assert await found(scene.campaign, {JobState.PENDING}, range(3)) == [0, 1, 2]
    assert await found(scene.campaign, {JobState.PENDING}, range(2, 9)) == [2]
    assert await found(scene.campaign, {JobState.FAILED}, range(3)) == []


async def test_a_contact_is_found_by_its_id(scene: Scene) -> None:
    await scene.sending(3)
    await scene.settle(2, Kind.FAILED, code="63024", reason="not on WhatsApp")
    found = await scene.ledger.find(scene.campaign, contact(2))
    assert isinstance(found, JobRecord)
    assert (found.ordinal, found.state, found.code) == (2, JobState.FAILED, "63024")


async def test_unconfirmed_jobs_are_listed_once_they_are_old_enough(scene: Scene) -> None:
    lease = await scene.sending(2)
    await scene.settle(0, Kind.UNKNOWN, lease)
    await scene.travel(60)
    await scene.settle(1, Kind.UNKNOWN, lease)
    old = await scene.ledger.unconfirmed(scene.campaign, timedelta(seconds=50))
    assert [one.job.ordinal for one in old] == [0]
    assert len(await scene.ledger.unconfirmed(scene.campaign, timedelta(0))) == 2
    assert len(await scene.ledger.unconfirmed(scene.campaign, timedelta(0), limit=1)) == 1


async def test_standings_of_several(scene: Scene) -> None:
    await scene.running(2)
    await scene.ledger.create(OTHER, scene.store.now())
    assert [standing.total for standing in await scene.ledger.standings([scene.campaign, OTHER])] == [2, 0]
    with pytest.raises(NotFound):
        await scene.ledger.standings([scene.campaign, CampaignId("cnobody")])


# ── groups ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_writes_of_several_campaigns_join_and_keep_their_places(scene: Scene) -> None:
    lease = await scene.sending(3)
    other = Scene(scene.store, OTHER)
    await other.running(3)
    theirs = await other.opened()
    answers = await asyncio.gather(
        other.mark(0, theirs), scene.settle(1, Kind.UNKNOWN, lease), scene.mark(0, lease),
        other.mark(2, lease, W2), scene.settle(2, Kind.ACCEPTED, lease), other.settle(1, Kind.ACCEPTED, theirs),
    )  # fmt: skip
    assert list(answers) == [1, JobState.UNCONFIRMED, 1, MarkRefusal.LEASE_GONE, JobState.ACCEPTED, JobState.ACCEPTED]
    assert (await scene.letters(), await other.letters()) == ("sua", "sal")
    await other.check()


async def test_more_than_a_group_are_settled_together(scene: Scene) -> None:
    jobs = MAX_GROUP_JOBS + 1
    lease = await scene.sending(jobs)
    answers = await asyncio.gather(*(scene.settle(ordinal, Kind.ACCEPTED, lease) for ordinal in range(jobs)))
    assert answers == [JobState.ACCEPTED] * jobs


async def test_a_settlement_goes_before_a_mark_of_the_same_moment(scene: Scene) -> None:
    """The other way round, the mark of a lease that comes after would find the job still on the wire."""
    lease = await scene.sending(2)
    await scene.settle(1, Kind.ACCEPTED, lease)  # the server knows both scripts now
    mark = Mark(scene.campaign, lease, W1, 0, contact(0))
    answers = await asyncio.gather(scene.ledger.mark(mark), scene.settle(0, Kind.ACCEPTED, lease))
    assert list(answers) == [MarkRefusal.NOT_LEASED, JobState.ACCEPTED]


# ── a call whose answer was lost is made again, silently ────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Repeat:
    """answer_again: None where it is the same."""

    name: str
    prepare: Callable[[Scene], Awaitable[object]]
    call: Callable[[Scene], Awaitable[object]]
    stale: object = None


def _settles(kind: Kind, **words: Unpack[WordFields]) -> Callable[[Scene], Awaitable[object]]:
    return lambda scene: scene.settle(0, kind, FIRST, due=scene.in_s(5), **words)


async def _admitted(scene: Scene, jobs: int) -> None:
    await scene.create()
    await scene.admit(contacts(jobs))


async def _leased(scene: Scene) -> None:
    await scene.running(2)
    await scene.lease()


async def _opened(scene: Scene) -> None:
    await scene.running(2)
    await scene.opened()


async def _unconfirmed(scene: Scene) -> None:
    await scene.settle(0, Kind.UNKNOWN, await scene.sending(1))


async def _expired(scene: Scene) -> None:
    await scene.sending(2)
    await scene.travel(OPENED.total_seconds() + 1)


async def _too_late(scene: Scene) -> None:
    await scene.running(2)
    await scene.ledger.limit(scene.campaign, scene.store.now())


async def _nothing(_: Scene) -> None:
    pass


REPEATS = [
    Repeat("create", _nothing, lambda scene: scene.create()),
    Repeat("admit", lambda scene: scene.create(), lambda scene: scene.admit([contact(0), contact(0), contact(1)])),
    Repeat("admit-nobody", lambda scene: scene.running(2), lambda scene: scene.admit(contacts(2), UploadId("u2"))),
    Repeat("start", lambda scene: scene.create(), lambda scene: scene.move(Move.START), stale=False),
    Repeat("pause", lambda scene: scene.running(2), lambda scene: scene.move(Move.PAUSE), stale=False),
    Repeat("cancel", lambda scene: scene.running(2), lambda scene: scene.move(Move.CANCEL), stale=False),
    Repeat(
        "plan",
        lambda scene: _admitted(scene, 3),
        lambda scene: scene.plan(
            PlannedJob(0), PlannedJob(1, due=scene.in_s(5)), PlannedJob(2, suppressed="no-opt-in")
        ),
        stale=False,
    ),
    Repeat("open", _leased, lambda scene: scene.ledger.open_lease(scene.campaign, FIRST, W1, OPENED)),
    Repeat("mark", _opened, lambda scene: scene.mark(0, FIRST)),
    Repeat("mark-refused", _opened, lambda scene: scene.mark(0, FIRST, W2)),
    *(
        Repeat(kind, lambda scene: scene.sending(2), _settles(kind, message="SM1", code="1", reason="so"))
        for kind in (Kind.ACCEPTED, Kind.DELIVERED, Kind.READ, Kind.FAILED, Kind.SUPPRESSED)
    ),
    *(
        Repeat(kind, lambda scene: scene.sending(2), _settles(kind, code="1", reason="so"), stale="none")
        for kind in (Kind.DEFER, Kind.RETURN, Kind.UNKNOWN)
    ),
    Repeat("resend", _unconfirmed, _settles(Kind.RESEND), stale="none"),
    Repeat("close", _opened, lambda scene: scene.close(FIRST, range(2)), stale=0),
    Repeat("close-held", lambda scene: scene.sending(2), lambda scene: scene.close(FIRST, range(2))),
    Repeat("limit", lambda scene: scene.running(2), lambda scene: scene.ledger.limit(scene.campaign, scene.in_s(5))),
    Repeat("expire", _too_late, lambda scene: scene.ledger.expire(scene.campaign), stale=0),
    Repeat("sweep", _expired, lambda scene: scene.ledger.sweep(scene.campaign), stale=(0, 0)),
]


@pytest.mark.parametrize("case", REPEATS, ids=lambda case: case.name)
async def test_every_call_may_be_made_twice(fake_store: FakeStore, case: Repeat) -> None:
    """The store is as after one call; the answer is the same, or says that there was nothing left to do."""
    scene = Scene(fake_store)
    await case.prepare(scene)
    first = await case.call(scene)
    after_one = await dump(fake_store.redis)
    second = await case.call(scene)
    assert await dump(fake_store.redis) == after_one
    assert second == (first if case.stale is None else None if case.stale == "none" else case.stale)


async def test_a_lease_whose_answer_was_lost_comes_back(scene: Scene) -> None:
    await scene.running(4)
    await scene.lease(2)
    assert (await scene.leased(2)).ordinals == (2, 3), "asked again, it gives other jobs"
    await scene.travel(UNOPENED.total_seconds() + 1)
    assert await scene.ledger.sweep(scene.campaign) == (4, 0)
    assert (await scene.leased()).ordinals == (0, 1, 2, 3)


async def test_no_more_leases_than_workers_hold(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MAX_LEASES", 2)
    await scene.running(3)
    opened = await scene.opened(W1, wanted=1)
    assert (await scene.leased(1)).ordinals == (1,)
    assert await scene.lease(1) is None
    await scene.close(opened, [0])
    assert (await scene.leased(1)).ordinals == (0,)


# ── outages ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_scripts_that_the_server_forgot_are_loaded_again(scene: Scene) -> None:
    lease = await scene.sending(2)
    await scene.store.redis.script_flush()
    answers = await asyncio.gather(scene.settle(0, Kind.ACCEPTED, lease), scene.mark(1, lease))
    assert list(answers) == [JobState.ACCEPTED, 1]


async def test_a_server_that_is_not_there(closed_url: str) -> None:
    async with Redis.from_url(closed_url, retry_on_error=[]) as redis:
        ledger = Ledger(redis)
        with pytest.raises(BackendUnavailable):
            await ledger.take_lease(OTHER, 1, 1, UNOPENED)
        with pytest.raises(BackendUnavailable):
            await ledger.mark(Mark(OTHER, FIRST, W1, 0, contact(0)))
        with pytest.raises((BackendUnavailable, RedisConnectionError)):
            await ledger.standing(OTHER)


@pytest.fixture
def closed_url(valkey_server: EmbeddedServer) -> str:
    """A port where nobody listens: the embedded server's neighbour that was never started."""
    return EmbeddedServer(valkey_server.directory / "never").url()


async def test_a_full_server_is_an_outage(valkey_store: ValkeyStore) -> None:
    """It refuses writes, and says so as an error of the command: nothing was decided, and it passes."""
    scene = Scene(valkey_store)
    await scene.running(3)
    lease = await scene.opened(wanted=2)
    await scene.mark(0, lease)
    await valkey_store.redis.config_set("maxmemory", "1")
    try:
        for ask in (scene.settle(0, Kind.ACCEPTED, lease), scene.mark(1, lease)):
            with pytest.raises(BackendUnavailable):
                await ask
    finally:
        await valkey_store.redis.config_set("maxmemory", "0")
    assert await scene.letters() == "slp"
    assert await scene.settle(0, Kind.ACCEPTED, lease) is JobState.ACCEPTED
    await scene.check()


async def test_a_replica_is_an_outage(valkey_store: ValkeyStore, closed_url: str) -> None:
    """After a failover the old master takes no writes any more."""
    scene = Scene(valkey_store)
    lease = await scene.sending(1)
    master = urlsplit(closed_url)
    await valkey_store.redis.execute_command("REPLICAOF", master.hostname or "", master.port or 0)
    try:
        with pytest.raises(BackendUnavailable):
            await scene.settle(0, Kind.ACCEPTED, lease)
    finally:
        await valkey_store.redis.execute_command("REPLICAOF", "NO", "ONE")
    assert await scene.settle(0, Kind.ACCEPTED, lease) is JobState.ACCEPTED


@pytest.mark.parametrize(("replicas", "works"), [(0, True), (1, False)])
async def test_a_mark_waits_for_the_disk(valkey_store: ValkeyStore, replicas: int, works: bool) -> None:
    """One replica too many: nobody writes that copy, so the mark does not count."""
    scene = Scene(valkey_store)
    await scene.running(1)
    lease = await scene.opened()
    scene.ledger = Ledger(valkey_store.redis, Durability(wait_aof=True, replicas=replicas, timeout_ms=1))
    if works:
        assert await scene.mark(0, lease) == 1
    else:
        with pytest.raises(BackendUnavailable):
            await scene.mark(0, lease)
    await scene.check()


async def test_without_a_log_on_disk_nothing_counts(valkey_store: ValkeyStore) -> None:
    scene = Scene(valkey_store)
    await scene.running(1)
    lease = await scene.opened()
    scene.ledger = Ledger(valkey_store.redis, Durability(wait_aof=True))
    await valkey_store.redis.config_set("appendonly", "no")
    try:
        with pytest.raises(BackendUnavailable, match="appendonly"):
            await scene.mark(0, lease)
    finally:
        await valkey_store.redis.config_set("appendonly", "yes")


async def test_one_bad_call_harms_no_other_of_its_round_trip(stores: Store) -> None:
    """A key of the wrong type fails its own campaign's group; the other campaign is written."""
    bad, good = Scene(stores, OTHER), Scene(stores)
    lease = await good.sending(1)
    await bad.sending(1)
    await stores.redis.delete(keys.states(OTHER))
    await stores.redis.lpush(keys.states(OTHER), "not a string")
    answers = await asyncio.gather(
        bad.settle(0, Kind.ACCEPTED), good.settle(0, Kind.ACCEPTED, lease), return_exceptions=True
    )
    assert isinstance(answers[0], Exception)
    assert answers[1] is JobState.ACCEPTED
    await good.check()


async def test_redis_py_s_silent_repeat_is_harmless(fake_store: FakeStore) -> None:
    """A whole send, each round trip of which is made twice."""
    scene = Scene(fake_store)
    await scene.running(2)
    lease = await scene.opened()
    for step, expected in [
        (lambda: scene.mark(0, lease), 1),
        (lambda: scene.settle(0, Kind.ACCEPTED, lease), JobState.ACCEPTED),
        (lambda: scene.mark(1, lease), 1),
    ]:
        with lost_answers(1):
            assert await step() == expected
    with lost_answers(1):
        await scene.settle(1, Kind.DEFER, lease, due=scene.in_s(5))
    assert await scene.letters() == "ad"
    await scene.check()
