"""Redriving: whoever failed is tried again when a person says so, if they may still be written to."""

from collections.abc import Collection
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from shared.campaigns.model import Campaign
from shared.ground.errors import Conflict, OutcomeUnknown
from shared.ledger.states import CampaignState, JobState
from shared.people.consenting import Refusal
from shared.people.contacts.store import Identity
from shared.templates.pins import Pin
from tests.factories import TENANT, address, contact
from tests.stores import Clock
from tests.wired import Wired, refusal

FAILED, UNCONFIRMED = JobState.FAILED, JobState.UNCONFIRMED


async def failed(wired: Wired, jobs: int = 3) -> Campaign:
    """A finished campaign: all failed but the last, whose outcome is unknown."""
    made = await wired.running(jobs)
    for ordinal in range(jobs - 1):
        wired.transport.answers[address(ordinal)] = refusal("refused", f"{7 + ordinal}")
    wired.transport.answers[address(jobs - 1)] = OutcomeUnknown("timeout", "no answer")
    for _ in range(0, jobs, 100):
        await wired.send(made)
    wired.transport.answers.clear()
    return made


async def redrive(
    wired: Wired, made: Campaign, states: Collection[JobState] = (FAILED,), codes: Collection[str] = (), **said: Any
) -> None:
    await wired.outbound.controlling.redrive(made, "ana", states, codes, **said)
    await wired.outbound.dialing.split(made.id)


async def test_who_failed_is_written_to_again(wired: Wired) -> None:
    made = await failed(wired)
    assert await wired.letters(made) == "ffu"
    await redrive(wired, made)
    await wired.send(made)
    assert await wired.letters(made) == "aau"


async def test_only_with_these_codes(wired: Wired) -> None:
    made = await failed(wired)
    await redrive(wired, made, codes=["8"])
    assert await wired.letters(made) == "fdu"


async def test_codes_that_nobody_has_are_told_with_those_that_there_are(wired: Wired) -> None:
    made = await failed(wired, 5)
    with pytest.raises(Conflict) as refused:
        await redrive(wired, made, codes=["63024", "99"])
    assert refused.value.code == "nothing-to-redrive"
    assert refused.value.detail == (
        "No contact of the campaign that is failed has the code 63024 or 99. There are: 10 (1), 7 (1), 8 (1), 9 (1)."
    )
    assert (await wired.stores.ledger.standing(made.id)).latest_redrive == "", "no order was taken"
    with pytest.raises(Conflict, match=r"is unconfirmed has the code 7\. There are: timeout \(1\)\."):
        await redrive(wired, made, [UNCONFIRMED], ["7"], is_confirmed=True)


async def test_of_very_many_codes_the_commonest_are_told(wired: Wired) -> None:
    made = await failed(wired, 30)
    with pytest.raises(Conflict, match=r"\(1\) and 9 more\.$"):
        await redrive(wired, made, codes=["no such"])


async def test_a_person_is_asked_only_about_unknown_outcomes_with_these_codes(wired: Wired) -> None:
    made = await failed(wired)
    await redrive(wired, made, [FAILED, UNCONFIRMED], ["7"])
    assert await wired.letters(made) == "dfu", "nobody who is tried again may have the message"
    with pytest.raises(Conflict, match="1 of them may already have the message"):
        await redrive(wired, made, [FAILED, UNCONFIRMED], ["8", "timeout"])
    assert await wired.letters(made) == "dfu"


async def test_an_unknown_outcome_needs_a_persons_word(wired: Wired) -> None:
    made = await failed(wired)
    with pytest.raises(Conflict, match="1 of them may already have the message") as refused:
        await redrive(wired, made, [UNCONFIRMED])
    assert refused.value.code == "confirmation-needed"
    assert await wired.letters(made) == "ffu"
    await redrive(wired, made, [UNCONFIRMED], is_confirmed=True)
    assert await wired.letters(made) == "ffd"


async def test_an_order_gives_a_campaign_that_goes_on_no_other_text(wired: Wired) -> None:
    """Only a person who resumes does, of a campaign that a change has paused."""
    made = await wired.running(2)
    wired.transport.answers[address(0)] = refusal("refused", "7")
    await wired.send(made, wanted=1)
    pinned = {"en": Pin(None, "worded as before", is_reported=True, is_listed=True)}
    await wired.stores.pins.put(made.id, pinned)
    with suppress(Conflict):
        await wired.outbound.controlling.redrive(made, "ana", [FAILED])
    assert await wired.stores.pins.of(made.id) == pinned


