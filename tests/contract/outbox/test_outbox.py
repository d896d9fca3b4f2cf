"""The outbox: in order, through the gate, at most once, and what became of each in any order of facts."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Unpack

import pytest

from shared.conversations.outbox.model import MessageState, OutgoingMessage, Purpose, TemplateUse
from shared.conversations.outbox.store import Gate, Judged, Outbox, Passed, Settled, Word
from shared.ground import keys
from shared.ground.clock import to_ms
from shared.ground.errors import BackendUnavailable, NotFound
from shared.ground.ids import EventId, MessageId, Nonce, new_message_id
from shared.people.consent.store import ConsentStore
from shared.people.sessions.model import Received
from shared.people.sessions.store import SessionStore
from shared.providers.messages import Choice, FreeMessage, MediaKind, OutgoingMedia
from tests.factories import SENDER, TENANT, address, contact, opt_out
from tests.fields import SettledFields
from tests.stores import Store, broken_store

DAY, MARGIN, LOST = timedelta(hours=24), timedelta(seconds=60), timedelta(seconds=45)
W1, W2 = Nonce("w1:a"), Nonce("w2:b")


class Desk:
    """An outbox, and the window that its messages need."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.outbox = Outbox(store.redis, timedelta(days=90), LOST)
        self.sessions = SessionStore(store.redis, DAY, timedelta(days=8))
        self.consent = ConsentStore(store.redis)

    async def wrote(self, number: int = 1) -> None:
        received = Received(EventId(f"e{number}"), self.store.now(), address(0), "{}")
        await self.sessions.receive(contact(0), SENDER, received)

    def message(
        self, purpose: Purpose = Purpose.REPLY, body: FreeMessage | TemplateUse | None = None
    ) -> OutgoingMessage:
        return OutgoingMessage(
            new_message_id(contact(0)), TENANT, SENDER, contact(0), purpose, body or FreeMessage(address(0), "of course"),
            address(0), "ana", self.store.now(),
        )  # fmt: skip

    async def put(self, purpose: Purpose = Purpose.REPLY) -> OutgoingMessage:
        made = self.message(purpose)
        assert await self.outbox.put(made)
        return made

    async def mark(
        self, message: OutgoingMessage, nonce: Nonce = W1, revision: str = "", forbidden: str = ""
    ) -> Passed:
        return await self.outbox.mark(message, nonce, MARGIN, Judged(revision, forbidden))

    async def settle(
        self, message: OutgoingMessage, word: Word, nonce: Nonce | None = W1, **fields: Unpack[SettledFields]
    ) -> MessageState | None:
        return await self.outbox.settle(message, Settled(word, self.store.now(), **fields), nonce)

    async def state(self, message: OutgoingMessage) -> MessageState:
        return (await self.outbox.get(message.id)).state

    async def next(self) -> MessageId | None:
        head = await self.outbox.head(contact(0), SENDER)
        return None if head is None else head.message.id


@pytest.fixture
def desk(stores: Store) -> Desk:
    return Desk(stores)


BODIES = (
    FreeMessage(address(0), "¡Hasta mañana! 👋"),
    FreeMessage(
        address(0), "map", OutgoingMedia(MediaKind.IMAGE, "https://example.com/map.png", "map.png"), reply_to="SM1"
    ),
    FreeMessage(
        address(0), "When?", choices=(Choice("a", "Now"), Choice("b", "Later", "any day")), list_button="Times"
    ),
    TemplateUse("reminder", "es_UY", {"1": "dentist", "name": "Ana"}),
)


