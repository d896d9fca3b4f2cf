"""Doubts about everybody pause the campaign and keep the rest: answers that prove nothing, and requests without any."""

import asyncio
from collections.abc import Callable
from itertools import cycle

import pytest

from shared.campaigns.model import Campaign
from shared.ground.errors import Again, Disposition, NotAccepted, OutcomeUnknown
from shared.ground.http import HttpResponse
from shared.ground.ids import BY_ORIEL
from shared.ledger.states import CampaignState, JobState, Move
from shared.providers.events import DeliveryStatus
from tests.factories import address, contact
from tests.stores import until
from tests.wired import W1, W2, Wired, refuses

GLOSS = "success without a message id; it may have been accepted"
ANSWERED = OutcomeUnknown("http-200", GLOSS, may_concern_all=True)
SILENT = OutcomeUnknown("timeout", "the provider did not answer in time; it may have accepted", may_concern_all=True)
UNREACHED = NotAccepted("connect", "no connection to the provider could be opened; nothing was sent", Again.BACK_OFF)
REFUSED = refuses(Disposition.REFUSED, "63062", may_concern_all=True)
IN_FLIGHT = 8  # of the settings in `wired`
Answer = HttpResponse | Exception


def answers(wired: Wired, of: Callable[[int], Answer | None], jobs: int = 1_000) -> None:
    wired.transport.answers = {address(n): answer for n in range(jobs) if (answer := of(n)) is not None}


async def state_of(wired: Wired, made: Campaign) -> tuple[CampaignState, str, str]:
    standing = await wired.stores.ledger.standing(made.id)
    return standing.state, standing.reason, standing.by


async def is_paused(wired: Wired, made: Campaign) -> bool:
    return (await state_of(wired, made))[0] is CampaignState.PAUSED


async def send_by_tens(wired: Wired, made: Campaign, jobs: int) -> int:
    """In parcels of 10, until all have left or the campaign is found paused. Returns how many left."""
    for sent in range(0, jobs, 10):
        if await is_paused(wired, made):
            return sent
        await wired.send(made, 10)
    return jobs


async def test_answers_that_prove_nothing_pause_the_campaign_and_keep_the_rest(wired: Wired) -> None:
    made = await wired.running(200)
    answers(wired, lambda _: ANSWERED)
    await wired.send(made, 200)
    assert await state_of(wired, made) == (CampaignState.PAUSED, f"unconfirmed:http-200: {GLOSS}", BY_ORIEL)
    counts = (await wired.stores.ledger.standing(made.id)).counts
    assert 20 <= counts[JobState.UNCONFIRMED] <= 20 + IN_FLIGHT
    assert counts[JobState.PENDING] == 200 - counts[JobState.UNCONFIRMED]


async def test_the_providers_words_are_in_the_reason(wired: Wired) -> None:
    made = await wired.running(60)
    answers(wired, lambda _: refuses(Disposition.UNKNOWN, "2", may_concern_all=True, words="Service unavailable"))
    await wired.send(made, 60)
    assert (await state_of(wired, made))[1] == "unconfirmed:2: Service unavailable"


async def test_the_pause_is_told_in_one_sentence_with_what_is_unconfirmed_and_how_to_go_on(wired: Wired) -> None:
    made = await wired.running(60)
    answers(wired, lambda _: ANSWERED)
    await wired.send(made, 60)
    unconfirmed = (await wired.stores.ledger.standing(made.id)).counts[JobState.UNCONFIRMED]
    found = await wired.reports.watching.look(made)
    assert found.limited_by == "brake"
    assert f"(http-200: {GLOSS})" in str(found.hint)
    assert f"{unconfirmed} are unconfirmed" in str(found.hint)
    assert "the rest is kept" in str(found.hint)
    assert "oriel campaign redrive --state unconfirmed" in str(found.hint)


