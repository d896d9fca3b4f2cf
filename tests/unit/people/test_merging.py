"""Merging: every name that a provider gives a person is an alias at once, and only where it can be that person's."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import permutations

import pytest
from prometheus_client import REGISTRY

from shared.campaigns.model import Campaign
from shared.ground.ids import CampaignId, ContactId, MessageReference
from shared.people.aliases import Source
from shared.people.consent.model import has_refused
from shared.people.contacts.store import ContactStore, Identity
from shared.providers.events import DeliveryStatus
from tests.factories import SECRET, SENDER, TENANT, address, campaign, contact, opt_out, row
from tests.reading import present
from tests.unit.inbound.telling import refuses, said, tell
from tests.wired import W1, Wired

USER, OTHER, PARENT = "US.13491208655302741918", "US.23491208655302741919", "US.ENT.11815799212886844830"
NEXT = CampaignId("cnext")


def user(wired: Wired, name: str = USER) -> ContactId:
    return wired.people.merging.id_of(TENANT, name)


async def names_of(wired: Wired, who: ContactId) -> set[ContactId]:
    return set((await wired.stores.contacts.resolve(who)).ids)


async def status(wired: Wired, of: Campaign, ordinal: int, *addresses: str, number: int = 90) -> None:
    """The provider's word on a job, in which the recipient has these names."""
    event = wired.status(of, ordinal, DeliveryStatus.DELIVERED) | {"addresses": list(addresses)}
    await wired.inbound.receiving.apply([await wired.hear(number + ordinal, event)])


def refused(source: str, reason: str) -> float:
    """How often a name was not believed."""
    labels = {"sender": SENDER, "source": source, "reason": reason}
    return REGISTRY.get_sample_value("oriel_aliases_refused_total", labels) or 0.0


# ── a STOP of somebody who shows only a user id ─────────────────────────────────────────────────────────────────────


async def assert_never_again(wired: Wired) -> None:
    """The campaign that goes on, and the next one, write to the number no more."""
    assert await refuses(wired)
    following = await wired.running(1, replace(campaign(), id=NEXT))
    assert await wired.letters(following) == "x"


async def test_a_stop_by_user_id_reaches_the_number_that_the_answer_named_beside_it(wired: Wired) -> None:
    made = await wired.running(2)
    wired.transport.answers[address(0)] = wired.accepts("SM1", address(0), [USER, PARENT])
    await wired.send(made)
    await tell(wired, said(1, "STOP") | {"from": [USER]})
    assert (await wired.stores.ledger.standing(made.id)).opted_out == 1
    await assert_never_again(wired)


async def test_a_stop_by_parent_user_id_reaches_the_number_as_well(wired: Wired) -> None:
    made = await wired.running(2)
    wired.transport.answers[address(0)] = wired.accepts("SM1", address(0), [USER, PARENT])
    await wired.send(made)
    await tell(wired, said(1, "STOP") | {"from": [PARENT]})
    await assert_never_again(wired)


async def test_a_stop_by_user_id_reaches_the_number_that_a_status_named_beside_it(wired: Wired) -> None:
    made = await wired.running(2)
    await wired.send(made)
    await status(wired, made, 0, address(0), USER)
    await tell(wired, said(1, "STOP") | {"from": [USER]})
    assert (await wired.stores.ledger.standing(made.id)).opted_out == 1
    await assert_never_again(wired)


async def test_a_stop_by_user_id_that_came_before_the_status_holds_for_the_number(wired: Wired) -> None:
    made = await wired.running(2)
    await wired.send(made)
    await tell(wired, said(1, "STOP") | {"from": [USER]})
    assert not await refuses(wired)
    await status(wired, made, 0, address(0), USER)
    await assert_never_again(wired)


