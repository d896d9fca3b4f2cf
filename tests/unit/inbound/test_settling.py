"""Settling: what a provider reports reaches the job it is about, once, early or late, in any order."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from shared.campaigns.model import Campaign
from shared.conversations.outbox.model import MessageState
from shared.ground import keys
from shared.ground.errors import Disposition, OutcomeUnknown, SendError
from shared.ground.ids import CampaignId, EntryId, MessageReference, Reference, SenderId, TenantId
from shared.inbound.settling import settlement_of
from shared.ledger.model import Kind
from shared.ledger.states import CampaignState, JobState
from shared.people.consenting import Refusal
from shared.people.contacts.store import Identity
from shared.providers.account import Account
from shared.providers.client import ProviderClient
from shared.providers.events import DeliveryStatus, StatusReported
from tests.factories import CAMPAIGN, SECRET, SENDER, TENANT, address, campaign, contact, rows
from tests.stores import START, Clock
from tests.unit.inbound.telling import said, tell
from tests.wired import SCRIPTED, TIMING, W1, Wired, refusal

SENT, DELIVERED, READ, FAILED = DeliveryStatus


def error(disposition: Disposition, code: str = "7", again: str = "never") -> dict[str, object]:
    return {"disposition": disposition, "code": code, "again": again}


@pytest.mark.parametrize(
    ("said", "letter"),
    [
        ([SENT], "a"), ([DELIVERED], "v"), ([READ], "r"), ([READ, DELIVERED, SENT], "r"), ([DELIVERED, FAILED], "v"),
        ([FAILED], "f"), ([FAILED, SENT], "f"), ([FAILED, DELIVERED], "v"),
    ],
)  # fmt: skip
async def test_statuses_move_the_job(wired: Wired, said: list[DeliveryStatus], letter: str) -> None:
    made = await wired.running(2)
    await wired.send(made)
    for number, status in enumerate(said):
        failure = error(Disposition.REFUSED) if status is FAILED else None
        entry = await wired.hear(number, wired.status(made, 0, status, error=failure))
        assert await wired.inbound.receiving.apply([entry]) == 1
    assert await wired.letters(made) == letter + "a"
    assert await wired.stores.journal.size() == 0


async def test_applied_twice_is_applied_once(wired: Wired) -> None:
    made = await wired.running(1)
    await wired.send(made)
    for _ in range(2):
        await wired.inbound.receiving.apply([await wired.hear(1, wired.status(made, 0, READ))])
    assert await wired.letters(made) == "r"
    assert await wired.inbound.receiving.apply([EntryId("e1")]) == 0


async def test_each_event_of_a_body_is_told_so_that_a_long_body_is_not_taken_for_a_stuck_one(wired: Wired) -> None:
    made = await wired.running(3)
    await wired.send(made)
    entry = await wired.hear(1, *(wired.status(made, ordinal, READ) for ordinal in range(3)))
    told = 0

    def applied() -> None:
        nonlocal told
        told += 1

    assert await wired.inbound.receiving.apply([entry], applied) == 1
    assert told == 3


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_entries_in_any_order(wired: Wired, order: tuple[int, ...]) -> None:
    made = await wired.running(1)
    await wired.send(made)
    entries = [await wired.hear(n, wired.status(made, 0, status)) for n, status in enumerate([SENT, DELIVERED, READ])]
    for index in order:
        await wired.inbound.receiving.apply([entries[index]])
    assert await wired.letters(made) == "r"


async def test_a_status_resolves_what_was_unknown(wired: Wired) -> None:
    """Our reference is enough: the message's id was never learnt."""
    made = await wired.running(1)
    wired.transport.answers[address(0)] = OutcomeUnknown("timeout", "no answer")
    await wired.send(made)
    assert await wired.letters(made) == "u"
    await wired.inbound.receiving.apply([await wired.hear(1, wired.status(made, 0, DELIVERED))])
    (job,) = await wired.stores.ledger.page_of_jobs(made.id, 0)
    assert (job.state, job.provider_message_id) == (JobState.DELIVERED, "SM0")


async def hear_without_reference(wired: Wired, made: Campaign, status: DeliveryStatus, **said: object) -> None:
    (job, *_) = await wired.stores.ledger.page_of_jobs(made.id, 0)
    lost: dict[str, object] = {"reference": None, "id": job.provider_message_id or "SM1", **said}
    await wired.inbound.receiving.apply([await wired.hear(9, wired.status(made, 0, status) | lost)])


