"""The ledger on Redis or Valkey: one method a script, one round trip a group. Owns the keys under `{c:…}` but for the
campaign's description; decides nothing that a script could decide.

*Raises* everywhere: BackendUnavailable; nothing was decided, or the answer was lost, and asking again is safe.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from redis.asyncio import Redis

from shared.ground import keys
from shared.ground.clock import from_ms, to_ms
from shared.ground.coalesce import Coalescer
from shared.ground.errors import Conflict, NotFound
from shared.ground.ids import CampaignId, ContactId, LeaseId, Nonce, UploadId
from shared.ground.keys import PAGE_ROWS
from shared.ground.lua import Call, Durability, Reply, Scripts, int_reply, items, text
from shared.ledger.model import (
    Admission,
    Answer,
    JobRecord,
    Lease,
    Mark,
    Settlement,
    Standing,
    Unmarked,
    Verdict,
    ordinals_of,
    pages_of,
    runs_of,
    unpack_record,
)
from shared.ledger.pages import JobRow, unpack
from shared.ledger.states import BY_LETTER, HOLE, LETTERS, MOVES, CampaignState, JobState, Move

SCRIPTS = ("admit", "plan", "lease", "open", "mark", "settle", "put_back", "control", "answer")
PRIORITIES = range(10)
MOST_URGENT_FIRST = tuple(reversed(PRIORITIES))  # 9 goes out first
# Of one campaign: what eight workers of 64 threads hold. With one job a lease, a second's work of a fast sender would wait
# longer than an unopened lease lasts: swept and given out again, the hints would only grow more.
MOST_LEASES = 512
MOST_REPLY_CHARACTERS, MOST_LABEL_CHARACTERS = 1_000, 40
GROUP_LIMIT = 64  # jobs a call: 64 × 10 arguments stay under Lua's 1,000, and a group flushes in about a millisecond


class Ledger:
    """*Atomicity*: every method but `jobs` is one script on one hash tag; marks and settlements that are asked for
    together join into one round trip and one disk flush.
    """

    def __init__(self, redis: Redis, durability: Durability | None = None) -> None:
        self._redis = redis
        self._scripts = Scripts(redis, "shared.ledger.scripts", SCRIPTS, durability)
        self._writes: Coalescer[Mark | Settlement, Reply] = Coalescer(self._flush, max_items=8 * GROUP_LIMIT)

    # ── a campaign's life ───────────────────────────────────────────────────────────────────────────────────────────

    async def create(
        self, campaign: CampaignId, created_at: datetime, state: CampaignState = CampaignState.DRAFT
    ) -> None:
        """*Effects*: the ledger of a new campaign; a second call changes nothing."""
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
    ) -> bool:
        """True when the state changed, False when it already was so, or when a finish has to wait.

        *Raises*: NotFound; Conflict, when the present state forbids the move.
        """
        rule = MOVES[move]
        reply = items(
            await self._scripts.run(
                "control",
                [
                    *self._base(campaign),
                    keys.unconfirmed(campaign),
                    keys.uploads(campaign),
                    keys.due(campaign),
                ],
                [rule.target, reason, by, _ms(unconfirmed_after), *rule.sources],
            )
        )
        answer, state = text(reply[0]), text(reply[1])
        if answer == "absent":
            raise NotFound("campaign-not-found", "There is no such campaign.")
        if answer == "forbidden":
            raise Conflict("campaign-state", f"A campaign that is {state} cannot {move}.")
        return answer == "ok"

    async def standing(self, campaign: CampaignId) -> Standing:
        """*Raises*: NotFound."""
        return (await self.standings([campaign]))[0]

    async def standings(self, campaigns: Sequence[CampaignId]) -> list[Standing]:
        """One round trip. *Raises*: NotFound when one of them is not there."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for campaign in campaigns:
                pipe.hgetall(keys.ledger(campaign))
            return [_standing(fields) for fields in await pipe.execute()]

    # ── jobs come in ────────────────────────────────────────────────────────────────────────────────────────────────

    async def admit(
        self,
        campaign: CampaignId,
        upload: UploadId,
        sequence: int,
        page: bytes,
        contacts: Sequence[ContactId],
    ) -> Admission:
        """One page of at most PAGE_ROWS rows. *Raises*: Conflict when the campaign takes no contacts any more."""
        reply = items(
            await self._scripts.run(
                "admit",
                [
                    *self._base(campaign),
                    keys.pages(campaign),
                    keys.upload(campaign, upload),
                    keys.uploads(campaign),
                    *(keys.contacts(campaign, contact) for contact in contacts),
                ],
                [upload, sequence, page, *contacts],
            )
        )
        if text(reply[0]) == "closed":
            raise Conflict("campaign-state", f"A campaign that is {text(reply[1])} takes no more contacts.")
        first = text(reply[1])
        return Admission(None if first == "-" else int(first), tuple(int_reply(index) for index in reply[2:]))

    async def plan(self, campaign: CampaignId, page: int, verdicts: Sequence[Verdict]) -> bool:
        """True when this call moved the cursor past `page`; False when another planner was there first."""
        reply = await self._scripts.run(
            "plan",
            [
                *self._base(campaign),
                keys.due(campaign),
                keys.jobs(campaign, page * PAGE_ROWS),
                *(keys.ready(campaign, priority) for priority in PRIORITIES),
            ],
            [page, *_verdict_args(verdicts)],
        )
        return int_reply(reply) > page

    # ── jobs go out ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def lease(self, campaign: CampaignId, wanted: int, most_in_flight: int, unopened: timedelta) -> Lease | None:
        """The next slice, or None when nothing is due, the campaign does not run, or enough is in flight."""
        reply = items(
            await self._scripts.run(
                "lease",
                [
                    *self._base(campaign),
                    keys.due(campaign),
                    keys.leases(campaign),
                    keys.deadlines(campaign),
                    *(keys.ready(campaign, priority) for priority in MOST_URGENT_FIRST),
                ],
                [wanted, most_in_flight, _ms(unopened), MOST_LEASES],
            )
        )
        if text(reply[0]) == "none":
            return None
        return Lease(campaign, LeaseId(text(reply[0])), tuple(ordinals_of(text(reply[1]))))

    async def open(self, campaign: CampaignId, lease: LeaseId, nonce: Nonce, lease_for: timedelta) -> Lease | None:
        """The lease's jobs for the first nonce that asks; None for every other, and once it is gone."""
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

    async def mark(self, mark: Mark) -> int | Unmarked:
        """The attempt's number, once it is on disk that this job is being sent; or why it may not be."""
        reply = await self._writes.submit(mark)
        return reply if isinstance(reply, int) else Unmarked(text(reply))

    async def settle(self, settlement: Settlement) -> JobState | None:
        """The job's state after it; None when it speaks of another attempt, or of another worker's lease."""
        return BY_LETTER.get(text(await self._writes.submit(settlement)))

    async def answer(self, campaign: CampaignId, answer: Answer) -> bool:
        """A contact of this campaign said something. True when it was the first that anybody told of it."""
        reply = await self._scripts.run(
            "answer",
            [*self._base(campaign), keys.answers(campaign)],
            [
                answer.ordinal, answer.event, to_ms(answer.at), answer.text[:MOST_REPLY_CHARACTERS],
                answer.label[:MOST_LABEL_CHARACTERS], "1" if answer.is_refusal else "",
            ],
        )  # fmt: skip
        return bool(int_reply(reply))

    async def close(
        self,
        campaign: CampaignId,
        lease: LeaseId,
        nonce: Nonce,
        ordinals: Iterable[int],
        postponed: Mapping[int, datetime],
    ) -> int:
        """The parcel is done: what was not begun goes back, or waits until it is due. Answers how many went back."""
        return (await self._put_back(campaign, lease, nonce, ordinals, postponed))[0]

    async def sweep(self, campaign: CampaignId, limit: int = 100) -> tuple[int, int]:
        """Expired leases end: (jobs given back, jobs now unconfirmed)."""
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

    async def holders(self, campaign: CampaignId) -> dict[LeaseId, str]:
        """The nonce of every opened lease."""
        entries = await self._redis.hgetall(keys.leases(campaign))
        nonces = {LeaseId(text(lease)): text(entry).partition("|")[0] for lease, entry in entries.items()}
        return {lease: nonce for lease, nonce in nonces.items() if nonce}

    async def expire(self, campaign: CampaignId, leases: Sequence[LeaseId]) -> None:
        """These leases' deadlines are now: no mark passes under them any more, and the next sweep ends them."""
        if leases:
            now = await self._now_ms()
            await self._redis.zadd(keys.deadlines(campaign), dict.fromkeys(leases, now), xx=True, lt=True)

    async def unconfirmed(self, campaign: CampaignId, older_than: timedelta, limit: int = 1_000) -> list[JobRecord]:
        """Jobs whose outcome has been unknown for longer than that."""
        until = await self._now_ms() - _ms(older_than)
        members = await self._redis.zrangebyscore(keys.unconfirmed(campaign), "-inf", until, 0, limit)
        return await self._records([(campaign, int_reply(member)) for member in members])

    async def has_due(self, campaign: CampaignId) -> bool:
        """Whether a lease taken now would find something to send."""
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.zcount(keys.due(campaign), "-inf", await self._now_ms())
            for priority in PRIORITIES:
                pipe.exists(keys.ready(campaign, priority))
            return any(await pipe.execute())

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def page(self, campaign: CampaignId, page: int) -> bytes | None:
        """The packed rows of one page."""
        packed = await self._redis.hget(keys.pages(campaign), str(page))
        return packed if isinstance(packed, bytes) else None

    async def row(self, campaign: CampaignId, ordinal: int) -> JobRow | None:
        """The row behind one job."""
        packed = await self.page(campaign, ordinal // PAGE_ROWS)
        return None if packed is None else unpack(packed)[ordinal % PAGE_ROWS]

    async def pending(self, campaign: CampaignId, page: int) -> list[int]:
        """The ordinals of one page's pending jobs."""
        first = page * PAGE_ROWS
        letters = text(await self._redis.getrange(keys.states(campaign), first, first + PAGE_ROWS - 1))
        return [first + index for index, letter in enumerate(letters) if letter == JobState.PENDING.letter]

    async def page_of_jobs(self, campaign: CampaignId, page: int) -> list[JobRecord]:
        """The jobs of one page, without its holes."""
        first = page * PAGE_ROWS
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.hget(keys.ledger(campaign), "created_ms")
            pipe.getrange(keys.states(campaign), first, first + PAGE_ROWS - 1)
            pipe.hgetall(keys.jobs(campaign, first))  # one a page: one a job is what large reports waited for
            pipe.hmget(keys.answers(campaign), [str(ordinal) for ordinal in range(first, first + PAGE_ROWS)])
            created, letters, packed, answered = await pipe.execute()
        return [
            unpack_record(
                ordinal,
                BY_LETTER[letter],
                packed.get(str(ordinal).encode()),
                int(created),
                answered[ordinal - first],
            )
            for ordinal, letter in enumerate(text(letters), first)
            if letter != HOLE
        ]

    async def pages_with(self, campaign: CampaignId, states: Collection[JobState], pages: range) -> list[int]:
        """Which of these pages hold a job in one of these states; one round trip."""
        first = pages.start * PAGE_ROWS
        letters = text(await self._redis.getrange(keys.states(campaign), first, pages.stop * PAGE_ROWS - 1))
        wanted = frozenset(state.letter for state in states)
        present = (letters[start : start + PAGE_ROWS] for start in range(0, len(letters), PAGE_ROWS))
        return [page for page, held in zip(pages, present, strict=False) if not wanted.isdisjoint(held)]

    async def find(self, campaign: CampaignId, contact: ContactId) -> JobRecord | None:
        """This contact's job."""
        found = await self.find_in([campaign], [contact])
        return found.get(campaign)

    async def find_in(
        self, campaigns: Sequence[CampaignId], contacts: Sequence[ContactId]
    ) -> Mapping[CampaignId, JobRecord]:
        """The job of a contact, under any of its names, in each of these campaigns that holds it. A name's place in
        `contacts` decides where a campaign holds several. Two round trips.
        """
        asked = [(campaign, contact) for campaign in campaigns for contact in reversed(contacts)]
        async with self._redis.pipeline(transaction=False) as pipe:
            for campaign, contact in asked:
                pipe.hget(keys.contacts(campaign, contact), contact)
            ordinals = await pipe.execute()
        held = {campaign: int(ordinal) for (campaign, _), ordinal in zip(asked, ordinals, strict=True) if ordinal}
        return dict(zip(held, await self._records(list(held.items())), strict=True))

    # ── the pieces ──────────────────────────────────────────────────────────────────────────────────────────────────

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
            unpack_record(ordinal, BY_LETTER[text(letter)], packed, int(created), answered)
            for (_, ordinal), created, letter, packed, answered in fields
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
        """Marks and settlements of any campaigns, grouped by campaign and kind, in one pipeline.

        Settlements go before marks, so that a job is settled before anything else of its lease is begun.
        """
        groups: dict[tuple[bool, CampaignId], list[int]] = {}
        for index, write in enumerate(writes):
            groups.setdefault((isinstance(write, Mark), write.campaign), []).append(index)
        calls: list[Call] = []
        places: list[list[int]] = []
        for (is_mark, campaign), indexes in sorted(groups.items()):
            for start in range(0, len(indexes), GROUP_LIMIT):
                chunk = indexes[start : start + GROUP_LIMIT]
                calls.append(_group_call(is_mark, campaign, [writes[index] for index in chunk]))
                places.append(chunk)
        answers: list[Reply | BaseException] = [None] * len(writes)
        for chunk, reply in zip(places, await self._scripts.run_all(calls), strict=True):
            parts = [reply] * len(chunk) if isinstance(reply, BaseException) else items(reply)
            for index, part in zip(chunk, parts, strict=True):
                answers[index] = part
        return answers


def _group_call(is_mark: bool, campaign: CampaignId, group: Sequence[Mark | Settlement]) -> Call:
    head = [keys.ledger(campaign), keys.states(campaign)]
    head += (
        [keys.leases(campaign), keys.deadlines(campaign), keys.stopped(campaign)]
        if is_mark
        else [keys.due(campaign), keys.unconfirmed(campaign)]
    )
    buckets: dict[str, int] = {}
    args: list[str | int] = []
    for write in group:
        bucket = keys.jobs(campaign, write.ordinal)
        index = buckets.setdefault(bucket, len(head) + len(buckets) + 1)
        args += [*_write_args(write), index]
    return Call("mark" if is_mark else "settle", [*head, *buckets], args)


def _write_args(write: Mark | Settlement) -> list[str | int]:
    if isinstance(write, Mark):
        return [write.ordinal, write.lease, write.nonce, write.contact]
    return [
        write.ordinal, write.attempt, write.lease or "", write.kind, _field(write.message), to_ms(write.at),
        _field(write.code), _field(write.reason), to_ms(write.due) if write.due else 0, _field(write.price_category),
    ]  # fmt: skip


def _field(text: str) -> str:
    """A provider's words as part of a record, whose parts `|` separates."""
    return text.replace("|", "/")


def _verdict_args(verdicts: Sequence[Verdict]) -> list[str]:
    groups: dict[str, list[int]] = {}
    for verdict in verdicts:
        if verdict.suppressed is not None:
            head = f"x{verdict.suppressed}"
        elif verdict.due is not None:
            head = f"d{to_ms(verdict.due)}"
        else:
            head = f"r{verdict.priority}"
        groups.setdefault(head, []).append(verdict.ordinal)
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
    )


def _ms(duration: timedelta) -> int:
    return int(duration.total_seconds() * 1000)
