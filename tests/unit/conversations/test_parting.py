"""Parting: of a conversation that was two people's, each gets their own again, as it stood."""

from datetime import timedelta
from typing import Any

import pytest

from shared.conversations.interactions.model import Interaction, InteractionState
from shared.ground.ids import ContactId
from shared.people.aliases import Source
from tests.factories import SENDER, TENANT, address, contact
from tests.stores import Clock
from tests.unit.conversations.test_uniting import users
from tests.unit.inbound.telling import said, tell, written_to
from tests.unit.people.test_separating import USER, separate, user
from tests.wired import Wired

AGENT = "ana"


async def link(wired: Wired) -> None:
    await wired.people.merging.link(TENANT, address(0), [USER], Source.ANSWER, SENDER)


async def tell_both(wired: Wired, first: int = 1, **fields: Any) -> None:
    await tell(wired, said(first, "yes", **fields), said(first + 1, "a secret", **fields) | {"from": [USER]})


async def talks(wired: Wired, who: ContactId) -> list[Interaction]:
    found = await wired.stores.interactions.of(who)
    return [await wired.stores.interactions.get(one) for one in found]


async def whose(wired: Wired) -> list[tuple[ContactId, InteractionState, str | None, list[str]]]:
    """Of every interaction of both: whose, how it stands, its agent, and who wrote in it."""
    return [
        (who, one.state, one.agent, [entry.by for entry in one.thread])
        for who in (contact(0), user(wired))
        for one in await talks(wired, who)
    ]


@pytest.mark.parametrize("is_taken", [True, False])
async def test_a_conversation_that_gave_way_goes_on_with_its_messages_and_the_agent(
    wired: Wired, is_taken: bool
) -> None:
    await written_to(wired, 1)
    await tell_both(wired)
    await link(wired)
    (going_on,) = [one for who in (contact(0), user(wired)) for one in await talks(wired, who) if not one.is_closed]
    if is_taken:
        await wired.conversations.assigning.assign(going_on, AGENT)
    await tell_both(wired, 3)
    await separate(wired, [user(wired)])
    state, agent = (InteractionState.ASSIGNED, AGENT) if is_taken else (InteractionState.OPEN, None)
    assert await whose(wired) == [(who, state, agent, [who, who]) for who in (contact(0), user(wired))]
    listed, _ = await wired.stores.interactions.page(TENANT, None, 50)
    assert {one.about.contact for one in listed} == {contact(0), user(wired)}


async def test_of_a_chain_of_conversations_that_gave_way_each_has_one_that_is_open(wired: Wired) -> None:
    who = users(wired)["behind"]
    user_id = wired.people.merging.id_of(TENANT, who)
    await tell(wired, said(1, "hello") | {"from": [who]})
    assert isinstance(wired.now, Clock)
    wired.now.travel(timedelta(minutes=1))
    await tell(wired, said(2, "hello", at=wired.now()))
    await wired.people.merging.link(TENANT, address(0), [who], Source.ANSWER, SENDER)
    wired.now.travel(timedelta(hours=1))
    await written_to(wired, 1)
    await tell(wired, said(3, "yes", at=wired.now()))
    assert len([one for name in (contact(0), user_id) for one in await talks(wired, name)]) == 3
    known = await wired.stores.contacts.resolve(contact(0))
    await wired.conversations.parting.separate(TENANT, known, [user_id], AGENT)
    for name, number in ((contact(0), 2), (user_id, 1)):
        (going_on,) = [one for one in await talks(wired, name) if not one.is_closed]
        assert [entry.by for entry in going_on.thread] == [name] * number


async def test_it_may_be_asked_again_after_a_crash_before_the_conversations_parted(
    wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    await written_to(wired, 1)
    await tell_both(wired)
    await link(wired)
    with monkeypatch.context() as broken:
        broken.setattr(type(wired.stores.interactions), "resume", _crash)
        with pytest.raises(ConnectionError):
            await separate(wired, [user(wired)])
    await separate(wired, [user(wired)])
    assert await whose(wired) == [(who, InteractionState.OPEN, None, [who]) for who in (contact(0), user(wired))]


async def _crash(*_: object) -> None:
    raise ConnectionError


async def test_what_stands_in_standby_asks_no_agent_to_act_afterwards_either(wired: Wired) -> None:
    await written_to(wired, 1)
    await link(wired)
    await tell_both(wired, standby=True)
    await separate(wired, [user(wired)])
    assert await whose(wired) == [(who, InteractionState.STANDBY, None, [who]) for who in (contact(0), user(wired))]
    for who in (contact(0), user(wired)):
        assert (await wired.stores.sessions.get(who, SENDER)).holder == "other"


async def test_what_an_agent_had_closed_is_closed_for_both(wired: Wired) -> None:
    await written_to(wired, 1)
    await link(wired)
    await tell_both(wired)
    (together,) = [one for who in (contact(0), user(wired)) for one in await talks(wired, who)]
    await wired.conversations.assigning.close(together, AGENT)
    await separate(wired, [user(wired)])
    assert [(who, state) for who, state, _, _ in await whose(wired)] == [
        (who, InteractionState.CLOSED) for who in (contact(0), user(wired))
    ]


@pytest.mark.parametrize("number", [1, 2])
async def test_a_message_taken_back_afterwards_is_shown_to_its_author_s_agent_only(wired: Wired, number: int) -> None:
    await written_to(wired, 1)
    await link(wired)
    await tell_both(wired)
    await separate(wired, [user(wired)])
    author = [address(0), USER][number - 1]
    await tell(wired, said(3, "", kind="revoked", by="contact", changes=f"IN{number}") | {"from": [author]})
    shown = {who: by for who, _, _, by in await whose(wired)}
    is_first = number == 1
    assert shown[contact(0)] == [contact(0), *(["contact"] if is_first else [])]
    assert shown[user(wired)] == [user(wired), *([] if is_first else ["contact"])]
