"""Recognising: whoever edits a message or takes it back has written it, under whichever name."""

from typing import Any

from shared.people.aliases import Source
from tests.factories import SENDER, TENANT, address, contact
from tests.unit.inbound.telling import answers_to, refuses, said, tell, the_interaction, written_to
from tests.unit.people.test_separating import USER, separate, user
from tests.wired import Wired


def from_user(number: int, text: str, **fields: Any) -> dict[str, object]:
    """A message that shows a user id only."""
    return said(number, text, **fields) | {"from": [USER]}


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
