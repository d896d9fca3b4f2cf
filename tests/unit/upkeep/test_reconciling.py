"""Reconciling: a request without an answer is looked for in the provider's list, and what the list says is applied."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from shared.campaigns.model import Campaign, UnconfirmedPolicy
from shared.ground.errors import NotAccepted, OutcomeUnknown
from shared.ground.ids import CampaignId
from shared.ledger.model import JobRecord
from shared.ledger.states import CampaignState, JobState, Move
from shared.providers.account import Account
from shared.providers.events import DeliveryStatus
from shared.providers.flows import RequestFlow
from shared.providers.reconciling import Listed, Listing, Sought
from tests.factories import SENDER, address, campaign, rows
from tests.fields import RulesFields
from tests.stores import Clock
from tests.wired import SCRIPTED, TIMING, Wired, refusal

QUIET = timedelta(seconds=TIMING.unconfirmed_after_seconds / 2)
FIRST = timedelta(seconds=30)
UNKNOWN = timedelta(seconds=TIMING.unconfirmed_after_seconds + 1)


@dataclass
class Lists:
    """The provider's messages by address. asked: each question."""

    messages: dict[str, list[Listed]] = field(default_factory=dict)
    asked: list[Sought] = field(default_factory=list)
    error: Exception | None = None
    is_complete: bool = True

    def list_messages(self, account: Account, sought: Sought) -> RequestFlow[Listing]:  # noqa: ARG002
        self.asked.append(sought)
        if self.error is not None:
            raise self.error
        yield from ()  # no request: the list is here
        return Listing(self.messages.get(sought.to, ()), self.is_complete)


@pytest.fixture
def lists(wired: Wired) -> Lists:
    lists = Lists()
    wired.clients[SENDER] = replace(wired.clients[SENDER], dialect=replace(SCRIPTED, reconciling=lists))
    wired.restart()
    return lists


async def unanswered(wired: Wired, jobs: int = 1, made: Campaign | None = None) -> Campaign:
    """A campaign none of whose requests was answered."""
    for number in range(jobs):
        wired.transport.answers[address(number)] = OutcomeUnknown("timeout", "no answer")
    running = await wired.running(jobs, made)
    await wired.send(running)
    assert await wired.letters(running) == "u" * jobs
    return running


def listed(
    wired: Wired, name: str = "SMlisted", status: DeliveryStatus = DeliveryStatus.SENT, text: str = ""
) -> Listed:
    error = refusal("refused", "63024") if status is DeliveryStatus.FAILED else None
    return Listed(name, wired.now(), status, wired.now(), text, error=error)


async def job(wired: Wired, of: Campaign, ordinal: int = 0) -> JobRecord:
    return (await wired.stores.ledger.jobs(of.id, [ordinal]))[0]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (DeliveryStatus.SENT, JobState.ACCEPTED),
        (DeliveryStatus.DELIVERED, JobState.DELIVERED),
        (DeliveryStatus.READ, JobState.READ),
        (DeliveryStatus.FAILED, JobState.FAILED),
    ],
)
async def test_a_message_that_is_listed_resolves_its_job_with_id_and_status(
    wired: Wired, clock: Clock, lists: Lists, status: DeliveryStatus, state: JobState
) -> None:
    made = await unanswered(wired)
    lists.messages[address(0)] = [listed(wired, status=status)]
    assert await wired.upkeep.reconciling.round() == 0, "a status has time to come first"
    assert lists.asked == []
    await _list_its_text(wired, clock, lists)
    assert await wired.upkeep.reconciling.round() == 1
    found = await job(wired, made)
    assert (found.state, found.provider_message_id) == (state, "SMlisted")
    assert len(wired.transport.sent) == 1, "without a second request"


async def _list_its_text(wired: Wired, clock: Clock, lists: Lists) -> None:
    """The provider lists what was sought, with the text of the request; an empty list is asked first to learn it."""
    held, lists.messages[address(0)] = lists.messages[address(0)], []
    clock.travel(FIRST)
    assert await wired.upkeep.reconciling.round() == 0
    lists.messages[address(0)] = [replace(one, text=lists.asked[-1].text) for one in held]
    clock.travel(QUIET)


