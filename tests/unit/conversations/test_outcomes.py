"""What becomes of a message outside of campaigns that was not accepted: how long it waits, where, and who is behind it."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.conversations.outbox.model import MessageRecord, MessageState, OutgoingMessage, Purpose, TemplateUse
from shared.conversations.outbox.outcomes import ASIDE_AFTER, MAX_DELAY, WORDS, settled_of
from shared.conversations.outbox.store import Judged, Settled, Word
from shared.conversations.replying import Order
from shared.ground import insist
from shared.ground.clock import to_ms
from shared.ground.domain_events import DomainEventType
from shared.ground.errors import Again, BackendUnavailable, Disposition, NotAccepted, OutcomeUnknown
from shared.ground.http import HttpRequest, HttpResponse
from shared.ground.ids import MessageReference, new_message_id
from shared.ground.keys import throttle
from shared.ground.outcomes import Fate
from shared.ledger.states import CampaignState
from shared.people.consent.model import ConsentRecord
from shared.people.contacts.store import Identity
from shared.providers.client import ProviderClient
from shared.providers.events import DeliveryStatus
from shared.providers.messages import FreeMessage
from shared.senders.limits.store import Lane
from shared.templates.registry import TemplateRegistry
from tests.factories import SECRET, SENDER, TENANT, address, contact, opt_in, opt_out, template
from tests.stores import START, Clock, Crash, crash_at, lost_answers
from tests.wired import MARGIN, OPENED, W1, W2, WINDOW, Wired, refusal, refuses

DAY, HOUR, TICK = timedelta(hours=24), timedelta(hours=1), timedelta(seconds=2)
FIVE_MINUTES = timedelta(minutes=5)
PARAMETERS = {"1": "dentist", "2": "Monday"}


def limit(code: str = "63038", retry_after_s: float | None = None) -> HttpResponse:
    """What a provider answers whose daily limit was met."""
    return refuses(Disposition.NOT_ACCEPTED, code, Again.NEXT_DAY, throttles=True, retry_after_s=retry_after_s)


def meets(wired: Wired, answer: HttpResponse | Exception | None) -> None:
    """From now on the provider answers this."""
    if answer is None:
        wired.transport.answers.clear()
    else:
        wired.transport.answers[address(0)] = answer


async def agreed(wired: Wired, *records: ConsentRecord) -> None:
    await wired.stores.consent.record([(contact(0), one) for one in records or (opt_in(),)])


async def ordered(wired: Wired) -> MessageRecord:
    """One template to one person."""
    await agreed(wired)
    order = Order(TENANT, SENDER, Identity(contact(0)), "ana", address(0))
    return await wired.conversations.replying.template(order, "appointment_reminder", "en", PARAMETERS)


async def wrote(wired: Wired, number: int = 1, text: str = "hello") -> Identity:
    """The contact opens its window."""
    said = {"from": [address(0)], "id": f"IN{number}", "at": to_ms(wired.now()), "text": text}
    await wired.inbound.receiving.apply([await wired.hear(number, said)])
    return await wired.stores.contacts.resolve(contact(0))


async def round_of(wired: Wired) -> None:
    """What the janitor and, upon its hint, a worker do."""
    await wired.upkeep.rehinting.rehint_outboxes()
    await wired.conversations.dispatching.dispatch(contact(0), SENDER, W1)


async def found(wired: Wired, record: MessageRecord) -> MessageRecord:
    return await wired.stores.outbox.get(record.message.id)


def said(wired: Wired) -> list[str]:
    """All that was asked of the provider, in order."""
    return [body.get("text", "template") for body in wired.transport.sent]


# ── a template meets a daily limit ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("code", ["131048", "63038"])
async def test_a_daily_limit_is_asked_once_and_says_why_it_waits(wired: Wired, clock: Clock, code: str) -> None:
    """It was asked every 1 to 3 s, without end."""
    meets(wired, limit(code))
    record = await ordered(wired)
    for _ in range(40):
        await round_of(wired)
        clock.travel(TICK)
    assert said(wired) == ["template"]
    waiting = await found(wired, record)
    assert (waiting.state, waiting.code, waiting.reason) == (MessageState.QUEUED, code, f"gloss of {code}")
    assert waiting.due == START + DAY


async def test_it_goes_out_when_the_day_is_over_and_forgets_the_limit(wired: Wired, clock: Clock) -> None:
    meets(wired, limit())
    record = await ordered(wired)
    await round_of(wired)
    meets(wired, None)
    clock.travel(DAY - TICK)
    await round_of(wired)
    assert said(wired) == ["template"], "not before"
    clock.travel(TICK)
    await round_of(wired)
    sent = await found(wired, record)
    assert (sent.state, sent.code, sent.reason, sent.due) == (MessageState.ACCEPTED, "", "", None)
    assert await wired.stores.outbox.overlooked(clock() + 2 * DAY) == []


async def test_who_meets_the_limit_again_a_day_later_fails_with_it(wired: Wired, clock: Clock) -> None:
    """A reminder of two days ago is worse than none, and nobody would resume it."""
    meets(wired, limit())
    record = await ordered(wired)
    for _ in range(2):
        await round_of(wired)
        clock.travel(DAY)
    failed = await found(wired, record)
    assert (failed.state, failed.code, len(wired.transport.sent)) == (MessageState.FAILED, "63038", 2)
    assert wired.events.types() == [DomainEventType.MESSAGE_FAILED]
    assert wired.events.told[-1].data["code"] == "63038"


@pytest.mark.parametrize(
    ("retry_after_s", "wait"), [(3_600.0, HOUR), (1.0, timedelta(minutes=5)), (0.0, timedelta(minutes=5))]
)
async def test_the_provider_knows_better_when_its_limit_ends(
    wired: Wired, clock: Clock, retry_after_s: float, wait: timedelta
) -> None:
    meets(wired, limit(retry_after_s=retry_after_s))
    record = await ordered(wired)
    await round_of(wired)
    assert (await found(wired, record)).due == START + wait
    clock.travel(wait - TICK)
    await round_of(wired)
    assert len(wired.transport.sent) == 1
    meets(wired, None)
    clock.travel(TICK)
    await round_of(wired)
    assert (await found(wired, record)).state is MessageState.ACCEPTED


async def test_a_limit_of_speed_or_of_the_day_is_asked_again_every_five_minutes_however_often_it_is_met(
    wired: Wired, clock: Clock
) -> None:
    meets(wired, refuses(Disposition.NOT_ACCEPTED, "63018", Again.DAY_IF_REPEATED, throttles=True))
    record = await ordered(wired)
    for times in range(1, 4):
        await round_of(wired)
        waiting = await found(wired, record)
        assert (waiting.state, waiting.code, waiting.due) == (MessageState.QUEUED, "63018", clock() + FIVE_MINUTES)
        clock.travel(FIVE_MINUTES - TICK)
        await round_of(wired)
        assert len(wired.transport.sent) == times
        clock.travel(TICK)


async def test_a_retry_after_that_always_comes_again_ends(wired: Wired, clock: Clock) -> None:
    meets(wired, limit(retry_after_s=3_600.0))
    record = await ordered(wired)
    for _ in range(72):
        await round_of(wired)
        clock.travel(HOUR)
    assert (await found(wired, record)).state is MessageState.FAILED
    assert len(wired.transport.sent) == MAX_DELAY // HOUR


async def test_no_limit_is_forgotten_by_the_limiter_and_nobody_is_held(wired: Wired) -> None:
    """A Retry-After of a day would hold the whole sender: every agent's reply with it."""
    meets(wired, limit(retry_after_s=86_400.0))
    await ordered(wired)
    await round_of(wired)
    fields = await wired.redis.hgetall(throttle("scripted:acme", SENDER, Lane.CAMPAIGNS))
    assert float(fields[b"factor"]) == pytest.approx(0.7)
    assert b"until" not in fields


