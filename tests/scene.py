"""A campaign on a store, and the verbs that tests speak about it with. Each checks the promises afterwards."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Unpack

from shared.ground import keys
from shared.ground.ids import CampaignId, ContactId, LeaseId, Nonce, UploadId
from shared.ledger.model import Admission, JobRecord, Kind, Lease, Mark, MarkRefusal, PlannedJob, Settlement, Standing
from shared.ledger.pages import pack
from shared.ledger.states import CampaignState, JobState, Move
from shared.ledger.store import Ledger
from tests.factories import CAMPAIGN, UPLOAD, contacts, rows
from tests.fields import SettlementFields
from tests.invariants import Snapshot, check_campaign, snapshot
from tests.stores import Store

UNOPENED, OPENED = timedelta(seconds=10), timedelta(seconds=45)
PLENTY = 4_000
W1, W2 = Nonce("worker-1"), Nonce("worker-2")


class Scene:
    """One campaign. Jobs are named by ordinal; the n-th job is the n-th made-up person's unless a test says otherwise."""

    def __init__(self, store: Store, campaign: CampaignId = CAMPAIGN) -> None:
        self.store = store
        self.campaign = campaign
        self.ledger = Ledger(store.redis)

    # ── getting there ───────────────────────────────────────────────────────────────────────────────────────────────

    async def create(self, state: CampaignState = CampaignState.DRAFT) -> None:
        await self.ledger.create(self.campaign, self.store.now(), state)

    async def admit(
        self, people: Sequence[ContactId], upload: UploadId = UPLOAD, sequence: int = 0, page: bytes | None = None
    ) -> Admission:
        packed = page or pack(rows(len(people)))
        return await self.ledger.admit(self.campaign, upload, sequence, packed, people)

    async def plan(self, *jobs: PlannedJob, page: int = 0) -> bool:
        return await self.ledger.plan(self.campaign, page, jobs)

    async def move(self, move: Move, unconfirmed_after: timedelta = timedelta(0)) -> bool:
        return await self.ledger.control(self.campaign, move, "somebody", "because", unconfirmed_after)

    async def running(self, jobs: int = 5) -> None:
        """A campaign that runs, with that many jobs ready (one page at most)."""
        await self.create()
        await self.admit(contacts(jobs))
        await self.move(Move.START)
        await self.plan(*(PlannedJob(ordinal) for ordinal in range(jobs)))

    async def lease(self, wanted: int = PLENTY, most: int = PLENTY) -> Lease | None:
        return await self.ledger.take_lease(self.campaign, wanted, most, UNOPENED)

    async def leased(self, wanted: int = PLENTY, most: int = PLENTY) -> Lease:
        """A new lease, where there must be work for one."""
        lease = await self.lease(wanted, most)
        assert lease is not None, "nothing was leased"
        return lease

    async def opened(self, nonce: Nonce = W1, wanted: int = PLENTY) -> LeaseId:
        """A new lease, opened."""
        lease = await self.leased(wanted)
        assert await self.ledger.open_lease(self.campaign, lease.id, nonce, OPENED) is not None
        return lease.id

    async def sending(self, jobs: int = 1, nonce: Nonce = W1) -> LeaseId:
        """A running campaign, all of its jobs marked under one lease."""
        await self.running(jobs)
        lease = await self.opened(nonce)
        for ordinal in range(jobs):
            assert await self.mark(ordinal, lease, nonce) == 1
        return lease

    # ── what a worker says ──────────────────────────────────────────────────────────────────────────────────────────

    async def mark(self, ordinal: int, lease: LeaseId, nonce: Nonce = W1) -> int | MarkRefusal:
        person = contacts(1, ordinal)[0]
        return await self.ledger.mark(Mark(self.campaign, lease, nonce, ordinal, person))

    async def settle(
        self,
        ordinal: int,
        kind: Kind,
        lease: LeaseId | None = None,
        attempt: int = 1,
        **words: Unpack[SettlementFields],
    ) -> JobState | None:
        now = Settlement(self.campaign, ordinal, attempt, kind, self.store.now(), lease)
        return await self.ledger.settle(replace(now, **words))

    async def close(
        self,
        lease: LeaseId,
        ordinals: Iterable[int],
        nonce: Nonce = W1,
        postponed: Mapping[int, datetime] | None = None,
    ) -> int:
        return await self.ledger.close_lease(self.campaign, lease, nonce, list(ordinals), postponed or {})

    async def stop(self, ordinal: int) -> None:
        await self.store.redis.hset(keys.stopped(self.campaign), contacts(1, ordinal)[0], "1:1")

    # ── what is there ───────────────────────────────────────────────────────────────────────────────────────────────

    def in_s(self, seconds: float) -> datetime:
        return self.store.now() + timedelta(seconds=seconds)

    async def travel(self, seconds: float) -> None:
        await self.store.travel(timedelta(seconds=seconds))

    async def letters(self) -> str:
        """The states of the jobs in order, without holes."""
        now = await self.snapshot()
        return "".join(now.jobs.values())

    async def snapshot(self) -> Snapshot:
        return await snapshot(self.store.redis, self.campaign)

    async def check(self) -> Snapshot:
        return await check_campaign(self.store.redis, self.campaign)

    async def standing(self) -> Standing:
        return await self.ledger.standing(self.campaign)

    async def job(self, ordinal: int) -> JobRecord:
        jobs = await self.ledger.page_of_jobs(self.campaign, ordinal // 128)
        return next(job for job in jobs if job.ordinal == ordinal)