async def test_the_list_is_asked_about_the_text_and_the_time_of_the_request(
    wired: Wired, clock: Clock, lists: Lists
) -> None:
    made = await unanswered(wired)
    began, left_at = (await wired.stores.ledger.standing(made.id)).started_at, wired.now()
    clock.travel(FIRST)
    await wired.upkeep.reconciling.round()
    (sought,) = lists.asked
    assert (sought.to, sought.since, sought.until) == (address(0), began, left_at)
    assert sought.text
    assert "{{" not in sought.text


async def test_a_message_of_another_job_or_of_an_agent_is_not_taken_for_it(
    wired: Wired, clock: Clock, lists: Lists
) -> None:
    """Its id is noted with whom it went to."""
    other = await wired.running(1, campaign(id=CampaignId("cother")))
    await wired.send(other)
    accepted = (await job(wired, other)).provider_message_id
    made = await unanswered(wired)
    lists.messages[address(0)] = [listed(wired, accepted)]
    clock.travel(QUIET)
    assert await wired.upkeep.reconciling.round() == 0
    found = await job(wired, made)
    assert (found.state, found.reason) == (JobState.UNCONFIRMED, "not-listed")


async def test_one_message_is_not_found_for_two_jobs(wired: Wired, clock: Clock, lists: Lists) -> None:
    one, two = [await unanswered(wired, 1, campaign(id=CampaignId(f"c{name}"))) for name in ("one", "two")]
    lists.messages[address(0)] = [listed(wired)]
    clock.travel(QUIET)
    await wired.upkeep.reconciling.round()
    states = sorted([(await job(wired, made)).state.value for made in (one, two)])
    assert states == ["accepted", "unconfirmed"]


@pytest.mark.parametrize(
    ("names", "is_complete", "reason"),
    [((), True, "not-listed"), (("SM1", "SM2"), True, "several-listed"), (("SM1",), False, "listed-otherwise"),
     ((), False, "listed-otherwise")],
)  # fmt: skip
async def test_what_the_list_does_not_prove_is_said_after_a_quiet_time_and_asked_no_more(
    wired: Wired, clock: Clock, lists: Lists, names: tuple[str, ...], is_complete: bool, reason: str
) -> None:
    made = await unanswered(wired)
    lists.messages[address(0)], lists.is_complete = [listed(wired, name) for name in names], is_complete
    clock.travel(FIRST)
    for _ in range(3):
        await wired.upkeep.reconciling.round()
    assert len(lists.asked) == 1, "once, before the quiet time"
    assert (await job(wired, made)).reason != reason
    clock.travel(QUIET)
    for _ in range(3):
        await wired.upkeep.reconciling.round()
    assert len(lists.asked) == 2
    found = await job(wired, made)
    assert (found.state, found.reason) == (JobState.UNCONFIRMED, reason)


async def test_a_status_still_resolves_a_job_that_is_not_listed(wired: Wired, clock: Clock, lists: Lists) -> None:
    made = await unanswered(wired)
    clock.travel(QUIET)
    await wired.upkeep.reconciling.round()
    assert (await job(wired, made)).reason == "not-listed"
    entry = await wired.hear(1, wired.status(made, 0, DeliveryStatus.DELIVERED))
    await wired.inbound.receiving.apply([entry])
    found = await job(wired, made)
    assert (found.state, found.reason) == (JobState.DELIVERED, "")


async def test_a_round_asks_no_more_than_it_may(wired: Wired, clock: Clock, lists: Lists) -> None:
    await unanswered(wired, 5)
    clock.travel(FIRST)
    for asked in (2, 4, 5, 5):
        await wired.upkeep.reconciling.round()
        assert len(lists.asked) == asked


async def test_a_provider_that_does_not_answer_is_left_alone_for_a_while(
    wired: Wired, clock: Clock, lists: Lists
) -> None:
    made = await unanswered(wired, 2)
    lists.error = NotAccepted("connect", "no connection")
    clock.travel(QUIET)
    for _ in range(3):
        await wired.upkeep.reconciling.round()
    assert len(lists.asked) == 1
    lists.error = None
    clock.travel(timedelta(seconds=11))
    await wired.upkeep.reconciling.round()
    assert {(await job(wired, made, ordinal)).reason for ordinal in range(2)} == {"not-listed"}


