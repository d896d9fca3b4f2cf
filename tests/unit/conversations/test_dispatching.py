"""Replies and single messages: the gate when they are taken and when they go, in order, at most once."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TypedDict, Unpack

import pytest

from shared.conversations.dispatching import MAX_JUDGEMENTS
from shared.conversations.outbox.model import MessageRecord, MessageState
from shared.conversations.outbox.store import Gate, Passed
from shared.conversations.replying import Order, WindowClosed
from shared.ground.domain_events import DomainEventType
from shared.ground.errors import (
    Again,
    Conflict,
    Disposition,
    InputError,
    NotAccepted,
    NotFound,
    OutcomeUnknown,
    Refused,
)
from shared.ground.ids import ContactId, InteractionId, MessageReference, Nonce, SenderId, TenantId, read_reference
from shared.people.consent.model import ConsentRecord
from shared.people.consent.store import Consents
from shared.people.consenting import Refusal
from shared.people.contacts.store import Identity
from shared.providers.client import ProviderClient
from shared.providers.events import DeliveryStatus
from shared.providers.messages import Choice, FreeMessage
from shared.senders.limits.store import SlotReply
from shared.templates.model import Category, TemplateStatus
from shared.templates.registry import TemplateRegistry
from tests.factories import SECRET, SENDER, TENANT, address, campaign, contact, opt_in, opt_out, template
from tests.stores import Clock, Crash, crash_at, until
from tests.wired import MARGIN, W1, W2, WINDOW, Wired, refuses

PARAMETERS = {"1": "dentist", "2": "Monday"}


async def wrote(wired: Wired, text: str = "hello", number: int = 1) -> Identity:
    """A contact that has just written."""
    entry = await wired.hear(
        number,
        {"from": [address(0)], "id": f"IN{number}", "at": int(wired.now().timestamp() * 1000), "text": text},
    )
    await wired.inbound.receiving.apply([entry])
    return await wired.stores.contacts.resolve(contact(0))


async def sent(wired: Wired) -> list[str]:
    await wired.conversations.dispatching.dispatch(contact(0), SENDER, W1)
    return [body["text"] for body in wired.transport.sent if "text" in body]


async def state(wired: Wired, record: MessageRecord) -> tuple[MessageState, str]:
    found = await wired.stores.outbox.get(record.message.id)
    return found.state, found.reason


class OrderFields(TypedDict, total=False):
    address: str | None
    interaction: InteractionId | None
    once: str | None


def order(contact_: Identity, **fields: Unpack[OrderFields]) -> Order:
    return replace(Order(TENANT, SENDER, contact_, "ana"), **fields)


def elsewhere(wired: Wired) -> str:
    """A user id whose contact comes before the first person's, so that whoever turns out to be both is called by it."""
    users = (f"US.{number}" for number in range(13491208655302741918, 13491208655302742018))
    return next(user for user in users if wired.people.merging.id_of(TENANT, user) < contact(0))


async def becomes_another(wired: Wired, number: int, text: str = "it is me") -> Identity:
    """The first person writes under two names."""
    user = elsewhere(wired)
    said = {"from": [address(0), user], "id": f"IN{number}", "at": _now_ms(wired), "text": text}
    await wired.inbound.receiving.apply([await wired.hear(number, said)])
    known = await wired.stores.contacts.resolve(contact(0))
    assert known.contact != contact(0)
    return known


# ── replies ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_reply_goes_out_and_says_whose_it_is(wired: Wired) -> None:
    record = await wired.reply(await wrote(wired), "of course")
    assert record.state is MessageState.QUEUED
    assert await sent(wired) == ["of course"]
    found = await wired.stores.outbox.get(record.message.id)
    assert (found.state, found.provider_message_id, found.message.by) == (MessageState.ACCEPTED, "SM1", "ana")
    (body,) = wired.transport.sent
    assert read_reference(SECRET, body["reference"]) == MessageReference(record.message.id)
    assert DomainEventType.MESSAGE_ACCEPTED in wired.events.types()
    assert wired.hints.outboxes == [(contact(0), SENDER)]
    assert await wired.stores.outbox.overlooked(wired.now() + timedelta(days=1)) == []


