"""Sweeping: what happens when nobody does anything; and when a campaign is over."""

import json
import math
from datetime import timedelta

import pytest

from shared.campaigns.model import UnconfirmedPolicy
from shared.ground import keys
from shared.ground.errors import OutcomeUnknown
from shared.ground.ids import CampaignId, UploadId
from shared.ground.lua import OUTAGE
from shared.ledger.model import Kind, Lease, Settlement
from shared.ledger.states import CampaignState, JobState, Move
from shared.outbound.releasing import room_for
from shared.upkeep.sweeping import ENOUGH, JOINS_WITHIN
from tests.factories import CAMPAIGN, SENDER, UPLOAD, address, campaign, contact, rows
from tests.stores import Clock, broken_store
from tests.wired import OPENED, W1, Wired

PATIENCE = timedelta(seconds=601)
UNOPENED = timedelta(seconds=10)


async def state(wired: Wired, of: CampaignId = CAMPAIGN) -> CampaignState:
    return (await wired.stores.ledger.standing(of)).state


async def opened(wired: Wired, jobs: int) -> Lease:
    made = await wired.running(jobs)
    lease = await wired.leased(made)
    await wired.stores.ledger.open_lease(made.id, lease.id, W1, OPENED)
    return lease


async def test_each_campaign_of_a_round_is_told_so_that_a_long_round_is_not_taken_for_a_stuck_one(wired: Wired) -> None:
    for number in range(3):
        await wired.running(made=campaign(id=CampaignId(f"c{number}")), base=rows(1))
    told = 0

    async def swept() -> None:
        nonlocal told
        told += 1

    await wired.upkeep.sweeping.tick(swept)
    assert told == 3


async def test_a_round_releases_what_goes_on_and_ends_what_is_done(wired: Wired) -> None:
    over = await wired.running(made=campaign(id=CampaignId("cover")), base=rows(1))
    await wired.send(over)
    goes_on = await wired.running(3)
    assert await wired.upkeep.sweeping.tick() == {goes_on.id: SENDER}
    assert wired.hints.releases == [SENDER]
    assert await state(wired, over.id) is CampaignState.FINISHED
    assert set(await wired.stores.campaigns.active()) == {goes_on.id}


async def test_a_sender_with_enough_work_in_flight_is_left_alone_and_one_with_less_is_hinted_at(
    wired: Wired,
) -> None:
    """The end of each parcel hints at the next ones; the round is for hints that were lost."""
    made, enough = await wired.running(200), math.ceil(ENOUGH * room_for(wired.senders.rates[SENDER], 0))
    lease = await wired.stores.ledger.take_lease(made.id, enough, 1_000, UNOPENED)
    assert lease is not None
    await wired.upkeep.sweeping.tick()
    assert wired.hints.releases == []
    await wired.stores.ledger.open_lease(made.id, lease.id, W1, OPENED)
    await wired.stores.ledger.close_lease(made.id, lease.id, W1, lease.ordinals[:1], {})
    await wired.upkeep.sweeping.tick()
    assert wired.hints.releases == [SENDER]


@pytest.mark.parametrize("is_paused", [False, True])
async def test_whoever_waits_at_the_deadline_has_expired_and_the_campaign_is_over(
    wired: Wired, clock: Clock, is_paused: bool
) -> None:
    made = await wired.running(200, campaign({"deadline_at": clock() + timedelta(hours=1)}))
    await wired.send(made, 10)
    clock.travel(timedelta(hours=1) - timedelta(milliseconds=1))
    await wired.upkeep.sweeping.tick()
    assert (await wired.stores.ledger.standing(made.id)).counts[JobState.PENDING] == 190
    if is_paused:
        await wired.outbound.controlling.pause(made, "ana", "")
    clock.travel(timedelta(milliseconds=1))
    await wired.upkeep.sweeping.tick()
    standing = await wired.stores.ledger.standing(made.id)
    assert standing.state is (CampaignState.PAUSED if is_paused else CampaignState.FINISHED)
    assert (standing.counts[JobState.ACCEPTED], standing.counts[JobState.EXPIRED], standing.total) == (10, 190, 200)


async def test_a_campaign_that_stays_open_is_over_with_its_deadline(wired: Wired, clock: Clock) -> None:
    """Nobody who is added could be written to."""
    made = await wired.running(2, campaign({"open": True, "deadline_at": clock() + timedelta(hours=1)}))
    await wired.send(made)
    await wired.upkeep.sweeping.tick()
    assert await state(wired) is CampaignState.RUNNING
    clock.travel(timedelta(hours=1))
    await wired.upkeep.sweeping.tick()
    assert await state(wired) is CampaignState.FINISHED


