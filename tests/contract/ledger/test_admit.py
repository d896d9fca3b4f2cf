"""admit: pages of an upload become jobs, each contact once."""

import asyncio
from collections.abc import Iterable, Sequence

import pytest

from shared.ground.errors import Conflict
from shared.ground.ids import ContactId, UploadId
from shared.ground.keys import PAGE_ROWS
from shared.ledger import store as ledger_store
from shared.ledger.model import Admission, JobRecord
from shared.ledger.pages import JobRow, pack, unpack, unpack_rows
from shared.ledger.states import CampaignState, JobState, Move
from tests.factories import contacts, rows
from tests.scene import Scene
from tests.stores import dump

SECOND = UploadId("ubbbbbbbbbbbbbbbb")


async def test_a_page_becomes_pending_jobs(scene: Scene) -> None:
    await scene.create()
    page = pack(rows(3))
    assert await scene.admit(contacts(3), page=page) == Admission(0, ())
    standing = await scene.standing()
    assert (standing.total, standing.counts[JobState.PENDING], standing.pages, standing.planned) == (3, 3, 1, 0)
    assert await scene.ledger.page(scene.campaign, 0) == page
    assert await scene.ledger.find(scene.campaign, contacts(1, 2)[0]) == JobRecord(
        2, JobState.PENDING, 1, "", "", "", {}
    )
    assert await scene.ledger.find(scene.campaign, contacts(1, 3)[0]) is None


async def test_a_full_page_has_no_holes(scene: Scene) -> None:
    await scene.create()
    await scene.admit(contacts(PAGE_ROWS))
    assert await scene.admit(contacts(1, PAGE_ROWS), sequence=1) == Admission(PAGE_ROWS, ())
    assert len(await scene.letters()) == PAGE_ROWS + 1


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        pytest.param([0, 1, 0, 2], Admission(128, (0, 1, 2)), id="known ones and a new one"),
        pytest.param([2, 2, 3, 2], Admission(128, (1, 3)), id="repeated within the page"),
        pytest.param([0, 1], Admission(None, (0, 1)), id="nobody new takes no page"),
    ],
)
async def test_duplicates_are_told_and_make_holes(scene: Scene, people: list[int], expected: Admission) -> None:
    await scene.create()
    await scene.admit(contacts(2))
    page = [contacts(1, number)[0] for number in people]
    assert await scene.admit(page, SECOND) == expected
    assert await scene.admit(page, SECOND) == expected, "asked again, the same is answered"
    new = {number for number in people if number >= 2}
    assert (await scene.standing()).total == 2 + len(new)


async def replace_first(scene: Scene, ordinal: int = 0) -> Admission:
    packed = pack(rows(2))
    return await scene.ledger.admit(scene.campaign, SECOND, 0, packed, contacts(2), {0: ordinal})


async def test_in_a_draft_a_row_takes_the_place_of_the_contacts_earlier_one(scene: Scene) -> None:
    await scene.create()
    await scene.admit(contacts(2))
    for _ in range(2):
        assert await replace_first(scene) == Admission(PAGE_ROWS, (1,), (0,)), "asked again, the same is answered"
    standing = await scene.standing()
    assert (standing.total, standing.counts[JobState.PENDING], standing.pages) == (2, 2, 2)
    held = {contacts(1)[0]: PAGE_ROWS, contacts(2)[1]: 1}
    assert await scene.ledger.admit_new(scene.campaign, UploadId("ux"), 0, pack(rows(3)), contacts(3)) == held
    found = await scene.ledger.rows_held(scene.campaign, held)
    assert {contact: ordinal for contact, (ordinal, _) in found.items()} == held
    assert await scene.letters() == "pp"
    await scene.admit([contacts(1)[0]], UploadId("uc"), page=pack(rows(1)))
    assert await replace_first(scene) == Admission(PAGE_ROWS, (1,), (0,)), "also after another upload"