@pytest.mark.parametrize("addresses", [[address(0)], []])
async def test_a_status_that_lost_our_reference_finds_its_job_by_the_providers_id(
    wired: Wired, addresses: list[str]
) -> None:
    """A service with a status address of its own drops the reference. Where the recipient is not named, our note is."""
    made = await wired.running(2)
    await wired.send(made)
    await hear_without_reference(wired, made, READ, addresses=addresses)
    assert await wired.letters(made) == "ra"


async def test_a_late_status_without_our_reference_is_about_the_attempt_that_has_its_id(wired: Wired) -> None:
    made = await wired.running(1)
    await wired.send(made)
    failure = error(Disposition.REFUSED, "63049", "next_day")
    await wired.inbound.receiving.apply([await wired.hear(1, wired.status(made, 0, FAILED, error=failure))])
    assert await wired.letters(made) == "d"
    await hear_without_reference(wired, made, DELIVERED, addresses=[address(0)])
    assert await wired.letters(made) == "v"


async def test_a_status_without_our_reference_proves_nothing_about_a_job_without_an_id(wired: Wired) -> None:
    made = await wired.running(1)
    wired.transport.answers[address(0)] = OutcomeUnknown("timeout", "no answer")
    await wired.send(made)
    await hear_without_reference(wired, made, DELIVERED, addresses=[address(0)])
    assert await wired.letters(made) == "u"


async def test_the_id_of_a_message_that_is_not_ours_proves_nothing_about_its_recipients_job(wired: Wired) -> None:
    made = await wired.running(1)
    await wired.send(made)
    await hear_without_reference(wired, made, READ, addresses=[address(0)], id="SMother")
    assert await wired.letters(made) == "a"


@pytest.mark.parametrize("reference", [None, "", "nonsense", "caaaa.0.1.wrongmac", "c.0.1"])
async def test_what_is_not_about_us_is_counted_and_forgotten(wired: Wired, reference: str | None) -> None:
    made = await wired.running(1)
    event = wired.status(made, 0, READ) | {"reference": reference}
    assert await wired.inbound.receiving.apply([await wired.hear(1, event)]) == 1
    assert await wired.letters(made) == "p"
    assert await wired.stores.journal.size() == 0


async def test_a_campaign_that_is_gone_is_no_obstacle(wired: Wired) -> None:
    """Its retention has passed: the fact has nowhere to go."""
    gone = campaign(id=CampaignId("cgone"))
    event = wired.status(gone, 0, FAILED, error=error(Disposition.SUPPRESS))
    assert await wired.inbound.receiving.apply([await wired.hear(1, event)]) == 1


@pytest.mark.parametrize(
    "failure", [error(Disposition.REFUSED, again="next_day"), error(Disposition.REFUSED) | {"may_concern_all": True}]
)
async def test_a_campaign_that_goes_while_its_statuses_come_is_no_obstacle(
    wired: Wired, failure: dict[str, object]
) -> None:
    """The process has read its description before."""
    made = await wired.running(1)
    await wired.send(made)
    await wired.inbound.receiving.apply([await wired.hear(1, wired.status(made, 0, SENT))])
    await wired.redis.delete(*[key async for key in wired.redis.scan_iter(f"{{c:{made.id}}}:*")])
    assert await wired.inbound.receiving.apply([await wired.hear(2, wired.status(made, 0, FAILED, error=failure))]) == 1
    assert [key async for key in wired.redis.scan_iter(f"{{c:{made.id}}}:*")] == []


async def test_a_refusal_by_the_contact_stops_everything_to_it(wired: Wired) -> None:
    made = await wired.running(1)
    other = await wired.running(made=campaign(id=CampaignId("cother")), base=rows(2))
    await wired.send(made)
    event = wired.status(made, 0, FAILED, error=error(Disposition.SUPPRESS, "63032"))
    await wired.inbound.receiving.apply([await wired.hear(1, event)])
    assert await wired.letters(made) == "x"
    await wired.send(other)
    assert await wired.letters(other) == "xa"
    (records,) = await wired.stores.consent.of([contact(0)])
    assert records["opt_out:all"].source == "provider:63032"


@pytest.mark.parametrize("disposition", [Disposition.TEMPLATE_UNUSABLE, Disposition.SENDER_UNUSABLE])
async def test_a_brake_is_applied_by_a_status_too(wired: Wired, disposition: Disposition) -> None:
    made = await wired.running(2)
    await wired.send(made, 1)
    await wired.inbound.receiving.apply([await wired.hear(1, wired.status(made, 0, FAILED, error=error(disposition)))])
    assert (await wired.stores.ledger.standing(made.id)).state is CampaignState.PAUSED


