"""Hearing: a message opens the window, finds its campaign, is counted, heeded and handed on; in any order, once."""

import json
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.campaigns.model import Campaign
from shared.conversations.interactions.model import InteractionState
from shared.ground.domain_events import DomainEventType
from shared.ground.errors import BackendUnavailable
from shared.ground.ids import CampaignId, EntryId
from shared.inbound.journal.store import Entry
from shared.people.consent.model import has_refused
from tests.factories import SENDER, TENANT, address, campaign, contact, row
from tests.stores import START, Clock, FakeStore
from tests.unit.inbound.telling import answers_to, refuses, said, tell, the_interaction, written_to
from tests.wired import W1, Wired

OTHER = CampaignId("cother")
USER_ID, PARENT_ID = "US.13491208655302741918", "US.ENT.11815799212886844830"
Look = Callable[[Wired, Campaign], Awaitable[object]]
"""What is looked at in the end."""


# ── the first answer ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_answer_opens_window_and_interaction_and_is_counted(wired: Wired) -> None:
    made = await written_to(wired)
    await tell(wired, said(1))
    assert (await wired.stores.sessions.get(contact(0), SENDER)).expires_at == START + timedelta(hours=24)
    found = await the_interaction(wired)
    assert (found.about.campaign, found.state) == (made.id, InteractionState.OPEN)
    standing = await wired.stores.ledger.standing(made.id)
    assert (standing.replied, standing.opted_out, standing.answers) == (1, 0, {})
    answers = await answers_to(wired, made.id)
    assert (answers.reply, answers.replied_at) == ("yes", START)
    assert wired.events.types() == [DomainEventType.MESSAGE_RECEIVED, DomainEventType.INTERACTION_OPENED]


async def test_every_event_repeats_the_dialer_s_own_keys(wired: Wired) -> None:
    of = campaign(external_id="ext-7")
    made = await wired.running(made=of, base=[row(0, external_contact_id="P-1")])
    await wired.send(made)
    await tell(wired, said(1))
    for event in wired.events.told:
        data = event.data
        keys_of = (data["external_id"], data["external_contact_id"], data["contact_id"], data["campaign"])
        assert keys_of == ("ext-7", "P-1", contact(0), made.id)
    assert '"specversion":"1.0"' in wired.events.told[0].to_json()


async def test_a_reaction_opens_the_window_and_is_no_answer(wired: Wired) -> None:
    made = await written_to(wired)
    await tell(wired, said(1, "👍", kind="reaction"))
    assert (await wired.stores.sessions.get(contact(0), SENDER)).is_open
    assert await wired.stores.interactions.of(contact(0)) == []
    assert (await wired.stores.ledger.standing(made.id)).replied == 0


# ── who it is ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_answer_from_a_national_variant_is_the_contact_s(wired: Wired) -> None:
    """Brazil's ninth digit: written to with it, answered without."""
    made = await wired.running(base=[replace(row(0), address="+5555991234567")])
    await wired.send(made)
    await tell(wired, said(1) | {"from": ["+555591234567"]})
    assert (await wired.stores.ledger.standing(made.id)).replied == 1


async def test_a_user_id_and_a_number_become_one(wired: Wired) -> None:
    """Whoever said no under one name is not written to under the other."""
    user = wired.people.merging.id_of(TENANT, USER_ID)
    await tell(wired, said(1, "hello") | {"from": [USER_ID]})
    await tell(wired, said(2, "stop") | {"from": [USER_ID]})
    assert not await refuses(wired)
    made = await wired.running(3)
    lease = await wired.leased(made)
    await tell(wired, said(3, "a question", at=START) | {"from": [address(0), USER_ID]})
    assert await refuses(wired)
    known = await wired.stores.contacts.resolve(user)
    assert known == await wired.stores.contacts.resolve(contact(0))
    assert len((await wired.stores.sessions.get(known.contact, SENDER)).messages) == 3
    await wired.outbound.sending.send_parcel(made.id, lease.id, W1)
    assert address(0) not in wired.transport.addresses()


