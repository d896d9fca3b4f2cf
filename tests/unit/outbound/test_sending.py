"""Sending: what each answer makes of a job, and everything that can come between a lease and an answer."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.ground import insist
from shared.ground.errors import Again, BackendUnavailable, Disposition, NotAccepted, OutcomeUnknown
from shared.ground.ids import CampaignId, Nonce, Reference, read_reference
from shared.ground.outcomes import outcome_of
from shared.ledger.model import Kind, Mark, MarkRefusal
from shared.ledger.states import CampaignState, JobState, Move
from shared.ledger.store import Ledger
from shared.outbound.sending import KINDS
from shared.providers.events import DeliveryStatus
from shared.senders.limits.store import SlotReply
from shared.templates.model import TemplateStatus
from shared.templates.pins import pin_of
from shared.templates.registry import TemplateRegistry
from tests.factories import CAMPAIGN, SECRET, SENDER, address, campaign, contact, row, rows, template
from tests.stores import Clock, broken_store, lost_answers, until
from tests.wired import OPENED, W1, W2, Wired, refusal, refuses


def owner(ordinal: int) -> str:
    return f"{CAMPAIGN}:{ordinal}"


async def test_a_parcel_is_sent(wired: Wired) -> None:
    made = await wired.running(3)
    await wired.send(made)
    assert await wired.letters(made) == "aaa"
    assert sorted(wired.transport.addresses()) == [address(n) for n in range(3)]
    jobs = await wired.stores.ledger.page_of_jobs(made.id, 0)
    assert sorted(job.provider_message_id for job in jobs) == ["SM1", "SM2", "SM3"]
    assert wired.senders.permits.free == wired.senders.permits.total
    assert (await wired.check(made)).leases == {}


async def test_what_a_request_holds(wired: Wired) -> None:
    base = [row(0, parameters={"1": "dentist", "2": "Monday"}), row(1, language="es"), row(2, language="pt")]
    made = await wired.running(base=base)
    await wired.send(made)
    by_address = {body["to"]: body for body in wired.transport.sent}
    assert by_address[address(0)]["parameters"] == {"1": "dentist", "2": "Monday"}
    assert [by_address[address(n)]["language"] for n in range(3)] == ["en", "es", "en"], (
        "the contact's, if there is one"
    )
    assert read_reference(SECRET, by_address[address(1)]["reference"]) == Reference(made.id, 1, 1)
    assert by_address[address(0)]["webhook"] == "http://127.0.0.1/status"


async def test_who_names_no_language_gets_the_campaign_s(wired: Wired) -> None:
    base = [row(0), row(1, language="pt-BR"), row(2, language="ES-UY".lower())]
    made = await wired.running(base=base, made=campaign({"languages": ("es",)}))
    await wired.send(made)
    sent = {body["to"]: body["language"] for body in wired.transport.sent}
    assert [sent[address(n)] for n in range(3)] == ["en", "es", "es"]


async def test_a_template_is_judged_by_what_is_known_now(wired: Wired) -> None:
    """This process's picture may be a second old: what was enabled meanwhile pauses nothing."""
    made = await wired.running(1)
    paused = replace(template(), status=TemplateStatus.PAUSED, seen_at=wired.now())
    wired.templates._templates = TemplateRegistry([paused])._templates

    async def refresh() -> bool:
        wired.templates._templates = TemplateRegistry([template()])._templates
        return True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wired.templates, "refresh", refresh)
        await wired.send(made)
    assert await wired.letters(made) == "a"
    assert (await wired.stores.ledger.standing(made.id)).state is CampaignState.RUNNING


