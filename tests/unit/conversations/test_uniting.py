"""Uniting: two names turn out to be one person's while an agent has the conversation; one conversation stays."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import pairwise, permutations

import pytest

from shared.conversations.interactions.model import Interaction, InteractionState
from shared.conversations.uniting import Uniting
from shared.conversations.writing import Wish
from shared.ground import keys
from shared.ground.domain_events import DomainEventType
from shared.ground.errors import BackendUnavailable
from shared.ground.ids import InteractionId
from shared.people.aliases import Source
from shared.people.contacts.store import Identity
from shared.providers.messages import FreeMessage
from tests.factories import SENDER, TENANT, address, contact
from tests.stores import START, Clock
from tests.unit.inbound.telling import said, tell, written_to
from tests.wired import Wired

AGENT = "ana"
STEPS = ("number-writes", "user-id-writes", "names-are-told", "agent-takes")


def users(wired: Wired) -> Mapping[str, str]:
    """A user id whose contact id sorts before the number's, and one whose sorts behind it."""
    found: dict[str, str] = {}
    for number in range(100):
        name = f"US.{number}3491208655302741918"
        found.setdefault("before" if wired.people.merging.id_of(TENANT, name) < contact(0) else "behind", name)
    return found


async def talks(wired: Wired, user: str) -> list[Interaction]:
    """All of the person's, with threads."""
    ids = {contact(0), wired.people.merging.id_of(TENANT, user)}
    found = await wired.stores.interactions.of(*ids)
    return [await wired.stores.interactions.get(one) for one in found]


async def open_ones(wired: Wired, user: str) -> list[Interaction]:
    return [one for one in await talks(wired, user) if not one.is_closed]


async def step(wired: Wired, what: str, user: str) -> None:
    match what:
        case "number-writes":
            await tell(wired, said(1, "yes", at=START + timedelta(seconds=1)))
        case "user-id-writes":
            await tell(wired, said(2, "hello?", at=START + timedelta(seconds=2)) | {"from": [user]})
        case "names-are-told":
            await wired.people.merging.link(TENANT, address(0), [user], Source.STATUS, SENDER)
        case _:
            for one in (await open_ones(wired, user))[:1]:
                await wired.conversations.assigning.assign(one, AGENT)


@pytest.mark.parametrize("sorts", ["before", "behind"])
@pytest.mark.parametrize("order", list(permutations(STEPS)))
async def test_one_conversation_stays_with_its_agent_in_all_24_orders(
    wired: Wired, order: Sequence[str], sorts: str
) -> None:
    await written_to(wired, 1)
    user = users(wired)[sorts]
    for what in order:
        await step(wired, what, user)
    had_agent = any(one.agent for one in await talks(wired, user))
    await tell(wired, said(3, "and?", at=START + timedelta(seconds=3)))
    await tell(wired, said(4, "well?", at=START + timedelta(seconds=4)) | {"from": [user]})
    (stays,) = await open_ones(wired, user)
    assert (stays.state, stays.agent) == (
        (InteractionState.ASSIGNED, AGENT) if had_agent else (InteractionState.OPEN, None)
    )
    assert len(stays.thread) == 4
    assert len({entry.event for entry in stays.thread}) == 4


@pytest.mark.parametrize("sorts", ["before", "behind"])
async def test_the_conversation_that_gave_way_says_which_goes_on_and_the_dialer_is_told(
    wired: Wired, sorts: str
) -> None:
    await written_to(wired, 1)
    user = users(wired)[sorts]
    await step(wired, "number-writes", user)
    (first,) = await open_ones(wired, user)
    await wired.conversations.assigning.assign(first, AGENT)
    await step(wired, "user-id-writes", user)
    (other,) = [one for one in await open_ones(wired, user) if one.id != first.id]
    await step(wired, "names-are-told", user)
    gone = await wired.stores.interactions.get(other.id)
    assert (gone.state, gone.merged_into, gone.is_copied) == (InteractionState.CLOSED, first.id, True)
    (told,) = [one for one in wired.events.told if one.type is DomainEventType.INTERACTION_CLOSED]
    assert (told.subject, told.data["merged_into"]) == (other.id, first.id)


