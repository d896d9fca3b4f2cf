"""A start is judged by the whole base: one that is still being joined is waited for."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.campaigns.model import Campaign, Rules
from shared.ground.errors import Conflict, InputError
from shared.ground.ids import UploadId
from shared.ledger.pages import JobRow
from shared.ledger.states import CampaignState, JobState
from shared.outbound.controlling import ConfirmationNeeded, UploadJoining
from shared.outbound.drafting import Draft
from tests.factories import SENDER, TENANT, campaign, row, rows
from tests.stores import Clock
from tests.wired import Wired

HOUR = timedelta(hours=1)


async def staged(wired: Wired, *contacts: int) -> Campaign:
    """A draft that requires opt-ins, with complete uploads of so many contacts that nobody has joined yet."""
    made = await wired.create(campaign({"require_opt_in": True}))
    for number, count in enumerate(contacts):
        await wired.upload(made, rows(count), UploadId(f"u{number}"))
    return made


async def test_a_start_before_the_base_has_joined_asks_to_come_again(wired: Wired) -> None:
    """Nobody of it has an opt-in, and the rows that have joined say nothing of that."""
    made = await staged(wired, 3)
    with pytest.raises(UploadJoining, match=r"^3 rows of an upload are being joined") as refused:
        await wired.outbound.controlling.start(made, "ana")
    assert (refused.value.code, refused.value.status) == ("upload-joining", 409)
    assert (await wired.stores.ledger.standing(made.id)).state is CampaignState.DRAFT
    assert wired.hints.splits == []
    await wired.outbound.splitting.split(made.id)
    with pytest.raises(ConfirmationNeeded, match="3 of 3 have no opt-in"):
        await wired.outbound.controlling.start(made, "ana")


async def test_it_tells_how_many_rows_are_left_of_all_uploads(wired: Wired) -> None:
    made = await staged(wired, 300, 2)
    first = wired.stores.uploads.read_staged(made.id, UploadId("u0"))
    page = await anext(first)
    contacts = [wired.people.merging.id_of(made.tenant, row.address) for row in rows(128)]
    await wired.stores.ledger.admit(made.id, UploadId("u0"), 0, page.page, contacts)
    with pytest.raises(Conflict, match=r"^174 rows of 2 uploads are being joined"):
        await wired.outbound.controlling.start(made, "ana")


async def test_whoever_has_confirmed_need_not_wait(wired: Wired) -> None:
    made = await staged(wired, 3)
    await wired.outbound.controlling.start(made, "ana", is_confirmed=True)
    assert (await wired.stores.ledger.standing(made.id)).state is CampaignState.RUNNING
    await wired.outbound.splitting.split(made.id)
    assert await wired.letters(made) == "xxx"


async def test_a_running_campaign_is_started_already_whatever_joins_it(wired: Wired) -> None:
    made = await wired.running(1)
    await wired.upload(made, rows(3), UploadId("ulater"))
    await wired.outbound.controlling.start(made, "ana")
    assert (await wired.stores.ledger.standing(made.id)).state is CampaignState.RUNNING


# ── the deadline ────────────────────────────────────────────────────────────────────────────────────────────────────


async def drafted(wired: Wired, base: Sequence[JobRow]) -> Campaign:
    """With an hour left."""
    made = await wired.create(campaign({"deadline_at": wired.now() + HOUR}))
    await wired.upload(made, base, UploadId("u0"))
    await wired.outbound.splitting.split(made.id)
    return made


async def test_a_start_after_the_deadline_is_refused(wired: Wired, clock: Clock) -> None:
    made = await drafted(wired, rows(1))
    clock.travel(HOUR)
    with pytest.raises(Conflict) as refused:
        await wired.outbound.controlling.start(made, "ana", is_confirmed=True)
    assert refused.value.code == "deadline-passed"


async def test_a_campaign_that_is_made_again_after_its_deadline_is_the_same_campaign(
    wired: Wired, clock: Clock
) -> None:
    """A dialer repeats what it got no answer to."""
    order = Draft(TENANT, SENDER, "May", "appointment_reminder", "en", "may-1", Rules(deadline_at=wired.now() + HOUR))
    made, _ = await wired.outbound.controlling.create(order)
    clock.travel(HOUR)
    assert await wired.outbound.controlling.create(order) == (made, False)
    with pytest.raises(InputError) as refused:
        await wired.outbound.controlling.create(replace(order, external_id="may-2"))
    assert refused.value.code == "deadline-passed"


async def test_so_is_one_whose_every_contact_has_its_time_behind_the_deadline(wired: Wired, clock: Clock) -> None:
    made = await drafted(wired, [row(0, send_at=clock() + HOUR), row(1, send_at=clock() + 2 * HOUR)])
    with pytest.raises(Conflict, match="send_at") as refused:
        await wired.outbound.controlling.start(made, "ana", is_confirmed=True)
    assert refused.value.code == "deadline-passed"


async def test_a_start_puts_the_deadline_into_the_ledger_and_says_who_will_expire(wired: Wired, clock: Clock) -> None:
    made = await drafted(wired, [*rows(9), row(9, send_at=clock() + HOUR)])
    forecast = await wired.outbound.controlling.start(made, "ana")
    assert [(one.code, one.count) for one in forecast.warnings] == [("deadline", 1)]
    assert (await wired.stores.ledger.standing(made.id)).deadline_at == made.rules.deadline_at


async def test_nobody_is_tried_again_after_the_deadline(wired: Wired, clock: Clock) -> None:
    made = await wired.running(1, campaign({"deadline_at": clock() + HOUR}))
    clock.travel(HOUR)
    with pytest.raises(Conflict) as refused:
        await wired.outbound.controlling.redrive(made, "ana", [JobState.FAILED])
    assert refused.value.code == "deadline-passed"
