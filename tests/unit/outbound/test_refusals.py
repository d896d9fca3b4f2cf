"""A refusal that everybody gets pauses the campaign and keeps the rest, by answers or statuses, in one process or many."""

from datetime import timedelta

import pytest

from shared.campaigns.model import Campaign
from shared.ground.errors import Disposition
from shared.ground.http import HttpResponse
from shared.ground.ids import BY_ORIEL, CampaignId
from shared.ledger.model import RefusedRun
from shared.ledger.states import CampaignState, JobState, Move
from shared.outbound.braking import RefusalLimits
from shared.providers.events import DeliveryStatus
from tests.factories import address, campaign
from tests.stores import Clock
from tests.wired import W1, W2, Wired, refuses

WORDS = "Marketing terms not accepted"
DELIVERED, FAILED = DeliveryStatus.DELIVERED, DeliveryStatus.FAILED
IN_FLIGHT = 8  # of the settings in `wired`


def refused(code: str = "63062", words: str = WORDS) -> HttpResponse:
    return refuses(Disposition.REFUSED, code, may_concern_all=True, words=words)


async def told(
    wired: Wired,
    made: Campaign,
    ordinal: int,
    status: DeliveryStatus,
    code: str = "63062",
    attempt: int = 1,
    again: str = "never",
    **error: object,
) -> None:
    error = {"disposition": "refused", "code": code, "again": again, "may_concern_all": True} | error
    failure = error if status is FAILED else None
    entry = await wired.hear(1_000 * attempt + ordinal, wired.status(made, ordinal, status, attempt, failure))
    await wired.inbound.receiving.apply([entry])


async def state_of(wired: Wired, made: Campaign) -> tuple[CampaignState, str, str]:
    standing = await wired.stores.ledger.standing(made.id)
    return standing.state, standing.reason, standing.by


async def test_what_everybody_is_refused_pauses_the_campaign_with_the_providers_words_and_keeps_the_rest(
    wired: Wired,
) -> None:
    made = await wired.running(200)
    wired.transport.answers = {address(number): refused() for number in range(200)}
    await wired.send(made, 200)
    assert await state_of(wired, made) == (CampaignState.PAUSED, f"refused:63062: {WORDS}", BY_ORIEL)
    counts = (await wired.stores.ledger.standing(made.id)).counts
    assert 20 <= counts[JobState.FAILED] <= 20 + IN_FLIGHT
    assert counts[JobState.PENDING] == 200 - counts[JobState.FAILED]


async def test_refusals_in_several_sender_processes_count_together(wired: Wired) -> None:
    made = await wired.running(100)
    wired.transport.answers = {address(number): refused() for number in range(100)}
    await wired.send(made, 15, W1)
    assert (await state_of(wired, made))[0] is CampaignState.RUNNING
    wired.restart()
    await wired.send(made, 15, W2)
    assert (await state_of(wired, made))[0] is CampaignState.PAUSED


async def test_refusals_told_by_statuses_pause_it_too_although_answers_accept_everybody(wired: Wired) -> None:
    made = await wired.running(100)
    await wired.send(made, 60)
    for ordinal in range(19):
        await told(wired, made, ordinal, FAILED, "63054")
        await told(wired, made, ordinal, FAILED, "63054")  # delivered twice, counted once
    assert (await state_of(wired, made))[0] is CampaignState.RUNNING
    await told(wired, made, 19, FAILED, "63054")
    assert await state_of(wired, made) == (CampaignState.PAUSED, "refused:63054: gloss of 63054", BY_ORIEL)


@pytest.mark.parametrize(("is_everybodys", "state"), [(True, CampaignState.PAUSED), (False, CampaignState.RUNNING)])
async def test_failures_that_pass_by_themselves_pause_it_where_statuses_tell_them_of_everybody(
    wired: Wired, is_everybodys: bool, state: CampaignState
) -> None:
    """63012, the channel's internal error, of everybody. A limit of one pair of numbers says nothing about the others."""
    made = await wired.running(100)
    await wired.send(made, 60)
    for ordinal in range(20):
        await told(
            wired, made, ordinal, FAILED, "63012", again="back_off", disposition="not_accepted",
            may_concern_all=is_everybodys,
        )  # fmt: skip
    reason = "refused:63012: gloss of 63012" if is_everybodys else ""
    assert (await state_of(wired, made))[:2] == (state, reason)


