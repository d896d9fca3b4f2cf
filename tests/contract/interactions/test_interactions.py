"""Interactions: one a conversation, the same whatever the order, in one agent's hands."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from shared.conversations.interactions.model import About, Entry, Held, InteractionState
from shared.conversations.interactions.store import Attached, InteractionStore
from shared.ground import keys
from shared.ground.clock import from_ms, to_ms
from shared.ground.errors import Conflict, NotFound
from shared.ground.ids import EventId, InteractionId, MessageId, TenantId
from tests.factories import CAMPAIGN, SENDER, TENANT, contact
from tests.stores import Store

KEPT, REMEMBERED = timedelta(days=90), timedelta(days=8)
ABOUT = About(TENANT, SENDER, contact(0), CAMPAIGN, "ext-7", "P-1")
OF_SENDER = About(TENANT, SENDER, contact(0))


@pytest.fixture
def store(stores: Store) -> InteractionStore:
    return InteractionStore(stores.redis, KEPT, REMEMBERED)


def said(number: int, stores: Store) -> tuple[EventId, Entry]:
    event = EventId(f"e{number}")
    return event, Entry(stores.now() + timedelta(seconds=number), event, body=f"text {number}")


async def test_the_first_answer_opens_one_and_later_ones_join_it(store: InteractionStore, stores: Store) -> None:
    first = await store.attach(ABOUT, *said(1, stores))
    second = await store.attach(ABOUT, *said(2, stores))
    assert (first.how, second.how) == (Attached.OPENED, Attached.APPENDED)
    assert first.interaction == second.interaction
    found = await store.get(first.interaction)
    assert (found.about, found.state, found.agent) == (ABOUT, InteractionState.OPEN, None)
    assert [entry.body for entry in found.thread] == ["text 1", "text 2"]
    assert found.opened_at < found.updated_at


async def test_told_again_it_is_attached_once(store: InteractionStore, stores: Store) -> None:
    event, entry = said(1, stores)
    answers = await asyncio.gather(*(store.attach(ABOUT, event, entry) for _ in range(5)))
    assert len({one.interaction for one in answers}) == 1
    assert [one.is_new for one in answers].count(True) == 1
    assert {one.how for one in answers} == {Attached.OPENED}
    assert len((await store.get(answers[0].interaction)).thread) == 1


async def test_in_any_order_they_are_the_same(store: InteractionStore, stores: Store) -> None:
    events = [said(number, stores) for number in range(6)]
    await asyncio.gather(*(store.attach(ABOUT, *one) for one in reversed(events)))
    (interaction,) = await store.of(contact(0))
    found = await store.get(interaction)
    assert [entry.body for entry in found.thread] == [f"text {number}" for number in range(6)]
    assert (found.opened_at, found.updated_at) == (found.thread[0].at, found.thread[-1].at)


async def test_each_campaign_and_the_sender_itself_has_its_own(store: InteractionStore, stores: Store) -> None:
    one = await store.attach(ABOUT, *said(1, stores))
    other = await store.attach(OF_SENDER, *said(2, stores))
    assert one.interaction != other.interaction
    assert {*await store.of(contact(0))} == {one.interaction, other.interaction}
    assert await store.newest(contact(0), ABOUT.scope) == one.interaction
    assert await store.newest(contact(1), ABOUT.scope) is None


async def test_after_it_was_closed_the_next_message_opens_another(store: InteractionStore, stores: Store) -> None:
    first = await store.attach(ABOUT, *said(1, stores))
    await store.close(first.interaction, stores.now())
    again = await store.attach(ABOUT, *said(1, stores))
    assert (again.interaction, again.is_new) == (first.interaction, False), "what was said before stays where it is"
    second = await store.attach(ABOUT, *said(2, stores))
    assert (second.how, second.interaction != first.interaction) == (Attached.OPENED, True)
    assert (await store.get(first.interaction)).state is InteractionState.CLOSED


async def test_whoever_comes_first_has_it(store: InteractionStore, stores: Store) -> None:
    made = await store.attach(ABOUT, *said(1, stores))
    agents = ["ana", "bo", "cem"]
    took = await asyncio.gather(
        *(store.assign(made.interaction, agent, stores.now()) for agent in agents), return_exceptions=True
    )
    (winner,) = [agent for agent, outcome in zip(agents, took, strict=True) if outcome is None]
    assert {outcome.agent for outcome in took if isinstance(outcome, Held)} == {winner}
    await store.assign(made.interaction, winner, stores.now())
    found = await store.get(made.interaction)
    assert (found.state, found.agent) == (InteractionState.ASSIGNED, winner)
    await store.close(made.interaction, stores.now())
    with pytest.raises(Conflict):
        await store.assign(made.interaction, winner, stores.now())


async def test_our_own_messages_join_the_thread(store: InteractionStore, stores: Store) -> None:
    made = await store.attach(ABOUT, *said(1, stores))
    entry = Entry(stores.now() + timedelta(seconds=9), message=MessageId("r1"), by="ana")
    await store.say(made.interaction, entry)
    thread = (await store.get(made.interaction)).thread
    assert [(one.event, one.message, one.by) for one in thread] == [("e1", None, ""), (None, "r1", "ana")]


async def test_a_tenant_s_list_newest_first(store: InteractionStore, stores: Store) -> None:
    made = []
    for number in range(5):
        about = About(TENANT, SENDER, contact(number))
        made.append((await store.attach(about, *said(number, stores))).interaction)
        await store.attach(about, *said(number + 100, stores))
    page, after = await store.page(TENANT, None, 3)
    assert [one.id for one in page] == made[:1:-1]
    rest, end = await store.page(TENANT, after, 3)
    assert ([one.id for one in rest], end) == (made[1::-1], None)
    assert await store.page(TenantId("other"), None, 3) == ([], None)


async def test_there_is_no_such_interaction(store: InteractionStore, stores: Store) -> None:
    for ask in (
        lambda: store.get(InteractionId("nonsense")),
        lambda: store.assign(InteractionId("nonsense"), "ana", stores.now()),
        lambda: store.close(InteractionId("nonsense"), stores.now()),
        lambda: store.say(InteractionId("nonsense"), Entry(stores.now(), message=MessageId("r1"))),
    ):
        with pytest.raises(NotFound):
            await ask()


async def test_a_thread_with_only_our_messages_left_is_closed_and_keeps_the_time_at_which_it_was(
    store: InteractionStore, stores: Store
) -> None:
    event, entry = said(1, stores)
    made = (await store.attach(ABOUT, event, entry)).interaction
    await store.say(made, Entry(stores.now(), message=MessageId("r1"), by="ana"))
    at = (await store.get(made)).opened_at
    for later in (timedelta(0), timedelta(hours=1)):
        await store.drop(made, [entry], at + later)
    found = await store.get(made)
    assert (found.state, found.closed_at, len(found.thread)) == (InteractionState.CLOSED, at, 1)


# ── how long they are kept ──────────────────────────────────────────────────────────────────────────────────────────


async def test_whatever_joins_a_thread_keeps_the_contact_s_list_of_conversations_too(
    store: InteractionStore, stores: Store
) -> None:
    made = (await store.attach(ABOUT, *said(1, stores))).interaction
    other = (await store.attach(replace(ABOUT, contact=contact(1)), *said(2, stores))).interaction
    whole = await store.get(other)
    await stores.travel(KEPT * 2 / 3)
    for join in (
        lambda: store.say(made, Entry(stores.now(), message=MessageId("r1"), by="ana")),
        lambda: store.note(made, *said(3, stores)),
        lambda: store.absorb(made, whole, must_be_open=True),
    ):
        await join()
        await stores.travel(KEPT * 2 / 3)
        assert await store.of(contact(0)) == [made]


async def test_the_next_conversation_has_nothing_of_one_that_had_its_id(store: InteractionStore, stores: Store) -> None:
    """A release that did not keep the contact's list as long has left it."""
    made = (await store.attach(ABOUT, *said(1, stores))).interaction
    await store.assign(made, "ana", stores.now())
    await stores.redis.delete(keys.interactions(contact(0)))
    again = await store.attach(ABOUT, *said(2, stores))
    found = await store.get(again.interaction)
    assert (again.how, found.state, found.agent) == (Attached.OPENED, InteractionState.OPEN, None)
    assert [entry.body for entry in found.thread] == ["text 2"]


