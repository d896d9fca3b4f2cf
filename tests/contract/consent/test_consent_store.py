"""Consent records: of two of a kind the later stays, whatever came first; and who is stopped is stopped."""

from datetime import timedelta
from itertools import permutations

import pytest

from shared import keys
from shared.consent.model import ConsentKind, ConsentRecord, why_not
from shared.consent.store import ConsentStore
from shared.errors import BackendUnavailable
from tests.factories import CAMPAIGN, contact, contacts, opt_in, opt_out
from tests.stores import START, Store, ValkeyStore

LATER = START + timedelta(hours=1)


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
    assert why_not(records, "utility", require_opt_in=False) == "opted-out"


async def test_the_same_record_again_is_the_same_record(consents: ConsentStore) -> None:
    for _ in range(2):
        await consents.record([(contact(0), opt_out())])
    assert await consents.of([contact(0)]) == [{"opt_out:all": opt_out()}]


async def test_a_contact_is_stopped_in_every_campaign(consents: ConsentStore, stores: Store) -> None:
    await consents.stop(contact(0), [CAMPAIGN, "cother"])
    for campaign in (CAMPAIGN, "cother"):
        assert await stores.redis.smembers(keys.stopped(campaign)) == {contact(0).encode()}
    await consents.stop(contact(0), [])


async def test_a_refusal_that_cannot_be_written_is_not_taken_as_written(valkey_store: ValkeyStore) -> None:
    consents = ConsentStore(valkey_store.redis)
    await valkey_store.redis.config_set("maxmemory", "1")
    try:
        with pytest.raises(BackendUnavailable):
            await consents.record([(contact(0), opt_out())])
    finally:
        await valkey_store.redis.config_set("maxmemory", "0")
