"""Gathering: a contact is told whole, under any of its names, and only to whom it belongs."""

from datetime import UTC, timedelta

import pytest

from shared.ground.errors import NotFound
from shared.ledger.states import JobState, Move
from shared.people.aliases import Source
from shared.people.consenting import OptIn
from shared.people.contacts.store import Identity
from shared.templates.model import Category
from shared.templates.pins import pin_of
from shared.templates.registry import TemplateRegistry
from tests.factories import SENDER, TENANT, address, campaign, contact, opt_in, opt_out, rows, template
from tests.stores import Clock
from tests.wired import W1, Wired, refusal


async def test_a_campaigns_contact_is_whole(wired: Wired) -> None:
    of = await wired.running(2, campaign({"answers": {"yes": ("yes",)}}))
    await wired.send(of)
    await wired.inbound.receiving.apply([await wired.hear(1, said(0, wired))])
    known = await wired.stores.contacts.resolve(contact(0))
    found = await wired.reports.gathering.dossier(TENANT, known, is_proven=False)

    assert [one.place.reported.job.state for one in found.jobs] == [JobState.ACCEPTED]
    assert found.sessions[SENDER].is_open
    assert [one.about.campaign for one in found.interactions] == [of.id]
    lines = wired.reports.explaining.explanation(found, UTC)
    assert any("which counts as yes" in line for line in lines)


async def test_what_is_proven_by_nothing_is_not_told(wired: Wired) -> None:
    """An id by itself says nothing of whose contact it is."""
    await wired.stores.consent.record([(contact(5), opt_in())])

    with pytest.raises(NotFound):
        await wired.reports.gathering.dossier(TENANT, Identity(contact(5)), is_proven=False)
    assert (await wired.reports.gathering.dossier(TENANT, Identity(contact(5)), is_proven=True)).jobs == []


@pytest.mark.parametrize("is_proven", [True, False])
async def test_nobody_is_not_found(wired: Wired, is_proven: bool) -> None:
    with pytest.raises(NotFound, match="Nothing is known"):
        await wired.reports.gathering.dossier(TENANT, Identity(contact(9)), is_proven)


async def test_under_an_old_name_it_is_the_same(wired: Wired) -> None:
    await wired.running(1)
    known = await wired.people.merging.merge(TENANT, [address(0), address(7)], source=Source.RENAMING)
    await wired.stores.consent.record([(known.contact, opt_out())])
    found = await wired.reports.gathering.dossier(TENANT, known, is_proven=True)

    assert [one.place.reported.contact for one in found.jobs] == [contact(0)]
    assert "will not be sent: they have refused" in wired.reports.explaining.explanation(found, UTC)[1]


@pytest.mark.parametrize(("scope", "is_sent"), [("marketing", True), ("authentication", False)])
async def test_a_refusal_is_told_of_by_the_template_that_the_campaign_was_started_with(
    wired: Wired, scope: str, is_sent: bool
) -> None:
    made = await wired.running(1)
    namesakes = template(provider_id="HX1"), template(provider_id="HX2", category=Category.AUTHENTICATION)
    await wired.stores.pins.put(made.id, {"en": pin_of(namesakes[1], by_id=True)})
    await wired.stores.consent.record([(contact(0), opt_out(scope=scope))])
    wired.templates = TemplateRegistry(namesakes, senders=[SENDER], by_id=[SENDER])
    wired.restart()
    found = await wired.reports.gathering.dossier(TENANT, Identity(contact(0)), is_proven=True)
    lines = "\n".join(wired.reports.explaining.explanation(found, UTC))
    assert ("will not be sent: they have refused" not in lines) is is_sent


def said(number: int, wired: Wired) -> dict[str, object]:
    at_ms = int(wired.now().timestamp() * 1000)
    return {"from": [address(number)], "id": f"IN{number}", "at": at_ms, "text": "Yes"}


async def test_what_a_late_opt_in_changes_is_told_as_the_engine_does_it(wired: Wired, clock: Clock) -> None:
    """Suppressed while it runs, finished and open for a day, agreed, planned again, sent."""
    made = await wired.running(made=campaign({"require_opt_in": True}), base=rows(1))

    async def told() -> str:
        known = await wired.stores.contacts.resolve(contact(0))
        found = await wired.reports.gathering.dossier(TENANT, known, is_proven=False)
        return next(line for line in wired.reports.explaining.explanation(found, UTC) if line.startswith(made.name))

    assert (await told()).endswith("One that comes before the campaign ends, or soon after ([timing] "
                                   "reopens_for_seconds), still counts.")  # fmt: skip
    await wired.upkeep.sweeping.tick()
    until = (clock() + timedelta(days=1)).isoformat(sep=" ", timespec="minutes")
    assert (await told()).endswith(f"One that comes until {until} still counts: the campaign runs again for them.")
    await wired.people.consenting.agree(TENANT, [OptIn(contact(0), "web_form")])
    assert (await told()).endswith("One has been recorded since, and the campaign judges them again.")
    await wired.upkeep.sweeping.tick()
    await wired.outbound.splitting.split(made.id)
    assert (await told()).endswith(": it waits; it is sent when their turn comes.")
    lease = await wired.leased(made)
    assert (await told()).endswith(": it is about to be sent.")
    await wired.outbound.sending.send_parcel(made.id, lease.id, W1)
    assert ": the provider accepted it" in await told()


async def test_a_campaign_whose_time_is_over_takes_no_late_opt_in_and_says_so(wired: Wired, clock: Clock) -> None:
    made = await wired.running(made=campaign({"require_opt_in": True}), base=rows(1))
    await wired.upkeep.sweeping.tick()
    clock.travel(timedelta(days=1, seconds=1))
    await wired.people.consenting.agree(TENANT, [OptIn(contact(0), "web_form")])
    await wired.upkeep.sweeping.tick()
    assert await wired.letters(made) == "x"
    found = await wired.reports.gathering.dossier(TENANT, Identity(contact(0)), is_proven=False)
    told = wired.reports.explaining.explanation(found, UTC)[1]
    assert told.endswith("The campaign has ended: one that comes now counts for the next campaign.")


async def test_an_order_to_try_again_is_told_until_it_was_carried_out(wired: Wired) -> None:
    made = await wired.running(1)
    wired.transport.answers[address(0)] = refusal("refused", "7")
    await wired.send(made)

    async def told() -> str:
        found = await wired.reports.gathering.dossier(TENANT, Identity(contact(0)), is_proven=False)
        return wired.reports.explaining.explanation(found, UTC)[1]

    assert (await told()).endswith("`oriel campaign redrive` orders another try.")
    await wired.outbound.controlling.redrive(made, "ana", [JobState.FAILED])
    assert (await told()).endswith("ana has ordered another try.")
    await wired.outbound.splitting.split(made.id)
    assert (await told()).startswith(f"{made.name} (attempt 2): it waits to be tried again")
    await wired.stores.ledger.control(made.id, Move.PAUSE, "ana", "lunch")
    assert (await told()).endswith("the campaign is paused (lunch), and resuming it sends exactly the rest.")