async def test_a_stop_in_answer_to_our_message_reaches_the_number_it_went_to(wired: Wired) -> None:
    """Nothing else has named the two together: the context of the answer is enough."""
    made = await wired.running(2)
    wired.transport.answers[address(0)] = wired.accepts("SM77")
    await wired.send(made)
    await tell(wired, said(1, "STOP") | {"from": [USER], "reply_to": "SM77"})
    assert (await wired.stores.ledger.standing(made.id)).opted_out == 1
    await assert_never_again(wired)


async def test_a_stop_in_answer_to_a_message_that_a_status_confirmed_reaches_the_number(wired: Wired) -> None:
    """The process that sent it died before it noted the acceptance."""
    made = await wired.running(2)
    await wired.send(made)
    await wired.redis.delete(*[key async for key in wired.redis.scan_iter("*:sent:*")])
    await status(wired, made, 0)
    await tell(wired, said(1, "STOP") | {"from": [USER], "reply_to": "SM0"})
    await assert_never_again(wired)


async def test_with_a_number_and_a_user_id_the_number_decides_whose_the_stop_is(wired: Wired) -> None:
    """The user id was taken for another person's; the message names both."""
    made = await wired.running(3)
    wired.transport.answers[address(1)] = wired.accepts("SM1", address(1), [USER])
    await wired.send(made)
    await tell(wired, said(1, "STOP") | {"from": [USER, address(0)]})
    assert (await refuses(wired, 0), await refuses(wired, 1)) == (True, False)


async def test_a_running_campaign_is_stopped_for_a_number_that_its_own_answer_named_otherwise(wired: Wired) -> None:
    """The first campaign's answer names both; the second is leased when the STOP comes, and its mark fails."""
    made = await wired.running(1)
    wired.transport.answers[address(0)] = wired.accepts("SM1", address(0), [USER])
    await wired.send(made)
    running = await wired.running(1, replace(campaign(), id=NEXT))
    lease = await wired.leased(running)
    await tell(wired, said(1, "STOP") | {"from": [USER]})
    await wired.outbound.sending.send_parcel(running.id, lease.id, W1)
    assert wired.transport.addresses() == [address(0)]


# ── direct messages and replies ─────────────────────────────────────────────────────────────────────────────────────


async def directly(wired: Wired, message_id: str, aliases: Sequence[str] = ()) -> MessageReference:
    """One agent's reply to the first person, accepted by the provider."""
    await tell(wired, said(50, "hello"))
    wired.transport.answers[address(0)] = wired.accepts(message_id, address(0), aliases)
    record = await wired.reply(Identity(contact(0)), "How may I help?")
    await wired.conversations.dispatching.dispatch(contact(0), SENDER, W1)
    return MessageReference(record.message.id)


async def test_the_answer_to_a_reply_names_the_user_id_as_well(wired: Wired) -> None:
    await directly(wired, "SM5", [USER])
    await tell(wired, said(1, "STOP") | {"from": [USER]})
    await assert_never_again(wired)


async def test_the_status_of_a_reply_names_the_user_id_as_well(wired: Wired) -> None:
    reference = await directly(wired, "SM5")
    event = {"status": "read", "id": "SM5", "reference": reference.sign(SECRET), "at": 0, "addresses": [USER]}
    await wired.inbound.receiving.apply([await wired.hear(60, event)])
    await tell(wired, said(1, "STOP") | {"from": [USER]})
    await assert_never_again(wired)


async def test_an_answer_to_a_reply_names_whom_it_went_to(wired: Wired) -> None:
    await directly(wired, "SM5")
    await tell(wired, said(1, "STOP") | {"from": [USER], "reply_to": "SM5"})
    await assert_never_again(wired)


# ── names that cannot be the same person's ──────────────────────────────────────────────────────────────────────────


async def test_an_answer_that_names_one_number_for_everybody_merges_nobody_and_is_counted(wired: Wired) -> None:
    before = refused("answer", "other-number")
    made = await wired.running(3)
    for who in range(3):
        wired.transport.answers[address(who)] = wired.accepts(f"SM{who}", "+14155550999")
    await wired.send(made)
    for who in range(3):
        assert await names_of(wired, contact(who)) == {contact(who)}
    assert refused("answer", "other-number") - before == 3
    await tell(wired, said(1, "STOP"))
    assert [await refuses(wired, who) for who in range(3)] == [True, False, False]


