"""Rehinting: a lost hint is repeated, once in a while, until somebody has done the work."""

from datetime import timedelta

from shared.conversations.outbox.store import Settled, Word
from shared.ground.clock import to_ms
from shared.people.contacts.store import Identity
from shared.providers.events import DeliveryStatus
from tests.factories import SENDER, address, contact
from tests.stores import Clock
from tests.wired import TIMING, Wired


async def test_bodies_that_nobody_applied_are_hinted_again(wired: Wired, clock: Clock) -> None:
    made = await wired.running(1)
    entry = await wired.hear(1, wired.status(made, 0, DeliveryStatus.READ))
    assert await wired.upkeep.rehinting.rehint_journal() == 0
    clock.travel(timedelta(seconds=31))
    assert await wired.upkeep.rehinting.rehint_journal() == 1
    assert await wired.upkeep.rehinting.rehint_journal() == 0, "once in a while"
    assert wired.hints.entries == [entry]
    await wired.inbound.receiving.apply(wired.hints.entries)
    clock.travel(timedelta(seconds=31))
    assert await wired.upkeep.rehinting.rehint_journal() == 0


async def test_a_message_that_waits_for_its_time_is_hinted_when_it_is_due(wired: Wired, clock: Clock) -> None:
    """Hinted every five seconds, a day's limit would be 17,280 looks at each message."""
    record = await wired.reply(await opened_window(wired), "hello")
    due = clock() + timedelta(hours=24)
    await wired.stores.outbox.settle(record.message, Settled(Word.ASIDE, clock(), due=due))
    wired.hints.outboxes.clear()
    for _ in range(3):
        clock.travel(timedelta(seconds=10))
        await wired.upkeep.rehinting.rehint_outboxes()
    assert wired.hints.outboxes == []
    assert await wired.stores.outbox.overlooked(due - timedelta(seconds=1)) == []
    clock.travel(timedelta(hours=24))
    await wired.upkeep.rehinting.rehint_outboxes()
    assert wired.hints.outboxes == [(record.message.contact, SENDER)]
    assert await wired.stores.outbox.head(record.message.contact, SENDER) is not None


async def opened_window(wired: Wired) -> Identity:
    said = {"from": [address(0)], "id": "IN1", "at": to_ms(wired.now()), "text": "hello"}
    await wired.inbound.receiving.apply([await wired.hear(1, said)])
    return await wired.stores.contacts.resolve(contact(0))


async def test_a_backlog_of_lost_hints_is_hinted_in_one_round(wired: Wired, clock: Clock) -> None:
    """Of 500 a round, those that a broker loses in ten seconds of 1,000 statuses waited for two minutes."""
    ids = [await wired.hear(number) for number in range(1_201)]
    clock.travel(timedelta(seconds=TIMING.event_unapplied_seconds + 1))
    assert await wired.upkeep.rehinting.rehint_journal() == len(ids)
    assert sorted(wired.hints.entries) == sorted(ids)
    assert await wired.upkeep.rehinting.rehint_journal() == 0, "each counts as hinted"
