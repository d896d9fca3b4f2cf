"""The window: 24 hours from the contact's own time, opened once an event, gone with its key."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.ground import keys
from shared.ground.clock import from_ms, to_ms
from shared.ground.errors import BackendUnavailable
from shared.ground.ids import EventId
from shared.people.sessions.model import Received, Session
from shared.people.sessions.store import MAX_MESSAGES, SessionStore
from shared.rules.question import ReplyQuestion
from shared.rules.verdict import ALLOWED
from shared.rules.window import judge_window
from tests.factories import SENDER, address, contact
from tests.reading import present
from tests.stores import Clock, FakeStore, Store, broken_store

DAY, MARGIN, REMEMBERED = timedelta(hours=24), timedelta(seconds=60), timedelta(days=8)
SECOND = timedelta(seconds=1)
KEY = keys.session(contact(0), SENDER)


@pytest.fixture
def sessions(stores: Store) -> SessionStore:
    return SessionStore(stores.redis, DAY, REMEMBERED)


def wrote(number: int, at, body: str = "hello") -> Received:
    return Received(EventId(f"e{number}"), at, address(0), f"{body} {number}")


def may_reply(session: Session) -> bool:
    return judge_window(ReplyQuestion({}, session, MARGIN)) == ALLOWED


def near(one: datetime | None, other: datetime) -> bool:
    """A real server's clock has gone on meanwhile."""
    return abs(present(one) - other) < timedelta(seconds=2)


async def test_nobody_has_written_yet(sessions: SessionStore) -> None:
    session = await sessions.get(contact(0), SENDER)
    assert (session.is_open, may_reply(session), session.messages) == (False, False, ())


async def test_a_message_opens_a_window_of_24_hours(sessions: SessionStore, stores: Store) -> None:
    at = stores.now()
    opened = await sessions.receive(contact(0), SENDER, wrote(1, at))
    assert opened.is_new
    assert near(opened.expires_at, at + DAY)
    session = await sessions.get(contact(0), SENDER)
    assert session.is_open
    assert (session.expires_at, session.last_inbound_at) == (opened.expires_at, present(opened.expires_at) - DAY)
    assert [(one.event, one.body, one.address) for one in session.messages] == [("e1", "hello 1", address(0))]
    assert near(from_ms(to_ms(stores.now()) + await stores.redis.pttl(KEY)), at + DAY)


@pytest.mark.parametrize(
    ("after", "is_open", "is_taken", "is_there"),
    [
        (DAY - MARGIN - 3 * SECOND, True, True, True),
        (DAY - MARGIN + SECOND, True, False, True),
        (DAY - 3 * SECOND, True, False, True),
        (DAY + SECOND, False, False, False),
    ],
    ids=["until the margin", "within the margin", "to its end", "after"],
)
async def test_through_the_whole_window(
    sessions: SessionStore, stores: Store, after: timedelta, is_open: bool, is_taken: bool, is_there: bool
) -> None:
    await sessions.receive(contact(0), SENDER, wrote(1, stores.now()))
    await stores.travel(after)
    session = await sessions.get(contact(0), SENDER)
    assert (session.is_open, may_reply(session)) == (is_open, is_taken)
    assert bool(await stores.redis.exists(KEY)) == is_there


async def test_the_gate_s_edge_to_the_millisecond(fake_store: FakeStore, clock: Clock) -> None:
    """open at 24 h − margin − 1 s, shut at 24 h − margin, and gone at 24 h."""
    sessions = SessionStore(fake_store.redis, DAY, REMEMBERED)
    await sessions.receive(contact(0), SENDER, wrote(1, clock()))
    for step, is_taken in ((DAY - MARGIN - SECOND, True), (SECOND - timedelta(milliseconds=1), True),
                            (timedelta(milliseconds=1), False)):  # fmt: skip
        clock.travel(step)
        assert may_reply(await sessions.get(contact(0), SENDER)) is is_taken
    clock.travel(MARGIN - timedelta(milliseconds=1))
    assert await fake_store.redis.exists(KEY)
    clock.travel(timedelta(milliseconds=2))  # fakeredis lets a key live through its last millisecond
    assert not await fake_store.redis.exists(KEY)


async def test_it_counts_from_the_contact_s_message_not_from_ours(sessions: SessionStore, stores: Store) -> None:
    """A webhook that was an hour on its way has cost that hour."""
    opened = await sessions.receive(contact(0), SENDER, wrote(1, stores.now() - timedelta(hours=1)))
    assert near(opened.expires_at, stores.now() + timedelta(hours=23))


async def test_a_later_message_extends_and_a_late_one_does_neither(sessions: SessionStore, stores: Store) -> None:
    at = stores.now()
    first = await sessions.receive(contact(0), SENDER, wrote(2, at))
    late = await sessions.receive(contact(0), SENDER, wrote(1, at - timedelta(hours=5)))
    assert late.expires_at == first.expires_at
    await stores.travel(timedelta(hours=2))
    later = await sessions.receive(contact(0), SENDER, wrote(3, stores.now()))
    assert near(later.expires_at, stores.now() + DAY)
    session = await sessions.get(contact(0), SENDER)
    assert [one.event for one in session.messages] == ["e1", "e2", "e3"]


