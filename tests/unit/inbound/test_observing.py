"""Observing: while somebody else holds a thread nobody of ours has to act, and nothing of it is lost; then it is ours."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from shared.conversations.interactions.model import Interaction, InteractionState
from shared.conversations.outbox.model import MessageRecord, MessageState
from shared.conversations.replying import Order
from shared.ground.clock import to_ms
from shared.ground.domain_events import DomainEventType
from shared.ground.errors import Conflict
from shared.providers.messages import FreeMessage
from tests.factories import SENDER, TENANT, address, contact
from tests.stores import START, Clock
from tests.unit.inbound.telling import answers_to, refuses, said, the_interaction, written_to
from tests.unit.inbound.telling import tell as tell_now
from tests.wired import W1, Wired
from workers.web.interactions.views import thread_view

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def standby(number: int, text: str = "yes", seconds: int = 0) -> dict[str, object]:
    """A contact's message in a thread that somebody else holds."""
    return said(number, text, at=START + seconds * SECOND, standby=True)


def echo(number: int, text: str, seconds: int = 0, by: str = "ai_agent", **fields: Any) -> dict[str, object]:
    return said(number, text, at=START + seconds * SECOND, by=by, **fields)


def control(number: int, holder: str = "", summary: str = "", seconds: int = 0) -> dict[str, object]:
    return said(number, summary, at=START + seconds * SECOND, holder=holder)


async def tell(wired: Wired, *messages: Mapping[str, object]) -> None:
    """An hour after the campaign wrote, so that no message of a test lies in the future."""
    assert isinstance(wired.now, Clock)
    if wired.now() < START + HOUR:
        wired.now.travel(HOUR)
    await tell_now(wired, *messages)


async def reply(wired: Wired, text: str = "of course") -> MessageRecord:
    known = await wired.stores.contacts.resolve(contact(0))
    return await wired.conversations.replying.reply(
        Order(TENANT, SENDER, known, "ana", address(0)), FreeMessage(address(0), text)
    )


def lines(interaction: Interaction) -> list[tuple[str, str | None, str | None]]:
    """Direction, author and text of what an agent sees."""
    return [(one.direction, one.by, one.text) for one in thread_view(interaction, {}).thread]


def types(wired: Wired) -> list[str]:
    return wired.events.types()


async def listed(wired: Wired) -> int:
    """Interactions that agents find."""
    page, _ = await wired.stores.interactions.page(TENANT, None, 50)
    return len(page)


# ── consent, window, attribution ────────────────────────────────────────────────────────────────────────────────────


async def test_a_stop_in_a_thread_that_meta_s_agent_holds_is_heard(wired: Wired) -> None:
    await tell(wired, standby(1, "STOP"))
    assert await refuses(wired)
    assert wired.transport.addresses() == [], "no confirmation goes into a thread that is not ours"


async def test_in_standby_the_window_opens_and_the_answer_is_attributed(wired: Wired) -> None:
    made = await written_to(wired)
    await tell(wired, standby(1, "yes"))
    session = await wired.stores.sessions.get(contact(0), SENDER)
    assert (session.expires_at, session.holder) == (START + timedelta(hours=24), "other")
    assert (await wired.stores.ledger.standing(made.id)).replied == 1
    assert (await answers_to(wired, made.id)).reply == "yes"


async def test_in_standby_no_interaction_is_opened_for_an_agent(wired: Wired) -> None:
    await written_to(wired)
    await tell(wired, standby(1))
    assert await listed(wired) == 0
    assert types(wired) == [DomainEventType.MESSAGE_RECEIVED]
    found = await the_interaction(wired)
    assert found.state is InteractionState.STANDBY
    with pytest.raises(Conflict, match="handed over"):
        await wired.conversations.assigning.assign(found, "ana")


async def test_in_standby_an_interaction_that_an_agent_has_shows_what_is_said(wired: Wired) -> None:
    await tell(wired, said(1, "hello"))
    before = await the_interaction(wired)
    await wired.conversations.assigning.assign(before, "ana")
    await tell(wired, standby(2, "are you there?", 5))
    found = await the_interaction(wired)
    assert (found.state, found.agent, len(found.thread)) == (InteractionState.ASSIGNED, "ana", 2)