async def test_consent_is_asked_again_a_day_later(wired: Wired, clock: Clock) -> None:
    meets(wired, limit())
    record = await ordered(wired)
    await round_of(wired)
    meets(wired, None)
    await agreed(wired, opt_out(clock()))
    clock.travel(DAY)
    await round_of(wired)
    refused = await found(wired, record)
    assert (refused.state, refused.reason, len(wired.transport.sent)) == (MessageState.REFUSED, "opted-out", 1)


async def test_two_templates_wait_each_for_itself(wired: Wired, clock: Clock) -> None:
    meets(wired, limit())
    records = [await ordered(wired), await ordered(wired)]
    await round_of(wired)
    assert len(wired.transport.sent) == 2
    meets(wired, None)
    clock.travel(DAY)
    await round_of(wired)
    assert [(await found(wired, record)).state for record in records] == [MessageState.ACCEPTED] * 2
    assert len(wired.transport.sent) == 4


# ── and who waits behind it ─────────────────────────────────────────────────────────────────────────────────────────


async def test_a_reply_does_not_wait_behind_a_template_s_limit(wired: Wired, clock: Clock) -> None:
    """Held for a day, its window would be closed by then."""
    meets(wired, limit())
    waits = await ordered(wired)
    await round_of(wired)
    meets(wired, None)
    known = await wrote(wired)
    for text in ("one", "two"):
        await wired.reply(known, text)
    await wired.conversations.dispatching.dispatch(contact(0), SENDER, W1)
    assert said(wired) == ["template", "one", "two"]
    assert (await found(wired, waits)).state is MessageState.QUEUED
    clock.travel(DAY)
    await round_of(wired)
    assert said(wired) == ["template", "one", "two", "template"]