async def test_it_goes_where_the_contact_wrote_from(wired: Wired) -> None:
    user = "US.13491208655302741918"
    entry = await wired.hear(
        1, {"from": [user, address(0)], "id": "IN1", "at": 0, "text": "x"} | {"at": _now_ms(wired)}
    )
    await wired.inbound.receiving.apply([entry])
    record = await wired.reply(await wired.stores.contacts.resolve(contact(0)), "of course")
    assert record.message.to == user


def _now_ms(wired: Wired) -> int:
    return int(wired.now().timestamp() * 1000)


async def test_replies_to_one_contact_go_in_order(wired: Wired) -> None:
    known = await wrote(wired)
    texts = [f"sentence {number}" for number in range(5)]
    for text in texts:
        await wired.reply(known, text)
    nonces = [Nonce(f"worker:{number}") for number in range(3)]
    await asyncio.gather(*(wired.conversations.dispatching.dispatch(contact(0), SENDER, nonce) for nonce in nonces))
    assert [body["text"] for body in wired.transport.sent] == texts


async def test_who_did_not_write_is_not_written_to(wired: Wired) -> None:
    with pytest.raises(WindowClosed) as closed:
        await wired.reply(Identity(contact(0)), "hello?")
    assert closed.value.code == "window-closed"
    named = [f"{one.name} ({one.language})" for one in closed.value.templates]
    assert named == ["appointment_reminder (en)", "appointment_reminder (es)"]
    assert closed.value.closed_at is None


@pytest.mark.parametrize(
    ("before_the_end", "is_taken"),
    [(MARGIN + timedelta(seconds=1), True), (MARGIN, False), (timedelta(0), False), (-timedelta(days=1), False)],
)
async def test_through_the_window(wired: Wired, clock: Clock, before_the_end: timedelta, is_taken: bool) -> None:
    known = await wrote(wired)
    clock.travel(WINDOW - before_the_end)
    if is_taken:
        await wired.reply(known, "just in time")
        assert await sent(wired) == ["just in time"]
    else:
        with pytest.raises(WindowClosed):
            await wired.reply(known, "too late")


async def test_what_waited_too_long_is_refused_when_it_would_go(wired: Wired, clock: Clock) -> None:
    record = await wired.reply(await wrote(wired), "hello")
    clock.travel(WINDOW - MARGIN)
    assert await sent(wired) == []
    assert await state(wired, record) == (MessageState.REFUSED, "window-closed")
    assert DomainEventType.MESSAGE_FAILED in wired.events.types()


async def test_a_gate_that_was_passed_too_long_ago_is_passed_again(wired: Wired) -> None:
    """The first byte leaves within a second of the gate or not at all."""
    record = await wired.reply(await wrote(wired), "hello")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shared.conversations.dispatching.STALE_AFTER", timedelta(seconds=-1))
        assert await sent(wired) == []
    assert (await state(wired, record))[0] is MessageState.QUEUED
    assert len(wired.hints.outboxes) == 2, "it is asked for again"
    assert await sent(wired) == ["hello"]


async def test_after_a_no_there_is_silence_until_the_contact_writes_again(wired: Wired, clock: Clock) -> None:
    known = await wrote(wired, "BAJA")
    assert await sent(wired) == ["No más mensajes."]
    with pytest.raises(Conflict) as refused:
        await wired.reply(known, "but why?")
    assert refused.value.code == "opted-out"
    clock.travel(timedelta(minutes=1))
    await wrote(wired, "a question", 2)
    await wired.reply(known, "an answer")
    assert await sent(wired) == ["No más mensajes.", "an answer"]


async def test_a_no_that_comes_while_a_reply_waits(wired: Wired, clock: Clock) -> None:
    record = await wired.reply(await wrote(wired), "hello")
    clock.travel(timedelta(seconds=1))
    await wrote(wired, "stop", 2)
    assert await sent(wired) == ["No more from us."], "only its own confirmation is exempt"
    assert await state(wired, record) == (MessageState.REFUSED, "opted-out")


# ── somebody finds out who it is while a reply waits ────────────────────────────────────────────────────────────────


async def test_what_waits_under_an_old_name_goes_out(wired: Wired, clock: Clock) -> None:
    record = await wired.reply(await wrote(wired), "of course")
    clock.travel(timedelta(seconds=1))
    await becomes_another(wired, 2)
    assert await sent(wired) == ["of course"]
    assert (await state(wired, record))[0] is MessageState.ACCEPTED