async def test_failures_told_before_the_first_deliveries_of_a_fast_campaign_pause_nothing(wired: Wired) -> None:
    """One row in ten has a bad link, which is told at once; that the other nine arrived is told seconds later."""
    made = await wired.running(400)
    await wired.send(made, 60)
    for failed in range(30):
        await told(wired, made, failed, FAILED, "63019")
        await wired.send(made, 10)
    assert (await state_of(wired, made))[0] is CampaignState.RUNNING


async def test_failures_told_after_the_last_message_pause_nothing(wired: Wired) -> None:
    made = await wired.running(60)
    await wired.send(made, 60)
    for failed in range(30):
        await told(wired, made, failed, FAILED, "63054")
    assert (await state_of(wired, made))[0] is not CampaignState.PAUSED


async def test_one_success_ends_a_row_of_refusals(wired: Wired) -> None:
    made = await wired.running(40)
    wired.transport.answers = {address(number): refused() for number in range(40) if number != 19}
    await wired.send(made, 38)
    assert (await state_of(wired, made))[0] is CampaignState.RUNNING


async def test_a_share_of_the_last_outcomes_pauses_it_without_any_row(wired: Wired) -> None:
    made = await wired.running(120)
    wired.transport.answers = {address(number): refused() for number in range(1, 120, 2)}
    for _ in range(9):
        await wired.send(made, 11)
    assert (await state_of(wired, made))[0] is CampaignState.RUNNING
    await wired.send(made, 11)
    assert (await state_of(wired, made))[0] is CampaignState.PAUSED


@pytest.mark.parametrize(("one_in", "state"), [(5, CampaignState.PAUSED), (6, CampaignState.RUNNING)])
@pytest.mark.parametrize("source", ["answers", "statuses"])
async def test_a_share_of_20_percent_is_reached_by_one_in_five_and_not_by_one_in_six(
    wired: Wired, source: str, one_in: int, state: CampaignState
) -> None:
    wired.restart(brakes={"refused_share": 0.2})
    made = await wired.running(160)
    failed = set(range(0, 130, one_in))
    if source == "answers":
        wired.transport.answers = {address(number): refused() for number in failed}
        for _ in range(13):
            await wired.send(made, 10)
            if (await state_of(wired, made))[0] is CampaignState.PAUSED:
                break
    else:
        await wired.send(made, 130)
        for ordinal in range(130):
            await told(wired, made, ordinal, FAILED if ordinal in failed else DELIVERED)
    assert (await state_of(wired, made))[0] is state


@pytest.mark.parametrize("disposition", [Disposition.REFUSED, Disposition.SUPPRESS, Disposition.UNKNOWN])
async def test_what_concerns_one_contact_alone_pauses_nobody(wired: Wired, disposition: Disposition) -> None:
    made = await wired.running(60)
    wired.transport.answers = {address(number): refuses(disposition, "63024") for number in range(60)}
    await wired.send(made, 60)
    assert (await state_of(wired, made))[0] is CampaignState.RUNNING


async def test_outcomes_that_an_unlisted_4xx_leaves_unknown_count_as_refusals(wired: Wired) -> None:
    """Where a provider documents no refusals, a 4xx proves nothing: its messages stay unconfirmed, all of them."""
    made = await wired.running(60)
    doubt = refuses(Disposition.UNKNOWN, "http-418", may_concern_all=True)
    wired.transport.answers = {address(number): doubt for number in range(60)}
    await wired.send(made, 60)
    assert (await state_of(wired, made))[0] is CampaignState.PAUSED


async def test_counting_begins_anew_when_a_person_resumes(wired: Wired) -> None:
    made = await wired.running(100)
    wired.transport.answers = {address(number): refused() for number in range(100)}
    await wired.send(made, 100)
    await wired.stores.ledger.control(made.id, Move.RESUME, "somebody")
    await wired.send(made, 19)
    assert (await state_of(wired, made))[0] is CampaignState.RUNNING
    await wired.send(made, 1)
    assert (await state_of(wired, made))[0] is CampaignState.PAUSED