async def test_what_the_provider_calls_the_recipient_is_its_name_as_well(wired: Wired) -> None:
    made = await wired.running(1)
    wired.transport.answers[address(0)] = wired.accepts("SM1", recipient=address(0), aliases=[USER_ID])
    await wired.send(made)
    await tell(wired, said(1) | {"from": [USER_ID]})
    known = await wired.stores.contacts.resolve(contact(0))
    assert set(known.ids) == {contact(0), wired.people.merging.id_of(TENANT, USER_ID)}
    (found,) = await wired.stores.interactions.of(*known.ids)
    assert (await wired.stores.interactions.get(found)).about.campaign == made.id


# ── edits ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def edits(number: int, original: int, text: str, seconds: int = 60, **fields: Any) -> dict[str, object]:
    return said(number, text, at=START + timedelta(seconds=seconds), changes=f"IN{original}", **fields)


@pytest.mark.parametrize("kind", ["text", "image"])
async def test_a_stop_that_comes_as_an_edit_is_heard_and_the_next_campaign_does_not_write(
    wired: Wired, clock: Clock, kind: str
) -> None:
    await written_to(wired)
    clock.travel(timedelta(minutes=2))
    await tell(wired, said(1, "hello", kind=kind), edits(2, 1, "STOP", kind=kind))
    assert await refuses(wired)
    later = await wired.running(3, replace(campaign(), id=OTHER))
    await wired.send(later)
    assert wired.transport.addresses().count(address(0)) == 1, "the first campaign's"


async def test_an_answer_that_is_edited_counts_as_what_it_says_now(wired: Wired, clock: Clock) -> None:
    made = await written_to(wired, answers={"yes": ("si",), "no": ("no",)})
    clock.travel(timedelta(minutes=2))
    await tell(wired, said(1, "Si"), edits(2, 1, "No"))
    assert (await wired.stores.ledger.standing(made.id)).answers == {"no": 1}
    await tell(wired, said(1, "Si"), edits(2, 1, "No"))
    assert (await wired.stores.ledger.standing(made.id)).answers == {"no": 1}, (
        "told again, the earlier words do not win"
    )


async def test_an_edit_that_comes_before_its_original_counts_all_the_same(wired: Wired, clock: Clock) -> None:
    made = await written_to(wired, answers={"yes": ("si",), "no": ("no",)})
    clock.travel(timedelta(minutes=2))
    await tell(wired, edits(2, 1, "No"))
    await tell(wired, said(1, "Si"))
    assert (await wired.stores.ledger.standing(made.id)).answers == {"no": 1}


async def test_the_thread_shows_the_original_and_the_edit_that_names_it(wired: Wired, clock: Clock) -> None:
    await written_to(wired)
    clock.travel(timedelta(minutes=2))
    await tell(wired, said(1, "Si"), edits(2, 1, "No"))
    original, edit = (await the_interaction(wired)).thread
    assert [json.loads(one.body)["text"] for one in (original, edit)] == ["Si", "No"]
    assert json.loads(edit.body)["changes"] == original.event


async def test_an_edit_answers_the_campaign_that_its_original_answered(wired: Wired, clock: Clock) -> None:
    first = await written_to(wired, answers={"yes": ("si",), "no": ("no",)})
    clock.travel(timedelta(seconds=30))
    await tell(wired, said(1, "Si"))
    second = await written_to(wired, made=replace(campaign({"answers": {"no": ("no",)}}), id=OTHER))
    clock.travel(timedelta(minutes=2))
    await tell(wired, edits(2, 1, "No"))
    assert [(await wired.stores.ledger.standing(one.id)).answers for one in (first, second)] == [{"no": 1}, {}]


async def test_an_edit_that_takes_a_stop_back_undoes_no_refusal(wired: Wired, clock: Clock) -> None:
    clock.travel(timedelta(minutes=2))
    await tell(wired, said(1, "STOP"), edits(2, 1, "sorry, yes"))
    assert await refuses(wired)


