"""Uploads: staged apart from the campaign, joined to it once complete, with a verdict on every row.

Owns the staging keys; a page joins through `Ledger.admit`. A broken upload leaves nothing: a staged upload that is never
completed expires.
"""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from shared.ground import keys
from shared.ground.ids import CampaignId, ContactId, UploadId, new_token
from shared.ground.lua import Scripts, text

STAGED_FOR = timedelta(hours=2)  # the longest time that an upload may take
KEPT_FOR = timedelta(days=30)  # in which verdicts can be downloaded
MAX_STUCK = 100  # uploads that are looked at in one tick of the janitor
STAGED_PARTS = 3  # list elements per page: lines, rows, opt-ins
WARNING = "warning:"  # prefix of the fields of the upload's hash that count warnings


class UploadState(StrEnum):
    STAGING = "staging"
    COMPLETE = "complete"
    JOINED = "joined"


@dataclass(frozen=True, slots=True)
class RowVerdict:
    """The reason for which a row is no new job. line: its first one in the file, from 1.  detail: columns, never values.

    contact: whom the row is about, where it can be read and the contact should be told of the row; not in the report.
    """

    line: int
    reason: str
    detail: str
    contact: ContactId | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class PlacedVerdict:
    """The newest verdict on a row of one contact in one campaign, and the upload that it came with."""

    upload: UploadId
    verdict: RowVerdict


@dataclass(frozen=True, slots=True)
class UploadReport:
    """Counts of rows: received = admitted + rejected + duplicates, once the upload has joined.

    warnings: code → number of rows.  digest: of the file's bytes, as the caller of `complete` gave it.
    replaced: of the duplicates, those that took the place of the contact's earlier row.
    """

    state: UploadState
    received: int
    admitted: int
    rejected: int
    duplicates: int
    warnings: Mapping[str, int]
    digest: str = ""
    replaced: int = 0


@dataclass(frozen=True, slots=True)
class StagedPage:
    """sequence: from 0.  lines: the line of each row in the file.  opt_ins: the rows' opt-ins as text; not read here."""

    sequence: int
    lines: list[int]
    page: bytes
    opt_ins: str


