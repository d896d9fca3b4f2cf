"""Recognising: whoever edits a message or takes it back has written it, under whichever name."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from shared.conversations.interactions.model import Interaction
from shared.people.aliases import Source
from shared.people.consent.model import has_refused
from tests.factories import SENDER, TENANT, address, contact
from tests.stores import START, Clock
from tests.unit.inbound.telling import answers_to, refuses, said, tell, the_interaction, written_to
from tests.unit.people.test_separating import USER, separate, user
from tests.wired import W1, Wired


def from_user(number: int, text: str, **fields: Any) -> dict[str, object]:
    """A message that shows a user id only."""
    return said(number, text, **fields) | {"from": [USER]}


async def interactions(wired: Wired) -> Sequence[Interaction]:
    """Those of the first number and of the user id."""
    found = await wired.stores.interactions.of(contact(0), user(wired))
    return [await wired.stores.interactions.get(one) for one in found]


async def test_a_stop_that_is_an_edit_and_shows_a_user_id_only_stops_the_number_that_wrote_the_original(
    wired: Wired,
) -> None:
    of = await written_to(wired, 1)
    await tell(wired, said(1, "yes"))
    await tell(wired, from_user(2, "STOP", changes="IN1"))
    assert await refuses(wired)
    assert (await answers_to(wired, of.id)).opted_out_at is not None


async def test_an_original_by_user_id_and_its_edit_by_number_are_one_person_s(wired: Wired) -> None:
    await written_to(wired, 1)
    await tell(wired, from_user(1, "hello"))
    await tell(wired, said(2, "STOP", changes="IN1"))
    assert set((await wired.stores.contacts.resolve(contact(0))).ids) == {contact(0), user(wired)}


async def test_a_revocation_by_user_id_joins_the_thread_of_the_number_that_wrote_the_original(wired: Wired) -> None:
    await written_to(wired, 1)
    await tell(wired, said(1, "yes"))
    await tell(wired, from_user(2, "", kind="revoked", by="contact", changes="IN1"))
    assert [one.by for one in (await the_interaction(wired)).thread] == [contact(0), "contact"]
    assert (await wired.stores.contacts.resolve(user(wired))).contact in {contact(0), user(wired)}
    assert set((await wired.stores.contacts.resolve(contact(0))).ids) == {contact(0), user(wired)}


MINUTE = timedelta(minutes=1)


async def test_a_stop_that_overtakes_its_original_under_a_user_id_stops_the_number(wired: Wired, clock: Clock) -> None:
    of = await written_to(wired, 1)
    clock.travel(2 * MINUTE)
    await tell(wired, from_user(2, "STOP", at=START + MINUTE, changes="IN1"))
    assert not await refuses(wired), "whose edit it is shows the original only"
    await tell(wired, said(1, "START"))
    assert await refuses(wired)
    assert (await answers_to(wired, of.id)).opted_out_at == START + MINUTE
    (talk,) = [one for one in await interactions(wired) if not one.is_closed]
    assert [json.loads(one.body)["text"] for one in talk.thread] == ["START", "STOP"]
    assert json.loads(talk.thread[1].body)["changes"] == talk.thread[0].event


async def test_a_stop_that_overtakes_its_original_under_the_number_stops_the_user_id(
    wired: Wired, clock: Clock
) -> None:
    await written_to(wired, 1)
    clock.travel(2 * MINUTE)
    await tell(wired, said(2, "STOP", at=START + MINUTE, changes="IN1"))
    await tell(wired, from_user(1, "START"))
    (records,) = await wired.stores.consent.of([user(wired)])
    assert has_refused(records, "utility")
    assert await refuses(wired)


async def test_the_edit_counts_and_not_the_original_that_comes_later(wired: Wired, clock: Clock) -> None:
    of = await written_to(wired, 1, answers={"yes": ("yes",), "no": ("no",)})
    clock.travel(2 * MINUTE)
    await tell(wired, from_user(2, "No", at=START + MINUTE, changes="IN1"))
    for _ in range(2):
        await tell(wired, said(1, "Yes"))
        standing = await wired.stores.ledger.standing(of.id)
        assert (standing.replied, standing.answers) == (1, {"no": 1})


async def test_an_overtaking_stop_is_confirmed_once(wired: Wired, clock: Clock) -> None:
    await written_to(wired, 1)
    clock.travel(2 * MINUTE)
    await tell(wired, from_user(2, "BAJA", at=START + MINUTE, changes="IN1"))
    await tell(wired, said(1, "hola"))
    await tell(wired, said(1, "hola"), from_user(2, "BAJA", at=START + MINUTE, changes="IN1"))
    for name in (contact(0), user(wired)):
        await wired.conversations.dispatching.dispatch(name, SENDER, W1)
    assert [body["text"] for body in wired.transport.sent if "text" in body] == ["No más mensajes."]


async def test_two_edits_that_overtake_their_original_are_one_person_s(wired: Wired, clock: Clock) -> None:
    await written_to(wired, 1)
    clock.travel(3 * MINUTE)
    await tell(wired, from_user(2, "STOP", at=START + MINUTE, changes="IN1"))
    await tell(wired, said(3, "sorry", at=START + 2 * MINUTE, changes="IN1"))
    assert await refuses(wired)
    assert set((await wired.stores.contacts.resolve(contact(0))).ids) == {contact(0), user(wired)}


async def test_a_revocation_that_overtakes_its_message_under_a_user_id_joins_its_author(wired: Wired) -> None:
    of = await written_to(wired, 1)
    await tell(wired, from_user(2, "", kind="revoked", by="contact", changes="IN1"))
    await tell(wired, said(1, "yes"))
    assert set((await wired.stores.contacts.resolve(contact(0))).ids) == {contact(0), user(wired)}
    assert (await wired.stores.ledger.standing(of.id)).replied == 1


@pytest.mark.parametrize("is_edit_first", [True, False])
async def test_original_and_edit_at_the_same_time_are_one_person_s(wired: Wired, is_edit_first: bool) -> None:
    await written_to(wired, 1)
    both = [from_user(2, "STOP", at=START, changes="IN1"), said(1, "yes")]
    await tell(wired, *(both if is_edit_first else reversed(both)))
    assert await refuses(wired)


async def test_an_edit_of_another_number_s_message_that_overtakes_it_makes_no_two_people_one(wired: Wired) -> None:
    await written_to(wired, 2)
    await tell(wired, said(2, "STOP", who=1, changes="IN1"))
    await tell(wired, said(1, "yes"))
    assert (await refuses(wired), await refuses(wired, 1)) == (False, True)


async def test_an_edit_of_another_number_s_message_makes_no_two_people_one(wired: Wired) -> None:
    await written_to(wired, 2)
    await tell(wired, said(1, "yes"))
    await tell(wired, said(2, "STOP", who=1, changes="IN1"))
    assert (await wired.stores.contacts.resolve(contact(0))).ids == (contact(0),)
    assert (await refuses(wired), await refuses(wired, 1)) == (False, True)


async def test_an_edit_undoes_no_separation(wired: Wired) -> None:
    await written_to(wired, 1)
    await wired.people.merging.link(TENANT, address(0), [USER], Source.ANSWER, SENDER)
    await tell(wired, said(1, "yes"))
    await separate(wired, [user(wired)])
    await tell(wired, from_user(2, "STOP", changes="IN1"))
    assert not await refuses(wired)