async def test_what_becomes_unknown_while_an_order_waits_is_not_sent_again_unasked(wired: Wired) -> None:
    """Nothing is unknown when the order comes, so nobody is asked."""
    made = await wired.running(2)
    wired.transport.answers[address(0)] = refusal("refused", "7")
    wired.transport.answers[address(1)] = OutcomeUnknown("timeout", "no answer")
    await wired.send(made, wanted=1)
    await wired.outbound.controlling.redrive(made, "ana", [FAILED, UNCONFIRMED])
    await wired.send(made, wanted=1)
    assert await wired.letters(made) == "fu"
    await wired.outbound.dialing.split(made.id)
    assert await wired.letters(made) == "du"


async def test_a_request_that_is_repeated_is_one_order(wired: Wired) -> None:
    made = await failed(wired)
    await redrive(wired, made, once="k1")
    await wired.send(made)
    await redrive(wired, made, once="k1")
    assert await wired.letters(made) == "aau"
    assert len(await wired.stores.ledger.redrives(made.id)) == 1


async def test_a_request_that_is_repeated_after_another_one_is_one_order(wired: Wired) -> None:
    """A dialer's time-out, and a person was quicker. The campaign has ended: it gets no other text by the repetition."""
    made = await failed(wired)
    await redrive(wired, made, codes=["7"], once="k1")
    await redrive(wired, made, codes=["8"], once="k2")
    await wired.send(made)
    pinned = {"en": Pin(None, "worded as before", is_reported=True, is_listed=True)}
    await wired.stores.pins.put(made.id, pinned)
    wired.hints.splits.clear()
    await wired.outbound.controlling.redrive(made, "ana", [FAILED], ["7"], once="k1")
    assert (wired.hints.splits, await wired.stores.pins.of(made.id)) == ([], pinned)
    assert await wired.letters(made) == "aau"
    assert len(await wired.stores.ledger.redrives(made.id)) == 2


async def test_answers_to_those_who_were_tried_again_weeks_later_are_attributed(wired: Wired, clock: Clock) -> None:
    made = await failed(wired)
    clock.travel(timedelta(days=30))
    await redrive(wired, made)
    assert made.id in await wired.stores.campaigns.started_since(made.sender, clock() - timedelta(days=1), 10)


async def test_who_has_refused_since_is_left_out(wired: Wired) -> None:
    made = await failed(wired)
    await wired.people.consenting.refuse(TENANT, Identity(contact(0)), Refusal("agent", wired.now()))
    await redrive(wired, made)
    assert await wired.letters(made) == "fdu"
    (done,) = await wired.stores.ledger.redrives(made.id)
    assert (done.redriven, done.left_out) == (1, 1)


async def test_an_opt_out_after_the_order_is_heard_before_the_message(wired: Wired) -> None:
    made = await failed(wired)
    await redrive(wired, made)
    await wired.people.consenting.refuse(TENANT, Identity(contact(0)), Refusal("agent", wired.now()))
    await wired.send(made)
    assert await wired.letters(made) == "xau"


async def test_nobody_to_be_tried_is_said(wired: Wired) -> None:
    made = await wired.running(1)
    with pytest.raises(Conflict, match="No contact of the campaign is failed"):
        await redrive(wired, made)


async def test_every_page_of_a_base_is_looked_at(wired: Wired) -> None:
    made = await failed(wired, 300)
    await redrive(wired, made)
    assert await wired.letters(made) == "d" * 299 + "u"
    (done,) = await wired.stores.ledger.redrives(made.id)
    assert done.redriven == 299


async def test_an_order_that_a_crash_cut_off_is_found_by_the_janitor(wired: Wired) -> None:
    made = await failed(wired)
    await wired.outbound.controlling.redrive(made, "ana", [FAILED])
    wired.hints.splits.clear()
    await wired.upkeep.sweeping.tick()
    assert wired.hints.splits == [made.id]
    assert (await wired.stores.ledger.standing(made.id)).state is CampaignState.RUNNING