async def test_a_no_under_the_new_name_holds_for_what_waits_under_the_old_one(wired: Wired, clock: Clock) -> None:
    record = await wired.reply(await wrote(wired), "of course")
    clock.travel(timedelta(seconds=1))
    await becomes_another(wired, 2, "stop")
    assert await sent(wired) == []
    assert await state(wired, record) == (MessageState.REFUSED, "opted-out")


async def test_a_no_that_comes_between_judgement_and_gate_under_the_new_name(wired: Wired, clock: Clock) -> None:
    record = await wired.reply(await wrote(wired), "of course")
    clock.travel(timedelta(seconds=1))
    known = await becomes_another(wired, 2)
    through = wired.stores.consent.through
    asked: list[ContactId] = []

    async def refuses_meanwhile(name: ContactId) -> Consents:
        found = await through(name)
        if not asked:
            asked.append(name)
            await wired.people.consenting.refuse(TENANT, known, Refusal("api", wired.now()))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wired.stores.consent, "through", refuses_meanwhile)
        assert await sent(wired) == []
    assert await state(wired, record) == (MessageState.REFUSED, "opted-out")


async def test_the_window_that_counts_is_the_one_of_the_new_name(wired: Wired, clock: Clock) -> None:
    known = await wrote(wired)
    clock.travel(WINDOW - MARGIN - timedelta(seconds=1))
    record = await wired.reply(known, "just in time")
    clock.travel(timedelta(seconds=2))
    known = await becomes_another(wired, 2)
    assert await sent(wired) == ["just in time"], "the contact has written again"
    assert (await state(wired, record))[0] is MessageState.ACCEPTED

    late = await wired.reply(await wired.stores.contacts.resolve(known.contact), "too late")
    clock.travel(WINDOW)
    await wired.conversations.dispatching.dispatch(known.contact, SENDER, W1)
    assert await state(wired, late) == (MessageState.REFUSED, "window-closed")


async def test_a_no_is_confirmed_once_whatever_the_contact_is_called_by_now(wired: Wired, clock: Clock) -> None:
    await wrote(wired, "STOP")
    assert await sent(wired) == ["No more from us."]
    clock.travel(timedelta(seconds=1))
    known = await becomes_another(wired, 2, "SALIR")
    await wired.conversations.dispatching.dispatch(known.contact, SENDER, W1)
    assert await sent(wired) == ["No more from us."]


async def test_a_request_is_one_message_whatever_the_contact_is_called_by_now(wired: Wired, clock: Clock) -> None:
    first = await wired.reply(await wrote(wired), "of course", once="request-1")
    clock.travel(timedelta(seconds=1))
    known = await becomes_another(wired, 2)
    again = await wired.reply(known, "of course", once="request-1")
    assert again.message.id == first.message.id


async def test_the_dialer_hears_of_a_reply_in_its_own_words(wired: Wired) -> None:
    made = await wired.running(1, campaign(external_id="order-7"))
    await wired.send(made)
    known = await wrote(wired)
    (interaction,) = await wired.stores.interactions.of(known.contact)
    await wired.reply(known, "of course", interaction=interaction)
    await sent(wired)
    event = wired.events.told[-1]
    assert event.type is DomainEventType.MESSAGE_ACCEPTED
    assert (event.data["campaign"], event.data["external_id"]) == (made.id, "order-7")
    assert "external_contact_id" in event.data


async def test_a_contact_that_never_stops_changing_holds_nobody_up(wired: Wired) -> None:
    record = await wired.reply(await wrote(wired), "of course")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wired.stores.outbox, "mark", changed := Changing())
        assert await sent(wired) == []
    assert changed.asked == MAX_JUDGEMENTS
    assert (await state(wired, record))[0] is MessageState.QUEUED
    assert await wired.stores.outbox.overlooked(wired.now() + timedelta(seconds=5)) == [record.message.id]


