"""The promises, as functions: over what is in the store, and over what the simulator's journal says really happened.
Asked after every step of a test that plays with fate, and after every fault.

Owns what "counted", "not lost", "never twice" and "never faster" mean; not which steps may be taken.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from redis.asyncio import Redis

from shared.ground import keys
from shared.ground.ids import CampaignId
from shared.ground.keys import PAGE_ROWS
from shared.ground.lua import text
from shared.ledger.model import FIELDS, ordinals_of
from shared.ledger.states import HOLE, LETTERS, JobState
from workers.simulator.journal import CallbackRecord, JournalRecord, RequestRecord
from workers.simulator.traffic import SECOND_US, Outcome, SlidingSecond


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
            values = text(packed).split("|")
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


# ── what the provider saw ───────────────────────────────────────────────────────────────────────────────────────────

ON_THE_WAY = frozenset({JobState.PENDING, JobState.DEFERRED, JobState.LEASED, JobState.SENDING})
KNOWN_ACCEPTED = frozenset({JobState.ACCEPTED, JobState.DELIVERED, JobState.READ})
MAY_HAVE_BEEN_ACCEPTED = KNOWN_ACCEPTED | {JobState.FAILED, JobState.SUPPRESSED, JobState.UNCONFIRMED}
AMOUNTS_TO = {  # a status, to the state that it alone amounts to
    "sent": JobState.ACCEPTED,
    "delivered": JobState.DELIVERED,
    "read": JobState.READ,
    "undelivered": JobState.FAILED,
    "failed": JobState.FAILED,
}
RANK = {None: 0, JobState.ACCEPTED: 1, JobState.FAILED: 2, JobState.DELIVERED: 3, JobState.READ: 4}


@dataclass(frozen=True)
class Job:
    """One contact of one campaign, as we report it. contact: the number that was written to."""

    contact: str
    state: JobState
    attempt: int
    code: str
    message: str


@dataclass(frozen=True)
class Seen:
    """One campaign in the provider's journal. accepted: contact → acceptances; callbacks: message → attempts to tell."""

    requests: Sequence[RequestRecord]
    accepted: Mapping[str, Sequence[RequestRecord]]
    callbacks: Mapping[str, Sequence[CallbackRecord]]

    @property
    def messages(self) -> list[RequestRecord]:
        return [record for records in self.accepted.values() for record in records]

    def told(self, message: str, sure: bool) -> JobState | None:
        """What the statuses of a message amount to: those that we answered with success, or all that we may have kept."""
        states = [
            AMOUNTS_TO[callback.status]
            for callback in self.callbacks.get(message, ())
            if not callback.forged and (_is_success(callback) or (not sure and callback.http_status is None))
        ]
        return max(states, key=RANK.__getitem__, default=None)


def seen(journal: Iterable[JournalRecord], campaign: CampaignId) -> Seen:
    """By the reference that each request carried."""
    records = sorted(journal, key=lambda record: record.at)  # a request's line is written when it is answered
    requests = [r for r in records if isinstance(r, RequestRecord) and _campaign_of(r) == campaign]
    accepted, callbacks = defaultdict(list), defaultdict(list)
    for request in requests:
        if request.outcome is Outcome.ACCEPTED:
            accepted[request.to].append(request)
    for record in records:
        if isinstance(record, CallbackRecord):
            callbacks[record.message_id].append(record)
    return Seen(requests, accepted, callbacks)


def _campaign_of(request: RequestRecord) -> str:
    return (request.reference or "").partition(".")[0]


def _attempt_of(request: RequestRecord) -> int:
    return int((request.reference or "").split(".")[2])


def _is_success(callback: CallbackRecord) -> bool:
    return callback.http_status is not None and callback.http_status // 100 == 2


def check_never_twice(provider: Seen) -> None:
    """Promise 1: a second acceptance only after the provider has said that the first one failed."""
    for contact, acceptances in provider.accepted.items():
        for earlier, later in pairwise(acceptances):
            failed_at = [
                callback.at
                for callback in provider.callbacks.get(earlier.message_id or "", ())
                if AMOUNTS_TO[callback.status] is JobState.FAILED and not callback.forged
            ]
            assert min(failed_at, default=later.at) < later.at, f"{contact} was written to twice: {acceptances}"