async def test_what_is_noted_of_one_that_is_kept_no_longer_leaves_nothing_behind(
    store: InteractionStore, stores: Store
) -> None:
    made = (await store.attach(ABOUT, *said(1, stores))).interaction
    whole = await store.get(made)
    await stores.travel(KEPT + timedelta(days=1))
    await store.record_copied(made)
    await store.drop(made, whole.thread, stores.now())
    await store.tell_earlier(made, *said(1, stores))
    assert not await store.absorb(made, whole, must_be_open=False)
    assert not await store.give_way(whole, InteractionId(f"{made}x"), stores.now())
    await store.resume(whole, whole)
    with pytest.raises(NotFound):
        await store.get(made)
    assert [key async for key in stores.redis.scan_iter("{k:*")] == []


@pytest.mark.parametrize("is_copied", [True, False])
async def test_an_earlier_time_reaches_the_thread_that_goes_on_in_its_place(
    store: InteractionStore, stores: Store, is_copied: bool
) -> None:
    """The thread that gave way has it as well, so that a copy which is still to be made brings no later time."""
    about = replace(ABOUT, contact=contact(1))
    event, entry = said(5, stores)
    gone = (await store.attach(ABOUT, event, entry)).interaction
    keeper = (await store.attach(about, *said(6, stores))).interaction
    whole = await store.get(gone)
    if is_copied:
        assert await store.absorb(keeper, whole, must_be_open=True)
    assert await store.give_way(whole, keeper, stores.now())
    earlier = replace(entry, at=from_ms(to_ms(stores.now() + timedelta(seconds=1))))
    for _ in range(2):
        await store.tell_earlier(gone, event, earlier)
    if not is_copied:
        assert await store.absorb(keeper, await store.get(gone), must_be_open=False)
    for one in (gone, keeper):
        found = await store.get(one)
        assert (found.thread[0].at, found.opened_at) == (earlier.at, earlier.at)