async def test_a_reply_that_was_there_already_goes_in_the_same_round(wired: Wired) -> None:
    meets(wired, limit())
    known = await wrote(wired)
    await ordered(wired)
    record = await wired.reply(known, "of course")

    async def lets_replies_pass(request, send=wired.transport.send):
        if b'"text"' in request.body:
            meets(wired, None)
        return await send(request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wired.transport, "send", lets_replies_pass)
        assert await wired.conversations.dispatching.dispatch(contact(0), SENDER, W1) == 2
    assert said(wired) == ["template", "of course"]
    assert (await found(wired, record)).state is MessageState.ACCEPTED


async def test_a_short_wait_keeps_the_order(wired: Wired, clock: Clock) -> None:
    """Seconds are no reason to let a reply overtake what was written before it."""
    meets(wired, NotAccepted("connect", "nothing was sent"))
    known = await wrote(wired)
    await ordered(wired)
    await wired.reply(known, "of course")
    await round_of(wired)
    meets(wired, None)
    await wired.conversations.dispatching.dispatch(contact(0), SENDER, W1)
    assert said(wired) == ["template"]
    clock.travel(timedelta(seconds=5))
    await round_of(wired)
    assert said(wired) == ["template", "template", "of course"]


# ── a reply meets one ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_reply_that_cannot_go_before_its_window_closes_fails_at_once(wired: Wired) -> None:
    """The agent hears it while there is time for something else."""
    meets(wired, limit())
    record = await wired.reply(await wrote(wired), "of course")
    await round_of(wired)
    failed = await found(wired, record)
    assert (failed.state, failed.code, failed.reason) == (MessageState.FAILED, "63038", "gloss of 63038")
    assert wired.events.types()[-1] == DomainEventType.MESSAGE_FAILED
    meets(wired, None)
    await wired.reply(await wired.stores.contacts.resolve(contact(0)), "again")
    await round_of(wired)
    assert said(wired) == ["of course", "again"]


async def test_one_that_can_waits_in_its_line(wired: Wired, clock: Clock) -> None:
    meets(wired, limit(retry_after_s=3_600.0))
    known = await wrote(wired)
    first = await wired.reply(known, "one")
    await wired.reply(known, "two")
    await round_of(wired)
    meets(wired, None)
    waiting = await found(wired, first)
    assert (waiting.state, waiting.code, waiting.due) == (MessageState.QUEUED, "63038", START + HOUR)
    for _ in range(5):
        clock.travel(timedelta(minutes=10))
        await round_of(wired)
    assert said(wired) == ["one"], "an agent's second sentence never arrives before the first"
    clock.travel(timedelta(minutes=10))
    await round_of(wired)
    assert said(wired) == ["one", "one", "two"]


async def test_the_window_that_counts_is_that_of_the_moment(wired: Wired, clock: Clock) -> None:
    known = await wrote(wired)
    clock.travel(WINDOW - HOUR)
    meets(wired, limit(retry_after_s=3_600.0))
    too_late = await wired.reply(known, "too late")
    await round_of(wired)
    assert (await found(wired, too_late)).state is MessageState.FAILED
    await wrote(wired, 2)
    in_time = await wired.reply(known, "in time")
    await round_of(wired)
    assert (await found(wired, in_time)).state is MessageState.QUEUED