def resent(provider: Seen) -> int:
    """Acceptances beyond each contact's first: allowed only where a campaign says `unconfirmed = "resend"`."""
    return len(provider.messages) - len(provider.accepted)


def check_no_attempt_twice(provider: Seen) -> None:
    """What holds even where resending is allowed: one attempt is one request that was accepted."""
    attempts = Counter((request.to, _attempt_of(request)) for request in provider.messages)
    assert not [attempt for attempt, count in attempts.items() if count > 1]


def check_truth(jobs: Sequence[Job], provider: Seen) -> None:
    """Our report against the provider's own journal, job by job. For a campaign that has come to rest."""
    assert not [job for job in jobs if job.state in ON_THE_WAY], "somebody is still on the way"
    contacts = {job.contact for job in jobs}
    assert len(contacts) == len(jobs), "a contact has two jobs"
    assert provider.accepted.keys() <= contacts, "the provider has somebody whom we do not know"
    for job in jobs:
        _check_job(job, provider)


def _check_job(job: Job, provider: Seen) -> None:
    acceptances = provider.accepted.get(job.contact, ())
    if not acceptances:
        assert job.state not in KNOWN_ACCEPTED, f"{job}: the provider knows nothing of it"
        return
    assert job.state in MAY_HAVE_BEEN_ACCEPTED, f"{job}: it was accepted: {acceptances}"
    last = acceptances[-1].message_id or ""
    assert job.message in {"", last}, f"{job}: another message than {acceptances}"
    assert job.message or job.state is JobState.UNCONFIRMED
    sure, possible = provider.told(last, sure=True), provider.told(last, sure=False)
    if job.state is JobState.UNCONFIRMED:
        assert sure is None, f"{job}: we were told {sure}"
    elif job.state in RANK:
        assert RANK[sure] <= RANK[job.state] <= RANK[possible or JobState.ACCEPTED], f"{job}: told {sure}, {possible}"


def check_callbacks_answered(provider: Seen) -> None:
    """Promise 7 from outside: what is genuine gets success or nothing at all, what is forged never does."""
    for callback in (callback for callbacks in provider.callbacks.values() for callback in callbacks):
        if callback.forged:
            assert callback.http_status in {403, None}, callback
        else:
            assert callback.http_status in {204, 503, None}, callback


def funnel_told(provider: Seen) -> Counter[JobState]:
    """The funnel that the statuses amount to which we answered with success, acceptances included."""
    messages = [records[-1].message_id or "" for records in provider.accepted.values()]
    return Counter(provider.told(message, sure=True) or JobState.ACCEPTED for message in messages)


@dataclass(frozen=True)
class Speed:
    """most: acceptances in the fullest second. used: share of the cap over the steady part."""

    most: int
    used: float


def speed(journal: Iterable[JournalRecord], sender: str, cap: float, ramp_s: float = 1.0) -> Speed:
    """Of one sender, exact: any second at all counts, not only those that begin on the hour.

    ramp_s: left out at both ends, where there is not yet, or no longer, enough work.
    """
    at_us = sorted(
        round(record.at * SECOND_US)
        for record in journal
        if isinstance(record, RequestRecord) and record.outcome is Outcome.ACCEPTED and record.sender == sender
    )
    fullest = SlidingSecond()
    for instant in at_us:
        fullest.add(instant)
    begin, end = at_us[0] + ramp_s * SECOND_US, at_us[-1] - ramp_s * SECOND_US
    steady = sum(begin <= instant < end for instant in at_us)
    return Speed(fullest.most, steady * SECOND_US / (end - begin) / cap if end > begin else 0.0)


def closest_pair_s(journal: Iterable[JournalRecord]) -> float:
    """The shortest time between two acceptances from one sender to one contact, in seconds."""
    times = defaultdict(list)
    for record in journal:
        if isinstance(record, RequestRecord) and record.outcome is Outcome.ACCEPTED:
            times[record.sender, record.to].append(record.at)
    return min(
        (later - earlier for at in times.values() for earlier, later in pairwise(sorted(at))),
        default=float("inf"),
    )