# ── control ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_when_control_passes_the_agent_gets_all_that_was_said_and_the_summary(wired: Wired) -> None:
    made = await written_to(wired)
    await tell(wired, standby(1, "when?"), echo(2, "We open at nine.", 1), standby(3, "a person, please", 2))
    await tell(wired, control(4, "", "Ana wants Tuesday.", 3))
    found = await the_interaction(wired)
    assert (found.state, found.about.campaign, await listed(wired)) == (InteractionState.OPEN, made.id, 1)
    assert lines(found) == [
        ("in", None, "when?"),
        ("out", "ai_agent", "We open at nine."),
        ("in", None, "a person, please"),
        ("out", "ai_agent", "Ana wants Tuesday."),
    ]
    assert types(wired)[-2:] == [DomainEventType.CONTROL_CHANGED, DomainEventType.INTERACTION_OPENED]


async def test_a_handover_alone_opens_an_interaction_in_the_campaign_that_wrote(wired: Wired) -> None:
    made = await written_to(wired)
    await tell(wired, control(1, "", "Ana wants Tuesday.", 3))
    found = await the_interaction(wired)
    assert (found.state, found.about.campaign) == (InteractionState.OPEN, made.id)
    assert lines(found) == [("out", "ai_agent", "Ana wants Tuesday.")]


async def test_a_handover_that_is_told_again_is_one(wired: Wired) -> None:
    await tell(wired, standby(1), control(2, "", "Ana wants Tuesday.", 3))
    before = [event.id for event in wired.events.told]
    await tell(wired, control(2, "", "Ana wants Tuesday.", 3))
    assert len((await the_interaction(wired)).thread) == 2
    assert [event.id for event in wired.events.told][len(before) :] == before[-2:]


@pytest.mark.parametrize("has_time", [True, False], ids=["with its time", "without one"])
async def test_a_handover_that_is_delivered_again_later_is_one_whatever_was_said_meanwhile(
    wired: Wired, *, has_time: bool
) -> None:
    """Without a time of its own it comes with the webhook's."""
    stated = {"stated": to_ms(START + 3 * SECOND) if has_time else None}
    await tell(wired, standby(1), control(2, "", "Ana wants Tuesday.", 3) | stated)
    await tell(wired, standby(4, "and?", 9))
    told = {event.id for event in wired.events.told}
    await tell(wired, control(5, "", "Ana wants Tuesday.", 60) | stated)
    assert {event.id for event in wired.events.told} == told
    assert len((await the_interaction(wired)).thread) == 3
    assert (await wired.stores.sessions.get(contact(0), SENDER)).holder == "other"


async def test_two_handovers_of_one_thread_are_two(wired: Wired) -> None:
    await tell(wired, control(1, "", "Ana wants Tuesday.", 3), control(2, "", "Ana wants Tuesday.", 9))
    assert types(wired).count(DomainEventType.CONTROL_CHANGED) == 2
    assert len((await the_interaction(wired)).thread) == 2


async def test_the_contact_s_next_message_to_us_opens_what_stood_in_standby(wired: Wired) -> None:
    await tell(wired, standby(1, "when?"))
    await tell(wired, said(2, "hello?", at=START + 9 * SECOND))
    found = await the_interaction(wired)
    assert (found.state, len(found.thread), await listed(wired)) == (InteractionState.OPEN, 2, 1)
    assert types(wired)[-1] == DomainEventType.INTERACTION_OPENED
    await reply(wired)


@pytest.mark.parametrize(
    ("told", "holder"),
    [
        ([control(1, "", seconds=5), control(2, "ai_agent", seconds=3)], ""),
        ([control(1, "ai_agent", seconds=5), control(2, "", seconds=3)], "ai_agent"),
        ([control(1, "", seconds=5), standby(2, seconds=5)], ""),
        ([control(1, "", seconds=5), standby(2, seconds=6)], "other"),
        ([standby(1, seconds=5), said(2, at=START + 6 * SECOND)], ""),
        ([said(2, at=START + 6 * SECOND), standby(1, seconds=5)], ""),
        ([control(1, "escalation", seconds=5), said(2, at=START + 6 * SECOND)], ""),
    ],
    ids=[
        "passed late", "taken late", "a message of the same second", "a message of the next second", "ours again",
        "an older one that comes late", "taken and given back",
    ],
)  # fmt: skip
async def test_the_latest_word_says_who_holds_the_thread(
    wired: Wired, told: list[Mapping[str, object]], holder: str
) -> None:
    for one in told:
        await tell(wired, one)
    session = await wired.stores.sessions.get(contact(0), SENDER)
    assert session.holder == holder


# ── free form ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_free_form_into_a_thread_that_is_not_ours_is_refused_and_a_template_is_not(wired: Wired) -> None:
    await tell(wired, standby(1))
    with pytest.raises(Conflict) as refused:
        await reply(wired)
    assert refused.value.code == "not-in-control"
    made = await written_to(wired)
    assert (await wired.stores.ledger.standing(made.id)).counts
    assert address(0) in wired.transport.addresses()