@pytest.mark.parametrize("disposition", [Disposition.TEMPLATE_UNUSABLE, Disposition.SENDER_UNUSABLE])
async def test_what_failed_before_a_person_resumed_it_pauses_it_no_more(
    wired: Wired, clock: Clock, disposition: Disposition
) -> None:
    """Statuses are repeated, and those of the messages that had left come late."""
    made = await wired.running(4)
    await wired.send(made, 3)
    told = [wired.status(made, ordinal, FAILED, error=error(disposition)) for ordinal in (0, 1)]
    await wired.inbound.receiving.apply([await wired.hear(1, told[0])])
    clock.travel(timedelta(seconds=5))
    await wired.outbound.controlling.resume(made, "ana")
    await wired.inbound.receiving.apply([await wired.hear(2, told[0]), await wired.hear(3, told[1])])
    assert (await wired.stores.ledger.standing(made.id)).state is CampaignState.RUNNING
    await wired.inbound.receiving.apply([await wired.hear(4, wired.status(made, 2, FAILED, error=error(disposition)))])
    assert (await wired.stores.ledger.standing(made.id)).state is CampaignState.PAUSED, "it is still so"


async def test_a_retriable_failure_is_tried_again_as_often_as_allowed(wired: Wired) -> None:
    made = await wired.running(1)
    await wired.send(made)
    event = wired.status(made, 0, FAILED, error=error(Disposition.REFUSED, "63049", "next_day"))
    for number in range(2):
        await wired.inbound.receiving.apply([await wired.hear(number, event)])
    assert await wired.letters(made) == "d"
    (job,) = await wired.stores.ledger.page_of_jobs(made.id, 0)
    assert job.attempt == 2


# ── told of a campaign that has finished ────────────────────────────────────────────────────────────────────────────

LATER = error(Disposition.REFUSED, "63049", "next_day")
DAY = timedelta(days=1)


async def finished(wired: Wired, jobs: int = 1) -> Campaign:
    """All of its messages are accepted, and so it is over."""
    made = await wired.running(jobs)
    await wired.send(made)
    await wired.upkeep.sweeping.tick()
    assert (await wired.stores.ledger.standing(made.id)).state is CampaignState.FINISHED
    return made


async def fails(wired: Wired, made: Campaign, failure: dict[str, object], ordinal: int = 0) -> None:
    entry = await wired.hear(7 + ordinal, wired.status(made, ordinal, FAILED, error=failure))
    await wired.inbound.receiving.apply([entry])


@pytest.mark.parametrize("is_finished", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("again", "wait"), [("now", timedelta(seconds=30)), ("back_off", timedelta(minutes=5)), ("next_day", DAY)]
)
async def test_a_failure_ends_the_same_whether_it_is_told_before_the_finish_or_after_it(
    wired: Wired, clock: Clock, again: str, wait: timedelta, *, is_finished: bool
) -> None:
    made = await (finished(wired) if is_finished else wired.running(1))
    if not is_finished:
        await wired.send(made)
    await fails(wired, made, error(Disposition.REFUSED, "63049", again))
    assert await wired.letters(made) == "d"
    standing = await wired.stores.ledger.standing(made.id)
    assert (standing.state, standing.finished_at) == (CampaignState.RUNNING, None)
    assert await wired.upkeep.sweeping.tick() == {made.id: made.sender}
    clock.travel(wait)
    await wired.send(made)
    assert await wired.letters(made) == "a"
    await wired.upkeep.sweeping.tick()
    assert (await wired.stores.ledger.standing(made.id)).state is CampaignState.FINISHED
    assert len(wired.transport.sent) == 2


@pytest.mark.parametrize("failure", [LATER, error(Disposition.SUPPRESS)], ids=["may be tried again", "a refusal"])
async def test_a_page_of_rows_is_read_once_however_many_failures_of_it_are_told(
    wired: Wired, monkeypatch: pytest.MonkeyPatch, failure: dict[str, object]
) -> None:
    made = await finished(wired, 3)
    ledger, read = wired.stores.ledger, []
    page_of = ledger.page

    async def page(campaign_id: CampaignId, number: int) -> bytes | None:
        read.append(number)
        return await page_of(campaign_id, number)

    monkeypatch.setattr(ledger, "page", page)
    for ordinal in range(3):
        await fails(wired, made, failure, ordinal)
    assert read == [0]