# ── standby and notes ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_in_standby_it_is_listed_for_nobody_until_a_message_is_to_us(
    store: InteractionStore, stores: Store
) -> None:
    held = await store.attach(ABOUT, *said(1, stores), in_standby=True)
    again = await store.attach(ABOUT, *said(2, stores), in_standby=True)
    assert {held.how, again.how} == {Attached.OBSERVED}
    assert not await store.is_listed(TENANT, held.interaction)
    with pytest.raises(Conflict, match="handed over"):
        await store.assign(held.interaction, "ana", stores.now())
    opened = await store.attach(ABOUT, *said(3, stores))
    assert (opened.how, opened.interaction) == (Attached.OPENED, held.interaction)
    found = await store.get(opened.interaction)
    assert (found.state, len(found.thread)) == (InteractionState.OPEN, 3)
    assert await store.is_listed(TENANT, opened.interaction)


async def test_a_note_joins_a_thread_once_and_changes_nothing_else(store: InteractionStore, stores: Store) -> None:
    attached = await store.attach(ABOUT, *said(1, stores))
    await store.close(attached.interaction, stores.now())
    before = await store.get(attached.interaction)
    event, entry = said(9, stores)
    answers = [(await store.note(attached.interaction, event, entry)).is_new for _ in range(2)]
    found = await store.get(attached.interaction)
    assert answers == [True, False]
    assert [one.body for one in found.thread] == ["text 1", "text 9"]
    assert (found.state, found.updated_at, found.closed_at) == (before.state, before.updated_at, before.closed_at)
    with pytest.raises(NotFound):
        await store.note(InteractionId("i" + contact(0) + "x" * 16), EventId("e8"), entry)


async def test_what_is_written_into_one_that_gave_way_joins_the_one_that_goes_on_however_many_are_between(
    store: InteractionStore, stores: Store
) -> None:
    chain = [
        (await store.attach(replace(ABOUT, contact=contact(who)), *said(who, stores))).interaction for who in range(4)
    ]
    for gone, keeper in pairwise(chain):
        assert await store.give_way(await store.get(gone), keeper, stores.now())
    entry = Entry(stores.now() + timedelta(seconds=9), message=MessageId("r1"), by="ana")
    for _ in range(2):
        await store.say(chain[0], entry)
    assert (await store.note(chain[0], *said(20, stores))).interaction == chain[-1]
    assert [len((await store.get(one)).thread) for one in chain] == [1, 1, 1, 3]
    assert [await store.follow(one) for one in chain] == [chain[-1]] * 4


async def test_conversations_that_gave_way_in_a_circle_take_nothing(store: InteractionStore, stores: Store) -> None:
    one, other = [
        (await store.attach(replace(ABOUT, contact=contact(who)), *said(who, stores))).interaction for who in range(2)
    ]
    whole = await store.get(other)
    assert await store.give_way(await store.get(one), other, stores.now())
    assert await store.give_way(whole, one, stores.now())
    with pytest.raises(NotFound):
        await store.say(one, Entry(stores.now(), message=MessageId("r1")))
    with pytest.raises(NotFound):
        await store.note(one, *said(9, stores))


async def test_what_gave_way_passes_notes_on_until_it_goes_on_by_itself_with_the_agent(
    store: InteractionStore, stores: Store
) -> None:
    keeper = (await store.attach(ABOUT, *said(1, stores))).interaction
    other = (await store.attach(replace(ABOUT, contact=contact(1)), *said(2, stores))).interaction
    assert await store.give_way(await store.get(other), keeper, stores.now())
    assert (await store.note(other, *said(3, stores))).interaction == keeper
    await store.assign(keeper, "ana", stores.now())
    for _ in range(2):
        await store.resume(await store.get(other), await store.get(keeper))
    found = await store.get(other)
    assert (found.state, found.agent) == (InteractionState.ASSIGNED, "ana")
    assert (found.closed_at, found.merged_into, found.is_copied) == (None, None, False)
    assert (await store.note(other, *said(4, stores))).interaction == other
    await store.close(other, stores.now())
    await store.resume(await store.get(other), await store.get(keeper))
    assert (await store.get(other)).is_closed