# ── what an answer makes of a job ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("answer", "letter", "state"),
    [
        (refuses(Disposition.REFUSED, "63024"), "f", CampaignState.RUNNING),
        (refuses(Disposition.REFUSED, "63049", Again.BACK_OFF), "d", CampaignState.RUNNING),
        (refuses(Disposition.SUPPRESS, "63032"), "x", CampaignState.RUNNING),
        (refuses(Disposition.NOT_ACCEPTED, "429", throttles=True), "d", CampaignState.RUNNING),
        (refuses(Disposition.UNKNOWN, "500"), "u", CampaignState.RUNNING),
        (refuses(Disposition.TEMPLATE_UNUSABLE, "63016"), "p", CampaignState.PAUSED),
        (refuses(Disposition.SENDER_UNUSABLE, "20003"), "p", CampaignState.PAUSED),
        (NotAccepted("connect", "no connection"), "d", CampaignState.RUNNING),
        (OutcomeUnknown("timeout", "no answer"), "u", CampaignState.RUNNING),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_each_disposition(wired: Wired, answer, letter: str, state: CampaignState) -> None:
    """And nobody else of the parcel is touched by it."""
    made = await wired.running(3)
    wired.transport.answers[address(1)] = answer
    await wired.send(made)
    assert await wired.letters(made) == f"a{letter}a"
    assert (await wired.stores.ledger.standing(made.id)).state is state
    assert len(wired.transport.sent) == 3
    assert wired.senders.permits.free == wired.senders.permits.total


async def test_a_refusal_tells_code_and_gloss(wired: Wired) -> None:
    made = await wired.running(1)
    wired.transport.answers[address(0)] = refuses(Disposition.REFUSED, "63024")
    await wired.send(made)
    (job,) = await wired.stores.ledger.page_of_jobs(made.id, 0)
    assert (job.code, job.reason) == ("63024", "gloss of 63024")


async def test_a_throttle_slows_the_sender_and_spends_no_attempt(wired: Wired, clock: Clock) -> None:
    made = await wired.running(1)
    wired.transport.answers[address(0)] = refuses(Disposition.NOT_ACCEPTED, "429", throttles=True, retry_after_s=7.0)
    await wired.send(made)
    throttle = await wired.redis.hgetall("{a:scripted:acme}:throttle:clinic")
    assert float(throttle[b"factor"]) == pytest.approx(0.7)
    clock.travel(timedelta(seconds=6))
    assert await wired.stores.ledger.take_lease(made.id, 1, 1, OPENED) is None, "not before its Retry-After"
    clock.travel(timedelta(seconds=2))
    wired.transport.answers.clear()
    await wired.send(made)
    (job,) = await wired.stores.ledger.page_of_jobs(made.id, 0)
    assert (job.state, job.attempt) == (JobState.ACCEPTED, 1)


async def test_a_retriable_refusal_is_tried_again_as_another_attempt(wired: Wired, clock: Clock) -> None:
    made = await wired.running(1)
    wired.transport.answers[address(0)] = refuses(Disposition.REFUSED, "63049", Again.NOW)
    for attempt in (1, 2, 3):
        await wired.send(made)
        reference = read_reference(SECRET, wired.transport.sent[-1]["reference"])
        assert isinstance(reference, Reference)
        assert reference.attempt == attempt
        clock.travel(timedelta(minutes=5))
    assert await wired.letters(made) == "f", "three times, and no more"


async def test_a_try_that_would_come_after_the_deadline_is_none(wired: Wired, clock: Clock) -> None:
    made = await wired.running(1, campaign({"deadline_at": clock() + timedelta(seconds=1)}))
    wired.transport.answers[address(0)] = refuses(Disposition.REFUSED, "63049", Again.NEXT_DAY)
    await wired.send(made)
    (job,) = await wired.stores.ledger.page_of_jobs(made.id, 0)
    assert (job.state, job.code, job.reason) == (JobState.EXPIRED, "63049", "deadline")


async def test_a_parcel_that_is_opened_after_the_deadline_sends_nothing(wired: Wired, clock: Clock) -> None:
    made = await wired.running(3, campaign({"deadline_at": clock() + timedelta(seconds=1)}))
    lease = await wired.leased(made)
    clock.travel(timedelta(seconds=1))
    await wired.outbound.sending.send_parcel(made.id, lease.id, W1)
    assert wired.transport.sent == []
    assert await wired.letters(made) == "eee"


async def test_the_provider_is_told_how_long_it_is_worth_delivering(wired: Wired, clock: Clock) -> None:
    made = await wired.running(1, campaign({"deadline_at": clock() + timedelta(seconds=90)}))
    await wired.send(made)
    assert [body["valid_for_s"] for body in wired.transport.sent] == ["90"]
    other = await wired.running(1, campaign(id=CampaignId("cother")))
    await wired.send(other)
    assert "valid_for_s" not in wired.transport.sent[-1]


async def test_what_was_marked_before_the_deadline_does_not_leave_after_it(
    wired: Wired, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mark's answer took its time."""
    made = await wired.running(1, campaign({"deadline_at": clock() + timedelta(milliseconds=20)}))
    lease = await wired.leased(made)
    mark, loop = Ledger.mark, asyncio.get_running_loop()

    async def slow(self: Ledger, what: Mark) -> int | MarkRefusal:
        answer = await mark(self, what)
        begun = loop.time()
        await until(lambda: loop.time() > begun + 0.02)
        clock.travel(timedelta(milliseconds=20))
        return answer

    monkeypatch.setattr(Ledger, "mark", slow)
    await wired.outbound.sending.send_parcel(made.id, lease.id, W1)
    assert wired.transport.sent == []
    assert await wired.letters(made) == "e"


async def test_a_contact_that_refuses_us_is_stopped_everywhere(wired: Wired) -> None:
    made = await wired.running(2)
    other = await wired.running(made=campaign(id=CampaignId("cother")), base=rows(2))
    wired.transport.answers[address(0)] = refuses(Disposition.SUPPRESS, "63032")
    await wired.send(made)
    wired.transport.sent.clear()
    await wired.send(other)
    assert wired.transport.addresses() == [address(1)]
    assert await wired.letters(other) == "xa"
    (records,) = await wired.stores.consent.of([contact(0)])
    assert records["opt_out:all"].source == "provider:63032"


@pytest.mark.parametrize("disposition", Disposition)
@pytest.mark.parametrize("attempt", [1, 2, 3])
def test_what_becomes_of_an_attempt(clock: Clock, disposition: Disposition, attempt: int) -> None:
    outcome = outcome_of(refusal(disposition, "7", Again.NOW), clock(), 0.5, attempt)
    expected = {
        Disposition.REFUSED: (Kind.FAILED, attempt < 3),
        Disposition.SUPPRESS: (Kind.SUPPRESSED, False),
        Disposition.NOT_ACCEPTED: (Kind.DEFER, True),
        Disposition.UNKNOWN: (Kind.UNKNOWN, False),
        Disposition.TEMPLATE_UNUSABLE: (Kind.RETURN, False),
        Disposition.SENDER_UNUSABLE: (Kind.RETURN, False),
    }[disposition]
    assert (KINDS[outcome.fate], outcome.due is not None) == expected
    assert (outcome.code, outcome.reason) == ("7", "gloss of 7")


# ── leases ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_duplicate_message_does_nothing(wired: Wired) -> None:
    made = await wired.running(3)
    lease = await wired.leased(made)
    senders = await asyncio.gather(
        *(wired.outbound.sending.send_parcel(made.id, lease.id, Nonce(f"worker:{n}")) for n in range(3))
    )
    assert sorted(map(str, senders)) == ["None", "None", SENDER]
    assert await wired.outbound.sending.send_parcel(made.id, lease.id, W2) is None, "and none later"
    assert len(wired.transport.sent) == 3
    assert await wired.letters(made) == "aaa"


async def test_a_message_for_a_lease_that_ran_out_does_nothing(wired: Wired, clock: Clock) -> None:
    made = await wired.running(3)
    lease = await wired.leased(made)
    clock.travel(timedelta(seconds=11))
    assert await wired.outbound.sending.send_parcel(made.id, lease.id, W1) is None
    assert wired.transport.sent == []


async def test_a_worker_that_does_not_know_the_sender_leaves_the_lease_to_one_that_does(wired: Wired) -> None:
    made = await wired.running(2)
    lease = await wired.leased(made)
    client = wired.clients.pop(SENDER)
    assert await wired.outbound.sending.send_parcel(made.id, lease.id, W1) is None
    assert await wired.letters(made) == "ll"
    wired.clients[SENDER] = client
    assert await wired.outbound.sending.send_parcel(made.id, lease.id, W2) == SENDER
    assert await wired.letters(made) == "aa"


@pytest.mark.parametrize(("move", "letters"), [(Move.PAUSE, "ppp"), (Move.CANCEL, "ccc")])
async def test_a_stopped_campaign_s_parcel_goes_back(wired: Wired, move: Move, letters: str) -> None:
    made = await wired.running(3)
    lease = await wired.leased(made)
    await wired.stores.ledger.control(made.id, move, "somebody")
    assert await wired.outbound.sending.send_parcel(made.id, lease.id, W1) == SENDER
    assert wired.transport.sent == []
    assert await wired.letters(made) == letters


async def test_a_contact_that_said_no_meanwhile_is_not_written_to(wired: Wired) -> None:
    made = await wired.running(3)
    lease = await wired.leased(made)
    await wired.stores.consent.stop([contact(1)], "1", [made.id], [])
    await wired.outbound.sending.send_parcel(made.id, lease.id, W1)
    assert address(1) not in wired.transport.addresses()
    assert await wired.letters(made) == "axa"


async def test_a_template_that_went_away_is_not_sent_and_pauses_its_campaign(wired: Wired) -> None:
    """Before the mark: what was never sent is not unconfirmed."""
    made = await wired.running(3)
    wired.templates = TemplateRegistry([])
    wired.restart()
    await wired.send(made)
    assert wired.transport.sent == []
    assert await wired.letters(made) == "ppp"
    standing = await wired.stores.ledger.standing(made.id)
    assert (standing.state, standing.reason) == (CampaignState.PAUSED, "template-unusable:not-found")


async def test_a_template_that_was_disabled_meanwhile_is_not_sent(wired: Wired) -> None:
    made = await wired.running(1)
    wired.templates = TemplateRegistry([replace(template(), status=TemplateStatus.DISABLED)])
    wired.restart()
    await wired.send(made)
    assert wired.transport.sent == []
    assert (await wired.stores.ledger.standing(made.id)).reason == "template-unusable:template-disabled"


async def test_a_text_rewritten_with_the_same_placeholders_is_not_sent_with_the_old_values(wired: Wired) -> None:
    made = await wired.running(2)
    await wired.stores.pins.put(made.id, {"en": pin_of(template(), by_id=False)})
    wired.templates = TemplateRegistry([template(body="Pay for {{1}} by {{2}}.")])
    wired.restart()
    await wired.send(made)
    assert wired.transport.sent == []
    assert await wired.letters(made) == "pp"
    standing = await wired.stores.ledger.standing(made.id)
    assert (standing.state, standing.reason) == (CampaignState.PAUSED, "template-unusable:template-changed")


async def test_a_worker_that_knew_the_former_text_sends_on_once_a_person_has_resumed(wired: Wired) -> None:
    made = await wired.running(2)
    rewritten = template(body="Pay for {{1}} by {{2}}.")
    await wired.stores.pins.put(made.id, {"en": pin_of(template(), by_id=False)})
    await wired.outbound.sending.parcels.read_pins(made.id)
    wired.templates._templates = TemplateRegistry([rewritten])._templates
    await wired.stores.pins.put(made.id, {"en": pin_of(rewritten, by_id=False)})
    await wired.send(made)
    assert await wired.letters(made) == "aa"


# ── slots ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_slot_that_was_missed_is_taken_anew(wired: Wired) -> None:
    made = await wired.running(1)
    wired.restart(sending={"slot_tolerance_ms": 10_000})
    wired.slots.answers[owner(0)] = [SlotReply(wait_us=-11_000_000), SlotReply(wait_us=0)]
    await wired.send(made)
    assert len(wired.slots.asked) == 2
    assert len(wired.transport.sent) == 1
    assert await wired.letters(made) == "a"


async def test_a_pair_that_is_taken_is_postponed(wired: Wired, clock: Clock) -> None:
    made = await wired.running(2)
    wired.slots.answers[owner(1)] = [SlotReply(pair_ms=6_000)]
    await wired.send(made)
    assert await wired.letters(made) == "ad"
    clock.travel(timedelta(seconds=5.9))
    assert await wired.stores.ledger.take_lease(made.id, 1, 1, OPENED) is None
    clock.travel(timedelta(seconds=0.2))
    await wired.send(made)
    assert await wired.letters(made) == "aa"


async def test_a_limiter_that_is_away_sends_nothing(wired: Wired) -> None:
    made = await wired.running(3)
    wired.slots.error = BackendUnavailable("away")
    await wired.send(made)
    assert wired.transport.sent == []
    assert await wired.letters(made) == "ppp"
    assert wired.senders.permits.free == wired.senders.permits.total


async def test_a_mark_s_answer_that_comes_too_late_sends_nothing(wired: Wired) -> None:
    made = await wired.running(2)
    wired.restart(timing={"mark_freshness_seconds": 0})
    await wired.send(made)
    assert wired.transport.sent == []
    assert await wired.letters(made) == "pp"
    wired.restart()
    await wired.send(made)
    assert await wired.letters(made) == "aa"
    (job, _) = await wired.stores.ledger.page_of_jobs(made.id, 0)
    assert job.attempt == 1


async def test_a_connection_that_is_not_there_in_time_costs_a_slot_and_no_attempt(wired: Wired) -> None:
    """The mark stays, the next slot is taken, and by then the connection is open."""
    made = await wired.running(2)
    wired.transport.late = {address(0): 2}
    await wired.send(made)
    assert sorted(wired.transport.addresses()) == [address(0), address(1)]
    assert await wired.letters(made) == "aa"
    assert [one.attempt for one in await wired.stores.ledger.page_of_jobs(made.id, 0)] == [1, 1]
    assert (await wired.stores.limits.throttles(wired.senders.accounts, [SENDER]))[SENDER].is_on is False


async def test_without_a_connection_in_time_nothing_is_sent_and_the_job_goes_back(wired: Wired) -> None:
    made = await wired.running(1)
    wired.restart(timing={"mark_freshness_seconds": 0.05})
    wired.transport.late = {address(0): 1_000_000}
    await wired.send(made)
    assert wired.transport.sent == []
    assert await wired.letters(made) == "p"


async def test_no_more_are_on_the_wire_than_there_are_permits(wired: Wired) -> None:
    """What one `kill -9` can leave unconfirmed."""
    made = await wired.running(20)
    wired.transport.held = {address(n) for n in range(20)}
    parcel = asyncio.create_task(wired.send(made))
    await until(lambda: len(wired.transport.sent) == wired.senders.permits.total)
    for _ in range(50):
        await asyncio.sleep(0)
    assert len(wired.transport.sent) == wired.senders.permits.total
    assert (await wired.stores.ledger.standing(made.id)).counts[JobState.SENDING] == wired.senders.permits.total
    wired.transport.let_go.set()
    await parcel
    assert await wired.letters(made) == "a" * 20


# ── outages and faults ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_outcome_is_recorded_however_long_the_store_is_away(
    wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(insist, "ASK_AGAIN_S", 0.0)
    made = await wired.running(2)
    wired.transport.held = {address(0), address(1)}
    parcel = asyncio.create_task(wired.send(made))
    await until(lambda: len(wired.transport.sent) == 2)
    with broken_store() as broken:
        wired.transport.let_go.set()
        await until(lambda: broken.refused >= 5)
        assert not parcel.done(), "a fact is not given up"
        assert wired.senders.permits.free == wired.senders.permits.total - 2, (
            "and meanwhile the process does not take on more"
        )
    await parcel
    assert await wired.letters(made) == "aa"


async def test_without_a_mark_nothing_leaves(wired: Wired, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for until it is answered; by then the slot has passed, and the job goes back."""
    monkeypatch.setattr(insist, "ASK_AGAIN_S", 0.0)
    made = await wired.running(2)
    wired.restart(timing={"mark_freshness_seconds": 0})
    lease = await wired.leased(made)
    wired.slots.open.clear()
    parcel = asyncio.create_task(wired.outbound.sending.send_parcel(made.id, lease.id, W1))
    await until(lambda: wired.slots.asked != [])
    with broken_store() as broken:
        wired.slots.open.set()
        await until(lambda: broken.refused >= 5)
        assert not parcel.done()
    await parcel
    assert wired.transport.sent == []
    assert await wired.letters(made) == "pp"


async def test_a_mark_that_was_written_and_not_heard_of_is_not_left_unconfirmed(
    wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(insist, "ASK_AGAIN_S", 0.0)
    made = await wired.running(2)
    lease = await wired.leased(made)
    wired.slots.open.clear()
    parcel = asyncio.create_task(wired.outbound.sending.send_parcel(made.id, lease.id, W1))
    await until(lambda: wired.slots.asked != [])
    with lost_answers(2):  # redis-py has tried twice, and gives up
        wired.slots.open.set()
        await parcel
    assert sorted(wired.transport.addresses()) == [address(0), address(1)], "in time after all, and once"
    assert await wired.letters(made) == "aa"


async def test_who_waits_for_a_slot_gives_up_when_the_lease_ends(wired: Wired) -> None:
    """A provider that asked for an hour's pause: the jobs are others' by then, and their slots would be wasted."""
    made = await wired.running(3)
    wired.restart(timing={"lease_seconds": 1})
    wired.slots.answers[owner(0)] = [SlotReply(wait_us=0)]
    wired.slots.answers |= {owner(n): [SlotReply(wait_us=3_600_000_000)] for n in (1, 2)}
    await wired.send(made)
    assert await wired.letters(made) == "app"
    assert len(wired.transport.sent) == 1


async def test_a_store_that_is_away_before_anything_was_begun(wired: Wired) -> None:
    made = await wired.running(2)
    lease = await wired.leased(made)
    with broken_store(), pytest.raises(BackendUnavailable):
        await wired.outbound.sending.send_parcel(made.id, lease.id, W1)
    assert await wired.letters(made) == "ll"


async def test_brakes_that_cannot_be_applied_keep_no_outcome_back(
    wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job's own outcome first; the limiter and the brakes are asked again by the next refusal."""

    async def away(*_: object) -> float:
        raise BackendUnavailable("away")

    made = await wired.running(1)
    monkeypatch.setattr(wired.stores.limits, "slow_down", away)
    wired.transport.answers[address(0)] = refuses(Disposition.NOT_ACCEPTED, "429", throttles=True)
    await wired.send(made)
    assert await wired.letters(made) == "d"


async def test_a_fault_of_ours_is_one_job_s_and_not_the_parcel_s(wired: Wired, clock: Clock) -> None:
    """Nobody knows whether the request left: it is unconfirmed once its lease has run out."""
    made = await wired.running(3)
    wired.transport.answers[address(1)] = ZeroDivisionError("a fault")
    await wired.send(made)
    assert await wired.letters(made) == "asa"
    assert wired.senders.permits.free == wired.senders.permits.total
    clock.travel(OPENED + timedelta(seconds=1))
    assert await wired.stores.ledger.sweep(made.id) == (0, 1)
    assert await wired.letters(made) == "aua"


async def test_an_early_status_and_a_timeout(wired: Wired) -> None:
    """The status came before the answer that never came: accepted stays accepted."""
    made = await wired.running(1)
    wired.transport.held = {address(0)}
    wired.transport.answers[address(0)] = OutcomeUnknown("timeout", "no answer")
    parcel = asyncio.create_task(wired.send(made))
    await until(lambda: wired.transport.sent != [])
    await wired.inbound.receiving.apply([await wired.hear(1, wired.status(made, 0, DeliveryStatus.DELIVERED))])
    wired.transport.let_go.set()
    await parcel
    assert await wired.letters(made) == "v"


# ── drain ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_drain_gives_back_what_waits_and_finishes_the_wire(wired: Wired) -> None:
    made = await wired.running(20)
    wired.transport.held = {address(n) for n in range(20)}
    parcel = asyncio.create_task(wired.send(made))
    await until(lambda: len(wired.transport.sent) == wired.senders.permits.total)
    wired.outbound.sending.drain()
    for _ in range(20):
        await asyncio.sleep(0)
    assert not parcel.done()
    wired.transport.let_go.set()
    await parcel
    assert await wired.letters(made) == "a" * 8 + "p" * 12
    assert len(wired.transport.sent) == 8
    assert wired.senders.permits.free == wired.senders.permits.total


async def test_a_drain_while_slots_are_asked_for(wired: Wired) -> None:
    made = await wired.running(3)
    wired.slots.open.clear()
    parcel = asyncio.create_task(wired.send(made))
    await until(lambda: wired.slots.asked != [])
    wired.outbound.sending.drain()
    await parcel
    wired.slots.open.set()
    await until(lambda: wired.senders.permits.free == wired.senders.permits.total)
    assert wired.transport.sent == []
    assert await wired.letters(made) == "ppp"


async def test_a_process_that_drains_begins_no_parcel(wired: Wired) -> None:
    made = await wired.running(3)
    wired.outbound.sending.drain()
    await wired.send(made)
    assert wired.transport.sent == []
    assert await wired.letters(made) == "ppp"
    wired.restart()
    await wired.send(made, nonce=W2)
    assert await wired.letters(made) == "aaa"