class Changing:
    """A gate at which the contact has said something new each time."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self, *_: object) -> Passed:
        self.asked += 1
        return Passed(Gate.CHANGED)


# ── what the provider has to be told before ─────────────────────────────────────────────────────────────────────────


async def test_what_has_to_be_prepared_is_before_the_gate(wired: Wired) -> None:
    """A no that is said meanwhile is heard."""
    record = await wired.reply(known := await wrote(wired), "of course")

    async def slow(_client, _message):
        await wired.people.consenting.refuse(TENANT, known, Refusal("api", wired.now()))
        return "HX1"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ProviderClient, "prepare", slow)
        assert await sent(wired) == []
    assert await state(wired, record) == (MessageState.REFUSED, "opted-out")


async def test_what_cannot_be_prepared_now_waits(wired: Wired, clock: Clock) -> None:
    record = await wired.reply(await wrote(wired), "of course")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ProviderClient, "prepare", raising(NotAccepted("503", "away", Again.BACK_OFF)))
        assert await sent(wired) == []
    assert await state(wired, record) == (MessageState.QUEUED, "away")
    clock.travel(timedelta(seconds=5))
    assert await sent(wired) == ["of course"]


async def test_what_can_never_be_prepared_fails_with_the_reason(wired: Wired) -> None:
    record = await wired.reply(await wrote(wired), "of course")
    await wired.reply(await wired.stores.contacts.resolve(contact(0)), "the next one")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ProviderClient, "prepare", raising(Refused("20001", "bad content")))
        assert await sent(wired) == ["the next one"]
    assert await state(wired, record) == (MessageState.FAILED, "bad content")


def raising(error):
    """Once; from then on there is nothing to prepare."""
    answers = [error]

    async def prepare(_client, _message):
        if answers:
            raise answers.pop()

    return prepare


async def test_a_connection_that_comes_late_sends_nothing(wired: Wired) -> None:
    """The first byte leaves within a second of the gate: the rest of that second is all that connecting may take."""
    await wired.reply(await wrote(wired), "of course")
    asked = []
    send = wired.transport.send

    async def noted(request):
        asked.append(request.connect_within_s)
        return await send(request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wired.transport, "send", noted)
        await sent(wired)
    assert len(asked) == 1
    assert 0 < asked[0] <= 1


async def test_the_provider_knows_better_that_a_window_is_closed(wired: Wired, clock: Clock) -> None:
    known = await wrote(wired)
    clock.travel(timedelta(hours=1))
    wired.transport.answers[address(0)] = refuses(Disposition.REFUSED, "63016", closes_window=True)
    record = await wired.reply(known, "hello")
    await sent(wired)
    assert (await state(wired, record))[0] is MessageState.FAILED
    assert not (await wired.stores.sessions.get(contact(0), SENDER)).is_open
    with pytest.raises(WindowClosed):
        await wired.reply(known, "hello again")


async def test_the_same_by_a_status(wired: Wired, clock: Clock) -> None:
    known = await wrote(wired)
    clock.travel(timedelta(hours=1))
    record = await wired.reply(known, "hello")
    await sent(wired)
    error = {"disposition": "refused", "code": "63016", "closes_window": True}
    await status(wired, record, DeliveryStatus.FAILED, error)
    assert (await state(wired, record))[0] is MessageState.FAILED
    assert not (await wired.stores.sessions.get(contact(0), SENDER)).is_open


async def status(
    wired: Wired, record: MessageRecord, word: DeliveryStatus, error: Mapping[str, object] | None = None
) -> None:
    reference = MessageReference(record.message.id).sign(SECRET)
    told = {"status": word, "id": "SM1", "reference": reference, "at": _now_ms(wired), "error": error}
    await wired.inbound.receiving.apply([await wired.hear(99, told)])


async def test_statuses_find_their_message(wired: Wired) -> None:
    record = await wired.reply(await wrote(wired), "hello")
    await sent(wired)
    for word, wanted in ((DeliveryStatus.DELIVERED, "delivered"), (DeliveryStatus.READ, "read"),
                         (DeliveryStatus.SENT, "read")):  # fmt: skip
        await status(wired, record, word)
        assert (await state(wired, record))[0].value == wanted


async def test_who_stopped_a_kind_of_message_has_stopped_that_kind(wired: Wired) -> None:
    wired.transport.answers[address(0)] = refuses(Disposition.SUPPRESS, "131050", scope="marketing")
    await wired.reply(await wrote(wired), "hello")
    await sent(wired)
    (records,) = await wired.stores.consent.of([contact(0)])
    assert {name: record.source for name, record in records.items()} == {"opt_out:marketing": "provider:131050"}


async def test_a_contact_that_blocks_us_has_said_no(wired: Wired) -> None:
    wired.transport.answers[address(0)] = refuses(Disposition.SUPPRESS, "63014")
    await wired.reply(await wrote(wired), "hello")
    await sent(wired)
    (records,) = await wired.stores.consent.of([contact(0)])
    assert records["opt_out:all"].source == "provider:63014"


# ── at most once ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_answer_that_never_came_is_unknown_and_not_asked_again(wired: Wired) -> None:
    known = await wrote(wired)
    wired.transport.answers[address(0)] = OutcomeUnknown("timeout", "no answer")
    record = await wired.reply(known, "hello")
    await sent(wired)
    assert (await state(wired, record))[0] is MessageState.UNCONFIRMED
    del wired.transport.answers[address(0)]
    await wired.reply(known, "are you there?")
    assert [body["text"] for body in wired.transport.sent] == ["hello"]
    assert await sent(wired) == ["hello", "are you there?"]
    await status(wired, record, DeliveryStatus.DELIVERED)
    assert (await state(wired, record))[0] is MessageState.DELIVERED, "a status proves it"


async def test_what_was_provably_not_accepted_goes_later(wired: Wired, clock: Clock) -> None:
    record = await wired.reply(await wrote(wired), "hello")
    wired.transport.answers[address(0)] = NotAccepted("connect", "nothing was sent")
    await sent(wired)
    assert (await state(wired, record))[0] is MessageState.QUEUED
    del wired.transport.answers[address(0)]
    assert len(await sent(wired)) == 1, "not before it is due"
    clock.travel(timedelta(seconds=5))
    assert await sent(wired) == ["hello", "hello"]
    assert (await state(wired, record))[0] is MessageState.ACCEPTED


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", range(1, 12))
async def test_killed_at_any_round_trip_it_is_written_at_most_once(
    wired: Wired, clock: Clock, call: int, done: bool
) -> None:
    record = await wired.reply(await wrote(wired), "hello")
    with crash_at(call, done=done), suppress(Crash):
        await wired.conversations.dispatching.dispatch(contact(0), SENDER, W1)
    wired.restart()
    for _ in range(4):
        clock.travel(timedelta(seconds=50))
        await wired.upkeep.rehinting.rehint_outboxes()
        await wired.conversations.dispatching.dispatch(contact(0), SENDER, W2)
    assert len(wired.transport.sent) <= 1
    final = (await state(wired, record))[0]
    assert final in {MessageState.ACCEPTED, MessageState.UNCONFIRMED}
    assert final is MessageState.UNCONFIRMED or len(wired.transport.sent) == 1


async def test_a_hint_that_was_lost_is_repeated(wired: Wired, clock: Clock) -> None:
    await wired.reply(await wrote(wired), "hello")
    wired.hints.outboxes.clear()
    assert await wired.upkeep.rehinting.rehint_outboxes() == 0
    clock.travel(timedelta(seconds=3))
    assert await wired.upkeep.rehinting.rehint_outboxes() == 1
    assert wired.hints.outboxes == [(contact(0), SENDER)]


async def test_a_drain_begins_nothing_and_leaves_everything_in_place(wired: Wired) -> None:
    record = await wired.reply(await wrote(wired), "hello")
    wired.slots.answers[record.message.id] = [SlotReply(wait_us=60_000_000)]
    dispatching = asyncio.create_task(wired.conversations.dispatching.dispatch(contact(0), SENDER, W1))
    await until(lambda: bool(wired.slots.asked))
    await asyncio.sleep(0)
    wired.conversations.dispatching.drain()
    assert await dispatching == 0
    assert wired.transport.sent == []
    assert (await state(wired, record))[0] is MessageState.QUEUED


# ── single messages ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_template_to_one_person(wired: Wired) -> None:
    await wired.stores.consent.record([(contact(0), opt_in())])
    to = order(Identity(contact(0)), address=address(0))
    record = await wired.conversations.replying.template(to, "appointment_reminder", "es", PARAMETERS)
    await wired.conversations.dispatching.dispatch(contact(0), SENDER, W1)
    assert (await state(wired, record))[0] is MessageState.ACCEPTED
    (body,) = wired.transport.sent
    assert (body["to"], body["language"], body["parameters"]) == (address(0), "es", PARAMETERS)


@pytest.mark.parametrize(("records", "code"), [([], "no-opt-in"), ([opt_in(), opt_out()], "opted-out")])
async def test_by_a_campaign_s_rules(wired: Wired, records: list[ConsentRecord], code: str) -> None:
    await wired.stores.consent.record([(contact(0), one) for one in records])
    with pytest.raises(Conflict) as refused:
        await wired.conversations.replying.template(
            order(Identity(contact(0)), address=address(0)), "appointment_reminder", "en", PARAMETERS
        )
    assert refused.value.code == code


async def test_consent_is_asked_again_when_it_goes(wired: Wired) -> None:
    await wired.stores.consent.record([(contact(0), opt_in())])
    to = order(Identity(contact(0)), address=address(0))
    record = await wired.conversations.replying.template(to, "appointment_reminder", "en", PARAMETERS)
    await wired.stores.consent.record([(contact(0), opt_out(wired.now()))])
    assert await wired.conversations.dispatching.dispatch(contact(0), SENDER, W1) == 1
    assert wired.transport.sent == []
    assert await state(wired, record) == (MessageState.REFUSED, "opted-out")


async def test_a_template_that_was_disabled_meanwhile_is_not_sent(wired: Wired) -> None:
    await wired.stores.consent.record([(contact(0), opt_in())])
    to = order(Identity(contact(0)), address=address(0))
    record = await wired.conversations.replying.template(to, "appointment_reminder", "en", PARAMETERS)
    wired.templates = TemplateRegistry([replace(template(), status=TemplateStatus.PAUSED)])
    wired.restart()
    await wired.conversations.dispatching.dispatch(contact(0), SENDER, W1)
    assert wired.transport.sent == []
    assert (await state(wired, record))[0] is MessageState.FAILED


@pytest.mark.parametrize(
    ("scope", "state_then"), [("marketing", MessageState.ACCEPTED), ("utility", MessageState.REFUSED)]
)
async def test_a_refusal_is_judged_by_the_template_that_was_ordered_though_its_name_is_anothers_too_by_now(
    wired: Wired, scope: str, state_then: MessageState
) -> None:
    namesakes = template(provider_id="HX1"), template(provider_id="HX2", category=Category.AUTHENTICATION)
    await wired.stores.consent.record([(contact(0), opt_in())])
    wired.templates = TemplateRegistry(namesakes[:1], senders=[SENDER], by_id=[SENDER])
    wired.restart()
    to = order(Identity(contact(0)), address=address(0))
    record = await wired.conversations.replying.template(to, "appointment_reminder", "en", PARAMETERS)
    await wired.stores.consent.record([(contact(0), opt_out(wired.now(), scope))])
    wired.templates = TemplateRegistry(namesakes, senders=[SENDER], by_id=[SENDER])
    wired.restart()
    await wired.conversations.dispatching.dispatch(contact(0), SENDER, W1)
    assert (await state(wired, record))[0] is state_then


# ── what cannot be ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_the_provider_cannot_carry_is_said_at_once(wired: Wired) -> None:
    known = await wrote(wired)
    with pytest.raises(InputError, match="quick replies"):
        await wired.conversations.replying.reply(order(known), FreeMessage("", "When?", choices=(Choice("a", "Now"),)))
    with pytest.raises(InputError, match="4097 characters"):
        await wired.conversations.replying.reply(order(known), FreeMessage("", "x" * 4_097))
    with pytest.raises(InputError, match="says nothing"):
        await wired.conversations.replying.reply(order(known), FreeMessage("", " "))


@pytest.mark.parametrize("of", [(TENANT, SenderId("nobody")), (TenantId("other"), SENDER)])
async def test_there_is_no_such_sender(wired: Wired, of: tuple[TenantId, SenderId]) -> None:
    with pytest.raises(NotFound):
        await wired.conversations.replying.reply(Order(*of, Identity(contact(0)), "ana"), FreeMessage("", "hello"))


async def test_somebody_of_whom_no_address_is_known(wired: Wired) -> None:
    await wired.stores.consent.record([(contact(0), opt_in())])
    with pytest.raises(InputError, match="No address"):
        await wired.conversations.replying.template(
            order(Identity(contact(0))), "appointment_reminder", "en", PARAMETERS
        )


async def test_a_sender_that_this_worker_does_not_know_waits_for_one_that_does(wired: Wired) -> None:
    record = await wired.reply(await wrote(wired), "hello")
    wired.clients.clear()
    assert await wired.conversations.dispatching.dispatch(contact(0), SENDER, W1) == 0
    assert (await state(wired, record))[0] is MessageState.QUEUED