async def test_a_reply_that_waits_when_the_thread_is_taken_is_not_sent(wired: Wired) -> None:
    await tell(wired, said(1, "hello"))
    taken = await reply(wired)
    await tell(wired, control(2, "escalation", seconds=60))
    await wired.conversations.dispatching.dispatch(contact(0), SENDER, W1)
    record = await wired.stores.outbox.get(taken.message.id)
    assert (record.state, record.reason) == (MessageState.REFUSED, "not-in-control")
    assert wired.transport.addresses() == []


async def test_once_control_passes_the_agent_may_reply(wired: Wired) -> None:
    await tell(wired, standby(1), control(2, "", "hi", 5))
    await reply(wired)
    await wired.conversations.dispatching.dispatch(contact(0), SENDER, W1)
    assert wired.transport.addresses() == [address(0)]


# ── notes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_a_colleague_wrote_on_the_phone_joins_the_thread_so_that_nobody_answers_twice(wired: Wired) -> None:
    await tell(wired, said(1, "when?"))
    await tell(wired, echo(2, "At nine!", 5, "phone"))
    await tell(wired, echo(2, "At nine!", 5, "phone"))
    found = await the_interaction(wired)
    assert lines(found) == [("in", None, "when?"), ("out", "phone", "At nine!")]
    assert found.updated_at == START, "the contact said nothing new"
    assert DomainEventType.MESSAGE_OBSERVED in types(wired)


async def test_a_colleague_s_first_word_opens_nothing_and_is_there_when_the_contact_answers(wired: Wired) -> None:
    made = await written_to(wired)
    await tell(wired, echo(1, "Hello Ana", 0, "phone"))
    assert await listed(wired) == 0
    assert not (await wired.stores.sessions.get(contact(0), SENDER)).is_open
    await tell(wired, said(2, "hello", at=START + 5 * SECOND))
    found = await the_interaction(wired)
    assert lines(found) == [("out", "phone", "Hello Ana"), ("in", None, "hello")]
    assert (found.state, found.about.campaign) == (InteractionState.OPEN, made.id)


def revoked(number: int, original: int, seconds: int = 60) -> dict[str, object]:
    return said(number, "", at=START + seconds * SECOND, kind="revoked", changes=f"IN{original}", by="contact")


@pytest.mark.parametrize("is_first", [False, True], ids=["after it", "before it"])
async def test_a_message_that_was_taken_back_is_shown_to_the_agent_and_asks_nobody_to_act(
    wired: Wired, is_first: bool
) -> None:
    told = [said(1, "my address is …"), revoked(2, 1)]
    for one in reversed(told) if is_first else told:
        await tell(wired, one)
    found = await the_interaction(wired)
    original, note = thread_view(found, {}).thread
    assert (note.kind, note.changes, note.by, note.direction) == ("revoked", original.message, "contact", "in")
    assert original.revoked_at == note.at
    assert (original.text, found.state) == ("my address is …", InteractionState.OPEN)


async def test_a_message_that_was_taken_back_opens_no_window_and_undoes_no_refusal(wired: Wired) -> None:
    await tell(wired, revoked(2, 1))
    assert not (await wired.stores.sessions.get(contact(0), SENDER)).is_open
    assert await listed(wired) == 0
    await tell(wired, said(3, "STOP"), revoked(4, 3))
    assert await refuses(wired)


async def test_a_revocation_joins_the_interaction_of_its_message_though_that_is_closed(wired: Wired) -> None:
    await tell(wired, said(1, "my address is …"))
    first = await the_interaction(wired)
    await wired.conversations.assigning.close(first, "ana")
    await tell(wired, revoked(2, 1))
    found = await wired.stores.interactions.get(first.id)
    assert (found.state, len(found.thread), await listed(wired)) == (InteractionState.CLOSED, 2, 1)


async def test_a_payment_is_shown_in_the_thread(wired: Wired) -> None:
    await tell(wired, said(1, "I have paid"), echo(2, "Payment order-7: captured", 5, "provider", kind="payment"))
    assert lines(await the_interaction(wired))[-1] == ("in", "provider", "Payment order-7: captured")


async def test_what_is_noted_is_named_by_its_event_as_threads_name_it(wired: Wired) -> None:
    await tell(wired, said(1, "hello"), revoked(2, 1))
    observed = [event for event in wired.events.told if event.type is DomainEventType.MESSAGE_OBSERVED]
    (told,) = [json.loads(event.to_json())["data"] for event in observed]
    original = (await the_interaction(wired)).thread[0]
    assert (told["by"], told["message"]["kind"], told["message"]["changes"]) == ("contact", "revoked", original.event)
