"""Uploads: staged out of sight, joined once, with a verdict on every row; every step may be made twice."""

from datetime import timedelta

import pytest

from shared.ground import keys
from shared.ground.ids import UploadId
from shared.ledger.uploads import RowVerdict, StagedPage, UploadReport, UploadState, UploadStore
from tests.factories import CAMPAIGN, UPLOAD
from tests.stores import FakeStore, Store, dump, lost_answers

BAD = [RowVerdict(4, "not-a-number", "The phone column holds no number."), RowVerdict(7, "missing-phone", "Empty.")]
TWICE = [RowVerdict(2, "duplicate", "It is there already.")]


@pytest.fixture
def uploads(stores: Store) -> UploadStore:
    return UploadStore(stores.redis)


async def staged(uploads: UploadStore) -> list[StagedPage]:
    return [page async for page in uploads.read_staged(CAMPAIGN, UPLOAD)]


async def test_a_file_is_staged_completed_and_joined(uploads: UploadStore) -> None:
    assert (await uploads.begin(CAMPAIGN, UPLOAD)).state is UploadState.STAGING
    await uploads.stage(CAMPAIGN, UPLOAD, b"\x00page one", [1, 2, 3], "opt-ins")
    await uploads.reject(CAMPAIGN, UPLOAD, BAD)
    await uploads.stage(CAMPAIGN, UPLOAD, b"\xffpage two", [5])
    assert await uploads.list_complete(CAMPAIGN) == []
    await uploads.complete(CAMPAIGN, UPLOAD, {"no-opt-in": 2}, "digest")
    assert await uploads.list_complete(CAMPAIGN) == [UPLOAD]
    assert await staged(uploads) == [
        StagedPage(0, [1, 2, 3], b"\x00page one", "opt-ins"),
        StagedPage(1, [5], b"\xffpage two", ""),
    ]
    await uploads.note_duplicates(CAMPAIGN, UPLOAD, 0, TWICE)
    await uploads.record_join(CAMPAIGN, UPLOAD)
    assert await uploads.list_complete(CAMPAIGN) == []
    assert await staged(uploads) == []
    report = await uploads.report(CAMPAIGN, UPLOAD)
    assert report == UploadReport(UploadState.JOINED, 6, 0, 2, 0, {"no-opt-in": 2}, "digest")
    assert await uploads.verdicts(CAMPAIGN, UPLOAD, 0, 10) == [*BAD, *TWICE]
    assert await uploads.verdicts(CAMPAIGN, UPLOAD, 1, 1) == BAD[1:]


async def test_a_broken_upload_leaves_nothing(uploads: UploadStore, stores: Store) -> None:
    await uploads.begin(CAMPAIGN, UPLOAD)
    await uploads.stage(CAMPAIGN, UPLOAD, b"page", [1])
    await uploads.reject(CAMPAIGN, UPLOAD, BAD)
    await uploads.discard(CAMPAIGN, UPLOAD)
    assert await dump(stores.redis) == {}


async def test_an_upload_that_nobody_finishes_expires(uploads: UploadStore, stores: Store) -> None:
    await uploads.begin(CAMPAIGN, UPLOAD)
    await uploads.stage(CAMPAIGN, UPLOAD, b"page", [1])
    await stores.travel(timedelta(hours=2, seconds=1))
    assert await dump(stores.redis) == {}


async def test_a_complete_upload_waits_as_long_as_it_must(uploads: UploadStore, stores: Store) -> None:
    await uploads.begin(CAMPAIGN, UPLOAD)
    await uploads.stage(CAMPAIGN, UPLOAD, b"page", [1])
    await uploads.complete(CAMPAIGN, UPLOAD, {})
    await stores.travel(timedelta(days=2))
    assert len(await staged(uploads)) == 1
    assert (await uploads.report(CAMPAIGN, UPLOAD)).received == 1


