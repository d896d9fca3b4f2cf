"""Recipients: whom a message of ours went to is known as long as its answers are attributed, and no longer."""

import asyncio
from datetime import timedelta

import pytest

from shared.ground.errors import BackendUnavailable
from shared.ground.ids import SenderId
from shared.people.recipients.store import RecipientStore, Sent
from tests.factories import address
from tests.stores import FakeStore, Store, broken_store, lost_answers

CLINIC, DESK = SenderId("clinic"), SenderId("desk")
KEPT = timedelta(days=7)


@pytest.fixture
def recipients(stores: Store) -> RecipientStore:
    return RecipientStore(stores.redis, KEPT, stores.now)


async def test_messages_of_several_senders_that_are_noted_together_are_found_apart(recipients: RecipientStore) -> None:
    await asyncio.gather(
        *(recipients.note(Sent(CLINIC, f"SM{n}", address(n))) for n in range(200)),
        *(recipients.note(Sent(DESK, f"SM{n}", address(n + 1_000))) for n in range(3)),
    )
    assert [await recipients.find(CLINIC, f"SM{n}") for n in range(200)] == [address(n) for n in range(200)]
    assert await recipients.find(DESK, "SM2") == address(1_002)
    assert await recipients.find(DESK, "SM3") is None


async def test_a_message_is_known_as_long_as_its_answers_are_attributed(
    recipients: RecipientStore, stores: Store
) -> None:
    await recipients.note(Sent(CLINIC, "SM1", address(1)))
    (key,) = [key async for key in stores.redis.scan_iter()]
    left = timedelta(milliseconds=await stores.redis.pttl(key))
    assert KEPT < left <= KEPT + timedelta(days=1), "its day has just begun at the earliest"


async def test_a_bucket_expires_however_many_messages_join_it(recipients: RecipientStore, stores: Store) -> None:
    await recipients.note(Sent(CLINIC, "SM1", address(1)))
    (key,) = [key async for key in stores.redis.scan_iter()]
    await stores.redis.pexpire(key, 500_000)
    await recipients.note(Sent(CLINIC, "SM1", address(1)))
    assert await stores.redis.pttl(key) <= 500_000


async def test_a_note_whose_answer_was_lost_is_noted_once(fake_store: FakeStore) -> None:
    recipients = RecipientStore(fake_store.redis, KEPT, fake_store.now)
    with lost_answers(1):
        await recipients.note(Sent(CLINIC, "SM1", address(1)))
    (key,) = [key async for key in fake_store.redis.scan_iter()]
    assert await fake_store.redis.hlen(key) == 1


async def test_a_store_that_is_away_is_an_outage_of_every_caller(recipients: RecipientStore) -> None:
    with broken_store():
        outcomes = await asyncio.gather(
            *(recipients.note(Sent(CLINIC, f"SM{n}", address(n))) for n in range(2)), return_exceptions=True
        )
    assert [type(outcome) for outcome in outcomes] == [BackendUnavailable] * 2