async def test_a_day_after_the_finish_a_failure_is_final(wired: Wired, clock: Clock) -> None:
    made = await finished(wired)
    clock.travel(timedelta(seconds=TIMING.reopens_for_seconds))
    await fails(wired, made, LATER)
    assert await wired.letters(made) == "f"
    assert (await wired.stores.ledger.standing(made.id)).state is CampaignState.FINISHED
    await wired.upkeep.sweeping.tick()
    await wired.upkeep.sweeping.tick()
    assert await wired.stores.campaigns.active() == {}


async def test_a_failure_that_may_not_be_tried_again_opens_nothing(wired: Wired) -> None:
    made = await finished(wired)
    await fails(wired, made, error(Disposition.REFUSED))
    assert await wired.letters(made) == "f"
    assert (await wired.stores.ledger.standing(made.id)).state is CampaignState.FINISHED
    assert await wired.stores.campaigns.active() == {}


async def test_a_campaign_of_a_release_that_opened_none_stays_finished(wired: Wired) -> None:
    made = await finished(wired)
    await wired.redis.hdel(keys.ledger(made.id), "reopens_until_ms")
    await fails(wired, made, LATER)
    assert await wired.letters(made) == "f"


async def test_who_refused_after_the_finish_is_not_written_to_when_it_opens_again(wired: Wired, clock: Clock) -> None:
    made = await finished(wired, 2)
    await wired.people.consenting.refuse(TENANT, Identity(contact(0)), Refusal("api", clock()))
    for ordinal in range(2):
        await fails(wired, made, LATER, ordinal)
    clock.travel(DAY)
    await wired.send(made)
    assert await wired.letters(made) == "xa"
    assert wired.transport.addresses().count(address(0)) == 1


async def test_who_refused_after_the_finish_is_not_written_to_when_anothers_failure_opened_it(
    wired: Wired, clock: Clock
) -> None:
    """The campaign runs again by the time of the failure of the one who refused."""
    made = await finished(wired, 2)
    await wired.people.consenting.refuse(TENANT, Identity(contact(0)), Refusal("api", clock()))
    for ordinal in (1, 0):
        await fails(wired, made, LATER, ordinal)
    clock.travel(DAY)
    await wired.send(made)
    assert await wired.letters(made) == "xa"
    assert wired.transport.addresses().count(address(0)) == 1


async def test_who_refuses_after_it_opened_again_is_not_written_to(wired: Wired, clock: Clock) -> None:
    made = await finished(wired)
    await fails(wired, made, LATER)
    await wired.people.consenting.refuse(TENANT, Identity(contact(0)), Refusal("api", clock()))
    clock.travel(DAY)
    await wired.send(made)
    assert await wired.letters(made) == "x"


async def test_the_index_keeps_a_campaign_that_opens_while_the_janitor_looks(wired: Wired) -> None:
    """The janitor read it as finished, then it opened, and then the janitor took it off the index."""
    made = await finished(wired)
    stale = await wired.stores.ledger.standing(made.id)
    await fails(wired, made, LATER)
    for _ in range(2):
        await wired.upkeep.sweeping._finish(made.id, stale)
    assert set(await wired.stores.campaigns.active()) == {made.id}


# ── what a status means for its sender ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("code", ["130429", "131056", "63018"])
async def test_a_throttle_that_a_status_tells_slows_the_sender(wired: Wired, code: str) -> None:
    made = await wired.running(2)
    await wired.send(made, 1)
    await fails(wired, made, error(Disposition.NOT_ACCEPTED, code, "back_off"))
    throttle = await wired.redis.hgetall(keys.throttle("scripted:acme", made.sender, "campaigns"))
    assert float(throttle[b"factor"]) == pytest.approx(0.7)
    assert throttle[b"code"] == code.encode()


async def test_a_limit_that_slower_sending_does_not_end_pauses_the_campaign_as_the_day_s(
    wired: Wired, clock: Clock
) -> None:
    """A base that meets the portfolio's limit of the day is kept for the next day."""
    made = await wired.running(30)
    for ordinal in range(15):
        await wired.send(made, 1)
        clock.travel(timedelta(seconds=1))
        await fails(wired, made, error(Disposition.NOT_ACCEPTED, "63018", "day_if_repeated"), ordinal)
        standing = await wired.stores.ledger.standing(made.id)
        if standing.state is CampaignState.PAUSED:
            break
    assert standing.reason == "daily-limit:63018"
    assert standing.counts[JobState.PENDING] >= 15
    assert standing.counts[JobState.FAILED] == 0