async def test_verdicts_are_kept_for_a_month(uploads: UploadStore, stores: Store) -> None:
    """Also those that came up while joining."""
    await uploads.begin(CAMPAIGN, UPLOAD)
    await uploads.complete(CAMPAIGN, UPLOAD, {})
    await uploads.note_duplicates(CAMPAIGN, UPLOAD, 0, TWICE)
    await uploads.record_join(CAMPAIGN, UPLOAD)
    await stores.travel(timedelta(days=29))
    assert await uploads.verdicts(CAMPAIGN, UPLOAD, 0, 10) == TWICE
    await stores.travel(timedelta(days=2))
    assert await stores.redis.exists(keys.rejections(CAMPAIGN, UPLOAD), keys.upload(CAMPAIGN, UPLOAD)) == 0


async def test_beginning_again_starts_from_nothing_unless_it_is_complete(uploads: UploadStore) -> None:
    await uploads.begin(CAMPAIGN, UPLOAD)
    await uploads.stage(CAMPAIGN, UPLOAD, b"half a file", [1, 2])
    assert (await uploads.begin(CAMPAIGN, UPLOAD)).received == 0
    assert await staged(uploads) == []
    await uploads.stage(CAMPAIGN, UPLOAD, b"the file", [1])
    await uploads.complete(CAMPAIGN, UPLOAD, {}, "digest")
    again = await uploads.begin(CAMPAIGN, UPLOAD)
    assert (again.state, again.received, again.digest) == (UploadState.COMPLETE, 1, "digest")
    assert len(await staged(uploads)) == 1


async def test_two_uploads_do_not_meet(uploads: UploadStore) -> None:
    other = UploadId("uother")
    for upload in (UPLOAD, other):
        await uploads.begin(CAMPAIGN, upload)
        await uploads.stage(CAMPAIGN, upload, b"page", [1])
    await uploads.discard(CAMPAIGN, other)
    assert len(await staged(uploads)) == 1


async def test_verdicts_on_a_joined_page_are_noted_once(uploads: UploadStore) -> None:
    for _ in range(2):
        await uploads.note_duplicates(CAMPAIGN, UPLOAD, 0, TWICE)
        await uploads.warn(CAMPAIGN, UPLOAD, 0, {"no-opt-in": 3})
    await uploads.note_duplicates(CAMPAIGN, UPLOAD, 1, TWICE)
    await uploads.warn(CAMPAIGN, UPLOAD, 1, {"no-opt-in": 1})
    assert await uploads.verdicts(CAMPAIGN, UPLOAD, 0, 10) == TWICE * 2
    assert (await uploads.report(CAMPAIGN, UPLOAD)).warnings == {"no-opt-in": 4}


@pytest.mark.parametrize("step", ["stage", "reject", "note_duplicates", "warn"])
async def test_a_step_whose_answer_was_lost_is_made_once(fake_store: FakeStore, step: str) -> None:
    """The connection breaks after the server has done it: redis-py begins again, silently."""
    arguments = {
        "stage": (b"page", [1, 2]), "reject": (BAD,), "note_duplicates": (0, TWICE), "warn": (0, {"no-opt-in": 1}),
    }  # fmt: skip
    uploads = UploadStore(fake_store.redis)
    await uploads.begin(CAMPAIGN, UPLOAD)
    with lost_answers(1):
        await getattr(uploads, step)(CAMPAIGN, UPLOAD, *arguments[step])
    report = await uploads.report(CAMPAIGN, UPLOAD)
    assert (report.received, report.rejected, sum(report.warnings.values())) == {
        "stage": (2, 0, 0), "reject": (2, 2, 0), "note_duplicates": (0, 0, 0), "warn": (0, 0, 1),
    }[step]  # fmt: skip
    assert len(await uploads.verdicts(CAMPAIGN, UPLOAD, 0, 10)) == {"reject": 2, "note_duplicates": 1}.get(step, 0)
    assert len(await staged(uploads)) == int(step == "stage")