async def test_a_reply_that_meets_a_retry_after_of_a_day_is_tried_again_within_seconds(
    wired: Wired, clock: Clock
) -> None:
    meets(wired, refuses(Disposition.NOT_ACCEPTED, "429", Again.BACK_OFF, throttles=True, retry_after_s=86_400.0))
    record = await wired.reply(await wrote(wired), "of course")
    await round_of(wired)
    assert ((await found(wired, record)).state, (await found(wired, record)).code) == (MessageState.QUEUED, "429")
    meets(wired, None)
    clock.travel(timedelta(seconds=10))
    await round_of(wired)
    assert (await found(wired, record)).state is MessageState.ACCEPTED


async def test_a_daily_limit_past_the_window_is_told_at_once(wired: Wired) -> None:
    meets(wired, limit(retry_after_s=90_000.0))
    record = await wired.reply(await wrote(wired), "of course")
    await round_of(wired)
    assert ((await found(wired, record)).state, (await found(wired, record)).code) == (MessageState.FAILED, "63038")


async def test_a_confirmation_that_meets_a_limit_is_silence_and_the_no_holds(wired: Wired, clock: Clock) -> None:
    meets(wired, limit())
    await wrote(wired, text="STOP")
    (confirmation,) = [await wired.stores.outbox.head(contact(0), SENDER)]
    assert confirmation is not None
    for _ in range(5):
        await round_of(wired)
        clock.travel(TICK)
    assert (await found(wired, confirmation)).state is MessageState.FAILED
    assert len(wired.transport.sent) == 1
    (records,) = await wired.stores.consent.of([contact(0)])
    assert "opt_out:all" in records


async def test_a_preparation_that_meets_a_limit_is_asked_once(wired: Wired, clock: Clock) -> None:
    """No mark is held then; who waits behind it must not have it asked again."""
    asked = []

    async def limited(_client: ProviderClient, message: FreeMessage) -> str:
        asked.append(message.text)
        raise refusal("not_accepted", "63038", "next_day", retry_after_s=3_600.0)

    known = await wrote(wired)
    record = await wired.reply(known, "one")
    await wired.reply(known, "two")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ProviderClient, "prepare", limited)
        for _ in range(40):
            await round_of(wired)
            clock.travel(TICK)
    assert asked == ["one"]
    assert ((await found(wired, record)).code, (await found(wired, record)).due) == ("63038", START + HOUR)


