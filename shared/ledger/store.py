"""The ledger on Redis or Valkey: one method per script, one round trip per group. Owns the keys under `{c:…}` except the
campaign's description; scripts make the decisions.

*Raises* in every method: BackendUnavailable: nothing was decided, or the reply was lost; trying again is safe.
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain, groupby

from redis.asyncio import Redis

from shared.ground import keys
from shared.ground.clock import from_ms, to_ms
from shared.ground.coalesce import Coalescer
from shared.ground.errors import Conflict, NotFound
from shared.ground.ids import CampaignId, ContactId, LeaseId, Nonce, UploadId
from shared.ground.keys import PAGE_ROWS
from shared.ground.lua import Arg, Call, Durability, Reply, Scripts, int_reply, items, text
from shared.ledger.model import (
    Admission,
    Answer,
    JobRecord,
    Lease,
    Mark,
    MarkRefusal,
    PlannedJob,
    Redrive,
    RedriveOrder,
    RefusedRun,
    Retry,
    Settlement,
    Standing,
    Unknown,
    code_of,
    order_of,
    ordinals_of,
    pages_of,
    runs_of,
    unpack_record,
)
from shared.ledger.pages import JobRow, unpack_rows
from shared.ledger.states import (
    BY_LETTER,
    HOLE,
    LETTERS,
    MOVES,
    OPEN_FOR_REDRIVES,
    CampaignState,
    JobState,
    Move,
)

SCRIPTS = (
    "admit", "plan", "lease", "open", "mark", "settle", "put_back", "control", "answer", "agree", "take_up", "redrive",
    "redrive_page", "reopen", "expire",
)  # fmt: skip
PRIORITIES = range(10)
PRIORITIES_BY_URGENCY = tuple(reversed(PRIORITIES))  # 9 is the most urgent
# Of one campaign: eight workers of 64 threads hold so many. Without the maximum, and with one job per lease, the leases of
# a fast sender would expire before a worker opens them, and each would be given out again with one more hint.
MAX_LEASES = 512
MAX_REPLY_CHARACTERS, MAX_LABEL_CHARACTERS = 1_000, 40
PAGES_A_READ = 32  # 4,096 jobs: some 10 ms of this process, in which it does nothing else
PAGES_AN_EXPIRY = 4  # 512 jobs: with 32 pages in a round trip, other clients waited up to 57 ms
MAX_GROUP_JOBS = 64  # of one call, which then takes about half a millisecond: a longer one delays every other client


class Ledger:
    """*Atomicity*: every method that writes, except `create`, `sweep` and `expire_leases`, is one script on one hash tag.
    Concurrent marks and settlements join into one round trip and one disk flush.
    """

    def __init__(self, redis: Redis, durability: Durability | None = None) -> None:
        self._redis = redis
        self._scripts = Scripts(redis, "shared.ledger.scripts", SCRIPTS, durability)
        self._writes: Coalescer[Mark | Settlement, Reply] = Coalescer(self._flush, max_items=8 * MAX_GROUP_JOBS)

    # ── a campaign's life ───────────────────────────────────────────────────────────────────────────────────────────

    async def create(
        self, campaign: CampaignId, created_at: datetime, state: CampaignState = CampaignState.DRAFT
    ) -> None:
        """Create the ledger of a new campaign. A second call changes nothing."""
        key = keys.ledger(campaign)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hsetnx(key, "created_ms", str(to_ms(created_at)))
            pipe.hsetnx(key, "state", state.value)
            await pipe.execute()

    async def control(
        self,
        campaign: CampaignId,
        move: Move,
        by: str,
        reason: str = "",
        unconfirmed_after: timedelta = timedelta(0),
        reopens_for: timedelta = timedelta(0),
    ) -> bool:
        """Move the campaign to another state. True if the state changed; False if it was the target already, or if a finish
        must wait for unfinished jobs.

        by, reason: recorded with the state.  unconfirmed_after: how long an unconfirmed job delays the finish.
        reopens_for: how long after a finish a failure that may be tried again opens the campaign anew.

        *Raises*: NotFound; Conflict if the present state forbids the move.
        """
        transition = MOVES[move]
        reply = items(
            await self._scripts.run(
                "control",
                [
                    *self._base(campaign),
                    keys.unconfirmed(campaign),
                    keys.uploads(campaign),
                    keys.due(campaign),
                    keys.refused(campaign),
                    keys.agreed(campaign),
                ],
                [transition.target, reason, by, _ms(unconfirmed_after), _ms(reopens_for), *transition.sources],
            )
        )
        answer, state = text(reply[0]), text(reply[1])
        if answer == "absent":
            raise NotFound("campaign-not-found", "There is no such campaign.")
        if answer == "forbidden":
            raise Conflict("campaign-state", f"A campaign that is {state} cannot {move}.")
        return answer == "ok"

    async def limit(self, campaign: CampaignId, deadline_at: datetime) -> None:
        """Note the campaign's deadline, before its start: from then on no script lets a job of it be sent."""
        await self._redis.hset(keys.ledger(campaign), "deadline_ms", str(to_ms(deadline_at)))

    async def expire(self, campaign: CampaignId) -> int:
        """End all jobs that wait, once the deadline has passed by the store's clock. Returns how many. Safe to repeat."""
        pages = await self.pages_in(campaign, (JobState.PENDING, JobState.DEFERRED), 0)
        expired = 0
        for start in range(0, len(pages), PAGES_AN_EXPIRY):
            some = pages[start : start + PAGES_AN_EXPIRY]
            calls = [
                Call(
                    "expire",
                    [*self._base(campaign), keys.due(campaign), keys.jobs(campaign, page * PAGE_ROWS)],
                    [page],
                )
                for page in some
            ]
            expired += sum(int_reply(reply) for reply in await self._scripts.run_every(calls))
        return expired

    async def standing(self, campaign: CampaignId) -> Standing:
        """*Raises*: NotFound."""
        return (await self.standings([campaign]))[0]

    async def standings(self, campaigns: Sequence[CampaignId]) -> list[Standing]:
        """In one round trip. *Raises*: NotFound if one of them does not exist."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for campaign in campaigns:
                pipe.hgetall(keys.ledger(campaign))
            return [_standing(fields) for fields in await pipe.execute()]

    async def next_dues(self, campaigns: Sequence[CampaignId]) -> list[datetime | None]:
        """When the first job that waits for its time is due, per campaign, in one round trip; None if none waits."""
        if not campaigns:
            return []
        async with self._redis.pipeline(transaction=False) as pipe:
            for campaign in campaigns:
                pipe.zrange(keys.due(campaign), 0, 0, withscores=True)
            return [from_ms(int(first[0][1])) if first else None for first in await pipe.execute()]

    # ── admitting and planning ──────────────────────────────────────────────────────────────────────────────────────

    async def admit(
        self,
        campaign: CampaignId,
        upload: UploadId,
        sequence: int,
        page: bytes,
        contacts: Sequence[ContactId],
        replacing: Mapping[int, int] | None = None,
    ) -> Admission:
        """Admit one staged page of at most PAGE_ROWS rows. Safe to repeat by (upload, sequence).

        replacing: index of a row → ordinal of the contact's job that it replaces, if that still is the contact's job and
        the campaign a draft; else the row is a duplicate.

        *Raises*: Conflict if the state of the campaign takes no contacts.
        """
        words = ",".join(f"{index}:{ordinal}" for index, ordinal in (replacing or {}).items())
        return _admission(await self._admit(campaign, upload, [sequence, page, words], contacts))

    async def admit_new(
        self, campaign: CampaignId, upload: UploadId, sequence: int, page: bytes, contacts: Sequence[ContactId]
    ) -> Admission | Mapping[ContactId, int]:
        """As `admit`, of a page none of whose contacts the campaign holds. Else nothing changes, and the answer is the
        ordinal of each contact that it holds; so it is for a page that has joined.

        *Raises*: as `admit`.
        """
        reply = await self._admit(campaign, upload, [sequence, page, "?"], contacts)
        if text(reply[0]) != "held":
            return _admission(reply)
        held = (pair.split(":") for pair in text(reply[1]).split(",") if pair)
        return {contacts[int(index)]: int(ordinal) for index, ordinal in held}

    async def _admit(
        self, campaign: CampaignId, upload: UploadId, words: Sequence[Arg], contacts: Sequence[ContactId]
    ) -> list[Reply]:
        own = [*self._base(campaign), keys.pages(campaign), keys.upload(campaign, upload), keys.uploads(campaign)]
        buckets = [keys.contacts(campaign, contact) for contact in contacts]
        reply = items(await self._scripts.run("admit", [*own, *buckets], [upload, *words, *contacts]))
        if text(reply[0]) == "closed":
            raise Conflict("campaign-state", f"A campaign that is {text(reply[1])} takes no more contacts.")
        return reply

    async def plan(self, campaign: CampaignId, page: int, jobs: Sequence[PlannedJob]) -> bool:
        """Plan the pending jobs of one page. True if this call moved the cursor past `page`, False if another one did."""
        reply = await self._scripts.run(
            "plan",
            [
                *self._base(campaign),
                keys.due(campaign),
                keys.jobs(campaign, page * PAGE_ROWS),
                *(keys.ready(campaign, priority) for priority in PRIORITIES),
            ],
            [page, *_plan_args(jobs)],
        )
        return int_reply(reply) > page

    async def note_agreement(self, campaigns: Iterable[CampaignId], contacts: Sequence[ContactId]) -> None:
        """Note that these contacts have agreed, in each campaign that holds one of them as suppressed. One round trip.

        Call it after the agreement is written. *Effects*: `{c}:agreed`, which `agreed` reads and `take_up` empties.
        """
        calls = [
            Call(
                "agree",
                [*self._base(campaign), keys.agreed(campaign), *(keys.contacts(campaign, one) for one in some)],
                list(some),
            )
            for campaign in campaigns
            for some in (contacts[start : start + MAX_GROUP_JOBS] for start in range(0, len(contacts), MAX_GROUP_JOBS))
        ]
        await self._scripts.run_every(calls)

    async def agreed(self, campaign: CampaignId) -> list[int]:
        """Some ordinals of suppressed jobs whose contact has agreed since, at most a page of them."""
        members = await self._redis.srandmember(keys.agreed(campaign), PAGE_ROWS)
        return sorted(int_reply(member) for member in members or ())

    async def forget_agreed(self, campaign: CampaignId, ordinals: Sequence[int]) -> None:
        """Their jobs were not suppressed for want of an agreement."""
        if ordinals:
            await self._redis.srem(keys.agreed(campaign), *ordinals)

    async def jobs(self, campaign: CampaignId, ordinals: Sequence[int]) -> list[JobRecord]:
        """In one round trip."""
        return await self._records([(campaign, ordinal) for ordinal in ordinals])

    async def has_agreed(self, campaign: CampaignId) -> bool:
        return bool(await self._redis.scard(keys.agreed(campaign)))

    async def which_have_agreed(self, campaigns: Sequence[CampaignId]) -> list[CampaignId]:
        """Those in which somebody has agreed whom they have suppressed. One round trip."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for campaign in campaigns:
                pipe.scard(keys.agreed(campaign))
            counts = await pipe.execute() if campaigns else []
        return [campaign for campaign, count in zip(campaigns, counts, strict=True) if count]

    async def reopen(self, campaign: CampaignId) -> bool:
        """Let a finished campaign run again for those who have agreed since. False if nobody has, or it may no more."""
        own = [*self._base(campaign), keys.agreed(campaign), keys.refused(campaign)]
        return bool(int_reply(await self._scripts.run("reopen", own, [])))

    async def take_up(self, campaign: CampaignId, page: int, reason: str, jobs: Sequence[PlannedJob]) -> int:
        """Plan jobs of one page again that were suppressed for `reason`. Returns how many wait now. Safe to repeat.

        jobs: as they are judged now; one that is suppressed again stays as it is.
        """
        reply = await self._scripts.run(
            "take_up",
            [
                *self._base(campaign),
                keys.due(campaign),
                keys.jobs(campaign, page * PAGE_ROWS),
                keys.agreed(campaign),
                *(keys.ready(campaign, priority) for priority in PRIORITIES),
            ],
            [reason, *_plan_args(jobs)],
        )
        return int_reply(reply)

    async def redrive(self, campaign: CampaignId, order: RedriveOrder) -> None:
        """Accept an order to try jobs again; `redrive_page` carries it out. A finished campaign runs again. An order that
        was given before, whatever came after it, changes nothing.

        *Raises*: NotFound; Conflict if the campaign's state forbids it, or while another order is being carried out.
        """
        reply = items(
            await self._scripts.run(
                "redrive",
                [*self._base(campaign), keys.refused(campaign), keys.redrives(campaign)],
                [order.to_json(), order.id, order.by, *OPEN_FOR_REDRIVES],
            )
        )
        answer, state = text(reply[0]), text(reply[1])
        if answer == "absent":
            raise NotFound("campaign-not-found", "There is no such campaign.")
        if answer == "forbidden":
            raise Conflict("campaign-state", f"Contacts of a campaign that is {state} cannot be tried again.")
        if answer == "busy":
            raise Conflict("redrive-running", "Contacts are being tried again already: wait for its end (`redrives`).")

    async def redrive_page(
        self,
        campaign: CampaignId,
        order: RedriveOrder,
        page: int,
        following: int | None,
        retries: Sequence[Retry],
        left_out: int,
    ) -> bool:
        """Carry the present order out on one page. True if this call did it, False if another one was faster.

        following: the next page to look at, None after the last.  left_out: how many of the page may not be written to.
        """
        reply = await self._scripts.run(
            "redrive_page",
            [
                *self._base(campaign),
                keys.due(campaign),
                keys.unconfirmed(campaign),
                keys.redrives(campaign),
                keys.jobs(campaign, page * PAGE_ROWS),
            ],
            [
                order.to_json(),
                page,
                "" if following is None else following,
                left_out,
                *(
                    part
                    for one in retries
                    for part in (f"{one.ordinal}:{one.attempt}", to_ms(one.due) if one.due else 0)
                ),
            ],
        )
        return int_reply(reply) >= 0

    async def redrives(self, campaign: CampaignId) -> list[Redrive]:
        """Orders to try jobs again that were carried out, the oldest first."""
        entries = [text(entry).split("|", 2) for entry in await self._redis.lrange(keys.redrives(campaign), 0, -1)]
        return [Redrive(order_of(order), int(redriven), int(left_out)) for redriven, left_out, order in entries]

    async def pages_in(self, campaign: CampaignId, states: Collection[JobState], start: int) -> list[int]:
        """The pages from `start` on with a job in one of these states, ascending."""
        letters = {ord(state.letter) for state in states}
        known = await self._redis.getrange(keys.states(campaign), start * PAGE_ROWS, -1)
        return [
            start + first // PAGE_ROWS
            for first in range(0, len(known), PAGE_ROWS)
            if not letters.isdisjoint(known[first : first + PAGE_ROWS])
        ]

    async def codes_in(self, campaign: CampaignId, states: Collection[JobState]) -> Mapping[tuple[JobState, str], int]:
        """How many jobs in each of these states have which code; '' for none. 0.5 s for 200,000 jobs."""
        known = text(await self._redis.getrange(keys.states(campaign), 0, -1))
        letters = {state.letter: state for state in states}
        wanted = [ordinal for ordinal, letter in enumerate(known) if letter in letters]
        buckets = [list(some) for _, some in groupby(wanted, lambda ordinal: ordinal // PAGE_ROWS)]
        found: Counter[tuple[JobState, str]] = Counter()
        for start in range(0, len(buckets), PAGES_A_READ):
            some = buckets[start : start + PAGES_A_READ]
            async with self._redis.pipeline(transaction=False) as pipe:
                for ordinals in some:
                    pipe.hmget(keys.jobs(campaign, ordinals[0]), [str(ordinal) for ordinal in ordinals])
                records = chain.from_iterable(await pipe.execute())
            read = zip(chain.from_iterable(some), records, strict=True)
            found.update((letters[known[ordinal]], code_of(packed)) for ordinal, packed in read)
        return found

    # ── leasing and sending ─────────────────────────────────────────────────────────────────────────────────────────

    async def take_lease(
        self, campaign: CampaignId, wanted: int, max_in_flight: int, unopened: timedelta
    ) -> Lease | None:
        """Lease the next jobs, the most urgent first; None if none is due, or enough is in flight, or the campaign waits.

        wanted: at most so many jobs.  max_in_flight: of this campaign, leased and sending jobs.  unopened: how long the
        lease waits for a worker.
        """
        reply = items(
            await self._scripts.run(
                "lease",
                [
                    *self._base(campaign),
                    keys.due(campaign),
                    keys.leases(campaign),
                    keys.deadlines(campaign),
                    *(keys.ready(campaign, priority) for priority in PRIORITIES_BY_URGENCY),
                ],
                [wanted, max_in_flight, _ms(unopened), MAX_LEASES],
            )
        )
        if text(reply[0]) == "none":
            return None
        return Lease(campaign, LeaseId(text(reply[0])), tuple(ordinals_of(text(reply[1]))))

    async def open_lease(
        self, campaign: CampaignId, lease: LeaseId, nonce: Nonce, lease_for: timedelta
    ) -> Lease | None:
        """Open a lease for the first nonce. Returns its jobs; None for every other nonce, and once the lease is gone."""
        reply = items(
            await self._scripts.run(
                "open",
                [*self._base(campaign), keys.leases(campaign), keys.deadlines(campaign)],
                [lease, nonce, _ms(lease_for)],
            )
        )
        if text(reply[0]) != "ok":
            return None
        return Lease(campaign, lease, tuple(ordinals_of(text(reply[1]))))

    async def mark(self, mark: Mark) -> int | MarkRefusal:
        """Write ahead that a job is being sent. Returns the attempt's number once the mark is on disk, or a refusal."""
        reply = await self._writes.submit(mark)
        return reply if isinstance(reply, int) else MarkRefusal(text(reply))

    async def settle(self, settlement: Settlement, patience_s: float = 0.0) -> JobState | None:
        """Record the outcome of an attempt. Returns the new state of the job; None if the settlement is stale: it is about
        another attempt, or about another worker's lease.

        patience_s: seconds that it may wait for others, to share their flush.
        """
        return BY_LETTER.get(text(await self._writes.submit(settlement, patience_s)))

    async def refused_runs(self, campaign: CampaignId) -> list[RefusedRun]:
        """Failures that may concern every contact: those of answers, those of statuses, and those of answers together with
        requests without an answer. One round trip.
        """
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.hmget(keys.ledger(campaign), ["taken", "arrived"])
            pipe.lrange(keys.refused(campaign), 0, -1)
            successes, entries = await pipe.execute()
        taken, arrived = (int(count or 0) for count in successes)
        kept = [text(entry).split(":") for entry in entries]
        requests = [(source, int(before)) for source, before, *_ in kept if source != "status"]
        answers = tuple(before for source, before in requests if source == "answer")
        statuses = [(int(before), *map(int, sent)) for source, before, *sent in kept if source == "status"]
        told = RefusedRun(tuple(one[0] for one in statuses), arrived, tuple(one[1] for one in statuses), taken)
        return [RefusedRun(answers, taken), told, RefusedRun(tuple(before for _, before in requests), taken)]

    async def record_answer(self, campaign: CampaignId, answer: Answer) -> bool:
        """Record an answer of a contact. True if it is the first answer of this contact. Safe to repeat by event."""
        reply = await self._scripts.run(
            "answer",
            [*self._base(campaign), keys.answers(campaign)],
            [
                answer.ordinal, answer.event, to_ms(answer.at), answer.text[:MAX_REPLY_CHARACTERS],
                answer.label[:MAX_LABEL_CHARACTERS], "1" if answer.is_refusal else "",
            ],
        )  # fmt: skip
        return bool(int_reply(reply))

    async def close_lease(
        self,
        campaign: CampaignId,
        lease: LeaseId,
        nonce: Nonce,
        ordinals: Iterable[int],
        postponed: Mapping[int, datetime],
    ) -> int:
        """End a lease whose parcel is done: jobs that were not marked go back, `postponed` ones with the instant at which
        they are due. Returns how many went back.
        """
        return (await self._put_back(campaign, lease, nonce, ordinals, postponed))[0]

    async def sweep(self, campaign: CampaignId, limit: int = 100) -> tuple[int, int]:
        """End expired leases. Returns (jobs that went back, jobs that are unconfirmed now)."""
        now = await self._now_ms()
        members = await self._redis.zrangebyscore(keys.deadlines(campaign), "-inf", now, 0, limit)
        expired = [text(member) for member in members]
        if not expired:
            return 0, 0
        entries = await self._redis.hmget(keys.leases(campaign), expired)
        back = unknown = 0
        for lease, entry in zip(expired, entries, strict=True):
            if entry is None:
                await self._redis.zrem(keys.deadlines(campaign), lease)
                continue
            ordinals = ordinals_of(text(entry).partition("|")[2])
            given, lost = await self._put_back(campaign, LeaseId(lease), Nonce(""), ordinals, {})
            back, unknown = back + given, unknown + lost
        return back, unknown

    async def lease_holders(self, campaign: CampaignId) -> dict[LeaseId, str]:
        """The nonce of each opened lease."""
        entries = await self._redis.hgetall(keys.leases(campaign))
        nonces = {LeaseId(text(lease)): text(entry).partition("|")[0] for lease, entry in entries.items()}
        return {lease: nonce for lease, nonce in nonces.items() if nonce}

    async def expire_leases(self, campaign: CampaignId, leases: Sequence[LeaseId]) -> None:
        """Move the deadlines of these leases to now: marks under them are refused, and the next sweep ends them."""
        if leases:
            now = await self._now_ms()
            await self._redis.zadd(keys.deadlines(campaign), dict.fromkeys(leases, now), xx=True, lt=True)

    async def unconfirmed(
        self, campaign: CampaignId, older_than: timedelta, after: int = 0, limit: int = 1_000
    ) -> list[Unknown]:
        """Jobs whose outcome has been unknown for longer than `older_than`, the oldest first, without the first `after`."""
        until = await self._now_ms() - _ms(older_than)
        reply = await self._redis.zrangebyscore(
            keys.unconfirmed(campaign), "-inf", until, after, limit, withscores=True
        )
        found = [(int(pair[0]), int(pair[1])) for pair in reply]
        jobs = await self._records([(campaign, ordinal) for ordinal, _ in found])
        return [Unknown(job, from_ms(since)) for job, (_, since) in zip(jobs, found, strict=True)]

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def page(self, campaign: CampaignId, page: int) -> bytes | None:
        """The packed rows of one page; None if there is no such page."""
        packed = await self._redis.hget(keys.pages(campaign), str(page))
        return packed if isinstance(packed, bytes) else None

    async def row(self, campaign: CampaignId, ordinal: int) -> JobRow | None:
        """The row behind one job."""
        packed = await self.page(campaign, ordinal // PAGE_ROWS)
        return None if packed is None else unpack_rows(packed, [ordinal % PAGE_ROWS])[0]

    async def rows_held(
        self, campaign: CampaignId, held: Mapping[ContactId, int]
    ) -> Mapping[ContactId, tuple[int, JobRow]]:
        """Ordinal and row of each of these contacts, in one round trip. held: the ordinals, as `admit_new` answers.

        Others have their turn after every page: those of a page of a file may lie in as many pages of the campaign.
        """
        numbers = pages_of(held.values())
        packed = await self._redis.hmget(keys.pages(campaign), [str(page) for page in numbers]) if held else []
        rows: dict[int, JobRow] = {}
        for page, one in zip(numbers, packed, strict=True):
            mine = [ordinal for ordinal in held.values() if ordinal // PAGE_ROWS == page]
            if isinstance(one, bytes):
                rows |= zip(mine, unpack_rows(one, [ordinal % PAGE_ROWS for ordinal in mine]), strict=True)
            await asyncio.sleep(0)
        return {contact: (ordinal, rows[ordinal]) for contact, ordinal in held.items()}

    async def pending(self, campaign: CampaignId, page: int) -> list[int]:
        """The ordinals of one page's pending jobs."""
        first = page * PAGE_ROWS
        letters = text(await self._redis.getrange(keys.states(campaign), first, first + PAGE_ROWS - 1))
        return [first + index for index, letter in enumerate(letters) if letter == JobState.PENDING.letter]

    async def page_of_jobs(self, campaign: CampaignId, page: int) -> list[JobRecord]:
        """The jobs of one page, without its holes, in one round trip."""
        first = page * PAGE_ROWS
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.hget(keys.ledger(campaign), "created_ms")
            pipe.getrange(keys.states(campaign), first, first + PAGE_ROWS - 1)
            pipe.hgetall(keys.jobs(campaign, first))  # one call per page: one per job made large reports slow
            pipe.hmget(keys.answers(campaign), [str(ordinal) for ordinal in range(first, first + PAGE_ROWS)])
            created, letters, packed, answers = await pipe.execute()
        return [
            unpack_record(
                ordinal,
                BY_LETTER[letter],
                packed.get(str(ordinal).encode()),
                int(created),
                answers[ordinal - first],
            )
            for ordinal, letter in enumerate(text(letters), first)
            if letter != HOLE
        ]

    async def pages_with(self, campaign: CampaignId, states: Collection[JobState], pages: range) -> list[int]:
        """The pages that hold a job in one of these states, in one round trip."""
        first = pages.start * PAGE_ROWS
        letters = text(await self._redis.getrange(keys.states(campaign), first, pages.stop * PAGE_ROWS - 1))
        wanted = frozenset(state.letter for state in states)
        present = (letters[start : start + PAGE_ROWS] for start in range(0, len(letters), PAGE_ROWS))
        return [page for page, held in zip(pages, present, strict=False) if not wanted.isdisjoint(held)]

    async def find(self, campaign: CampaignId, contact: ContactId) -> JobRecord | None:
        """The job of this contact, or None."""
        return (await self.find_in([campaign], [contact])).get(campaign)

    async def find_in(
        self, campaigns: Sequence[CampaignId], contacts: Sequence[ContactId]
    ) -> Mapping[CampaignId, JobRecord]:
        """The job of one person in each of these campaigns that holds it, in two round trips.

        contacts: the ids of that person. If a campaign holds several of them, the first in `contacts` counts.
        """
        pairs = [(campaign, contact) for campaign in campaigns for contact in reversed(contacts)]
        async with self._redis.pipeline(transaction=False) as pipe:
            for campaign, contact in pairs:
                pipe.hget(keys.contacts(campaign, contact), contact)
            ordinals = await pipe.execute()
        held = {campaign: int(ordinal) for (campaign, _), ordinal in zip(pairs, ordinals, strict=True) if ordinal}
        return dict(zip(held, await self._records(list(held.items())), strict=True))

    # ── shared steps ────────────────────────────────────────────────────────────────────────────────────────────────

    async def _records(self, jobs: Sequence[tuple[CampaignId, int]]) -> list[JobRecord]:
        if not jobs:
            return []
        async with self._redis.pipeline(transaction=False) as pipe:
            for campaign, ordinal in jobs:
                pipe.hget(keys.ledger(campaign), "created_ms")
                pipe.getrange(keys.states(campaign), ordinal, ordinal)
                pipe.hget(keys.jobs(campaign, ordinal), str(ordinal))
                pipe.hget(keys.answers(campaign), str(ordinal))
            found = await pipe.execute()
        fields = zip(jobs, found[::4], found[1::4], found[2::4], found[3::4], strict=True)
        return [
            unpack_record(ordinal, BY_LETTER[text(letter)], packed, int(created), answers)
            for (_, ordinal), created, letter, packed, answers in fields
        ]

    async def _put_back(
        self,
        campaign: CampaignId,
        lease: LeaseId,
        nonce: Nonce,
        ordinals: Iterable[int],
        postponed: Mapping[int, datetime],
    ) -> tuple[int, int]:
        pages = pages_of(ordinals)
        reply = items(
            await self._scripts.run(
                "put_back",
                [
                    *self._base(campaign),
                    keys.leases(campaign),
                    keys.deadlines(campaign),
                    keys.due(campaign),
                    keys.unconfirmed(campaign),
                    *(keys.jobs(campaign, page * PAGE_ROWS) for page in pages),
                ],
                [
                    lease,
                    nonce,
                    len(postponed),
                    *(f"{o}:{to_ms(due)}" for o, due in postponed.items()),
                    *pages,
                ],
            )
        )
        return (int_reply(reply[1]), int_reply(reply[2])) if text(reply[0]) == "ok" else (0, 0)

    async def _now_ms(self) -> int:
        seconds, micros = await self._redis.time()
        return int(seconds) * 1000 + int(micros) // 1000

    @staticmethod
    def _base(campaign: CampaignId) -> list[str]:
        return [keys.ledger(campaign), keys.states(campaign)]

    # ── group commit ────────────────────────────────────────────────────────────────────────────────────────────────

    async def _flush(self, writes: Sequence[Mark | Settlement]) -> Sequence[Reply | BaseException]:
        """Run marks and settlements of any campaigns in one pipeline, grouped by campaign and script.

        Settlements go before marks, so that a finished job is settled before the next one of its lease is marked.
        """
        groups: dict[tuple[bool, CampaignId], list[int]] = {}
        for index, write in enumerate(writes):
            groups.setdefault((isinstance(write, Mark), write.campaign), []).append(index)
        calls: list[Call] = []
        places: list[list[int]] = []
        for (is_mark, campaign), indexes in sorted(groups.items()):
            for start in range(0, len(indexes), MAX_GROUP_JOBS):
                chunk = indexes[start : start + MAX_GROUP_JOBS]
                calls.append(_group_call(is_mark, campaign, [writes[index] for index in chunk]))
                places.append(chunk)
        answers: list[Reply | BaseException] = [None] * len(writes)
        for chunk, reply in zip(places, await self._scripts.run_all(calls), strict=True):
            parts = [reply] * len(chunk) if isinstance(reply, BaseException) else items(reply)
            for index, part in zip(chunk, parts, strict=True):
                answers[index] = part
        return answers


def _admission(reply: Sequence[Reply]) -> Admission:
    first = text(reply[1])
    duplicates, replaced = (tuple(map(int, filter(None, text(part).split(",")))) for part in reply[2:4])
    return Admission(None if first == "-" else int(first), duplicates, replaced)


def _group_call(is_mark: bool, campaign: CampaignId, group: Sequence[Mark | Settlement]) -> Call:
    head = [keys.ledger(campaign), keys.states(campaign)]
    head += (
        [keys.leases(campaign), keys.deadlines(campaign), keys.stopped(campaign)]
        if is_mark
        else [keys.due(campaign), keys.unconfirmed(campaign), keys.refused(campaign)]
    )
    buckets: dict[int, int] = {}
    args = []
    for write in group:
        index = buckets.setdefault(write.ordinal // PAGE_ROWS, len(head) + len(buckets) + 1)
        args.append(f"{_mark_words(write) if isinstance(write, Mark) else _settlement_words(write)}|{index}")
    jobs = (keys.jobs(campaign, page * PAGE_ROWS) for page in buckets)
    return Call("mark" if is_mark else "settle", [*head, *jobs], args)


def _mark_words(mark: Mark) -> str:
    """One argument a job: redis-py spends 0.8 µs on each, which were 10 µs a settlement."""
    return f"{mark.ordinal}|{mark.lease}|{mark.nonce}|{mark.contact}"


def _settlement_words(one: Settlement) -> str:
    return (
        f"{one.ordinal}|{one.attempt}|{one.lease or ''}|{one.kind}|{_field(one.message)}|{to_ms(one.at)}|"
        f"{_field(one.code)}|{_field(one.reason)}|{to_ms(one.due) if one.due else 0}|{_field(one.price_category)}|"
        f"{_weight(one)}"
    )


def _weight(one: Settlement) -> str:
    if not one.may_concern_all:
        return ""
    return "2" if one.is_unanswered else "1"


def _field(text: str) -> str:
    """A provider's text as a field of a record: `|` separates the fields."""
    return text.replace("|", "/")


def _plan_args(jobs: Sequence[PlannedJob]) -> list[str]:
    groups: dict[str, list[int]] = {}
    for job in jobs:
        if job.suppressed is not None:
            head = f"x{job.suppressed}"
        elif job.expired is not None:
            head = f"e{job.expired}"
        elif job.due is not None:
            head = f"d{to_ms(job.due)}"
        else:
            head = f"r{job.priority}"
        groups.setdefault(head, []).append(job.ordinal)
    return [f"{head}:{runs_of(ordinals)}" for head, ordinals in groups.items()]


def _standing(fields: Mapping[bytes, bytes]) -> Standing:
    if b"state" not in fields:
        raise NotFound("campaign-not-found", "There is no such campaign.")

    def number(name: str) -> int:
        return int(fields.get(name.encode(), b"0"))

    def instant(name: str) -> datetime | None:
        return from_ms(number(name)) if name.encode() in fields else None

    def labelled(prefix: str) -> dict[str, int]:
        mine = {text(name): count for name, count in fields.items() if name.startswith(prefix.encode())}
        return {name.removeprefix(prefix): int(count) for name, count in mine.items() if int(count)}

    return Standing(
        CampaignState(fields[b"state"].decode()),
        fields.get(b"reason", b"").decode(),
        fields.get(b"by", b"").decode(),
        number("total"),
        {state: number(f"n:{letter}") for state, letter in LETTERS.items()},
        number("next") // PAGE_ROWS,
        number("planned"),
        from_ms(number("created_ms")),
        instant("started_ms"),
        instant("finished_ms"),
        number("late_facts"),
        number("replied"),
        number("opted_out"),
        labelled("a:"),
        labelled("b:"),
        _redrive(fields),
        fields.get(b"redrive_id", b"").decode(),
        instant("reopens_until_ms"),
        instant("deadline_ms"),
        instant("resumed_ms"),
    )


def _redrive(fields: Mapping[bytes, bytes]) -> Redrive | None:
    order = fields.get(b"redrive")
    if order is None:
        return None
    page, redriven, left_out = (int(fields[name]) for name in (b"redrive_page", b"redriven", b"left_out"))
    return Redrive(order_of(text(order)), redriven, left_out, page)


def _ms(duration: timedelta) -> int:
    return int(duration.total_seconds() * 1000)
