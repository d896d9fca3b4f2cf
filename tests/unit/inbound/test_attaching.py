"""Attaching: messages join one interaction, and each contact is counted once."""

from datetime import timedelta

from shared.conversations.outbox.model import MessageState, Purpose
from shared.ground.domain_events import DomainEventType
from shared.providers.messages import FreeMessage
from tests.factories import SENDER, contact
from tests.reading import present
from tests.stores import START, Clock
from tests.unit.inbound.telling import answers_to, said, tell, the_interaction, written_to
from tests.wired import W1, Wired


async def test_later_ones_join_it(wired: Wired, clock: Clock) -> None:
    await written_to(wired)
    await tell(wired, said(1, "hello"))
    clock.travel(timedelta(minutes=5))
    await tell(wired, said(2, "are you there?", at=clock()))
    found = await the_interaction(wired)
    assert len(found.thread) == 2
    assert wired.events.types()[2:] == [DomainEventType.MESSAGE_RECEIVED, DomainEventType.INTERACTION_CONTINUED]
    assert (await answers_to(wired, present(found.about.campaign))).reply == "hello", "the first is the reply"


async def test_buttons_and_declared_words_are_counted_once_a_contact(wired: Wired) -> None:
    made = await written_to(wired, answers={"yes": ("yes", "sí"), "no": ("no",)})
    await tell(
        wired,
        said(1, "Sí!", who=0),
        said(2, "no", who=1),
        said(3, "Confirm", who=2, kind="button", payload="OK"),
        said(4, "yes, but later", who=1, at=START + timedelta(seconds=1)),
    )
    standing = await wired.stores.ledger.standing(made.id)
    assert (standing.replied, standing.answers) == (3, {"yes": 1, "no": 1, "Confirm": 1})
    await tell(wired, said(5, "yes", who=1, at=START + timedelta(seconds=2)))
    assert (await wired.stores.ledger.standing(made.id)).answers == {"yes": 2, "Confirm": 1}, "the last word counts"


async def test_an_agent_s_question_is_not_the_campaign_s(wired: Wired) -> None:
    made = await written_to(wired, answers={"no": ("no",), "yes": ("yes",)})
    await tell(wired, said(1, "no"))
    await tell(wired, said(2, "Yes", at=START + timedelta(seconds=5), kind="button", payload="y", reply_to="SM999"))
    assert (await wired.stores.ledger.standing(made.id)).answers == {"no": 1}
    assert len((await the_interaction(wired)).thread) == 2, "it belongs to the conversation all the same"


async def test_a_reply_joins_the_thread(wired: Wired) -> None:
    await written_to(wired)
    await tell(wired, said(1))
    found = await the_interaction(wired)
    known = await wired.stores.contacts.resolve(contact(0))
    record = await wired.reply(known, "of course", interaction=found.id)
    await wired.conversations.dispatching.dispatch(contact(0), SENDER, W1)
    assert (await wired.stores.outbox.get(record.message.id)).state is MessageState.ACCEPTED
    thread = (await wired.stores.interactions.get(found.id)).thread
    assert [entry.message for entry in thread] == [None, record.message.id]
    assert record.message.purpose is Purpose.REPLY
    assert isinstance(record.message.body, FreeMessage)