async def test_a_message_of_last_week_opens_nothing(sessions: SessionStore, stores: Store) -> None:
    opened = await sessions.receive(contact(0), SENDER, wrote(1, stores.now() - timedelta(days=7)))
    assert (opened.is_new, opened.expires_at) == (True, None)
    assert not await stores.redis.exists(KEY)


async def test_a_message_of_the_future_counts_from_now(sessions: SessionStore, stores: Store) -> None:
    opened = await sessions.receive(contact(0), SENDER, wrote(1, stores.now() + timedelta(days=3)))
    assert near(opened.expires_at, stores.now() + DAY)


async def test_an_event_told_again_changes_nothing(sessions: SessionStore, stores: Store) -> None:
    first = await sessions.receive(contact(0), SENDER, wrote(1, stores.now()))
    await stores.travel(timedelta(hours=3))
    again = await sessions.receive(contact(0), SENDER, wrote(1, stores.now()))
    assert not again.is_new
    aged_by = timedelta(hours=3) if stores.name == "valkey" else timedelta(0)
    assert near(again.expires_at, present(first.expires_at) - aged_by)
    assert len((await sessions.get(contact(0), SENDER)).messages) == 1


async def test_what_the_provider_closed_is_closed_until_the_contact_writes_again(
    sessions: SessionStore, stores: Store
) -> None:
    at = stores.now()
    await sessions.receive(contact(0), SENDER, wrote(1, at))
    assert await sessions.close(contact(0), SENDER, at + timedelta(minutes=1))
    assert not (await sessions.get(contact(0), SENDER)).is_open
    assert not (await sessions.receive(contact(0), SENDER, wrote(1, at))).is_new, "the same event opens nothing anew"
    assert not (await sessions.get(contact(0), SENDER)).is_open
    await sessions.receive(contact(0), SENDER, wrote(2, stores.now()))
    assert (await sessions.get(contact(0), SENDER)).is_open


async def test_a_refusal_from_before_the_last_message_closes_nothing(sessions: SessionStore, stores: Store) -> None:
    at = stores.now()
    await sessions.receive(contact(0), SENDER, wrote(1, at))
    assert not await sessions.close(contact(0), SENDER, at - timedelta(minutes=1))
    assert (await sessions.get(contact(0), SENDER)).is_open


async def test_the_newest_messages_are_kept(sessions: SessionStore, stores: Store) -> None:
    at = stores.now() - timedelta(hours=1)
    for number in range(MAX_MESSAGES + 5):
        await sessions.receive(contact(0), SENDER, wrote(number, at + number * SECOND))
    session = await sessions.get(contact(0), SENDER)
    assert [one.event for one in session.messages] == [f"e{n}" for n in range(5, MAX_MESSAGES + 5)]


async def test_what_the_provider_calls_the_conversation_is_remembered(sessions: SessionStore, stores: Store) -> None:
    at = stores.now()
    assert (await sessions.get(contact(0), SENDER)).thread is None
    await sessions.receive(contact(0), SENDER, replace(wrote(1, at - SECOND), thread="t-1"))
    await sessions.receive(contact(0), SENDER, replace(wrote(2, at), thread="t-2"))
    assert (await sessions.get(contact(0), SENDER)).thread == "t-2"


async def test_two_names_of_one_person_have_the_later_window_and_all_messages(
    sessions: SessionStore, stores: Store
) -> None:
    at = stores.now()
    await sessions.receive(contact(0), SENDER, wrote(1, at - timedelta(hours=2)))
    later = await sessions.receive(contact(1), SENDER, wrote(2, at))
    for _ in range(2):
        await sessions.merge(contact(1), contact(0), SENDER)
    session = await sessions.get(contact(0), SENDER)
    assert session.expires_at == later.expires_at
    assert [one.event for one in session.messages] == ["e1", "e2"]


async def test_a_store_that_is_away_says_so(sessions: SessionStore, stores: Store) -> None:
    with broken_store():
        for ask in (
            lambda: sessions.get(contact(0), SENDER),
            lambda: sessions.receive(contact(0), SENDER, wrote(1, stores.now())),
            lambda: sessions.close(contact(0), SENDER, stores.now()),
            lambda: sessions.merge(contact(0), contact(1), SENDER),
        ):
            with pytest.raises(BackendUnavailable):
                await ask()