async def test_doubts_in_several_sender_processes_count_together(wired: Wired) -> None:
    made = await wired.running(100)
    answers(wired, lambda _: ANSWERED)
    await wired.send(made, 19, W1)
    assert not await is_paused(wired, made)
    wired.restart()
    await wired.send(made, 1, W2)
    assert await is_paused(wired, made)


async def test_one_success_ends_a_row_of_doubts(wired: Wired) -> None:
    made = await wired.running(40)
    answers(wired, lambda number: None if number == 19 else ANSWERED)
    await wired.send(made, 38)
    assert not await is_paused(wired, made)


async def test_a_status_that_proves_an_unknown_message_ends_the_row(wired: Wired) -> None:
    made = await wired.running(60)
    answers(wired, lambda _: ANSWERED)
    await wired.send(made, 19)
    entry = await wired.hear(1, wired.status(made, 0, DeliveryStatus.DELIVERED))
    await wired.inbound.receiving.apply([entry])
    await wired.send(made, 19)
    assert not await is_paused(wired, made)


async def test_refusals_and_doubts_in_turn_are_one_row(wired: Wired) -> None:
    made = await wired.running(60)
    answers(wired, lambda number: (ANSWERED, REFUSED)[number % 2])
    await wired.send(made, 60)
    assert await is_paused(wired, made)
    assert len(wired.transport.sent) <= 20 + IN_FLIGHT


@pytest.mark.parametrize(("turns", "pauses_after"), [((ANSWERED, None), 110), ((ANSWERED, None, None), None)])
async def test_in_mixed_traffic_half_of_the_last_100_pause_it_and_a_third_does_not(
    wired: Wired, turns: tuple[Answer | None, ...], pauses_after: int | None
) -> None:
    wired.restart(sending={"in_flight": 1})
    made = await wired.running(150)
    kinds = [kind for kind, _ in zip(cycle(turns), range(150), strict=False)]
    answers(wired, kinds.__getitem__, 150)
    sent = await send_by_tens(wired, made, 150)
    assert await is_paused(wired, made) is (pauses_after is not None)
    assert sent == (pauses_after or 150)


async def test_a_break_of_the_network_under_every_request_in_flight_pauses_nothing(wired: Wired) -> None:
    """One process has 64 requests on their way. They are lost together, and the next ones find a network again."""
    made = await wired.running(400)
    answers(wired, lambda number: SILENT if 100 <= number < 164 else None)
    for _ in range(4):
        await wired.send(made, 100)
    assert (await wired.stores.ledger.standing(made.id)).counts[JobState.UNCONFIRMED] == 64
    assert not await is_paused(wired, made)


async def test_a_provider_that_never_answers_pauses_it_after_more_than_one_process_has_in_flight(wired: Wired) -> None:
    made = await wired.running(300)
    answers(wired, lambda _: SILENT)
    await wired.send(made, 99)
    assert not await is_paused(wired, made)
    await wired.send(made, 100)
    assert await state_of(wired, made) == (CampaignState.PAUSED, f"unconfirmed:timeout: {SILENT.gloss}", BY_ORIEL)
    counts = (await wired.stores.ledger.standing(made.id)).counts
    assert 100 <= counts[JobState.UNCONFIRMED] <= 100 + IN_FLIGHT


@pytest.mark.parametrize(("turns", "pauses_after"), [((SILENT, None), 210), ((SILENT, None, None), None)])
async def test_of_requests_without_an_answer_half_of_the_last_200_pause_it(
    wired: Wired, turns: tuple[Answer | None, ...], pauses_after: int | None
) -> None:
    wired.restart(sending={"in_flight": 1})
    made = await wired.running(250)
    kinds = [kind for kind, _ in zip(cycle(turns), range(250), strict=False)]
    answers(wired, kinds.__getitem__, 250)
    sent = await send_by_tens(wired, made, 250)
    assert await is_paused(wired, made) is (pauses_after is not None)
    assert sent == (pauses_after or 250)


