"""The promises, as functions over what is in the store. Asked after every step of a test that plays with fate.

Owns what "counted" and "not lost" mean; not which steps may be taken.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from redis.asyncio import Redis

from shared import keys
from shared.ids import CampaignId
from shared.keys import PAGE_ROWS
from shared.ledger.model import FIELDS, ordinals_of
from shared.ledger.states import HOLE, LETTERS


@dataclass(frozen=True)
class Snapshot:
    """All that the store holds of one campaign. jobs: ordinal → letter, without holes. leases: id → (holder, jobs)."""

    fields: Mapping[str, str]
    jobs: Mapping[int, str]
    due: frozenset[int]
    ready: frozenset[int]
    unconfirmed: frozenset[int]
    leases: Mapping[str, tuple[str, frozenset[int]]]
    deadlines: frozenset[str]
    records: Mapping[int, Mapping[str, str]]

    def are(self, letters: str) -> set[int]:
        return {ordinal for ordinal, letter in self.jobs.items() if letter in letters}


async def snapshot(redis: Redis, campaign: CampaignId) -> Snapshot:
    async with redis.pipeline(transaction=True) as pipe:
        pipe.hgetall(keys.ledger(campaign))
        pipe.get(keys.states(campaign))
        pipe.zrange(keys.due(campaign), 0, -1)
        pipe.zrange(keys.unconfirmed(campaign), 0, -1)
        pipe.hgetall(keys.leases(campaign))
        pipe.zrange(keys.deadlines(campaign), 0, -1)
        for priority in range(10):
            pipe.lrange(keys.ready(campaign, priority), 0, -1)
        fields, states, due, unconfirmed, leases, deadlines, *ready = await pipe.execute()
    letters = (states or b"").decode()
    return Snapshot(
        {name.decode(): value.decode() for name, value in fields.items()},
        {ordinal: letter for ordinal, letter in enumerate(letters) if letter != HOLE},
        frozenset(int(member) for member in due),
        frozenset(ordinal for runs in ready for run in runs for ordinal in ordinals_of(run.decode())),
        frozenset(int(member) for member in unconfirmed),
        {lease.decode(): _entry(value.decode()) for lease, value in leases.items()},
        frozenset(lease.decode() for lease in deadlines),
        await _records(redis, campaign, len(letters) // PAGE_ROWS),
    )


def _entry(text: str) -> tuple[str, frozenset[int]]:
    holder, _, runs = text.partition("|")
    return holder, frozenset(ordinals_of(runs))


async def _records(redis: Redis, campaign: CampaignId, pages: int) -> dict[int, dict[str, str]]:
    records = {}
    for page in range(pages):
        for ordinal, packed in (await redis.hgetall(keys.jobs(campaign, page * PAGE_ROWS))).items():
            values = packed.decode().split("|")
            records[int(ordinal)] = dict(zip(FIELDS, values + [""] * (len(FIELDS) - len(values)), strict=True))
    return records


def check_counts(now: Snapshot) -> None:
    """Promise 2, first half: every job is counted once, in the state that its byte says."""
    counted = {letter: int(now.fields.get(f"n:{letter}", 0)) for letter in LETTERS.values()}
    real = Counter(now.jobs.values())
    assert counted == {letter: real[letter] for letter in LETTERS.values()}
    assert sum(counted.values()) == int(now.fields.get("total", 0))


def check_nobody_lost(now: Snapshot) -> None:
    """Promise 2, second half: somebody will come by for every job that is not at an end."""
    planned = int(now.fields.get("planned", 0))
    unplanned = {ordinal for ordinal in now.are("p") if ordinal // PAGE_ROWS >= planned}
    assert now.are("p") - unplanned <= now.due | now.ready, "a pending job that no lease would find"
    assert now.are("d") <= now.due, "a deferred job without a time"
    assert now.due <= now.are("pd"), "a time for a job that does not wait"
    assert now.unconfirmed == now.are("u")
    assert set(now.leases) == set(now.deadlines), "a lease that no sweep would find"
    held = frozenset().union(*(jobs for _, jobs in now.leases.values()))
    assert now.are("l") <= held, "a leased job without a lease"
    for ordinal in now.are("s"):
        lease = now.records[ordinal]["lease"]
        assert ordinal in now.leases[lease][1], "a job is being sent under a lease that is not there"


def check_ended(now: Snapshot) -> None:
    """A campaign that has ended has nobody waiting; one that finished has nobody on the way either."""
    if now.fields.get("state") in {"finished", "cancelled"}:
        assert not now.are("pd")
    if now.fields.get("state") == "finished":
        assert not now.are("ls")


def check(now: Snapshot) -> None:
    check_counts(now)
    check_nobody_lost(now)
    check_ended(now)


async def check_campaign(redis: Redis, campaign: CampaignId) -> Snapshot:
    now = await snapshot(redis, campaign)
    check(now)
    return now
