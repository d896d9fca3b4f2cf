"""What was made of an event: its earliest time, and what was found out about it first."""

from datetime import timedelta

import pytest

from shared.ground.errors import BackendUnavailable
from shared.ground.ids import ContactId, EventId
from shared.inbound.journal.heard import NOTHING, Heard, HeardStore, Telling
from tests.stores import START, Store, broken_store

EVENT = EventId("abcdefghijklmnop")
EDIT, OTHER_EDIT = EventId("bcdefghijklmnopa"), EventId("cdefghijklmnopab")
ANA, ANA_TOO = ContactId("a" * 16), ContactId("b" * 16)
LATER = START + timedelta(minutes=10)


@pytest.fixture
def heard(stores: Store) -> HeardStore:
    return HeardStore(stores.redis, timedelta(days=8))


async def test_told_again_it_has_the_time_that_it_had(heard: HeardStore) -> None:
    assert await heard.hear(EVENT, START) == Heard(START, Telling.NEW)
    assert await heard.hear(EVENT, LATER) == Heard(START, Telling.AGAIN)
    assert await heard.hear(EVENT, START) == Heard(START, Telling.AGAIN)


async def test_the_earliest_time_is_its_own_whichever_is_told_first(heard: HeardStore) -> None:
    assert await heard.hear(EVENT, LATER) == Heard(LATER, Telling.NEW)
    assert await heard.hear(EVENT, START) == Heard(START, Telling.EARLIER)
    assert await heard.hear(EVENT, LATER) == Heard(START, Telling.AGAIN)


async def test_whoever_finds_something_out_first_is_believed(heard: HeardStore) -> None:
    await heard.hear(EVENT, START)
    assert await heard.record_campaign(EVENT, NOTHING) == NOTHING
    assert await heard.record_campaign(EVENT, "caaaaaaaaaaaaaaaa") == NOTHING
    assert await heard.record_attachment(EVENT, "opened:i1") == "opened:i1"
    assert await heard.record_attachment(EVENT, "appended:i2") == "opened:i1"
    assert await heard.hear(EVENT, LATER) == Heard(START, Telling.AGAIN, NOTHING, "opened:i1")


async def test_of_an_event_and_its_edits_the_later_one_sees_the_others(heard: HeardStore) -> None:
    assert await heard.note_edit(EVENT, EDIT, ANA) == set()
    assert await heard.note_edit(EVENT, OTHER_EDIT, ANA_TOO) == {ANA}
    found = await heard.hear(EVENT, START, ANA)
    assert (found.telling, found.edits) == (Telling.NEW, {EDIT: ANA, OTHER_EDIT: ANA_TOO})
    assert await heard.note_edit(EVENT, EDIT, ANA) == {ANA_TOO}


async def test_the_first_author_of_an_event_stays(heard: HeardStore) -> None:
    await heard.hear(EVENT, START)
    assert await heard.note_edit(EVENT, EDIT, ANA_TOO) == set()
    await heard.hear(EVENT, START, ANA)
    await heard.hear(EVENT, START, ANA_TOO)
    assert await heard.note_edit(EVENT, OTHER_EDIT, ANA_TOO) == {ANA}


async def test_a_store_that_is_away_says_so(heard: HeardStore) -> None:
    with broken_store():
        asked = (
            lambda: heard.hear(EVENT, START),
            lambda: heard.record_campaign(EVENT, NOTHING),
            lambda: heard.note_edit(EVENT, EDIT, ANA),
        )
        for ask in asked:
            with pytest.raises(BackendUnavailable):
                await ask()