async def test_how_many_may_stay_without_an_answer_is_a_setting(wired: Wired) -> None:
    wired.restart(brakes={"unanswered_in_a_row": 5})
    made = await wired.running(30)
    answers(wired, lambda _: SILENT)
    await wired.send(made, 4)
    assert not await is_paused(wired, made)
    await wired.send(made, 1)
    assert await is_paused(wired, made)


async def test_a_network_that_is_down_before_anything_is_written_costs_nobody_anything(wired: Wired) -> None:
    made = await wired.running(150)
    answers(wired, lambda _: UNREACHED)
    await wired.send(made, 150)
    counts = (await wired.stores.ledger.standing(made.id)).counts
    assert (counts[JobState.DEFERRED], counts[JobState.UNCONFIRMED]) == (150, 0)
    assert not await is_paused(wired, made)


@pytest.mark.parametrize("doubt", [ANSWERED, SILENT])
async def test_a_resumed_campaign_goes_on_and_counts_anew(wired: Wired, doubt: OutcomeUnknown) -> None:
    made = await wired.running(400)
    answers(wired, lambda _: doubt)
    await wired.send(made, 200)
    assert await is_paused(wired, made)
    await wired.stores.ledger.control(made.id, Move.RESUME, "somebody")
    before = len(wired.transport.sent)
    await wired.send(made, 19)
    assert not await is_paused(wired, made)
    wired.transport.answers = {}
    await wired.send(made, 400)
    assert not await is_paused(wired, made)
    assert len(wired.transport.sent) == 400
    assert before <= 100 + IN_FLIGHT


async def test_doubts_about_messages_that_left_before_the_resume_do_not_count(wired: Wired) -> None:
    """A time-out is told seconds after the request left: by then somebody may have resumed the campaign."""
    wired.restart(sending={"in_flight": 40})
    made = await wired.running(60)
    answers(wired, lambda _: ANSWERED)
    wired.transport.held = {address(number) for number in range(40)}
    sending = asyncio.create_task(wired.send(made, 40))
    await until(lambda: len(wired.transport.sent) == 40)
    await wired.stores.ledger.control(made.id, Move.PAUSE, "somebody")
    await wired.stores.ledger.control(made.id, Move.RESUME, "somebody")
    wired.transport.let_go.set()
    await sending
    assert (await wired.stores.ledger.standing(made.id)).counts[JobState.UNCONFIRMED] == 40
    assert not await is_paused(wired, made)
    await wired.send(made, 20)
    assert await is_paused(wired, made)


async def test_a_pause_for_doubts_holds_no_reply(wired: Wired) -> None:
    made = await wired.running(60)
    entry = await wired.hear(
        1, {"from": [address(0)], "id": "IN1", "at": int(wired.now().timestamp() * 1000), "text": "hello"}
    )
    await wired.inbound.receiving.apply([entry])
    answers(wired, lambda number: ANSWERED if number else None)
    await wired.send(made, 60)
    assert await is_paused(wired, made)
    await wired.reply(await wired.stores.contacts.resolve(contact(0)), "of course")
    await wired.conversations.dispatching.dispatch(contact(0), made.sender, W1)
    assert wired.transport.sent[-1].get("text") == "of course"


async def test_doubts_about_replies_pause_no_campaign(wired: Wired) -> None:
    made = await wired.running(60)
    answers(wired, lambda _: ANSWERED)
    for number in range(25):
        at = int(wired.now().timestamp() * 1000)
        entry = await wired.hear(number, {"from": [address(number)], "id": f"IN{number}", "at": at, "text": "hello"})
        await wired.inbound.receiving.apply([entry])
        await wired.reply(await wired.stores.contacts.resolve(contact(number)), "of course")
        await wired.conversations.dispatching.dispatch(contact(number), made.sender, W1)
    assert len(wired.transport.sent) == 25
    assert not await is_paused(wired, made)