async def test_a_campaign_that_finished_meanwhile_is_still_looked_after(
    wired: Wired, clock: Clock, lists: Lists
) -> None:
    made = await unanswered(wired)
    await wired.upkeep.reconciling.round()
    clock.travel(UNKNOWN)
    await wired.upkeep.sweeping.tick()
    assert (await wired.stores.ledger.standing(made.id)).state is CampaignState.FINISHED
    lists.messages[address(0)] = [replace(listed(wired), created_at=wired.now() - UNKNOWN)]
    assert await wired.upkeep.reconciling.round() == 1
    assert (await job(wired, made)).state is JobState.ACCEPTED


async def test_nobody_is_asked_where_the_provider_has_no_list_or_nobody_wants_it(wired: Wired, lists: Lists) -> None:
    wired.restart(reconciliation={"looks_per_second": 0})
    assert await wired.upkeep.reconciling.round() == 0
    assert lists.asked == []


# ── `unconfirmed = "resend"` ────────────────────────────────────────────────────────────────────────────────────────

RESEND: RulesFields = {"unconfirmed": UnconfirmedPolicy.RESEND}


@pytest.mark.parametrize(("names", "letter"), [((), "p"), (("SM1", "SM2"), "u"), (("SM1",), "a")])
async def test_only_a_job_that_is_not_listed_is_sent_again(
    wired: Wired, clock: Clock, lists: Lists, names: tuple[str, ...], letter: str
) -> None:
    made = await unanswered(wired, 1, campaign(RESEND))
    lists.messages[address(0)] = [listed(wired, name) for name in names]
    clock.travel(UNKNOWN)
    await wired.upkeep.sweeping.tick()
    assert await wired.letters(made) == "u", "nobody was asked yet"
    await wired.upkeep.reconciling.round()
    await wired.upkeep.sweeping.tick()
    assert await wired.letters(made) == letter


async def test_a_campaign_does_not_wait_for_ever_for_a_provider_that_cannot_be_asked(
    wired: Wired, clock: Clock, lists: Lists
) -> None:
    lists.error = NotAccepted("connect", "no connection")
    made = await unanswered(wired, 1, campaign(RESEND))
    clock.travel(UNKNOWN)
    await wired.upkeep.reconciling.round()
    await wired.upkeep.sweeping.tick()
    assert (await wired.stores.ledger.standing(made.id)).state is CampaignState.RUNNING
    clock.travel(timedelta(hours=1))
    await wired.upkeep.sweeping.tick()
    assert (await wired.stores.ledger.standing(made.id)).state is CampaignState.FINISHED
    assert await wired.letters(made) == "u"


async def test_a_number_that_never_answers_is_written_to_three_times_at_most(wired: Wired, clock: Clock) -> None:
    """The provider has no list."""
    wired.transport.answers[address(0)] = OutcomeUnknown("timeout", "no answer")
    made = await wired.running(1, campaign(RESEND), rows(1))
    for _ in range(3):
        await wired.send(made)
        clock.travel(UNKNOWN)
        await wired.upkeep.sweeping.tick()
    assert (await wired.stores.ledger.standing(made.id)).state is CampaignState.FINISHED
    found = await job(wired, made)
    assert (found.state, found.attempt, len(wired.transport.sent)) == (JobState.UNCONFIRMED, 3, 3)


async def test_a_round_ends_although_its_campaign_was_cancelled_meanwhile(wired: Wired, clock: Clock) -> None:
    """A resend that is stale would be found again and again."""
    made = await wired.running(2, campaign(RESEND))
    for number in range(2):
        wired.transport.answers[address(number)] = OutcomeUnknown("timeout", "no answer")
    await wired.send(made)
    clock.travel(UNKNOWN)
    standing = await wired.stores.ledger.standing(made.id)
    await wired.stores.ledger.control(made.id, Move.CANCEL, "somebody")
    await wired.upkeep.sweeping._resend_unconfirmed(made.id, standing)
    assert await wired.letters(made) == "uu"