async def test_of_two_agents_conversations_the_older_stays(wired: Wired, clock: Clock) -> None:
    clock.travel(timedelta(minutes=1))
    user = users(wired)["before"]
    for name in ("number-writes", "user-id-writes"):
        await step(wired, name, user)
    for agent, one in zip(
        ("ana", "eva"), sorted(await open_ones(wired, user), key=lambda one: one.opened_at), strict=True
    ):
        await wired.conversations.assigning.assign(one, agent)
    await step(wired, "names-are-told", user)
    (stays,) = await open_ones(wired, user)
    assert (stays.agent, len(stays.thread)) == ("ana", 2)


async def test_a_process_that_died_before_the_thread_was_copied_loses_no_message(wired: Wired) -> None:
    user = users(wired)["before"]
    for name in ("number-writes", "user-id-writes"):
        await step(wired, name, user)
    one, other = await open_ones(wired, user)
    assert await wired.stores.interactions.give_way(other, one.id, wired.now())
    await step(wired, "names-are-told", user)
    (stays,) = await open_ones(wired, user)
    assert len(stays.thread) == 2
    assert [talk.is_copied for talk in await talks(wired, user) if talk.is_closed] == [True]


async def test_a_process_that_died_after_the_merge_leaves_no_second_conversation(
    wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider's word comes again, and names nobody new by then."""
    user = users(wired)["before"]
    for name in ("number-writes", "user-id-writes"):
        await step(wired, name, user)

    async def die(_self: Uniting, _contact: Identity) -> None:
        raise BackendUnavailable("the process died")

    with monkeypatch.context() as dying:
        dying.setattr(Uniting, "unite", die)
        with pytest.raises(BackendUnavailable):
            await step(wired, "names-are-told", user)
    assert len(await open_ones(wired, user)) == 2
    await step(wired, "names-are-told", user)
    (stays,) = await open_ones(wired, user)
    assert len(stays.thread) == 2


async def test_messages_of_both_names_at_the_same_moment_open_one_conversation(wired: Wired) -> None:
    user = users(wired)["before"]
    await step(wired, "names-are-told", user)
    await tell(wired, *(said(number, "hi") | {"from": [address(0) if number % 2 else user]} for number in range(6)))
    (stays,) = await open_ones(wired, user)
    assert len(stays.thread) == 6


async def test_a_reply_into_the_conversation_that_gave_way_goes_into_the_one_that_stays(wired: Wired) -> None:
    user = users(wired)["behind"]
    for name in ("number-writes", "user-id-writes"):
        await step(wired, name, user)
    before: list[InteractionId] = [one.id for one in await open_ones(wired, user)]
    await step(wired, "names-are-told", user)
    (stays,) = await open_ones(wired, user)
    (gone,) = [one for one in before if one != stays.id]
    assert (await wired.conversations.browsing.find(TENANT, gone)).merged_into == stays.id
    wish = Wish(TENANT, SENDER, address(0), AGENT, interaction=gone)
    record = await wired.conversations.writing.reply(wish, FreeMessage("", "Here I am."))
    assert record.message.interaction == stays.id


async def test_a_reply_follows_every_conversation_that_gave_way_since(wired: Wired) -> None:
    chain = []
    for number in range(1, 4):
        await tell(wired, said(number, "hi", at=START + timedelta(seconds=number)))
        (talk,) = await open_ones(wired, users(wired)["behind"])
        await wired.conversations.assigning.close(talk, AGENT)
        chain.append(talk.id)
    for gone, keeper in pairwise(chain):
        await wired.redis.hset(keys.interaction(gone, contact(0)), "into", keeper)
    wish = Wish(TENANT, SENDER, address(0), AGENT, interaction=chain[0])
    record = await wired.conversations.writing.reply(wish, FreeMessage("", "Here I am."))
    assert record.message.interaction == chain[-1]
    assert [len((await wired.stores.interactions.get(one)).thread) for one in chain] == [1, 1, 2]


async def test_a_message_taken_back_after_its_conversation_gave_way_is_shown_in_the_one_that_goes_on(
    wired: Wired,
) -> None:
    user = users(wired)["behind"]
    for what in STEPS[:3]:
        await step(wired, what, user)
    for number, author in ((1, address(0)), (2, user)):
        taken_back = said(number + 2, "", kind="revoked", by="contact", changes=f"IN{number}")
        await tell(wired, taken_back | {"from": [author]})
    (going_on,) = await open_ones(wired, user)
    assert [entry.by for entry in going_on.thread].count("contact") == 2