# ── once, in any order ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_broker_that_is_away_undoes_nothing_and_is_asked_again(wired: Wired) -> None:
    made = await written_to(wired)
    wired.events.is_away = True
    entry = await wired.hear(1, said(1))
    with pytest.raises(BackendUnavailable):
        await wired.inbound.receiving.apply([entry])
    assert await wired.stores.journal.size() == 1, "it stays in the journal"
    wired.events.is_away = False
    await wired.inbound.receiving.apply([entry])
    assert await wired.stores.journal.size() == 0
    assert wired.events.types() == [DomainEventType.MESSAGE_RECEIVED, DomainEventType.INTERACTION_OPENED]
    assert (await wired.stores.ledger.standing(made.id)).replied == 1


def told_later(number: int, text: str, minutes: int = 10) -> dict[str, object]:
    """The same message, told again by a provider that gives no time of its own."""
    return said(number, text, at=START + timedelta(minutes=minutes))


async def test_an_old_yes_that_is_told_again_undoes_no_later_no(wired: Wired, clock: Clock) -> None:
    clock.travel(timedelta(hours=1))
    await tell(wired, said(1, "START"), said(2, "STOP", at=START + timedelta(minutes=1)))
    await tell(wired, told_later(1, "START"))
    assert await refuses(wired)


async def test_an_old_no_that_is_told_again_undoes_no_later_yes(wired: Wired, clock: Clock) -> None:
    clock.travel(timedelta(hours=1))
    await tell(wired, said(1, "STOP"), said(2, "START", at=START + timedelta(minutes=1)))
    await tell(wired, told_later(1, "STOP"))
    assert not await refuses(wired)


async def test_an_old_answer_that_is_told_again_is_not_the_latest(wired: Wired, clock: Clock) -> None:
    made = await written_to(wired, answers={"yes": ("yes",), "no": ("no",)})
    clock.travel(timedelta(hours=1))
    await tell(wired, said(1, "yes"), said(2, "no", at=START + timedelta(minutes=1)))
    await tell(wired, told_later(1, "yes"))
    assert (await wired.stores.ledger.standing(made.id)).answers == {"no": 1}


async def test_what_was_an_answer_to_one_campaign_is_not_one_to_the_next(wired: Wired, clock: Clock) -> None:
    first = await written_to(wired, answers={"yes": ("yes",)})
    clock.travel(timedelta(minutes=1))
    await tell(wired, said(1, "yes", at=START + timedelta(minutes=1)))
    clock.travel(timedelta(minutes=1))
    second = await written_to(wired, made=replace(campaign({"answers": {"yes": ("yes",)}}), id=OTHER))
    await tell(wired, told_later(1, "yes", 3))
    assert [(await wired.stores.ledger.standing(one.id)).answers for one in (first, second)] == [{"yes": 1}, {}]
    assert len(await wired.stores.interactions.of(contact(0))) == 1
    times = {event.id: event.at for event in wired.events.told}
    assert len(set(times.values())) == 1, "the same event at the same time"


async def test_told_again_after_its_contact_was_found_to_be_another_it_is_one_message(wired: Wired) -> None:
    await tell(wired, said(1, "hello") | {"from": [USER_ID]})
    await tell(wired, said(2, "it is me") | {"from": [address(0), USER_ID]})
    before = [event.id for event in wired.events.told]
    await tell(wired, told_later(1, "hello") | {"from": [USER_ID]})
    known = await wired.stores.contacts.resolve(contact(0))
    found = [await wired.stores.interactions.get(one) for one in await wired.stores.interactions.of(*known.ids)]
    assert sorted(len(one.thread) for one in found) in ([1, 1], [2])
    assert [event.id for event in wired.events.told][len(before) :] == before[:2]
    assert len((await wired.stores.sessions.get(known.contact, SENDER)).messages) == 2