@pytest.mark.parametrize(
    ("status", "failure", "kind"),
    [
        (SENT, None, Kind.ACCEPTED), (DELIVERED, None, Kind.DELIVERED), (READ, None, Kind.READ),
        (FAILED, None, Kind.FAILED), (FAILED, refusal("refused"), Kind.FAILED),
        (FAILED, refusal("suppress"), Kind.SUPPRESSED), (FAILED, refusal("unknown"), Kind.FAILED),
    ],
)  # fmt: skip
def test_the_fact_that_a_status_is(status: DeliveryStatus, failure: SendError | None, kind: Kind) -> None:
    settlement = settlement_of(StatusReported(status, "SM1", "r", START, failure), Reference(CAMPAIGN, 4, 2))
    assert (settlement.kind, settlement.ordinal, settlement.attempt, settlement.at) == (kind, 4, 2, START)
    assert settlement.lease is None
    assert settlement.due is None


@pytest.mark.parametrize(("attempt", "may"), [(1, True), (2, False)])
def test_when_a_retry_is_due_depends_on_the_fact_alone(attempt: int, may: bool) -> None:
    event = StatusReported(FAILED, "SM1", "r", START, refusal("refused", again="next_day"))
    dues = {settlement_of(event, Reference(CAMPAIGN, 4, attempt)).due for _ in range(3)}
    assert len(dues) == 1
    assert (dues.pop() is not None) == may


# ── whose word is believed ──────────────────────────────────────────────────────────────────────────────────────────

RIVAL = SenderId("rival")


@pytest.fixture
def rival(wired: Wired) -> Wired:
    """A sender of another tenant, at the same provider and with a webhook of its own."""
    account = Account("scripted", TenantId("rival"), RIVAL, "+14155550177", {"api_base": "http://127.0.0.1"}, {})
    wired.clients[RIVAL] = ProviderClient(SCRIPTED, wired.transport, account, "http://127.0.0.1/status")
    return wired


async def tell_as(wired: Wired, sender: SenderId, event: dict[str, object]) -> None:
    entry = replace((await wired.stores.journal.read([await wired.hear(70, event)]))[0], sender=sender)
    await wired.stores.journal.append(entry)
    await wired.inbound.receiving.apply([entry.id])


@pytest.mark.parametrize("disposition", [None, Disposition.SUPPRESS, Disposition.REFUSED])
async def test_a_status_about_another_tenant_s_job_is_not_believed(
    rival: Wired, disposition: Disposition | None
) -> None:
    """A valid reference, in a webhook that another tenant's own sender has signed."""
    made = await rival.running(2)
    await rival.send(made)
    failure = None if disposition is None else error(disposition)
    event = rival.status(made, 0, READ if disposition is None else FAILED, error=failure)
    await tell_as(rival, RIVAL, event | {"addresses": [address(0), "US.1234"]})
    assert await rival.letters(made) == "aa"
    assert not (await rival.stores.consent.of([contact(0)]))[0]
    assert (await rival.stores.contacts.resolve(contact(0))).ids == (contact(0),)
    await tell_as(rival, SENDER, event)
    assert (await rival.letters(made))[0] != "a", "the sender's own word counts"


async def test_a_status_about_another_tenant_s_reply_is_not_believed(rival: Wired) -> None:
    await tell(rival, said(1, "hello"))
    record = await rival.reply(Identity(contact(0)), "Good morning.")
    await rival.conversations.dispatching.dispatch(contact(0), SENDER, W1)
    event: dict[str, object] = {
        "status": "failed", "id": "SM1", "reference": MessageReference(record.message.id).sign(SECRET), "at": 0,
        "error": error(Disposition.SUPPRESS), "addresses": ["US.1234"],
    }  # fmt: skip
    await tell_as(rival, RIVAL, event)
    assert (await rival.stores.outbox.get(record.message.id)).state is MessageState.ACCEPTED
    assert not (await rival.stores.consent.of([contact(0)]))[0]
    await tell_as(rival, SENDER, event)
    assert (await rival.stores.outbox.get(record.message.id)).state is MessageState.FAILED


async def test_a_status_for_a_sender_of_the_same_account_is_believed(wired: Wired) -> None:
    """One app of Meta's has one URL for all of its numbers."""
    account = replace(wired.clients[SENDER].account, sender=SenderId("desk"), address="+14155550109")
    wired.clients[account.sender] = replace(wired.clients[SENDER], account=account)
    made = await wired.running(1)
    await wired.send(made)
    await tell_as(wired, account.sender, wired.status(made, 0, READ))
    assert await wired.letters(made) == "r"