async def test_a_failure_told_after_a_resume_of_a_message_that_left_before_does_not_count(
    wired: Wired, clock: Clock
) -> None:
    made = await wired.running(100)
    await wired.send(made, 60)
    clock.travel(timedelta(seconds=1))
    await wired.stores.ledger.control(made.id, Move.PAUSE, "somebody")
    await wired.stores.ledger.control(made.id, Move.RESUME, "somebody")
    for ordinal in range(40):
        await told(wired, made, ordinal, FAILED)
    assert (await state_of(wired, made))[0] is CampaignState.RUNNING


async def test_retries_that_fail_together_at_the_end_do_not_pause_a_campaign_whose_messages_arrive(
    wired: Wired, clock: Clock
) -> None:
    """One message in four fails for a cause that may pass, and fails again: nothing arrives between those retries."""
    made = await wired.running(96)
    await wired.send(made, 96)
    failed = range(0, 96, 4)
    for ordinal in range(96):
        await told(wired, made, ordinal, FAILED if ordinal in failed else DELIVERED, "131000", again="back_off")
    clock.travel(timedelta(minutes=6))
    await wired.send(made, 96)
    for ordinal in failed:
        await told(wired, made, ordinal, FAILED, "131000", 2, again="back_off")
    assert (await state_of(wired, made))[0] is CampaignState.RUNNING


async def test_refusals_of_one_campaign_do_not_pause_another(wired: Wired) -> None:
    made = await wired.running(40)
    other = await wired.running(40, campaign(id=CampaignId("cother")))
    wired.transport.answers = {address(number): refused() for number in range(40)}
    await wired.send(made, 15)
    await wired.send(other, 15)
    assert (await state_of(wired, made))[0] is (await state_of(wired, other))[0] is CampaignState.RUNNING


@pytest.mark.parametrize(
    ("before", "successes", "in_a_row", "among_the_last_four"),
    [
        ((), 7, 0, 0),
        ((0, 0), 0, 2, 0),  # only two outcomes so far
        ((0, 0, 0, 0), 0, 4, 4),
        ((0, 1, 1), 1, 2, 3),  # f s f f
        ((0, 1, 2), 3, 0, 2),  # f s f s f s
        ((0, 0), 9, 0, 0),
    ],
)
def test_the_row_and_the_share(
    before: tuple[int, ...], successes: int, in_a_row: int, among_the_last_four: int
) -> None:
    run = RefusedRun(before, successes)
    assert (run.in_a_row, run.among(4)) == (in_a_row, among_the_last_four)


@pytest.mark.parametrize("outcomes", [99, 100, 101])
@pytest.mark.parametrize("failures", [19, 20])
def test_a_share_of_20_percent_is_20_of_the_last_100_outcomes(outcomes: int, failures: int) -> None:
    """The failures are the latest; before them there were successes alone, but for the first, which is too old at 101."""
    limits = RefusalLimits(in_a_row=500, share=0.2, of=100)
    successes = outcomes - failures
    run = RefusedRun((0, *[successes] * (failures - 1)), successes)
    counted = failures - (outcomes > 100)
    assert limits.are_reached(run) is (outcomes >= 100 and counted >= 20)


@pytest.mark.parametrize(("sent_meanwhile", "is_reached"), [(100, True), (101, False)])
def test_where_statuses_tell_them_20_failures_must_be_20_percent_of_what_was_sent_since_the_first(
    sent_meanwhile: int, is_reached: bool
) -> None:
    limits = RefusalLimits(in_a_row=20, share=0.2, of=100)
    assert limits.are_reached(RefusedRun((0,) * 20, 0, (7,) * 20, 7 + sent_meanwhile)) is is_reached


def test_either_limit_is_enough() -> None:
    limits = RefusalLimits(in_a_row=3, share=0.5, of=4)
    assert limits.are_reached(RefusedRun((0, 0, 0), 0))
    assert limits.are_reached(RefusedRun((0, 1), 3)) is False
    assert limits.are_reached(RefusedRun((0, 1), 2))