SCRIPT = [
    said(1, "hello"), said(2, "yes", at=START + timedelta(seconds=9)), said(3, "stop", who=1),
    said(4, "START", who=1, at=START + timedelta(seconds=5)), said(5, "no", who=1, at=START + timedelta(seconds=7)),
    said(6, "BAJA", who=2), said(7, "?", who=2, at=START + timedelta(seconds=2)),
    said(8, "late", at=START - timedelta(days=3)), said(9, "yes", who=7),
]  # fmt: skip
ALIASES = [
    said(1, "hello"), said(2, "stop", at=START + timedelta(seconds=1)) | {"from": [USER_ID]},
    said(3, "hi", at=START + timedelta(seconds=2)) | {"from": [address(0), USER_ID]},
    said(4, "START", at=START - timedelta(seconds=5)), said(5, "and?") | {"from": [USER_ID]},
    said(6, "stop", at=START - timedelta(days=2)) | {"from": [USER_ID, PARENT_ID]},
]  # fmt: skip


async def outcome(told: Sequence[Mapping[str, object]], together: int, look: Look) -> object:
    """What people see, after all of this was told in this order, `together` webhooks at a time."""
    clock = Clock(START + timedelta(minutes=1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.time", clock.seconds)
        async with FakeStore(clock) as store:
            wired = Wired(store.redis, clock)
            made = await written_to(wired, 4, answers={"yes": ("yes",), "no": ("no",)})
            for start in range(0, len(told), together):
                entries = []
                for place, one in enumerate(told[start : start + together]):
                    entry = Entry(
                        EntryId(f"e{start + place}"), "scripted", SENDER, "http://x", "", {}, clock(), "inbound",
                        json.dumps([one]).encode(),
                    )  # fmt: skip
                    await wired.stores.journal.append(entry)
                    entries.append(entry.id)
                await wired.inbound.receiving.apply(entries)
            return await look(wired, made)


async def everything(wired: Wired, made: Campaign) -> object:
    threads = []
    for one in [contact(who) for who in range(8)]:
        found = [
            await wired.stores.interactions.get(interaction) for interaction in await wired.stores.interactions.of(one)
        ]
        threads.append(
            sorted((str(f.about.campaign), f.opened_at, [(e.event, e.body) for e in f.thread]) for f in found)
        )
    standing = await wired.stores.ledger.standing(made.id)
    jobs = [job.answers for job in await wired.stores.ledger.page_of_jobs(made.id, 0)]
    counts = (standing.replied, standing.opted_out, standing.answers)
    return await windows_and_consents(wired, made), threads, counts, jobs


async def windows_and_consents(wired: Wired, _: Campaign) -> object:
    """Of everybody, under every name."""
    users = [wired.people.merging.id_of(TENANT, one) for one in (USER_ID, PARENT_ID)]
    names = [*(contact(who) for who in range(8)), *users]
    known = [(await wired.stores.contacts.resolve(one)).contact for one in names]
    windows = [await wired.stores.sessions.get(one, SENDER) for one in known]
    consents = [has_refused(records, "utility") for records in await wired.stores.consent.of(names)]
    return known, [(window.expires_at, [one.event for one in window.messages]) for window in windows], consents


WATCHED = pytest.mark.parametrize(
    ("script", "look"), [(SCRIPT, everything), (ALIASES, windows_and_consents)], ids=["messages", "aliases"]
)


@WATCHED
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
async def test_any_order_any_number_of_times_gives_what_the_quiet_run_gave(
    script: Sequence[Mapping[str, object]], look: Look, seed: int
) -> None:
    chance = random.Random(seed)
    quiet = await outcome(script, 1, look)
    again = [later(one, chance.randint(0, 20)) for one in chance.sample(script, 3)]
    told = [*script, *again]
    chance.shuffle(told)
    assert await outcome(told, chance.randint(1, 6), look) == quiet


def later(one: Mapping[str, Any], seconds: int) -> Mapping[str, object]:
    """The same event, told again by a provider that gives no time of its own."""
    return {**one, "at": one["at"] + seconds * 1000}
