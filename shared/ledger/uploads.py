"""Uploads on their way into a campaign: staged out of sight, joined at the end, with a verdict on every row.

Owns the staging keys; a page joins through `Ledger.admit`. A broken upload leaves nothing: what is staged and never
completed expires.
"""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from shared.ground import keys
from shared.ground.ids import CampaignId, UploadId, new_token
from shared.ground.lua import text

STAGED_FOR = timedelta(hours=2)  # the longest upload that we wait for
KEPT_FOR = timedelta(days=30)  # verdicts can be downloaded for so long
STAGED_PARTS = 3  # elements of the list a page: lines, rows, opt-ins
WARNING = "warning:"  # fields of the upload's hash that count what there is to say


class UploadState(StrEnum):
    STAGING = "staging"
    COMPLETE = "complete"
    JOINED = "joined"


@dataclass(frozen=True, slots=True)
class RowVerdict:
    """Why a row did not become a job. line: where it begins in the file, from 1. detail: names columns, never values."""

    line: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class UploadReport:
    """received = admitted + rejected + duplicates, once it has joined. warnings: the count of rows each concerns, by code.

    digest: of the file's bytes, as whoever completed it said.
    """

    state: UploadState
    received: int
    admitted: int
    rejected: int
    duplicates: int
    warnings: Mapping[str, int]
    digest: str = ""


@dataclass(frozen=True, slots=True)
class StagedPage:
    """sequence: from 0. lines: of each row, in the file. opt_ins: what the rows say of consent; not read here."""

    sequence: int
    lines: list[int]
    page: bytes
    opt_ins: str


class UploadStore:
    """*Effects*: `{c}:uploads` hash, `{c}:upload:<id>` hash, `{c}:staged:<id>` and `{c}:rejections:<id>` lists."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def begin(self, campaign: CampaignId, upload: UploadId) -> UploadReport:
        """Start staging, or start again; an upload that has joined stays as it is and is answered."""
        state = await self._state(campaign, upload)
        if state in {None, UploadState.STAGING}:
            await self.discard(campaign, upload)
            await self._redis.hset(keys.upload(campaign, upload), mapping={"received": 0, "rejected": 0})
            await self._redis.expire(keys.upload(campaign, upload), STAGED_FOR)
        return await self.report(campaign, upload)

    async def stage(
        self, campaign: CampaignId, upload: UploadId, page: bytes, lines: Sequence[int], opt_ins: str = ""
    ) -> None:
        """One page of rows, with the line of each for the verdicts on duplicates."""
        key = keys.staged(campaign, upload)

        def write(pipe: Pipeline) -> None:
            pipe.rpush(key, json.dumps(list(lines)), page, opt_ins)
            pipe.hincrby(keys.upload(campaign, upload), "received", len(lines))
            pipe.expire(key, STAGED_FOR)

        await self._once(campaign, upload, new_token("staged:"), write)

    async def reject(self, campaign: CampaignId, upload: UploadId, verdicts: Sequence[RowVerdict]) -> None:
        """Rows that will not become jobs."""
        if not verdicts:
            return
        key = keys.rejections(campaign, upload)

        def write(pipe: Pipeline) -> None:
            pipe.rpush(key, *(json.dumps([v.line, v.reason, v.detail]) for v in verdicts))
            pipe.expire(key, KEPT_FOR)
            pipe.hincrby(keys.upload(campaign, upload), "received", len(verdicts))
            pipe.hincrby(keys.upload(campaign, upload), "rejected", len(verdicts))

        await self._once(campaign, upload, new_token("rejected:"), write)

    async def note_duplicates(
        self, campaign: CampaignId, upload: UploadId, sequence: int, verdicts: Sequence[RowVerdict]
    ) -> None:
        """Verdicts on one joined page's duplicates, once a page: joining may be repeated after a crash."""
        if not verdicts:
            return
        key = keys.rejections(campaign, upload)

        def write(pipe: Pipeline) -> None:
            pipe.rpush(key, *(json.dumps([v.line, v.reason, v.detail]) for v in verdicts))
            pipe.expire(key, KEPT_FOR)

        await self._once(campaign, upload, f"noted:{sequence}", write)

    async def warn(self, campaign: CampaignId, upload: UploadId, sequence: int, counts: Mapping[str, int]) -> None:
        """What there is to say about one joined page's rows, by code; counted once a page, as with duplicates."""
        if not counts:
            return

        def write(pipe: Pipeline) -> None:
            for code, count in counts.items():
                pipe.hincrby(keys.upload(campaign, upload), f"{WARNING}{code}", count)

        await self._once(campaign, upload, f"warned:{sequence}", write)

    async def complete(
        self, campaign: CampaignId, upload: UploadId, warnings: Mapping[str, int], digest: str = ""
    ) -> None:
        """The whole file is staged: from now on it joins, whoever carries on."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(keys.upload(campaign, upload), "digest", digest)
            for code, count in warnings.items():
                pipe.hset(keys.upload(campaign, upload), f"{WARNING}{code}", count)
            pipe.persist(keys.upload(campaign, upload))
            pipe.persist(keys.staged(campaign, upload))
            pipe.hset(keys.uploads(campaign), upload, UploadState.COMPLETE.value)
            await pipe.execute()

    async def staged(self, campaign: CampaignId, upload: UploadId) -> AsyncIterator[StagedPage]:
        """In order."""
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

    async def joined(self, campaign: CampaignId, upload: UploadId) -> None:
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(keys.uploads(campaign), upload, UploadState.JOINED.value)
            pipe.delete(keys.staged(campaign, upload))
            pipe.expire(keys.upload(campaign, upload), KEPT_FOR)
            await pipe.execute()

    async def discard(self, campaign: CampaignId, upload: UploadId) -> None:
        """A broken upload leaves nothing."""
        await self._redis.delete(
            keys.staged(campaign, upload), keys.upload(campaign, upload), keys.rejections(campaign, upload)
        )

    async def complete_ones(self, campaign: CampaignId) -> list[UploadId]:
        """Those that were staged whole and have not joined yet."""
        states = await self._redis.hgetall(keys.uploads(campaign))
        return [UploadId(text(upload)) for upload, state in states.items() if text(state) == UploadState.COMPLETE]

    async def report(self, campaign: CampaignId, upload: UploadId) -> UploadReport:
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
        )

    async def verdicts(self, campaign: CampaignId, upload: UploadId, after: int, limit: int) -> list[RowVerdict]:
        """Rows that did not become jobs, in the order they were found; `after` of them are passed over."""
        entries = await self._redis.lrange(keys.rejections(campaign, upload), after, after + limit - 1)
        return [RowVerdict(*json.loads(entry)) for entry in entries]

    async def _once(self, campaign: CampaignId, upload: UploadId, step: str, write: Callable[[Pipeline], None]) -> None:
        """A step and the mark that it was made, together: a crash in between, or a call that redis-py makes again because
        its answer was lost, neither loses nor doubles it.
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