async def test_an_answer_about_another_number_gives_no_user_id_either(wired: Wired) -> None:
    made = await wired.running(1)
    wired.transport.answers[address(0)] = wired.accepts("SM1", "+14155550999", [USER])
    await wired.send(made)
    assert await names_of(wired, user(wired)) == {user(wired)}


async def test_a_status_that_names_one_number_for_everybody_merges_nobody(wired: Wired) -> None:
    made = await wired.running(3)
    await wired.send(made)
    for who in range(3):
        await status(wired, made, who, "+14155550999")
    assert [await names_of(wired, contact(who)) for who in range(3)] == [{contact(who)} for who in range(3)]


async def test_one_user_id_for_everybody_makes_one_person_of_nobody(wired: Wired) -> None:
    """The first answer can be true; every other number is another person's."""
    made = await wired.running(3)
    for who in range(3):
        wired.transport.answers[address(who)] = wired.accepts(f"SM{who}", address(who), [USER])
    await wired.send(made)
    await status(wired, made, 1, address(1), USER)
    found = [(await wired.stores.contacts.resolve(contact(who))).contact for who in range(3)]
    assert len(set(found)) == 3


async def test_one_number_for_everybody_who_was_written_to_by_user_id_makes_one_person_of_nobody(wired: Wired) -> None:
    users = [f"US.{who}349120865530274191" for who in range(1, 5)]
    made = await wired.running(base=[row(0, address=one) for one in users])
    for number, one in enumerate(users):
        wired.transport.answers[one] = wired.accepts(f"SM{number}", "+14155550999")
    await wired.send(made)
    found = {(await wired.stores.contacts.resolve(user(wired, one))).contact for one in users}
    assert len(found) == len(users)


async def test_a_message_with_another_number_beside_its_sender_is_the_sender_s_alone(wired: Wired) -> None:
    """A proxy puts its own number beside everybody's."""
    await tell(wired, *(said(who, "hi") | {"from": [address(who), "+14155550999"]} for who in range(3)))
    assert [await names_of(wired, contact(who)) for who in range(3)] == [{contact(who)} for who in range(3)]
    assert len((await wired.stores.sessions.get(contact(1), SENDER)).messages) == 1


async def test_an_answer_to_a_message_that_went_to_another_number_names_nobody(wired: Wired) -> None:
    made = await wired.running(2)
    await wired.send(made)
    job = present(await wired.stores.ledger.find(made.id, contact(0)))
    await tell(wired, said(1, "hi", who=7) | {"reply_to": job.provider_message_id})
    assert await names_of(wired, contact(7)) == {contact(7)}


@pytest.mark.parametrize(
    ("sent_to", "answered"),
    [("+5555991234567", "+555591234567"), ("+525512345678", "+5215512345678"), ("+5491123456789", "+541123456789")],
)
async def test_a_national_variant_in_an_answer_is_the_same_person(wired: Wired, sent_to: str, answered: str) -> None:
    made = await wired.running(base=[row(0, address=sent_to)])
    wired.transport.answers[sent_to] = wired.accepts("SM1", answered, [USER])
    await wired.send(made)
    await tell(wired, said(1, "STOP") | {"from": [USER]})
    assert has_refused((await wired.stores.consent.of([user(wired, sent_to)]))[0], "utility")


async def test_a_variant_that_no_rule_knows_is_the_same_person(wired: Wired) -> None:
    made = await wired.running(base=[row(0, address="+2290195123456")])
    wired.transport.answers["+2290195123456"] = wired.accepts("SM1", "+22995123456")
    await wired.send(made)
    assert await names_of(wired, user(wired, "+22995123456")) == {
        user(wired, "+22995123456"), user(wired, "+2290195123456"),
    }  # fmt: skip


