"""Whoever was suppressed for want of an opt-in alone is written to when it comes, while the campaign has not ended."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.campaigns.model import Campaign
from shared.ground import keys
from shared.ground.ids import CampaignId, ContactId, TenantId, UploadId
from shared.ledger.pages import pack
from shared.ledger.states import CampaignState, Move
from shared.ledger.store import Ledger
from shared.people.consent.claims import Claim
from shared.people.consent.model import Records
from shared.people.consent.store import ConsentStore
from shared.people.consenting import OptIn, Refusal, packed
from shared.people.contacts.store import Identity
from tests.factories import TENANT, address, campaign, contact, opt_in, opt_out, row, rows
from tests.fields import RulesFields
from tests.stores import Clock
from tests.wired import Wired

USER, PARENT = "US.13491208655302741918", "US.ENT.11815799212886844830"
ASKING: RulesFields = {"require_opt_in": True}


async def asking(wired: Wired, jobs: int = 3) -> Campaign:
    """Running, with one contact who agreed; the others are suppressed."""
    await wired.stores.consent.record([(contact(0), opt_in())])
    made = await wired.running(made=campaign(ASKING), base=rows(jobs))
    assert await wired.letters(made) == "p" + "x" * (jobs - 1)
    return made


async def test_an_opt_in_that_comes_while_the_campaign_runs_is_written_to(wired: Wired) -> None:
    made = await asking(wired)
    assert await wired.people.recording.agree(TENANT, [Claim(1, address(1), "web_form")]) == []
    assert await wired.stores.ledger.has_agreed(made.id)
    await wired.outbound.dialing.split(made.id)
    assert await wired.letters(made) == "ppx"
    assert not await wired.stores.ledger.has_agreed(made.id)
    await wired.send(made)
    assert await wired.letters(made) == "aax"


async def test_an_agreement_is_told_to_the_tenant_s_own_campaigns_and_a_refusal_to_none(
    wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[CampaignId] = []

    async def note(_ledger: Ledger, campaigns: Iterable[CampaignId], _contacts: Sequence[ContactId]) -> None:
        told.extend(campaigns)

    monkeypatch.setattr(Ledger, "note_agreement", note)
    own = await asking(wired)
    await wired.running(made=replace(campaign(ASKING), id=CampaignId("cother"), tenant=TenantId("other")))
    await wired.people.consenting.agree(TENANT, [OptIn(contact(1), "web_form")])
    assert told == [own.id]
    await wired.people.consenting.refuse(TENANT, Identity(contact(1)), Refusal("api", wired.now()))
    assert told == [own.id]


async def test_opt_ins_of_a_whole_file_are_taken_up_and_only_theirs(wired: Wired) -> None:
    made = await asking(wired, 300)
    claims = [Claim(n, address(n), "web_form") for n in range(100, 250)]
    assert await wired.people.recording.agree(TENANT, claims) == []
    await wired.outbound.splitting.split(made.id)
    assert await wired.letters(made) == "p" + "x" * 99 + "p" * 150 + "x" * 50


async def test_the_same_base_sent_again_with_opt_ins_is_taken_up(wired: Wired) -> None:
    made = await asking(wired)
    again = UploadId("uagain")
    await wired.stores.uploads.begin(made.id, again)
    agreements = packed([OptIn(contact(n), "import") for n in range(3)])
    await wired.stores.uploads.stage(made.id, again, pack(rows(3)), range(2, 5), agreements)
    await wired.stores.uploads.complete(made.id, again, {})
    await wired.outbound.splitting.split(made.id)
    assert await wired.letters(made) == "ppp", "all three are duplicates, and may be written to now"


async def test_an_opt_in_that_a_planner_has_just_missed_is_taken_up(wired: Wired) -> None:
    """It comes after the planner has read the records, and before it writes its verdict."""
    made = await wired.create(campaign(ASKING))
    await wired.upload(made, rows(1), UploadId("ufirst"))
    await wired.start(made)

    class Late(ConsentStore):
        async def of(self, contacts: Sequence[ContactId]) -> list[Records]:
            found = await super().of(contacts)
            await wired.people.consenting.agree(TENANT, [OptIn(contact(0), "web_form")])
            return found

    late = replace(wired.outbound.splitting, consent=Late(wired.redis))
    await late.split(made.id)
    assert await wired.letters(made) == "p"


async def test_a_word_that_undoes_an_opt_out_takes_nobody_up_who_was_suppressed_for_it(wired: Wired) -> None:
    """The refusal was the reason, and not the want of consent alone."""
    await wired.stores.consent.record([(contact(0), opt_out())])
    made = await wired.running(made=campaign(ASKING), base=rows(1))
    later = wired.now() + timedelta(seconds=1)
    await wired.people.consenting.come_back(
        TENANT, Identity(contact(0), {contact(0): address(0)}), OptIn(contact(0), "keyword", at=later)
    )
    await wired.outbound.splitting.split(made.id)
    assert await wired.letters(made) == "x"


async def test_an_opt_in_of_a_narrower_scope_takes_nobody_up(wired: Wired) -> None:
    made = await asking(wired)
    await wired.people.consenting.agree(TENANT, [OptIn(contact(1), "web_form", "marketing")])
    await wired.outbound.splitting.split(made.id)
    assert await wired.letters(made) == "pxx"
    assert not await wired.stores.ledger.has_agreed(made.id)


async def test_whoever_is_taken_up_waits_for_its_own_time(wired: Wired, clock: Clock) -> None:
    made = await wired.running(made=campaign(ASKING), base=[row(0, send_at=clock() + timedelta(hours=1))])
    await wired.people.consenting.agree(TENANT, [OptIn(contact(0), "web_form")])
    await wired.outbound.splitting.split(made.id)
    assert await wired.letters(made) == "d"


@pytest.mark.parametrize("move", [Move.CANCEL, Move.FINISH])
async def test_an_ended_campaign_takes_nobody_up(wired: Wired, move: Move) -> None:
    made = await asking(wired)
    await wired.send(made)
    await wired.stores.ledger.control(made.id, move, "somebody")
    before = await wired.letters(made)
    await wired.people.consenting.agree(TENANT, [OptIn(contact(1), "web_form")])
    await wired.outbound.splitting.split(made.id)
    assert await wired.letters(made) == before
    assert not await wired.stores.ledger.has_agreed(made.id)


async def finished(wired: Wired) -> Campaign:
    """By the janitor, with two who lack an opt-in."""
    made = await asking(wired)
    await wired.send(made)
    await wired.upkeep.sweeping.tick()
    assert (await wired.stores.ledger.standing(made.id)).state is CampaignState.FINISHED
    await wired.upkeep.sweeping.tick()
    assert made.id not in await wired.stores.campaigns.active()
    return made


async def test_a_campaign_that_finished_for_want_of_opt_ins_opens_for_those_that_come(wired: Wired) -> None:
    made = await finished(wired)
    await wired.people.consenting.agree(TENANT, [OptIn(contact(1), "web_form")])
    await wired.upkeep.sweeping.tick()
    standing = await wired.stores.ledger.standing(made.id)
    assert (standing.state, standing.reason, standing.finished_at) == (CampaignState.RUNNING, "agreed", None)
    assert made.id in await wired.stores.campaigns.active()
    await wired.outbound.splitting.split(made.id)
    await wired.send(made)
    assert await wired.letters(made) == "aax"
    await wired.upkeep.sweeping.tick()
    assert (await wired.stores.ledger.standing(made.id)).state is CampaignState.FINISHED


async def test_a_janitor_that_died_after_the_finish_leaves_it_open_for_them(wired: Wired) -> None:
    made = await asking(wired)
    await wired.send(made)
    await wired.stores.ledger.control(made.id, Move.FINISH, "oriel", reopens_for=timedelta(days=1))
    for _ in range(3):
        await wired.upkeep.sweeping.tick()
    assert made.id not in await wired.stores.campaigns.active()
    await wired.people.consenting.agree(TENANT, [OptIn(contact(1), "web_form")])
    await wired.upkeep.sweeping.tick()
    assert (await wired.stores.ledger.standing(made.id)).state is CampaignState.RUNNING


async def test_who_was_suppressed_for_another_reason_opens_no_campaign(wired: Wired) -> None:
    await wired.stores.consent.record([(contact(2), opt_out())])
    made = await finished(wired)
    later = wired.now() + timedelta(seconds=1)
    await wired.people.consenting.come_back(
        TENANT, Identity(contact(2), {contact(2): address(2)}), OptIn(contact(2), "keyword", at=later)
    )
    await wired.upkeep.sweeping.tick()
    assert (await wired.stores.ledger.standing(made.id)).state is CampaignState.FINISHED


async def test_who_refused_and_agreed_after_the_end_is_written_to(wired: Wired, clock: Clock) -> None:
    made = await finished(wired)
    await wired.people.consenting.refuse(TENANT, Identity(contact(1)), Refusal("agent", wired.now()))
    clock.travel(timedelta(seconds=1))
    await wired.people.consenting.come_back(
        TENANT, Identity(contact(1), {contact(1): address(1)}), OptIn(contact(1), "keyword", at=wired.now())
    )
    await wired.upkeep.sweeping.tick()
    await wired.outbound.splitting.split(made.id)
    await wired.send(made)
    assert await wired.letters(made) == "aax"


async def test_who_refuses_before_the_opened_campaign_is_planned_is_not_written_to(wired: Wired) -> None:
    made = await finished(wired)
    await wired.people.consenting.agree(TENANT, [OptIn(contact(1), "web_form")])
    await wired.people.consenting.refuse(TENANT, Identity(contact(1)), Refusal("agent", wired.now()))
    await wired.upkeep.sweeping.tick()
    await wired.outbound.splitting.split(made.id)
    assert await wired.letters(made) == "axx"


async def test_a_campaign_whose_time_is_over_opens_for_nobody(wired: Wired, clock: Clock) -> None:
    made = await finished(wired)
    clock.travel(timedelta(days=1, seconds=1))
    await wired.people.consenting.agree(TENANT, [OptIn(contact(1), "web_form")])
    await wired.upkeep.sweeping.tick()
    assert (await wired.stores.ledger.standing(made.id)).state is CampaignState.FINISHED
    assert await wired.stores.campaigns.reopenable(wired.now()) == []


async def test_a_campaign_does_not_finish_while_somebody_who_agreed_waits_to_be_judged(wired: Wired) -> None:
    made = await asking(wired)
    await wired.send(made)
    await wired.people.consenting.agree(TENANT, [OptIn(contact(1), "web_form")])
    wired.hints.splits.clear()
    assert not await wired.upkeep.sweeping.sweep(made.id)
    assert wired.hints.splits == [made.id], "the planner is told, should the first hint be lost"
    assert (await wired.stores.ledger.standing(made.id)).state is CampaignState.RUNNING


async def test_a_paused_campaign_takes_up_and_another_tenants_does_not(wired: Wired) -> None:
    made = await asking(wired)
    await wired.stores.ledger.control(made.id, Move.PAUSE, "somebody")
    lax = await wired.running(made=campaign(id=CampaignId("clax")), base=rows(2))
    await wired.people.consenting.agree(TENANT, [OptIn(contact(1), "web_form")])
    assert not await wired.stores.ledger.has_agreed(lax.id)
    await wired.outbound.splitting.split(made.id)
    assert await wired.letters(made) == "ppx"


# ── a process that dies, and a person with several names ────────────────────────────────────────────────────────────


class Died(Exception):  # noqa: N818
    """The process, between the record of an agreement and its telling."""


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> Callable[[], AbstractContextManager[None]]:
    """Inside, whoever tells campaigns of an agreement dies before the first one."""

    async def die(*_: object) -> None:
        raise Died

    @contextmanager
    def dies() -> Iterator[None]:
        with monkeypatch.context() as patch:
            patch.setattr(Ledger, "note_agreement", die)
            with pytest.raises(Died):
                yield

    return dies


async def test_an_opt_in_whose_process_died_before_it_told_the_campaigns_is_told_by_the_janitor(
    wired: Wired, clock: Clock, dying: Callable[[], AbstractContextManager[None]]
) -> None:
    made = await asking(wired)
    with dying():
        await wired.people.consenting.agree(TENANT, [OptIn(contact(1), "web_form")])
    await wired.people.consenting.agree(TENANT, [OptIn(contact(1), "web_form")])
    await wired.upkeep.sweeping.tick()
    assert not await wired.stores.ledger.has_agreed(made.id), "it may be at it still"
    clock.travel(timedelta(seconds=31))
    await wired.upkeep.sweeping.tick()
    assert await wired.stores.ledger.has_agreed(made.id)
    await wired.outbound.splitting.split(made.id)
    assert await wired.letters(made) == "ppx"
    assert await wired.stores.consent.untold(timedelta(0)) == []


async def test_it_is_told_also_to_a_campaign_that_has_finished_meanwhile(
    wired: Wired, clock: Clock, dying: Callable[[], AbstractContextManager[None]]
) -> None:
    made = await asking(wired)
    with dying():
        await wired.people.recording.agree(TENANT, [Claim(1, address(1), "web_form")])
    await wired.send(made)
    clock.travel(timedelta(seconds=31))
    for _ in range(2):
        await wired.upkeep.sweeping.tick()
    await wired.outbound.splitting.split(made.id)
    assert await wired.letters(made) == "apx"


async def test_of_two_who_tell_of_one_contact_the_one_that_died_is_not_forgotten(
    wired: Wired, clock: Clock, dying: Callable[[], AbstractContextManager[None]]
) -> None:
    made = await asking(wired)
    with dying():
        await wired.people.consenting.agree(TENANT, [OptIn(contact(1), "web_form", "utility")])
    await wired.people.consenting.agree(TENANT, [OptIn(contact(1), "agent", "marketing")])
    await wired.redis.delete(keys.agreed(made.id))
    clock.travel(timedelta(seconds=31))
    await wired.upkeep.sweeping.tick()
    assert await wired.stores.ledger.has_agreed(made.id)


async def test_an_opt_in_is_told_under_every_name_of_the_person(wired: Wired) -> None:
    """The campaign holds a number that is neither the name in the opt-in nor the one under which the person is kept."""
    made = await asking(wired, 40)
    id_of = wired.people.merging.id_of
    kept = min(id_of(TENANT, name) for name in (USER, PARENT))
    number = next(one for one in range(1, 40) if contact(one) > kept)
    whole = await wired.people.merging.merge(TENANT, [address(number), USER, PARENT])
    assert whole.contact == kept
    await wired.people.consenting.agree(TENANT, [OptIn(kept, "web_form")])
    assert await wired.stores.ledger.agreed(made.id) == [number]


@pytest.mark.parametrize("dies", [False, True])
async def test_whoever_turns_out_to_be_somebody_who_agreed_is_written_to(
    wired: Wired, clock: Clock, dying: Callable[[], AbstractContextManager[None]], dies: bool
) -> None:
    made = await asking(wired)
    await wired.people.consenting.agree(TENANT, [OptIn(wired.people.merging.id_of(TENANT, USER), "web_form")])
    with dying() if dies else nullcontext():
        await wired.people.merging.merge(TENANT, [address(1), USER])
    if dies:
        clock.travel(timedelta(seconds=31))
        await wired.upkeep.sweeping.tick()
    await wired.outbound.splitting.split(made.id)
    assert await wired.letters(made) == "ppx"
