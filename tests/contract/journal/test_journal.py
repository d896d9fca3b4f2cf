"""The journal: bodies on disk before we answer, hinted again while nobody applies them, gone once they are."""

import asyncio
from datetime import timedelta

import pytest
from redis.exceptions import ResponseError

from shared.ground import keys
from shared.ground.errors import BackendUnavailable
from shared.ground.ids import EntryId
from shared.ground.lua import Durability
from shared.inbound.journal.store import Entry, Journal, entry_from_bytes
from tests.factories import SENDER
from tests.stores import START, Store, ValkeyStore, broken_store, lost_answers

PATIENCE = timedelta(seconds=30)


def entry(number: int, body: bytes = b"MessageStatus=delivered") -> Entry:
    return Entry(
        EntryId(f"e{number}"), "twilio", SENDER, "https://hooks.example.com/webhooks/twilio/clinic?ref=é%20x", "ref=é%20x",
        {"content-type": "application/x-www-form-urlencoded"}, START + timedelta(seconds=number), "status", body,
    )  # fmt: skip


@pytest.fixture
def journal(stores: Store) -> Journal:
    return Journal(stores.redis)


@pytest.mark.parametrize("body", [b"", b"a=1", b"line one\nline two\n", bytes(range(256)), "é".encode("utf-16")])
async def test_an_entry_comes_back_byte_for_byte(journal: Journal, body: bytes) -> None:
    await journal.append(entry(1, body))
    assert await journal.read([EntryId("e1")]) == [entry(1, body)]
    assert entry_from_bytes(EntryId("e1"), entry(1, body).to_bytes()) == entry(1, body)


async def test_what_was_applied_is_gone(journal: Journal) -> None:
    await asyncio.gather(*(journal.append(entry(number)) for number in range(3)))
    assert await journal.size() == 3
    await journal.forget([EntryId("e0"), EntryId("e2"), EntryId("e9")])
    assert [one.id for one in await journal.read([EntryId("e0"), EntryId("e1"), EntryId("e2")])] == ["e1"]
    assert await journal.size() == 1
    await journal.forget([])
    assert await journal.read([]) == []


async def test_an_entry_that_the_store_refuses_is_not_answered_as_kept(journal: Journal, stores: Store) -> None:
    await stores.redis.set(keys.journal_bodies(), "not a hash")
    with pytest.raises(ResponseError):
        await journal.append(entry(1))


async def test_appending_again_is_the_same_entry(journal: Journal) -> None:
    for _ in range(2):
        await journal.append(entry(1))
    assert await journal.size() == 1


async def test_each_stale_entry_is_hinted_once_a_while(journal: Journal) -> None:
    for number in (0, 1, 20):
        await journal.append(entry(number))
    now = START + timedelta(seconds=32)
    assert await journal.stale(PATIENCE, now) == ["e0", "e1"]
    assert await journal.stale(PATIENCE, now) == [], "they count as hinted again"
    assert await journal.stale(PATIENCE, now + timedelta(seconds=20)) == ["e20"]
    assert sorted(await journal.stale(PATIENCE, now + timedelta(seconds=31))) == ["e0", "e1"]


async def test_stale_entries_are_named_a_few_at_a_time(journal: Journal) -> None:
    for number in range(5):
        await journal.append(entry(number))
    now = START + timedelta(hours=1)
    assert [len(await journal.stale(PATIENCE, now, limit=2)) for _ in range(4)] == [2, 2, 1, 0]


async def test_an_entry_that_is_forgotten_while_it_is_hinted_stays_forgotten(journal: Journal, stores: Store) -> None:
    await journal.append(entry(1))
    await journal.stale(PATIENCE, START + timedelta(hours=1))
    await journal.forget([EntryId("e1")])
    assert await stores.redis.exists(keys.journal_ages(), keys.journal_bodies()) == 0


async def test_a_group_is_one_round_trip_and_a_lost_answer_doubles_nothing(fake_store: Store) -> None:
    journal = Journal(fake_store.redis)
    with lost_answers(1):
        await asyncio.gather(*(journal.append(entry(number)) for number in range(50)))
    assert await journal.size() == 50


async def test_whatever_is_asked_of_a_store_that_is_away_is_an_outage(journal: Journal) -> None:
    asked = [
        lambda: journal.append(entry(1)),
        lambda: journal.read([entry(1).id]),
        lambda: journal.forget([entry(1).id]),
        lambda: journal.stale(timedelta(0), entry(1).received_at),
        journal.size,
    ]
    with broken_store():
        for ask in asked:
            with pytest.raises(BackendUnavailable):
                await ask()


async def test_a_full_server_is_an_outage(valkey_store: ValkeyStore) -> None:
    journal = Journal(valkey_store.redis)
    await valkey_store.redis.config_set("maxmemory", "1")
    try:
        with pytest.raises(BackendUnavailable):
            await journal.append(entry(1))
    finally:
        await valkey_store.redis.config_set("maxmemory", "0")
    assert await journal.size() == 0


@pytest.mark.parametrize(("replicas", "works"), [(0, True), (1, False)])
async def test_an_entry_counts_once_it_is_on_disk(valkey_store: ValkeyStore, replicas: int, works: bool) -> None:
    journal = Journal(valkey_store.redis, Durability(wait_aof=True, replicas=replicas, timeout_ms=1))
    if works:
        await journal.append(entry(1))
    else:
        with pytest.raises(BackendUnavailable):
            await journal.append(entry(1))
