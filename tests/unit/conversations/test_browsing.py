"""One tenant's conversations: found by id, listed, and never another tenant's."""

from datetime import timedelta

import pytest

from shared.conversations import browsing
from shared.conversations.browsing import Filter
from shared.conversations.interactions.model import About, Entry, InteractionState
from shared.ground.errors import InputError, NotFound
from shared.ground.ids import CampaignId, EventId, InteractionId, SenderId, TenantId
from shared.people.contacts.store import Identity
from shared.people.sessions.model import Received
from shared.rules.verdict import Reason
from tests.factories import SENDER, TENANT, address, contact, opt_out
from tests.stores import Clock
from tests.wired import MARGIN, WINDOW, Wired

OTHER, DESK = TenantId("other"), SenderId("desk")
MAY = CampaignId("cmay")


async def opened(
    wired: Wired, number: int, campaign: CampaignId | None = None, sender: SenderId = SENDER
) -> InteractionId:
    """A contact's message, attached to a conversation."""
    event = EventId(f"e{number}")
    about = About(TENANT, sender, contact(number), campaign)
    attachment = await wired.stores.interactions.attach(about, event, Entry(wired.now(), event, body="{}"))
    return attachment.interaction


@pytest.fixture
async def five(wired: Wired, clock: Clock) -> list[InteractionId]:
    """Newest first; every other one answers a campaign."""
    found = []
    for number in range(5):
        clock.travel(timedelta(minutes=1))
        found.append(await opened(wired, number, campaign=MAY if number % 2 else None))
    return found[::-1]


async def test_one_is_found_by_its_tenant_alone(wired: Wired) -> None:
    name = await opened(wired, 1)
    assert (await wired.conversations.browsing.find(TENANT, name)).id == name
    for tenant, asked in ((OTHER, name), (TENANT, "nonsense"), (TENANT, "i" + "a" * 32)):
        with pytest.raises(NotFound):
            await wired.conversations.browsing.find(tenant, asked)


@pytest.mark.parametrize("asked", ["nonsense", "r" + "a" * 32])
async def test_a_message_that_is_not_there(wired: Wired, asked: str) -> None:
    with pytest.raises(NotFound) as raised:
        await wired.conversations.browsing.find_message(TENANT, asked)
    assert raised.value.code == "message-not-found"


async def test_a_list_goes_on_where_it_ended(wired: Wired, five: list[InteractionId]) -> None:
    seen: list[InteractionId] = []
    after: InteractionId | None = None
    while True:
        page = await wired.conversations.browsing.browse(TENANT, Filter(), after, 2)
        seen += [one.id for one in page.interactions]
        if (after := page.following) is None:
            break
    assert seen == five
    assert (await wired.conversations.browsing.browse(OTHER, Filter(), None, 2)).interactions == []


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Filter(), 5),
        (Filter(campaign=MAY), 2),
        (Filter(sender=SENDER), 5),
        (Filter(sender=DESK), 0),
        (Filter(agent="ana"), 1),
        (Filter(state=InteractionState.ASSIGNED), 1),
        (Filter(state=InteractionState.OPEN, campaign=MAY), 2),
    ],
)
async def test_a_filter(wired: Wired, five: list[InteractionId], wanted: Filter, count: int) -> None:
    await wired.stores.interactions.assign(five[0], "ana", wired.now())
    page = await wired.conversations.browsing.browse(TENANT, wanted, None, 10)
    assert (len(page.interactions), page.following) == (count, None)


async def test_a_page_of_rare_ones_may_be_short(
    wired: Wired, five: list[InteractionId], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browsing, "MAX_LOOKED_AT", 3)
    page = await wired.conversations.browsing.browse(TENANT, Filter(campaign=MAY), None, 10)
    assert (len(page.interactions), page.following) == (1, five[2])


@pytest.mark.parametrize("cursor", ["nonsense", "i" + "a" * 32])
async def test_a_cursor_of_no_list_is_refused(wired: Wired, five: list[InteractionId], cursor: str) -> None:
    for tenant, after in ((TENANT, cursor), (OTHER, five[0])):
        with pytest.raises(InputError) as raised:
            await wired.conversations.browsing.browse(tenant, Filter(), after, 2)
        assert raised.value.code == "bad-cursor"


async def test_a_contacts_conversations_with_one_sender(wired: Wired, clock: Clock) -> None:
    first = await opened(wired, 1)
    clock.travel(timedelta(minutes=1))
    await opened(wired, 1, sender=DESK)
    event = EventId("later")
    about = About(TENANT, SENDER, contact(1), MAY)
    second = (await wired.stores.interactions.attach(about, event, Entry(clock(), event))).interaction

    talks = await wired.conversations.browsing.find_with_sender(Identity(contact(1)), SENDER)
    assert [one.id for one in talks] == [second, first]


async def test_the_window_of_a_contact_with_one_sender(wired: Wired) -> None:
    received = Received(EventId("e"), wired.now(), address(1), "{}")
    await wired.stores.sessions.receive(contact(1), SENDER, received)
    await wired.stores.consent.record([(contact(1), opt_out(wired.now()))])
    window = await wired.conversations.browsing.find_window(contact(1), SENDER)

    assert (window.is_open, window.may_reply, window.reason) == (True, False, Reason.OPTED_OUT)
    assert window.reply_until == wired.now() + WINDOW - MARGIN
    assert not (await wired.conversations.browsing.find_window(contact(2), SENDER)).is_open