# ── one contact, in any order ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("order", list(permutations(range(4))))
async def test_the_names_of_one_person_are_one_contact_in_any_order(wired: Wired, order: Sequence[int]) -> None:
    pairs = [(address(0), USER), (USER, PARENT), (OTHER, PARENT), (address(0), OTHER)]
    for place in order:
        await wired.people.merging.merge(TENANT, pairs[place])
    names = [address(0), USER, OTHER, PARENT]
    assert len({(await wired.stores.contacts.resolve(user(wired, one))).contact for one in names}) == 1


async def test_a_refusal_between_the_copy_and_the_redirect_of_a_merge_is_not_left_behind(
    wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The contact refuses while its two names are being merged."""
    move = ContactStore.move

    async def refuse_and_move(store: ContactStore, old: Identity, to: Identity) -> ContactId | None:
        await wired.stores.consent.record([(old.contact, opt_out())])
        return await move(store, old, to)

    monkeypatch.setattr(ContactStore, "move", refuse_and_move)
    await wired.people.merging.merge(TENANT, [address(0), USER])
    assert await refuses(wired)


async def test_a_merge_that_another_process_has_just_done_loses_no_name(
    wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A third name has come since this merge read the contact, so that it does not move it; the other process does."""
    names = [f"US.{number}3491208655302741918" for number in range(100)]
    one, other, third = [name for name in names if user(wired, name) > contact(0)][:3]
    await wired.people.merging.merge(TENANT, [one, other])
    move, calls_made = ContactStore.move, 0

    async def move_late(store: ContactStore, old: Identity, to: Identity) -> ContactId | None:
        nonlocal calls_made
        calls_made += 1
        if calls_made > 1:
            return await move(store, old, to)
        await wired.stores.contacts.remember(old.contact, {user(wired, third): third})
        moved = await move(store, old, to)
        await wired.people.merging.merge(TENANT, [address(0), one])
        return moved

    monkeypatch.setattr(ContactStore, "move", move_late)
    await wired.people.merging.merge(TENANT, [address(0), one])
    assert await names_of(wired, contact(0)) == {contact(0), *(user(wired, name) for name in (one, other, third))}


async def test_names_that_are_known_cost_reads_and_no_write(wired: Wired) -> None:
    """Every status of a message names both: 3,000 a second must not write."""
    made = await wired.running(1)
    wired.transport.answers[address(0)] = wired.accepts("SM0", address(0), [USER])
    await wired.send(made)
    before: Mapping[str, int] = await calls(wired)
    await wired.people.merging.link(TENANT, address(0), [USER], Source.STATUS, SENDER)
    after = await calls(wired)
    assert before == after


async def calls(wired: Wired) -> Mapping[str, int]:
    """The revision of the contact's consents, and its entry: what a merge would have changed."""
    known = await wired.stores.contacts.resolve(contact(0))
    entry = await wired.redis.hgetall(f"{{k:{known.contact}}}:contact")
    consent = await wired.redis.hgetall(f"{{k:{known.contact}}}:consent")
    return {str(name): hash(value) for name, value in {**entry, **consent}.items()}


async def test_one_user_id_that_two_answers_name_at_the_same_time_becomes_one_person_s(
    wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both merges have read the contacts before either has written."""
    meet, resolve = asyncio.Barrier(4), ContactStore.resolve
    together = 4

    async def resolve_together(store: ContactStore, who: ContactId) -> Identity:
        nonlocal together
        found = await resolve(store, who)
        if together:
            together -= 1
            await meet.wait()
        return found

    monkeypatch.setattr(ContactStore, "resolve", resolve_together)
    link = wired.people.merging.link
    await asyncio.gather(*(link(TENANT, address(who), [USER], Source.ANSWER, SENDER) for who in (0, 1)))
    whose = await names_of(wired, user(wired))
    assert len(whose & {contact(0), contact(1)}) == 1
    (other,) = {contact(0), contact(1)} - whose
    assert await names_of(wired, other) == {other}