@pytest.mark.parametrize("body", BODIES, ids=["text", "media", "list", "template"])
async def test_a_message_comes_back_whole(desk: Desk, body: FreeMessage | TemplateUse) -> None:
    made = replace(
        desk.message(body=body), purpose=Purpose.TEMPLATE if isinstance(body, TemplateUse) else Purpose.REPLY
    )
    await desk.outbox.put(made)
    record = await desk.outbox.get(made.id)
    at = made.created_at
    assert record.message == replace(made, created_at=at.replace(microsecond=at.microsecond // 1000 * 1000))
    assert (record.state, record.times, record.marked_at) == (MessageState.QUEUED, {}, None)


async def test_put_twice_is_put_once(desk: Desk, stores: Store) -> None:
    made = await desk.put()
    assert not await desk.outbox.put(made)
    assert await stores.redis.llen(keys.outbox(contact(0), SENDER)) == 1


async def test_one_after_the_other(desk: Desk) -> None:
    await desk.wrote()
    first, second = await desk.put(), await desk.put()
    assert (await desk.mark(second)).gate is Gate.BEHIND
    assert (await desk.mark(first)).gate is Gate.OK
    assert (await desk.mark(second, W2)).gate is Gate.BEHIND, "not while the first is on its way"
    await desk.settle(first, Word.ACCEPTED, provider_message_id="SM1")
    assert await desk.next() == second.id
    assert (await desk.mark(second)).gate is Gate.OK


async def test_the_same_nonce_is_answered_the_same_and_no_other_gets_it(desk: Desk) -> None:
    await desk.wrote()
    made = await desk.put()
    for _ in range(2):  # redis-py repeats a call whose answer was lost
        assert (await desk.mark(made)).gate is Gate.OK
    assert (await desk.mark(made, W2)).gate is Gate.GONE


@pytest.mark.parametrize(
    ("after", "gate"),
    [(DAY - MARGIN - timedelta(seconds=3), Gate.OK), (DAY - MARGIN + timedelta(seconds=1), Gate.REFUSED),
     (DAY + timedelta(seconds=1), Gate.REFUSED)],
)  # fmt: skip
async def test_the_gate_shuts_before_the_window(desk: Desk, after: timedelta, gate: Gate) -> None:
    await desk.wrote()
    await desk.store.travel(after)
    made = await desk.put()
    assert await desk.mark(made) == Passed(gate, "window-closed" if gate is Gate.REFUSED else "")
    assert await desk.state(made) is (MessageState.REFUSED if gate is Gate.REFUSED else MessageState.SENDING)
    assert (await desk.next() is None) == (gate is Gate.REFUSED)


async def test_a_template_needs_no_window(desk: Desk) -> None:
    made = await desk.put(Purpose.TEMPLATE)
    assert (await desk.mark(made)).gate is Gate.OK


async def test_consents_that_changed_since_they_were_judged_are_judged_again(desk: Desk) -> None:
    await desk.wrote()
    made = await desk.put()
    (judged,) = await desk.consent.consents([contact(0)])
    await desk.consent.record([(contact(0), opt_out(desk.store.now()))])
    assert (await desk.mark(made, revision=judged.revision)).gate is Gate.CHANGED
    (again,) = await desk.consent.consents([contact(0)])
    assert await desk.mark(made, revision=again.revision, forbidden="opted-out") == Passed(Gate.REFUSED, "opted-out")
    assert (await desk.outbox.get(made.id)).reason == "opted-out"


FACTS = {"a": Word.ACCEPTED, "d": Word.DELIVERED, "r": Word.READ, "f": Word.FAILED}


@pytest.mark.parametrize(("facts", "state"), [("ar", "read"), ("adr", "read"), ("af", "failed"), ("afd", "delivered")])
async def test_facts_in_any_order_any_number_of_times(desk: Desk, facts: str, state: str) -> None:
    await desk.wrote()
    for order in permutations(facts):
        made = await desk.put()
        await desk.mark(made)
        for fact in (*order, *order):
            await desk.settle(made, FACTS[fact], None, provider_message_id="SM1", code="63016" if fact == "f" else "")
        record = await desk.outbox.get(made.id)
        assert (record.state.value, record.provider_message_id) == (state, "SM1")
        assert await desk.next() is None


async def test_what_was_not_accepted_waits_until_it_is_due(desk: Desk) -> None:
    await desk.wrote()
    made = await desk.put()
    await desk.mark(made)
    due = desk.store.now() + timedelta(seconds=5)
    assert await desk.settle(made, Word.DEFER, code="20429", due=due) is MessageState.QUEUED
    passed = await desk.mark(made, W2)
    assert passed.gate is Gate.WAIT
    assert 3_000 < passed.wait_ms <= 5_000
    await desk.store.travel(timedelta(seconds=6))
    assert (await desk.mark(made, W2)).gate is Gate.OK


async def test_why_it_waits_and_until_when_is_known_while_it_does(desk: Desk) -> None:
    await desk.wrote()
    made = await desk.put()
    await desk.mark(made)
    due = desk.store.now().replace(microsecond=0) + timedelta(seconds=5)
    await desk.settle(made, Word.DEFER, code="20429", reason="too many", due=due)
    record = await desk.outbox.get(made.id)
    assert (record.code, record.reason, record.due) == ("20429", "too many", due)
    await desk.store.travel(timedelta(seconds=6))
    await desk.mark(made, W2)
    record = await desk.outbox.get(made.id)
    assert (record.state, record.code, record.reason, record.due) == (MessageState.SENDING, "", "", None)


async def test_what_stands_aside_lets_the_others_pass_and_comes_back_last(desk: Desk) -> None:
    aside, second, third = [await desk.put(Purpose.TEMPLATE) for _ in range(3)]
    await desk.mark(aside)
    due = desk.store.now() + timedelta(hours=24)
    for _ in range(2):  # redis-py repeats a call whose answer was lost
        assert await desk.settle(aside, Word.ASIDE, code="63038", due=due) is MessageState.QUEUED
    assert await desk.next() == second.id
    assert not await desk.outbox.rejoin(aside), "it is not due"
    assert (await desk.mark(aside, W2)).gate is not Gate.OK
    assert (await desk.mark(second, W2)).gate is Gate.OK
    await desk.settle(second, Word.ACCEPTED)
    await desk.store.travel(timedelta(hours=24, seconds=1))
    assert await desk.outbox.rejoin(aside)
    assert not await desk.outbox.rejoin(aside), "once"
    assert await desk.next() == third.id
    await desk.mark(third)
    await desk.settle(third, Word.ACCEPTED)
    assert (await desk.mark(aside, W2)).gate is Gate.OK


async def test_who_never_stood_aside_keeps_its_place(desk: Desk) -> None:
    first, second = await desk.put(Purpose.TEMPLATE), await desk.put(Purpose.TEMPLATE)
    assert not await desk.outbox.rejoin(first)
    await desk.mark(first)
    await desk.settle(first, Word.DEFER, due=desk.store.now())
    assert not await desk.outbox.rejoin(first)
    assert await desk.next() == first.id
    assert (await desk.mark(second)).gate is Gate.BEHIND


async def test_what_ended_while_it_stood_aside_does_not_come_back(desk: Desk) -> None:
    made = await desk.put(Purpose.TEMPLATE)
    await desk.mark(made)
    await desk.settle(made, Word.ASIDE, due=desk.store.now())
    await desk.settle(made, Word.DELIVERED, None)
    assert not await desk.outbox.rejoin(made)
    assert await desk.next() is None


@pytest.mark.parametrize(("word", "is_next"), [(Word.DEFER, True), (Word.ASIDE, False)])
async def test_a_deferral_needs_no_mark(desk: Desk, word: Word, is_next: bool) -> None:
    """The preparation of a message met the limit, and nobody has marked it."""
    made = await desk.put(Purpose.TEMPLATE)
    due = desk.store.now() + timedelta(seconds=5)
    assert await desk.settle(made, word, code="63038", due=due) is MessageState.QUEUED
    assert (await desk.next() == made.id) == is_next
    assert (await desk.mark(made)).gate is (Gate.WAIT if is_next else Gate.BEHIND)


@pytest.mark.parametrize("word", [Word.DEFER, Word.ASIDE])
async def test_a_deferral_takes_nobody_s_mark(desk: Desk, word: Word) -> None:
    made = await desk.put(Purpose.TEMPLATE)
    await desk.mark(made)
    assert await desk.settle(made, word, W2, due=desk.store.now()) is None
    await desk.settle(made, Word.ACCEPTED)
    assert await desk.settle(made, word, due=desk.store.now()) is None, "it has ended"
    assert await desk.state(made) is MessageState.ACCEPTED


async def test_only_whoever_holds_the_mark_gives_its_word(desk: Desk) -> None:
    await desk.wrote()
    made = await desk.put()
    await desk.mark(made)
    assert await desk.settle(made, Word.UNKNOWN, W2) is None
    assert await desk.settle(made, Word.RETURN) is MessageState.QUEUED
    assert await desk.settle(made, Word.UNKNOWN) is None, "it gave the mark back"


async def test_a_mark_that_nobody_settles_is_unconfirmed_and_frees_the_way(desk: Desk) -> None:
    await desk.wrote()
    made, behind = await desk.put(), await desk.put()
    await desk.mark(made)
    assert await desk.settle(made, Word.LOST, None) is None
    await desk.store.travel(LOST + timedelta(seconds=1))
    assert await desk.settle(made, Word.LOST, None) is MessageState.UNCONFIRMED
    assert await desk.next() == behind.id
    assert (await desk.mark(made, W2)).gate is Gate.GONE, "never again"
    assert await desk.settle(made, Word.DELIVERED, None) is MessageState.DELIVERED, "a status proves it"


async def test_what_waits_is_looked_after(desk: Desk) -> None:
    made = await desk.put()
    assert await desk.outbox.overlooked(desk.store.now()) == []
    later = desk.store.now() + timedelta(seconds=3)
    assert await desk.outbox.overlooked(later) == [made.id]
    await desk.outbox.look_again(made.id, later + timedelta(seconds=5))
    assert await desk.outbox.overlooked(later) == []
    await desk.outbox.forget(made.id)
    assert await desk.outbox.overlooked(later + timedelta(days=1)) == []


async def test_there_is_no_such_message(desk: Desk) -> None:
    with pytest.raises(NotFound):
        await desk.outbox.get(new_message_id(contact(0)))
    with pytest.raises(NotFound):
        await desk.outbox.get(MessageId("nonsense"))


async def test_a_record_that_expired_holds_up_nobody(desk: Desk, stores: Store) -> None:
    made, behind = await desk.put(), await desk.put()
    await stores.redis.delete(keys.message(made.id, contact(0)))
    assert await desk.next() == behind.id


async def test_kept_for_its_time(desk: Desk, stores: Store) -> None:
    made = await desk.put()
    left_ms = await stores.redis.pttl(keys.message(made.id, contact(0)))
    assert abs(left_ms - to_ms(stores.now() + timedelta(days=90)) + to_ms(stores.now())) < 5_000


async def test_a_store_that_is_away_says_so(desk: Desk) -> None:
    made = desk.message()
    with broken_store():
        for ask in (
            lambda: desk.outbox.put(made), lambda: desk.outbox.head(contact(0), SENDER), lambda: desk.mark(made),
            lambda: desk.settle(made, Word.ACCEPTED), lambda: desk.outbox.get(made.id),
            lambda: desk.outbox.overlooked(desk.store.now()), lambda: desk.outbox.forget(made.id),
            lambda: desk.outbox.rejoin(made),
        ):  # fmt: skip
            with pytest.raises(BackendUnavailable):
                await ask()


@pytest.mark.parametrize("purpose", [Purpose.REPLY, Purpose.CONFIRMATION])
async def test_nothing_free_form_passes_the_gate_into_a_thread_that_somebody_else_holds(
    desk: Desk, purpose: Purpose
) -> None:
    await desk.wrote()
    await desk.sessions.record_holder(contact(0), SENDER, "ai_agent", desk.store.now())
    made = await desk.put(purpose)
    assert (await desk.mark(made)).gate is Gate.REFUSED
    record = await desk.outbox.get(made.id)
    assert (record.state, record.reason) == (MessageState.REFUSED, "not-in-control")


async def test_a_template_passes_the_gate_whoever_holds_the_thread(desk: Desk) -> None:
    await desk.sessions.record_holder(contact(0), SENDER, "ai_agent", desk.store.now())
    assert (await desk.mark(await desk.put(Purpose.TEMPLATE))).gate is Gate.OK


@pytest.mark.parametrize(("holder", "gate"), [("ai_agent", Gate.REFUSED), ("", Gate.OK)])
async def test_of_a_merged_contact_the_holder_of_its_present_thread_counts(desk: Desk, holder: str, gate: Gate) -> None:
    made = await desk.put()
    judged = Judged(window_ends=desk.store.now() + DAY, holder=holder)
    assert (await desk.outbox.mark(made, W1, MARGIN, judged)).gate is gate
