"""Separating: a person undoes a wrong merge, and it stays undone."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.conversations.outbox.model import MessageState
from shared.ground.domain_events import DomainEventType
from shared.ground.errors import InputError
from shared.ground.ids import CampaignId, ContactId
from shared.people.aliases import Source
from shared.people.consent.model import EVERYTHING
from shared.people.separating import Separated
from tests.factories import SENDER, TENANT, address, campaign, contact, opt_in
from tests.stores import START
from tests.unit.inbound.telling import refuses, said, tell, written_to
from tests.wired import W1, Wired

USER = "US.13491208655302741918"
BY = "ana"


def user(wired: Wired) -> ContactId:
    return wired.people.merging.id_of(TENANT, USER)


@pytest.fixture
async def merged(wired: Wired) -> Wired:
    """A user id that an answer has wrongly given to the first person's number; both have written."""
    await written_to(wired, 1)
    await wired.people.merging.link(TENANT, address(0), [USER], Source.ANSWER, SENDER)
    await tell(wired, said(1, "yes"), said(2, "a secret") | {"from": [USER]})
    return wired


async def separate(wired: Wired, names: Collection[ContactId]) -> Separated:
    known = await wired.stores.contacts.resolve(contact(0))
    return await wired.conversations.parting.separate(TENANT, known, names, BY)


async def are_two(wired: Wired) -> bool:
    found = [await wired.stores.contacts.resolve(one) for one in (contact(0), user(wired))]
    return [one.ids for one in found] == [(contact(0),), (user(wired),)]


@pytest.mark.parametrize("named", ["number", "user-id"])
async def test_a_wrong_merge_is_undone_whichever_name_is_named(merged: Wired, named: str) -> None:
    await separate(merged, [contact(0) if named == "number" else user(merged)])
    assert await are_two(merged)


async def test_windows_and_texts_are_two_again(merged: Wired) -> None:
    await separate(merged, [user(merged)])
    for who, text in ((contact(0), "yes"), (user(merged), "a secret")):
        session = await merged.stores.sessions.get(who, SENDER)
        assert [text in message.body for message in session.messages] == [True]
        assert session.expires_at == START + timedelta(hours=24)
        (talk,) = [
            found
            for one in await merged.stores.interactions.of(who)
            if not (found := await merged.stores.interactions.get(one)).is_closed
        ]
        assert [text in entry.body for entry in talk.thread] == [True]


async def test_the_window_of_one_is_not_the_other_s(wired: Wired) -> None:
    await wired.people.merging.link(TENANT, address(0), [USER], Source.ANSWER, SENDER)
    await tell(wired, said(1, "hello") | {"from": [USER]})
    await separate(wired, [user(wired)])
    assert not (await wired.stores.sessions.get(contact(0), SENDER)).is_open
    assert (await wired.stores.sessions.get(user(wired), SENDER)).is_open


@pytest.mark.parametrize("source", [Source.ANSWER, Source.STATUS, Source.MESSAGE, Source.RENAMING, Source.CONTEXT])
async def test_it_stays_undone_whoever_says_otherwise(merged: Wired, source: Source) -> None:
    await separate(merged, [user(merged)])
    await merged.people.merging.merge(TENANT, [address(0), USER], "", source, SENDER)
    await merged.people.merging.link(TENANT, USER, [address(0)], source, SENDER)
    assert await are_two(merged)


async def test_it_stays_undone_when_a_third_name_joins_either(merged: Wired) -> None:
    parent = "US.ENT.11815799212886844830"
    await separate(merged, [user(merged)])
    await merged.people.merging.merge(TENANT, [USER, parent])
    await merged.people.merging.merge(TENANT, [address(0), parent])
    found = [await merged.stores.contacts.resolve(one) for one in (contact(0), user(merged))]
    assert found[0].contact != found[1].contact


