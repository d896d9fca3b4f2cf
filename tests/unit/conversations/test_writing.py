"""What somebody wants said: from whose sender, to whom, in which conversation, and since when a window is closed."""

from datetime import datetime, timedelta

import pytest

from shared.conversations import content_json
from shared.conversations.interactions.model import About, Entry, Interaction, InteractionState
from shared.conversations.replying import WindowClosed
from shared.conversations.writing import Wish, when_ended
from shared.ground.errors import InputError, NotFound
from shared.ground.ids import EventId, InteractionId, MessageId, TenantId
from shared.providers.events import Content, ContentKind
from shared.providers.messages import FreeMessage
from tests.factories import SENDER, TENANT, address, contact, opt_in
from tests.stores import START, Clock
from tests.wired import WINDOW, Wired

HELLO = FreeMessage("", "Hello")
DAY = timedelta(days=1)


def wish(interaction: str | None = None, contact_: str = address(0), tenant: TenantId = TENANT) -> Wish:
    return Wish(tenant, SENDER, contact_, "ana", None, interaction)


async def writes(wired: Wired, number: int, said: int = 1) -> None:
    """A contact writes to the sender."""
    at_ms = int(wired.now().timestamp() * 1000)
    message = {"from": [address(number)], "id": f"IN{number}-{said}", "at": at_ms, "text": "hello"}
    await wired.inbound.receiving.apply([await wired.hear(10 * number + said, message)])


async def talks_of(wired: Wired, number: int) -> list[InteractionId]:
    return await wired.stores.interactions.of(contact(number))


# ── in which conversation ───────────────────────────────────────────────────────────────────────────────────────────


async def test_a_reply_joins_the_contacts_open_conversation(wired: Wired) -> None:
    await writes(wired, 0)
    record = await wired.conversations.writing.reply(wish(), HELLO)
    assert [record.message.interaction] == await talks_of(wired, 0)
    assert (record.message.to, record.message.by) == (address(0), "ana")


async def test_a_closed_conversation_is_joined_only_by_name(wired: Wired) -> None:
    await writes(wired, 0)
    (talk,) = await talks_of(wired, 0)
    await wired.stores.interactions.close(talk, wired.now())
    assert (await wired.conversations.writing.reply(wish(), HELLO)).message.interaction is None
    assert (await wired.conversations.writing.reply(wish(talk), HELLO)).message.interaction == talk


async def test_a_reply_joins_no_other_contacts_conversation(wired: Wired) -> None:
    await writes(wired, 0)
    await writes(wired, 1)
    (theirs,) = await talks_of(wired, 1)
    with pytest.raises(InputError) as raised:
        await wired.conversations.writing.reply(wish(theirs), HELLO)
    assert raised.value.code == "interaction-differs"


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (wish("nonsense"), "interaction-not-found"),
        (wish(tenant=TenantId("other")), "sender-not-found"),
        (wish(contact_="Joe"), "bad-contact"),
    ],
    ids=["interaction", "sender", "contact"],
)
async def test_names_that_lead_nowhere(wired: Wired, wanted: Wish, code: str) -> None:
    await writes(wired, 0)
    with pytest.raises(InputError) as raised:
        await wired.conversations.writing.reply(wanted, HELLO)
    assert raised.value.code == code


# ── since when a window is closed ───────────────────────────────────────────────────────────────────────────────────


async def test_a_closed_window_says_when_it_ended(wired: Wired, clock: Clock) -> None:
    await writes(wired, 0)
    clock.travel(WINDOW + timedelta(hours=1))
    with pytest.raises(WindowClosed) as closed:
        await wired.conversations.writing.reply(wish(), HELLO)
    assert closed.value.closed_at == START + WINDOW
    assert {one.language for one in closed.value.templates} == {"en", "es"}


async def test_of_who_never_wrote_nothing_is_said(wired: Wired) -> None:
    with pytest.raises(WindowClosed) as closed:
        await wired.conversations.writing.reply(wish(), HELLO)
    assert closed.value.closed_at is None


def talk(*thread: Entry) -> Interaction:
    about = About(TENANT, SENDER, contact(0))
    return Interaction(InteractionId("i1"), about, InteractionState.OPEN, START, START, thread=thread)


def heard(at: datetime) -> Entry:
    return Entry(at, EventId("e"), body=content_json.to_json(Content(ContentKind.TEXT, "x")))


@pytest.mark.parametrize(
    ("talks", "ended_at"),
    [
        ([], None),
        ([talk()], None),
        ([talk(Entry(START, message=MessageId("r")))], None),
        ([talk(heard(START))], START + DAY),
        ([talk(heard(START - DAY), heard(START)), talk(heard(START - 3 * DAY))], START + DAY),
        ([talk(heard(START + DAY))], START + 2 * DAY),
        ([talk(heard(START + DAY + timedelta(seconds=1)))], None),  # its provider closed it before
    ],
)
def test_when_the_last_window_ended(talks: list[Interaction], ended_at: datetime | None) -> None:
    assert when_ended(talks, DAY, START + 2 * DAY) == ended_at


# ── templates ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("given", [["dentist", "Monday"], {"1": "dentist", "2": "Monday"}], ids=["in order", "by name"])
async def test_a_template_is_filled_and_its_contact_remembered(wired: Wired, given: list[str] | dict[str, str]) -> None:
    await wired.stores.consent.record([(contact(0), opt_in())])
    record = await wired.conversations.writing.template(wish(), "appointment_reminder", "en", given)
    assert (record.message.to, record.message.interaction) == (address(0), None)
    assert (await wired.people.resolving.find(TENANT, contact(0), None)).is_proven


async def test_a_template_that_is_not_taken_leaves_nobody_behind(wired: Wired) -> None:
    with pytest.raises(InputError):
        await wired.conversations.writing.template(wish(), "appointment_reminder", "en", ["dentist", "Monday"])
    assert (await wired.stores.contacts.resolve(contact(0))).addresses == {}


async def test_an_unproven_id_gets_no_template(wired: Wired) -> None:
    with pytest.raises(NotFound):
        await wired.conversations.writing.template(wish(contact_=contact(0)), "appointment_reminder", "en", ["a", "b"])