async def test_a_page_of_new_contacts_joins_in_one_step_and_any_other_changes_nothing(scene: Scene) -> None:
    await scene.create()
    packed = pack(rows(3))
    one, other = contacts(2)

    async def ask(people: Sequence[ContactId], sequence: int) -> object:
        return await scene.ledger.admit_new(scene.campaign, SECOND, sequence, packed, people)

    assert await ask([one, other, one], 0) == Admission(0, (2,)), "twice in one page is no earlier row of the campaign"
    before = await dump(scene.store.redis)
    assert await ask([one, other, one], 0) == {one: 0, other: 1}, "a page that has joined"
    assert await ask([contacts(9)[8], other], 1) == {other: 1}
    assert await dump(scene.store.redis) == before
    assert await scene.ledger.admit(scene.campaign, SECOND, 0, packed, [one, other, one]) == Admission(0, (2,))


async def test_a_closed_campaign_takes_no_new_contacts_either(scene: Scene) -> None:
    await scene.create()
    await scene.move(Move.CANCEL)
    with pytest.raises(Conflict):
        await scene.ledger.admit_new(scene.campaign, SECOND, 0, pack(rows(1)), contacts(1))


async def test_while_rows_from_all_over_a_campaign_are_read_others_have_their_turn_after_every_page(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.create()
    for page in range(4):
        await scene.admit(contacts(2, 2 * page), sequence=page, page=pack(rows(2, 2 * page)))
    turns, seen = 0, []

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def read(page: bytes, indexes: Iterable[int]) -> list[JobRow]:
        seen.append(turns)
        return unpack_rows(page, indexes)

    monkeypatch.setattr(ledger_store, "unpack_rows", read)
    task = asyncio.create_task(others())
    held = {contact: PAGE_ROWS * page + 1 for page, contact in enumerate(contacts(8)[1::2])}
    found = await scene.ledger.rows_held(scene.campaign, held)
    task.cancel()
    assert [one for _, one in found.values()] == rows(8)[1::2]
    assert len(set(seen)) == 4


@pytest.mark.parametrize("why", ["started", "another row counts by now"])
async def test_a_row_replaces_nothing_that_it_was_not_compared_with(scene: Scene, why: str) -> None:
    await scene.create()
    await scene.admit(contacts(2))
    if why == "started":
        await scene.move(Move.START)
    assert await replace_first(scene, 0 if why == "started" else 1) == Admission(None, (0, 1))
    assert await scene.letters() == "pp"


async def test_two_uploads_of_the_same_file_add_it_once(scene: Scene) -> None:
    await scene.create()
    for sequence in range(3):
        await scene.admit(contacts(100, 100 * sequence), sequence=sequence)
    for sequence in range(3):
        admission = await scene.admit(contacts(100, 100 * sequence), SECOND, sequence)
        assert admission == Admission(None, tuple(range(100)))
    assert (await scene.standing()).total == 300


@pytest.mark.parametrize("move", [None, Move.START, Move.PAUSE])
async def test_contacts_may_come_in_draft_running_and_paused(scene: Scene, move: Move | None) -> None:
    await scene.create()
    if move is not None:
        await scene.move(Move.START)
        await scene.move(move)
    assert await scene.admit(contacts(1)) == Admission(0, ())


@pytest.mark.parametrize("state", [CampaignState.SCHEDULED, CampaignState.FINISHED, CampaignState.CANCELLED])
async def test_a_closed_campaign_takes_nobody(scene: Scene, state: CampaignState) -> None:
    await scene.create(state)
    with pytest.raises(Conflict, match=state.value):
        await scene.admit(contacts(1))
    assert (await scene.standing()).total == 0


async def test_a_page_that_joined_is_answered_after_the_end_as_well(scene: Scene) -> None:
    await scene.create()
    await scene.admit(contacts(2))
    await scene.move(Move.CANCEL)
    assert await scene.admit(contacts(2)) == Admission(0, ())
    assert await scene.letters() == "cc"


async def test_there_is_no_campaign_to_join(scene: Scene) -> None:
    with pytest.raises(Conflict, match="absent"):
        await scene.admit(contacts(1))


async def test_rows_come_back_as_they_were(scene: Scene) -> None:
    await scene.create()
    await scene.admit(contacts(5))
    packed = await scene.ledger.page(scene.campaign, 0)
    assert packed is not None
    assert unpack(packed) == rows(5)
    assert await scene.ledger.page(scene.campaign, 1) is None