async def test_a_refusal_stays_with_both_and_later_ones_are_each_s_own(merged: Wired) -> None:
    await tell(merged, said(3, "STOP"))
    await separate(merged, [user(merged)])
    assert await refuses(merged)
    following = await merged.running(1, replace(campaign(), id=CampaignId("cnext")))
    assert await merged.letters(following) == "x"
    records = await merged.stores.consent.of([user(merged)])
    assert [sorted(one) for one in records] == [[f"opt_out:{EVERYTHING}"]]
    await tell(merged, said(4, "START", at=START + timedelta(minutes=1)) | {"from": [USER]})
    assert await refuses(merged), "the other one has not come back"


async def test_a_stop_of_one_stops_the_other_no_more(merged: Wired) -> None:
    await separate(merged, [user(merged)])
    await tell(merged, said(3, "STOP") | {"from": [USER]})
    assert not await refuses(merged)


async def test_an_opt_in_leaves_with_the_name_that_gave_it(wired: Wired) -> None:
    await wired.stores.consent.record([(user(wired), opt_in())])
    await wired.people.merging.link(TENANT, address(0), [USER], Source.ANSWER, SENDER)
    await separate(wired, [user(wired)])
    (number, name) = await wired.stores.consent.of([contact(0), user(wired)])
    assert (sorted(number), sorted(name)) == ([], [f"opt_in:{EVERYTHING}"])


async def test_a_reply_that_waits_for_the_other_s_address_does_not_leave(merged: Wired) -> None:
    """It was written in the common window; the address that it would go to is another person's now."""
    whole = await merged.stores.contacts.resolve(contact(0))
    record = await merged.reply(whole, "As you said before …")
    stays = contact(0) if record.message.to == USER else user(merged)
    done = await separate(merged, [one for one in whole.ids if one != stays])
    sent = len(merged.transport.sent)
    await merged.conversations.dispatching.dispatch(record.message.contact, SENDER, W1)
    found = await merged.stores.outbox.get(record.message.id)
    addressed = merged.people.merging.id_of(TENANT, record.message.to)
    if done.stays.contact == addressed:
        assert found.state is MessageState.ACCEPTED
    else:
        assert (found.state, found.reason, len(merged.transport.sent)) == (
            MessageState.REFUSED, "contact-separated", sent,
        )  # fmt: skip


async def test_who_undid_it_and_when_is_told_and_kept(merged: Wired) -> None:
    done = await separate(merged, [user(merged)])
    (told,) = [one for one in merged.events.told if one.type is DomainEventType.CONTACT_SEPARATED]
    assert (told.data["by"], told.subject, told.data["separated_contact_id"]) == (
        BY, done.stays.contact, done.parted.contact,
    )  # fmt: skip
    for one, other in ((done.stays, done.parted), (done.parted, done.stays)):
        (apart,) = (await merged.stores.contacts.resolve(one.contact)).apart.items()
        assert (apart[0], apart[1].by, apart[1].at) == (other.contact, BY, START)


@pytest.mark.parametrize(
    ("names", "code"), [([contact(7)], "not-an-alias"), ([], "not-an-alias"), (None, "nothing-stays")]
)
async def test_names_that_are_not_the_contact_s_or_all_of_them_are_refused(
    merged: Wired, names: list[ContactId] | None, code: str
) -> None:
    with pytest.raises(InputError) as refused:
        await separate(merged, [contact(0), user(merged)] if names is None else names)
    assert refused.value.code == code


async def test_it_may_be_asked_again_after_a_crash_at_any_step(merged: Wired, monkeypatch: pytest.MonkeyPatch) -> None:
    store = type(merged.stores.contacts)
    for name in ("part", "remember", "redirect"):
        with monkeypatch.context() as patch:
            patch.setattr(store, name, _die)
            with pytest.raises(ZeroDivisionError):
                await separate(merged, [user(merged)])
    monkeypatch.setattr(merged.people.consenting.campaigns, "get_many", _die)  # the last step but one
    with pytest.raises(ZeroDivisionError):
        await separate(merged, [user(merged)])
    monkeypatch.undo()
    for _ in range(2):
        done = await separate(merged, [user(merged)])
        assert {done.stays.contact, done.parted.contact} == {contact(0), user(merged)}
    assert await are_two(merged)


async def _die(*_: object) -> None:
    raise ZeroDivisionError