class UploadStore:
    """*Effects*: `{c}:uploads` hash, no TTL; `{c}:upload:<id>` hash, TTL 2 h until it is complete and 30 days once it has
    joined; `{c}:staged:<id>` list, TTL 2 h until it is complete; `{c}:rejections:<id>` list and `{c}:verdicts` hash, TTL
    30 days; `{oriel}:uploads:joining` zset, each member until its upload has joined.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._scripts = Scripts(redis, "shared.ledger.upload_scripts", ["stage"])

    async def begin(self, campaign: CampaignId, upload: UploadId) -> UploadReport:
        """Start staging, or start it again from nothing. A complete or joined upload stays as it is. Returns its report."""
        state = await self._state(campaign, upload)
        if state in {None, UploadState.STAGING}:
            await self.discard(campaign, upload)
            await self._redis.hset(keys.upload(campaign, upload), mapping={"received": 0, "rejected": 0})
            await self._redis.expire(keys.upload(campaign, upload), STAGED_FOR)
        return await self.report(campaign, upload)

    async def stage(
        self, campaign: CampaignId, upload: UploadId, page: bytes, lines: Sequence[int], opt_ins: str = ""
    ) -> None:
        """Append one page of rows. lines: of each row; the verdicts on duplicates name them."""
        parts = (json.dumps(list(lines)), page, opt_ins)
        kept_s = int(STAGED_FOR.total_seconds())
        await self._scripts.run(
            "stage",
            [keys.upload(campaign, upload), keys.staged(campaign, upload)],
            [new_token("staged:"), len(lines), kept_s, *parts],
            durable=False,  # the upload counts once it is complete
        )

    async def reject(self, campaign: CampaignId, upload: UploadId, verdicts: Sequence[RowVerdict]) -> None:
        """Record and count rows that will not become jobs."""
        if not verdicts:
            return

        def write(pipe: Pipeline) -> None:
            _keep_verdicts(pipe, campaign, upload, verdicts)
            pipe.hincrby(keys.upload(campaign, upload), "received", len(verdicts))
            pipe.hincrby(keys.upload(campaign, upload), "rejected", len(verdicts))

        await self._write_once(campaign, upload, new_token("rejected:"), write)

    async def note_duplicates(
        self, campaign: CampaignId, upload: UploadId, sequence: int, verdicts: Sequence[RowVerdict]
    ) -> None:
        """Record the duplicates of one joined page. Safe to repeat, because joining is repeated after a crash."""
        if not verdicts:
            return

        def write(pipe: Pipeline) -> None:
            _keep_verdicts(pipe, campaign, upload, verdicts)

        await self._write_once(campaign, upload, f"noted:{sequence}", write)

    async def forget_rejections(
        self, campaign: CampaignId, upload: UploadId, admitted: Mapping[ContactId, int]
    ) -> None:
        """Contacts came in after all: a verdict on an earlier row of theirs need not be told to them. Safe to repeat.

        admitted: line of each one's row. A later line of the same upload is a correction that was rejected: it stays.
        """
        if not admitted:
            return
        entries = await self._redis.hmget(keys.row_verdicts(campaign), list(admitted))
        found = {one: _placed(entry) for one, entry in zip(admitted, entries, strict=True) if entry is not None}
        earlier = [
            one for one, placed in found.items() if placed.upload != upload or placed.verdict.line < admitted[one]
        ]
        if earlier:
            await self._redis.hdel(keys.row_verdicts(campaign), *earlier)

    async def warn(self, campaign: CampaignId, upload: UploadId, sequence: int, counts: Mapping[str, int]) -> None:
        """Add up the warnings about the rows of one joined page: code → number of rows. Safe to repeat."""
        if not counts:
            return

        def write(pipe: Pipeline) -> None:
            for code, count in counts.items():
                pipe.hincrby(keys.upload(campaign, upload), f"{WARNING}{code}", count)

        await self._write_once(campaign, upload, f"warned:{sequence}", write)

    async def complete(
        self, campaign: CampaignId, upload: UploadId, warnings: Mapping[str, int], digest: str = ""
    ) -> None:
        """Record that the whole file is staged. From now on it does not expire, and any process may join it."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(keys.upload(campaign, upload), "digest", digest)
            for code, count in warnings.items():
                pipe.hset(keys.upload(campaign, upload), f"{WARNING}{code}", count)
            pipe.persist(keys.upload(campaign, upload))
            pipe.persist(keys.staged(campaign, upload))
            pipe.hset(keys.uploads(campaign), upload, UploadState.COMPLETE.value)
            await pipe.execute()

    async def announce(self, campaign: CampaignId, upload: UploadId) -> None:
        """Add the upload to the index of those that may wait to join. Call it before `complete`: a crash in between costs a
        look, the other order would leave a part of the upload in its campaign until that is started.
        """
        seconds, _ = await self._redis.time()
        await self._redis.zadd(keys.joining_uploads(), {f"{campaign} {upload}": int(seconds)})

    async def stuck(self, age: timedelta) -> list[tuple[CampaignId, UploadId]]:
        """The complete uploads that were announced so long ago and have not joined. Others leave the index."""
        seconds, _ = await self._redis.time()
        members = await self._redis.zrangebyscore(
            keys.joining_uploads(), "-inf", int(seconds) - int(age.total_seconds()), 0, MAX_STUCK
        )
        pairs = [text(member).partition(" ") for member in members]
        found = [(CampaignId(campaign), UploadId(upload)) for campaign, _, upload in pairs]
        stuck = [one for one in found if await self._state(*one) is UploadState.COMPLETE]
        for campaign, upload in set(found) - set(stuck):
            await self.withdraw(campaign, upload)
        return stuck

    async def withdraw(self, campaign: CampaignId, upload: UploadId) -> None:
        """Take the upload out of that index."""
        await self._redis.zrem(keys.joining_uploads(), f"{campaign} {upload}")

    async def read_staged(self, campaign: CampaignId, upload: UploadId) -> AsyncIterator[StagedPage]:
        """The staged pages, in the order of the file."""
        key, sequence = keys.staged(campaign, upload), 0
        while True:
            start = sequence * STAGED_PARTS
            parts = await self._redis.lrange(key, start, start + STAGED_PARTS - 1)
            if not parts:
                return
            lines, page, opt_ins = parts
            yield StagedPage(
                sequence, json.loads(lines), page if isinstance(page, bytes) else page.encode(), text(opt_ins)
            )
            sequence += 1

    async def record_join(self, campaign: CampaignId, upload: UploadId) -> None:
        """Record that every page has joined. *Effects*: the staged pages are deleted, the report expires in 30 days."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(keys.uploads(campaign), upload, UploadState.JOINED.value)
            pipe.delete(keys.staged(campaign, upload))
            pipe.expire(keys.upload(campaign, upload), KEPT_FOR)
            await pipe.execute()
        await self.withdraw(campaign, upload)

    async def discard(self, campaign: CampaignId, upload: UploadId) -> None:
        """Delete a broken upload, verdicts included."""
        await self._redis.delete(
            keys.staged(campaign, upload), keys.upload(campaign, upload), keys.rejections(campaign, upload)
        )

    async def list_complete(self, campaign: CampaignId) -> list[UploadId]:
        """The uploads that are staged completely and have not joined yet."""
        states = await self._redis.hgetall(keys.uploads(campaign))
        return [UploadId(text(upload)) for upload, state in states.items() if text(state) == UploadState.COMPLETE]

    async def report(self, campaign: CampaignId, upload: UploadId) -> UploadReport:
        """The counts so far; an unknown upload has an empty report in state `staging`."""
        fields = await self._redis.hgetall(keys.upload(campaign, upload))

        def number(name: bytes) -> int:
            return int(fields.get(name, b"0"))

        return UploadReport(
            await self._state(campaign, upload) or UploadState.STAGING,
            number(b"received"),
            number(b"admitted"),
            number(b"rejected"),
            number(b"duplicates"),
            {
                text(name).removeprefix(WARNING): int(count)
                for name, count in fields.items()
                if text(name).startswith(WARNING)
            },
            text(fields.get(b"digest", b"")),
            number(b"replaced"),
        )

    async def verdicts(self, campaign: CampaignId, upload: UploadId, after: int, limit: int) -> list[RowVerdict]:
        """At most `limit` rejected rows in order of detection, without the first `after`."""
        entries = await self._redis.lrange(keys.rejections(campaign, upload), after, after + limit - 1)
        return [RowVerdict(*json.loads(entry)) for entry in entries]

    async def verdicts_on(
        self, campaigns: Sequence[CampaignId], contacts: Sequence[ContactId]
    ) -> Mapping[CampaignId, PlacedVerdict]:
        """The newest verdict on a row of one person in each of these campaigns that has one, in two round trips.

        contacts: the ids of that person.  Rows of an upload that was broken off, or still comes in, do not count.
        """
        if not campaigns:
            return {}
        async with self._redis.pipeline(transaction=False) as pipe:
            for campaign in campaigns:
                pipe.hmget(keys.row_verdicts(campaign), list(contacts))
            found = await pipe.execute()
        placed = {
            campaign: _placed(entry)
            for campaign, entries in zip(campaigns, found, strict=True)
            if (entry := next(filter(None, entries), None)) is not None
        }
        async with self._redis.pipeline(transaction=False) as pipe:
            for campaign, one in placed.items():
                pipe.hexists(keys.uploads(campaign), one.upload)
            whole = await pipe.execute()
        return {campaign: one for (campaign, one), is_whole in zip(placed.items(), whole, strict=True) if is_whole}

    async def _write_once(
        self, campaign: CampaignId, upload: UploadId, step: str, write: Callable[[Pipeline], None]
    ) -> None:
        """Write a step and the record of it in one transaction, unless the record exists: neither a crash nor a call that
        redis-py repeats after a lost reply loses or doubles the step.
        """
        key = keys.upload(campaign, upload)

        async def unless_made(pipe: Pipeline) -> None:
            if not await pipe.hexists(key, step):
                pipe.multi()  # type: ignore[no-untyped-call]
                pipe.hset(key, step, "1")
                write(pipe)

        await self._redis.transaction(unless_made, key)

    async def _state(self, campaign: CampaignId, upload: UploadId) -> UploadState | None:
        state = await self._redis.hget(keys.uploads(campaign), upload)
        return UploadState(text(state)) if state is not None else None


def _keep_verdicts(pipe: Pipeline, campaign: CampaignId, upload: UploadId, verdicts: Sequence[RowVerdict]) -> None:
    key, by_contact = keys.rejections(campaign, upload), keys.row_verdicts(campaign)
    pipe.rpush(key, *(json.dumps([v.line, v.reason, v.detail]) for v in verdicts))
    pipe.expire(key, KEPT_FOR)
    told = [verdict for verdict in verdicts if verdict.contact is not None]
    for verdict in told:
        entry = json.dumps([upload, verdict.line, verdict.reason, verdict.detail])
        pipe.hset(by_contact, verdict.contact, entry)
    if told:
        pipe.expire(by_contact, KEPT_FOR)


def _placed(entry: bytes | str) -> PlacedVerdict:
    upload, line, reason, detail = json.loads(entry)
    return PlacedVerdict(UploadId(upload), RowVerdict(line, reason, detail))
