"""Consent records: of two of a kind the later stays, whatever came first; and who is stopped is stopped."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from shared.ground import keys
from shared.ground.errors import BackendUnavailable
from shared.ground.ids import CampaignId
from shared.people.consent.model import ConsentKind, ConsentRecord, has_refused
from shared.people.consent.store import ConsentStore
from shared.people.contacts.store import ContactStore, Identity
from tests.factories import CAMPAIGN, contact, contacts, opt_in, opt_out
from tests.stores import START, Store, ValkeyStore

LATER = START + timedelta(hours=1)
OTHER, THIRD = CampaignId("cother"), CampaignId("cthird")


@pytest.fixture
def consents(stores: Store) -> ConsentStore:
    return ConsentStore(stores.redis)


async def test_records_come_back_in_order(consents: ConsentStore) -> None:
    full = ConsentRecord(ConsentKind.OPT_IN, "utility", "web_form", START, "form 7, ticked 10:02 – “yes”")
    await consents.record([(contact(0), full), (contact(0), opt_out(LATER)), (contact(2), opt_in())])
    assert await consents.of(contacts(3)) == [
        {"opt_in:utility": full, "opt_out:all": opt_out(LATER)},
        {},
        {"opt_in:all": opt_in()},
    ]
    assert await consents.of([]) == []
    await consents.record([])


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_of_two_of_a_kind_the_later_stays(consents: ConsentStore, order: tuple[int, ...]) -> None:
    """A STOP that was delayed on its way must not make a newer one older than the START between them."""
    said = [opt_out(START), opt_in(START + timedelta(minutes=30)), opt_out(LATER)]
    for index in order:
        await consents.record([(contact(0), said[index])])
    (records,) = await consents.of([contact(0)])
    assert records["opt_out:all"].at == LATER
    assert has_refused(records, "utility")


WORDS = [
    replace(opt_out(START), evidence="e1"),
    replace(opt_in(START + timedelta(minutes=30)), source="keyword", evidence="e2"),
    replace(opt_out(LATER), evidence="e3"),
    replace(
        opt_out(LATER + timedelta(hours=1)), evidence="e1"
    ),  # the first one, as it was told before it was known when
]


@pytest.mark.parametrize("order", [order for order in permutations(range(4)) if order.index(3) < order.index(0)])
async def test_a_contacts_own_word_is_as_old_as_when_it_was_told_first(
    consents: ConsentStore, order: tuple[int, ...]
) -> None:
    for index in order:
        await consents.record([(contact(0), WORDS[index])])
    (records,) = await consents.of([contact(0)])
    assert records == {"opt_out:all": WORDS[2], "opt_in:all": WORDS[1]}
    assert sorted({one.at for one in await consents.history(contact(0))}) == [one.at for one in WORDS[:3]]


async def test_the_same_evidence_of_somebody_elses_is_another_agreement(consents: ConsentStore) -> None:
    """A form may be signed twice."""
    for at in (START, LATER):
        await consents.record([(contact(0), replace(opt_in(at), evidence="form 7"))])
    (records,) = await consents.of([contact(0)])
    assert records["opt_in:all"].at == LATER


async def test_the_same_record_again_is_the_same_record(consents: ConsentStore) -> None:
    for _ in range(2):
        await consents.record([(contact(0), opt_out())])
    assert await consents.of([contact(0)]) == [{"opt_out:all": opt_out()}]


async def test_a_contact_is_stopped_in_every_campaign(consents: ConsentStore, stores: Store) -> None:
    await consents.stop([contact(0), contact(1)], "3", [CAMPAIGN, OTHER], [THIRD])
    for campaign, value in ((CAMPAIGN, b"1:3"), (OTHER, b"1:3"), (THIRD, b"0:3")):
        kept = await stores.redis.hgetall(keys.stopped(campaign))
        assert kept == {contact(0).encode(): value, contact(1).encode(): value}
    await consents.stop([contact(0)], "3", [], [])


@pytest.mark.parametrize(("revision", "value"), [("2", b"1:3"), ("3", b"0:3"), ("4", b"0:4")])
async def test_an_older_judgement_never_undoes_a_newer_one(
    consents: ConsentStore, stores: Store, revision: str, value: bytes
) -> None:
    """Somebody comes back while a refusal is under way: whoever has seen less must not have the last word."""
    await consents.stop([contact(0)], "3", [CAMPAIGN], [])
    await consents.stop([contact(0)], revision, [], [CAMPAIGN])
    assert await stores.redis.hget(keys.stopped(CAMPAIGN), contact(0)) == value


async def test_every_change_has_a_revision_of_its_own(consents: ConsentStore) -> None:
    revisions = [(await consents.consents([contact(0)]))[0].revision]
    for record in (opt_in(), opt_out(LATER), opt_in(LATER + timedelta(hours=1))):
        await consents.record([(contact(0), record)])
        await consents.record([(contact(0), record)])
        revisions.append((await consents.consents([contact(0)]))[0].revision)
    assert revisions == ["0", "1", "2", "3"]


async def test_history_keeps_what_something_later_stands_for(consents: ConsentStore) -> None:
    said = [opt_in(), opt_out(START + timedelta(minutes=5)), opt_in(LATER), opt_in(START + timedelta(minutes=1))]
    for record in (*said, *said):
        await consents.record([(contact(0), record)])
    assert await consents.history(contact(0)) == sorted(said, key=lambda record: record.at)


async def test_who_has_moved_is_read_where_they_are(consents: ConsentStore, stores: Store) -> None:
    contacts_store = ContactStore(stores.redis)
    await consents.record([(contact(1), opt_out())])
    await contacts_store.move(Identity(contact(0)), Identity(contact(2)))
    await contacts_store.move(Identity(contact(2)), Identity(contact(1)))
    first, second = await consents.consents([contact(0), contact(1)])
    assert (first.contact, first.records, first.revision) == (contact(1), second.records, second.revision)
    assert await consents.history(contact(0)) == [opt_out()]


async def test_a_refusal_that_cannot_be_written_is_not_taken_as_written(valkey_store: ValkeyStore) -> None:
    consents = ConsentStore(valkey_store.redis)
    await valkey_store.redis.config_set("maxmemory", "1")
    try:
        with pytest.raises(BackendUnavailable):
            await consents.record([(contact(0), opt_out())])
    finally:
        await valkey_store.redis.config_set("maxmemory", "0")