async def test_an_index_entry_without_a_campaign_is_dropped(wired: Wired) -> None:
    await wired.stores.campaigns.activate(campaign(id=CampaignId("cgone")))
    assert await wired.upkeep.sweeping.tick() == {}
    assert await wired.stores.campaigns.active() == {}


async def test_what_is_wrong_with_one_campaign_holds_up_no_other(wired: Wired) -> None:
    """A description that another release wrote, found first."""
    odd, over = campaign(id=CampaignId("cbefore")), campaign()
    await wired.running(1, odd)
    await wired.redis.set(keys.campaign(odd.id), json.dumps({"v": 99}))
    await wired.stores.ledger.settle(Settlement(odd.id, 0, 1, Kind.READ, wired.now()))
    await wired.running(1)
    await wired.send(over)
    assert set(await wired.upkeep.sweeping.tick()) == {odd.id}
    assert await state(wired) is CampaignState.FINISHED


async def test_a_store_that_is_away_ends_the_round(wired: Wired) -> None:
    await wired.running(1)
    with broken_store(), pytest.raises(OUTAGE):
        await wired.upkeep.sweeping.tick()


async def test_leases_that_ran_out_come_back(wired: Wired, clock: Clock) -> None:
    await opened(wired, 3)
    await wired.upkeep.liveness.beat("worker-1")
    await wired.upkeep.sweeping.tick()
    assert await wired.letters(campaign()) == "lll"
    clock.travel(OPENED + timedelta(seconds=1))
    await wired.upkeep.sweeping.tick()
    assert await wired.letters(campaign()) == "ppp"


async def test_leases_of_a_dead_worker_come_back_sooner(wired: Wired, clock: Clock) -> None:
    await opened(wired, 3)
    await wired.upkeep.liveness.beat("worker-1")
    clock.travel(timedelta(seconds=5))
    await wired.upkeep.sweeping.tick()
    assert await wired.letters(campaign()) == "lll"
    clock.travel(timedelta(seconds=2))
    await wired.upkeep.sweeping.tick()
    assert await wired.letters(campaign()) == "ppp"


# ── the end ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_unknown_outcome_delays_the_end(wired: Wired, clock: Clock) -> None:
    made = await wired.running(1)
    wired.transport.answers[address(0)] = OutcomeUnknown("timeout", "no answer")
    await wired.send(made)
    assert await wired.upkeep.sweeping.tick() != {}
    clock.travel(PATIENCE)
    assert await wired.upkeep.sweeping.tick() == {}
    assert await state(wired) is CampaignState.FINISHED
    assert await wired.letters(made) == "u", "unknown stays unknown"
    assert len(wired.transport.sent) == 1


async def test_a_finished_campaign_leaves_the_index_at_the_second_look(wired: Wired) -> None:
    """At the first, a status may be about to open it again."""
    made = await wired.running(1)
    await wired.send(made)
    await wired.upkeep.sweeping.tick()
    await wired.stores.campaigns.activate(made)
    assert await wired.upkeep.sweeping.tick() == {}
    assert set(await wired.stores.campaigns.active()) == {made.id}
    assert await wired.upkeep.sweeping.tick() == {}
    assert await wired.stores.campaigns.active() == {}


async def test_an_open_campaign_stays_alive(wired: Wired) -> None:
    made = await wired.running(1, campaign({"open": True}))
    await wired.send(made)
    assert await wired.upkeep.sweeping.tick() == {made.id: SENDER}
    assert await state(wired) is CampaignState.RUNNING


async def test_a_paused_campaign_waits(wired: Wired) -> None:
    made = await wired.running(1)
    await wired.send(made)
    await wired.stores.ledger.control(made.id, Move.PAUSE, "somebody")
    assert await wired.upkeep.sweeping.tick() == {made.id: SENDER}
    assert await state(wired) is CampaignState.PAUSED


async def test_a_cancelled_campaign_is_looked_after_until_its_leases_are_back(wired: Wired, clock: Clock) -> None:
    await opened(wired, 2)
    await wired.upkeep.liveness.beat("worker-1")
    await wired.stores.ledger.control(CAMPAIGN, Move.CANCEL, "somebody")
    assert await wired.upkeep.sweeping.tick() == {CAMPAIGN: SENDER}
    clock.travel(OPENED + timedelta(seconds=1))
    assert await wired.upkeep.sweeping.tick() == {}
    assert await wired.letters(campaign()) == "cc"


async def test_a_campaign_that_ends_twice_ends_once(wired: Wired) -> None:
    made = await wired.running(1)
    await wired.send(made)
    assert await wired.upkeep.sweeping.sweep(made.id)
    assert await wired.upkeep.sweeping.sweep(made.id)


