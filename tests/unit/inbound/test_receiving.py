"""Receiving: entries of the journal are applied, one by one; nothing is forgotten unapplied."""

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from shared.ground.errors import BackendUnavailable
from shared.ground.ids import EntryId, SenderId
from shared.inbound.journal.store import Entry
from shared.providers.events import DeliveryStatus
from tests.factories import SENDER
from tests.stores import broken_store
from tests.wired import Wired

DELIVERED, READ = DeliveryStatus.DELIVERED, DeliveryStatus.READ


async def test_many_events_in_one_body(wired: Wired) -> None:
    made = await wired.running(3)
    await wired.send(made)
    odd: dict[str, object] = {"odd": "event"}
    no_reference: dict[str, object] = {"status": "sent", "id": "?", "at": 0}
    entry = await wired.hear(1, wired.status(made, 0, READ), odd, wired.status(made, 2, DELIVERED), no_reference)
    await wired.inbound.receiving.apply([entry])
    assert await wired.letters(made) == "rav"


async def test_a_sender_that_was_removed_is_no_obstacle(wired: Wired) -> None:
    entry = Entry(EntryId("e1"), "scripted", SenderId("removed"), "", "", {}, wired.now(), "status", b"[]")
    await wired.stores.journal.append(entry)
    assert await wired.inbound.receiving.apply([entry.id]) == 1


async def test_what_could_not_be_applied_stays_in_the_journal(wired: Wired) -> None:
    made = await wired.running(1)
    await wired.send(made)
    entry = await wired.hear(1, wired.status(made, 0, READ))
    with broken_store(), pytest.raises((BackendUnavailable, RedisConnectionError)):
        await wired.inbound.receiving.apply([entry])
    assert await wired.stores.journal.size() == 1
    await wired.inbound.receiving.apply([entry])
    assert await wired.letters(made) == "r"


async def test_one_that_cannot_be_applied_holds_up_no_other(wired: Wired) -> None:
    made = await wired.running(1)
    await wired.send(made)
    bad = Entry(EntryId("bad"), "scripted", SENDER, "", "", {}, wired.now(), "status", b"not of this provider")
    await wired.stores.journal.append(bad)
    good = await wired.hear(1, wired.status(made, 0, READ))
    with pytest.raises(ValueError, match="Expecting value"):
        await wired.inbound.receiving.apply([bad.id, good])
    assert await wired.letters(made) == "r"
    assert await wired.stores.journal.read([bad.id, good]) == [bad]