@settings(max_examples=60, deadline=None)
@given(
    told=st.lists(
        st.tuples(st.integers(0, 6), st.integers(-30 * 3600, 3600)),
        min_size=1,
        max_size=12,
        unique_by=lambda one: one[0],
    ).flatmap(lambda events: st.tuples(st.just(events), st.permutations(events + events[:3])))
)
async def test_any_order_any_number_of_times_gives_the_same_window(told) -> None:
    """Property: what counts is the latest of the contact's own times that still opens something."""
    clock = Clock()
    events, order = told
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.time", clock.seconds)
        async with FakeStore(clock) as store:
            sessions = SessionStore(store.redis, DAY, REMEMBERED)
            for number, offset_s in order:
                await sessions.receive(contact(0), SENDER, wrote(number, clock() + timedelta(seconds=offset_s)))
            session = await sessions.get(contact(0), SENDER)
    times = [min(clock() + timedelta(seconds=offset), clock()) for _, offset in events]
    alive = [at for at in times if at + DAY > clock()]
    assert session.expires_at == (max(alive) + DAY if alive else None)
    assert len(session.messages) == len(alive)


# ── who holds the thread ────────────────────────────────────────────────────────────────────────────────────────────


def in_standby(number: int, at: datetime) -> Received:
    return replace(wrote(number, at), in_standby=True)


async def test_a_message_in_standby_opens_the_window_and_says_that_the_thread_is_not_ours(
    sessions: SessionStore, stores: Store
) -> None:
    await sessions.receive(contact(0), SENDER, in_standby(1, stores.now()))
    session = await sessions.get(contact(0), SENDER)
    assert (session.is_open, session.holder) == (True, "other")


async def test_the_latest_word_on_the_holder_counts_in_any_order(sessions: SessionStore, stores: Store) -> None:
    at = stores.now() - timedelta(minutes=5)
    assert await sessions.record_holder(contact(0), SENDER, "", at + 3 * SECOND) == ""
    assert await sessions.record_holder(contact(0), SENDER, "ai_agent", at) == ""
    await sessions.receive(contact(0), SENDER, in_standby(1, at + 2 * SECOND))
    assert (await sessions.get(contact(0), SENDER)).holder == ""
    await sessions.receive(contact(0), SENDER, in_standby(2, at + 4 * SECOND))
    assert (await sessions.get(contact(0), SENDER)).holder == "other"
    await sessions.receive(contact(0), SENDER, wrote(3, at + 5 * SECOND))
    assert (await sessions.get(contact(0), SENDER)).holder == ""


async def test_a_holder_without_a_message_is_no_window_and_expires(sessions: SessionStore, stores: Store) -> None:
    await sessions.record_holder(contact(0), SENDER, "ai_agent", stores.now())
    session = await sessions.get(contact(0), SENDER)
    assert (session.is_open, session.expires_at, session.holder) == (False, None, "ai_agent")
    await stores.travel(DAY + SECOND)
    assert not await stores.redis.exists(KEY)


async def test_merged_the_latest_word_on_the_holder_stays(sessions: SessionStore, stores: Store) -> None:
    at = stores.now() - timedelta(minutes=5)
    await sessions.receive(contact(0), SENDER, wrote(1, at))
    await sessions.record_holder(contact(1), SENDER, "ai_agent", at + SECOND)
    await sessions.merge(contact(1), contact(0), SENDER)
    session = await sessions.get(contact(0), SENDER)
    assert (session.is_open, session.holder) == (True, "ai_agent")


@pytest.mark.parametrize("keeps", [0, 1])
async def test_merged_a_later_message_to_us_says_that_the_thread_is_ours(
    sessions: SessionStore, stores: Store, keeps: int
) -> None:
    at = stores.now() - timedelta(minutes=5)
    await sessions.receive(contact(0), SENDER, in_standby(1, at))
    await sessions.receive(contact(1), SENDER, wrote(2, at + 10 * SECOND))
    await sessions.merge(contact(1 - keeps), contact(keeps), SENDER)
    assert (await sessions.get(contact(keeps), SENDER)).holder == ""


async def test_a_change_of_the_holder_that_is_told_late_is_outdone_by_a_message_to_us(
    sessions: SessionStore, stores: Store
) -> None:
    at = stores.now() - timedelta(minutes=5)
    await sessions.receive(contact(0), SENDER, wrote(1, at + 10 * SECOND))
    assert await sessions.record_holder(contact(0), SENDER, "ai_agent", at) == ""
    assert (await sessions.get(contact(0), SENDER)).holder == ""


@pytest.mark.parametrize("parted", [[1], [1, 2]])
async def test_parted_the_holder_of_the_thread_stays_with_both(
    sessions: SessionStore, stores: Store, parted: list[int]
) -> None:
    at = stores.now() - timedelta(minutes=5)
    messages = [in_standby(number, at + number * SECOND) for number in (1, 2)]
    for message in messages:
        await sessions.receive(contact(0), SENDER, message)
    await sessions.part(contact(0), contact(1), SENDER, [messages[number - 1].event for number in parted])
    assert [(await sessions.get(contact(one), SENDER)).holder for one in (0, 1)] == ["other", "other"]