# ── what else an answer may be ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("answer", "state", "code"),
    [
        (refuses(Disposition.REFUSED, "63024"), MessageState.FAILED, "63024"),
        (refuses(Disposition.REFUSED, "63049", Again.NEXT_DAY), MessageState.FAILED, "63049"),
        (refuses(Disposition.SUPPRESS, "63032"), MessageState.FAILED, "63032"),
        (refuses(Disposition.TEMPLATE_UNUSABLE, "63041"), MessageState.FAILED, "63041"),
        (refuses(Disposition.SENDER_UNUSABLE, "20003"), MessageState.FAILED, "20003"),
        (refuses(Disposition.UNKNOWN, "20500"), MessageState.UNCONFIRMED, "20500"),
        (OutcomeUnknown("timeout", "no answer"), MessageState.UNCONFIRMED, "timeout"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_what_does_not_wait_ends_with_one_request(
    wired: Wired, clock: Clock, answer: HttpResponse | Exception, state: MessageState, code: str
) -> None:
    """Nobody resumes a single message, so what pauses a campaign ends it, and its author is told."""
    meets(wired, answer)
    record = await ordered(wired)
    for _ in range(5):
        await round_of(wired)
        clock.travel(TICK)
    ended = await found(wired, record)
    assert (ended.state, ended.code, len(wired.transport.sent)) == (state, code, 1)
    assert len(wired.events.types()) == 1


async def test_a_provider_that_stays_away_is_given_up_when_it_is_too_late(wired: Wired, clock: Clock) -> None:
    meets(wired, NotAccepted("connect", "nothing was sent"))
    record = await ordered(wired)
    await round_of(wired)
    assert (await found(wired, record)).state is MessageState.QUEUED
    clock.travel(MAX_DELAY)
    await round_of(wired)
    assert ((await found(wired, record)).state, (await found(wired, record)).code) == (MessageState.FAILED, "connect")


async def test_a_limit_that_a_status_tells_of_is_the_message_s_end(wired: Wired, clock: Clock) -> None:
    """The provider had accepted it. There is no second attempt whose statuses could be told from the first one's."""
    record = await ordered(wired)
    await round_of(wired)
    error = {"disposition": "not_accepted", "code": "63038", "again": "next_day"}
    reference = MessageReference(record.message.id).sign(SECRET)
    told = {"status": DeliveryStatus.FAILED, "id": "SM1", "reference": reference, "at": to_ms(clock()), "error": error}
    await wired.inbound.receiving.apply([await wired.hear(9, told)])
    for _ in range(3):
        clock.travel(DAY)
        await round_of(wired)
    failed = await found(wired, record)
    assert (failed.state, failed.code, failed.reason) == (MessageState.FAILED, "63038", "gloss of 63038")
    assert len(wired.transport.sent) == 1


async def reported(wired: Wired, record: MessageRecord, status: DeliveryStatus, **error: object) -> None:
    """A status of this message, with the provider's reason if it failed."""
    reference = MessageReference(record.message.id).sign(SECRET)
    told = {"status": status, "id": "SM1", "reference": reference, "at": to_ms(wired.now()), "error": error or None}
    await wired.inbound.receiving.apply([await wired.hear(9, told)])


async def test_a_message_that_a_status_fails_is_published_as_failed(wired: Wired) -> None:
    record = await ordered(wired)
    await round_of(wired)
    for _ in range(2):  # told again, it has the same id
        await reported(wired, record, DeliveryStatus.FAILED, disposition="refused", code="63024", again="never")
    accepted, *failed = wired.events.told
    assert accepted.type is DomainEventType.MESSAGE_ACCEPTED
    assert {(event.type, event.id, event.data["code"]) for event in failed} == {
        (DomainEventType.MESSAGE_FAILED, f"{record.message.id}:failed", "63024")
    }


async def test_a_failure_after_a_delivery_is_no_news(wired: Wired) -> None:
    record = await ordered(wired)
    await round_of(wired)
    await reported(wired, record, DeliveryStatus.DELIVERED)
    await reported(wired, record, DeliveryStatus.FAILED, disposition="refused", code="63024", again="never")
    assert wired.events.types() == [DomainEventType.MESSAGE_ACCEPTED]


async def test_an_unknown_outcome_that_a_status_proves_is_published(wired: Wired) -> None:
    meets(wired, OutcomeUnknown("timeout", "no answer"))
    record = await ordered(wired)
    await round_of(wired)
    await reported(wired, record, DeliveryStatus.DELIVERED)
    assert wired.events.types() == [DomainEventType.MESSAGE_UNCONFIRMED, DomainEventType.MESSAGE_ACCEPTED]
    assert wired.events.told[-1].data["provider_message_id"] == "SM1"
    assert await wired.stores.outbox.overlooked(wired.now() + DAY) == [], "nobody has to tell it again"


@pytest.mark.parametrize("status", [DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.FAILED])
async def test_what_a_status_proves_is_published_though_the_broker_was_away_or_the_process_died(
    wired: Wired, clock: Clock, status: DeliveryStatus
) -> None:
    """The status comes again, and changes nothing by then."""
    meets(wired, OutcomeUnknown("timeout", "no answer"))
    record = await ordered(wired)
    await round_of(wired)
    error = {"disposition": "refused", "code": "63024", "again": "never"} if status is DeliveryStatus.FAILED else {}
    wired.events.is_away = True
    with pytest.raises(BackendUnavailable):
        await reported(wired, record, status, **error)
    wired.events.is_away = False
    await reported(wired, record, status, **error)
    await reported(wired, record, DeliveryStatus.READ)
    clock.travel(HOUR)
    await wired.upkeep.rehinting.rehint_outboxes()
    outcome = DomainEventType.MESSAGE_FAILED if error else DomainEventType.MESSAGE_ACCEPTED
    assert (wired.events.types()[0], set(wired.events.types()[1:])) == (DomainEventType.MESSAGE_UNCONFIRMED, {outcome})
    assert await wired.stores.outbox.overlooked(clock() + DAY) == []


async def test_an_outcome_that_the_broker_did_not_take_is_published_later(wired: Wired, clock: Clock) -> None:
    record = await ordered(wired)
    wired.events.is_away = True
    await round_of(wired)
    wired.events.is_away = False
    clock.travel(HOUR)
    for _ in range(2):
        await wired.upkeep.rehinting.rehint_outboxes()
    assert [event.id for event in wired.events.told] == [f"{record.message.id}:accepted"]


async def test_an_acceptance_that_a_status_has_outrun_is_published_once(wired: Wired) -> None:
    record = await ordered(wired)
    send = wired.transport.send

    async def outrun(request: HttpRequest) -> HttpResponse:
        answer = await send(request)
        await reported(wired, record, DeliveryStatus.DELIVERED)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wired.transport, "send", outrun)
        await round_of(wired)
    assert [(event.type, event.id) for event in wired.events.told] == [
        (DomainEventType.MESSAGE_ACCEPTED, f"{record.message.id}:accepted")
    ]


@pytest.mark.parametrize("word", [Word.ACCEPTED, None], ids=["answered", "not-answered"])
async def test_an_acceptance_is_published_though_its_worker_died_and_statuses_came(
    wired: Wired, clock: Clock, word: Word | None
) -> None:
    record = await ordered(wired)
    await wired.stores.outbox.mark(record.message, W1, timedelta(0), Judged("1"))
    if word is not None:
        await wired.stores.outbox.settle(record.message, Settled(word, clock()), W1)
    for status in (DeliveryStatus.DELIVERED, DeliveryStatus.READ):
        await reported(wired, record, status)
    clock.travel(HOUR)
    for _ in range(2):
        await wired.upkeep.rehinting.rehint_outboxes()
    assert [(event.type, event.id) for event in wired.events.told] == [
        (DomainEventType.MESSAGE_ACCEPTED, f"{record.message.id}:accepted")
    ]


@pytest.mark.parametrize("is_status", [False, True], ids=["answer", "status"])
@pytest.mark.parametrize(
    ("disposition", "again", "reason"),
    [
        (Disposition.SENDER_UNUSABLE, Again.NEVER, "sender-unusable:7"),
        (Disposition.NOT_ACCEPTED, Again.NEXT_DAY, "daily-limit:7"),
        (Disposition.NOT_ACCEPTED, Again.BACK_OFF, None),
        (Disposition.REFUSED, Again.NEVER, None),
        (Disposition.TEMPLATE_UNUSABLE, Again.NEVER, None),
    ],
)
async def test_a_sender_that_a_single_message_finds_unusable_pauses_its_campaigns(
    wired: Wired, disposition: Disposition, again: Again, reason: str | None, *, is_status: bool
) -> None:
    made = await wired.running(2)
    record = await ordered(wired)
    if is_status:
        await round_of(wired)
        await reported(wired, record, DeliveryStatus.FAILED, disposition=disposition, code="7", again=again)
    else:
        meets(wired, refuses(disposition, "7", again))
        await round_of(wired)
    standing = await wired.stores.ledger.standing(made.id)
    expected = CampaignState.RUNNING if reason is None else CampaignState.PAUSED
    assert (standing.state, standing.reason or None) == (expected, reason)


@pytest.mark.parametrize("is_away", [False, True])
async def test_a_message_whose_worker_died_is_published_as_unconfirmed(
    wired: Wired, clock: Clock, *, is_away: bool
) -> None:
    record = await ordered(wired)
    await wired.stores.outbox.mark(record.message, W1, timedelta(0), Judged("1"))
    clock.travel(OPENED + TICK)
    wired.events.is_away = is_away
    await wired.upkeep.rehinting.rehint_outboxes()
    wired.events.is_away = False
    clock.travel(HOUR)
    await wired.upkeep.rehinting.rehint_outboxes()
    assert (await found(wired, record)).state is MessageState.UNCONFIRMED
    assert wired.events.types() == [DomainEventType.MESSAGE_UNCONFIRMED]
    assert await wired.stores.outbox.overlooked(clock() + DAY) == []


async def test_a_template_that_takes_other_values_by_now_is_not_sent(wired: Wired) -> None:
    """It went out with the old values."""
    record = await ordered(wired)
    wired.templates = TemplateRegistry([replace(template(), body="Your {{1}} on {{2}} at {{3}}.")])
    wired.restart()
    await round_of(wired)
    failed = await found(wired, record)
    assert (failed.state, failed.code, failed.marked_at) == (MessageState.FAILED, "template-changed", None)
    assert wired.transport.sent == []
    assert wired.events.types() == [DomainEventType.MESSAGE_FAILED]


async def test_a_single_message_whose_text_was_rewritten_with_the_same_placeholders_is_not_sent(wired: Wired) -> None:
    record = await ordered(wired)
    wired.templates = TemplateRegistry([replace(template(), body="Pay for {{1}} by {{2}}.")])
    wired.restart()
    await round_of(wired)
    failed = await found(wired, record)
    assert (failed.state, failed.code, failed.marked_at) == (MessageState.FAILED, "template-changed", None)
    assert wired.transport.sent == []


# ── faults ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", range(1, 15))
async def test_killed_while_it_meets_a_limit_it_is_neither_lost_nor_asked_at_once(
    wired: Wired, clock: Clock, call: int, done: bool
) -> None:
    meets(wired, limit())
    record = await ordered(wired)
    with crash_at(call, done=done), suppress(Crash):
        await wired.conversations.dispatching.dispatch(contact(0), SENDER, W1)
    wired.restart()
    for _ in range(10):
        clock.travel(timedelta(seconds=10))
        await wired.upkeep.rehinting.rehint_outboxes()
        await wired.conversations.dispatching.dispatch(contact(0), SENDER, W2)
    assert len(wired.transport.sent) <= 1
    meets(wired, None)
    clock.travel(DAY)
    await round_of(wired)
    final = (await found(wired, record)).state
    assert final in {MessageState.ACCEPTED, MessageState.UNCONFIRMED}
    assert await wired.stores.outbox.head(contact(0), SENDER) is None


@pytest.mark.parametrize("lost", range(1, 9))
async def test_an_answer_of_the_store_that_was_lost_loses_nobody(
    wired: Wired, clock: Clock, lost: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deferral that was written and not heard of was taken for somebody else's, and never looked after again."""
    monkeypatch.setattr(insist, "ASK_AGAIN_S", 0.0)
    meets(wired, limit())
    record = await ordered(wired)
    send = wired.transport.send

    async def then_loses(request):
        answer = await send(request)
        losing.__enter__()
        return answer

    losing = lost_answers(lost)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wired.transport, "send", then_loses)
        await asyncio.wait_for(wired.conversations.dispatching.dispatch(contact(0), SENDER, W1), 10)
    losing.__exit__(None, None, None)
    assert (await found(wired, record)).state is MessageState.QUEUED
    meets(wired, None)
    clock.travel(DAY)
    await round_of(wired)
    assert (await found(wired, record)).state is MessageState.ACCEPTED


# ── the table ───────────────────────────────────────────────────────────────────────────────────────────────────────


def message(purpose: Purpose) -> OutgoingMessage:
    use = TemplateUse("appointment_reminder", "en", PARAMETERS)
    body = use if purpose is Purpose.TEMPLATE else FreeMessage(address(0), "hello")
    return OutgoingMessage(
        new_message_id(contact(0)), TENANT, SENDER, contact(0), purpose, body, address(0), "ana", START
    )


def test_every_fate_has_a_word() -> None:
    assert set(WORDS) == set(Fate)


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize(
    ("wait", "last_chance", "word"),
    [
        (ASIDE_AFTER, START + DAY, Word.DEFER),
        (ASIDE_AFTER + TICK, START + DAY, Word.ASIDE),
        (DAY, START + DAY + TICK, Word.ASIDE),
        (DAY, START + DAY, Word.FAILED),
        (TICK, START - MARGIN, Word.FAILED),
    ],
)
def test_where_it_waits(purpose: Purpose, wait: timedelta, last_chance: datetime, word: Word) -> None:
    error = refusal("not_accepted", "429", "back_off", retry_after_s=wait.total_seconds())
    if word is Word.ASIDE and purpose is not Purpose.TEMPLATE:
        word = Word.DEFER  # replies stay in order
    settled = settled_of(message(purpose), error, START, last_chance, chance=0.0)
    assert (settled.word, settled.code) == (word, "429")
    assert settled.due == (None if word is Word.FAILED else START + max(wait, timedelta(seconds=1)))