async def test_an_upload_that_waits_keeps_it_from_ending_and_is_split(wired: Wired) -> None:
    made = await wired.running(1)
    await wired.send(made)
    await wired.upload(made, rows(2, first=10), UploadId("usecond"))
    await wired.upkeep.sweeping.tick()
    assert await state(wired) is CampaignState.RUNNING
    assert wired.hints.splits == [made.id]


async def test_a_split_that_nobody_got_on_with_is_hinted_again(wired: Wired) -> None:
    made = await wired.create()
    await wired.upload(made, rows(2), UploadId("ufirst"))
    await wired.outbound.splitting.split(made.id)
    await wired.start(made)
    for _ in range(3):
        await wired.upkeep.sweeping.tick()
    assert set(wired.hints.splits) == {made.id}
    await wired.outbound.splitting.split(made.id)
    wired.hints.splits.clear()
    await wired.upkeep.sweeping.tick()
    assert wired.hints.splits == []


# ── sent again, where the campaign says so by name ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("rule", "letter"), [(UnconfirmedPolicy.HOLD, "u"), (UnconfirmedPolicy.RESEND, "p")])
async def test_what_stays_unknown(wired: Wired, clock: Clock, rule: UnconfirmedPolicy, letter: str) -> None:
    made = await wired.running(2, campaign({"unconfirmed": rule}))
    wired.transport.answers[address(0)] = OutcomeUnknown("timeout", "no answer")
    await wired.send(made, 1)
    clock.travel(timedelta(seconds=590))
    await wired.upkeep.sweeping.tick()
    assert await wired.letters(made) == "up", "not while it may still become known"
    clock.travel(timedelta(seconds=11))
    await wired.upkeep.sweeping.tick()
    assert await wired.letters(made) == letter + "p"


async def test_what_is_sent_again_is_another_attempt(wired: Wired, clock: Clock) -> None:
    made = await wired.running(1, campaign({"unconfirmed": UnconfirmedPolicy.RESEND}))
    wired.transport.answers[address(0)] = OutcomeUnknown("timeout", "no answer")
    await wired.send(made)
    clock.travel(PATIENCE)
    await wired.upkeep.sweeping.tick()
    assert await state(wired) is CampaignState.RUNNING, "somebody waits again"
    wired.transport.answers.clear()
    await wired.send(made)
    (job,) = await wired.stores.ledger.page_of_jobs(made.id, 0)
    assert (job.state, job.attempt) == (JobState.ACCEPTED, 2)
    assert await wired.upkeep.sweeping.tick() == {}


async def test_a_paused_campaign_sends_nothing_again(wired: Wired, clock: Clock) -> None:
    made = await wired.running(1, campaign({"unconfirmed": UnconfirmedPolicy.RESEND}))
    wired.transport.answers[address(0)] = OutcomeUnknown("timeout", "no answer")
    await wired.send(made)
    await wired.stores.ledger.control(made.id, Move.PAUSE, "somebody")
    clock.travel(PATIENCE)
    await wired.upkeep.sweeping.tick()
    assert await wired.letters(made) == "u"


async def test_an_upload_whose_process_died_while_it_joined_is_whole_before_the_start(
    wired: Wired, clock: Clock
) -> None:
    """The campaign is a draft, so no index of active campaigns has it."""
    made = await wired.create()
    await wired.stores.uploads.announce(made.id, UPLOAD)
    await wired.upload(made, rows(3), UPLOAD, page_rows=1)
    page = await anext(wired.stores.uploads.read_staged(made.id, UPLOAD))
    await wired.stores.ledger.admit(made.id, UPLOAD, 0, page.page, [contact(0)])
    assert (await wired.stores.ledger.standing(made.id)).total == 1

    await wired.upkeep.sweeping.tick()
    assert wired.hints.splits == [], "it may still be joining"
    clock.travel(JOINS_WITHIN)
    await wired.upkeep.sweeping.tick()
    assert wired.hints.splits == [made.id]
    await wired.outbound.splitting.split(made.id)
    assert (await wired.stores.ledger.standing(made.id)).total == 3
    clock.travel(JOINS_WITHIN)
    await wired.upkeep.sweeping.tick()
    assert wired.hints.splits == [made.id]


@pytest.mark.parametrize("over", ["cancelled", "gone"])
async def test_an_upload_that_cannot_join_any_more_is_forgotten(wired: Wired, clock: Clock, over: str) -> None:
    made = await wired.create() if over == "cancelled" else campaign()
    await wired.stores.uploads.announce(made.id, UPLOAD)
    await wired.upload(made, rows(1), UPLOAD)
    if over == "cancelled":
        await wired.stores.ledger.control(made.id, Move.CANCEL, "somebody")
    clock.travel(JOINS_WITHIN)
    await wired.upkeep.sweeping.tick()
    assert wired.hints.splits == []
    assert await wired.redis.exists(keys.joining_uploads()) == 0
