"""First records, which are kept without a script, are what the script makes of them, whatever came between."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

from fakeredis import FakeAsyncRedis, FakeServer
from hypothesis import given
from hypothesis import strategies as st

from shared.ground.ids import ContactId
from shared.people.consent.model import SCOPES, ConsentKind, ConsentRecord
from shared.people.consent.store import Consents, ConsentStore
from tests.factories import contact, contacts
from tests.stores import START

PEOPLE = 3
moments = st.integers(0, 4).map(lambda minutes: START + timedelta(minutes=minutes))
sources = st.sampled_from(["import", "keyword", 'web "form"\n', "año"])
evidence = st.sampled_from(["", "e1", "e2"])
records = st.builds(
    ConsentRecord, st.sampled_from(ConsentKind), st.sampled_from(SCOPES[:2]), sources, moments, evidence
)
agreements = st.builds(
    ConsentRecord, st.just(ConsentKind.OPT_IN), st.sampled_from(SCOPES[:2]), sources, moments, evidence
)
whose = st.integers(0, PEOPLE - 1).map(contact)


async def lived(
    between: Sequence[tuple[ContactId, ConsentRecord]],
    first: Sequence[tuple[ContactId, ConsentRecord]],
    *,
    by_script: bool,
) -> tuple[list[Mapping[str, ConsentRecord]], list[list[ConsentRecord]], list[str]]:
    """Records, history and revision of each contact. between: recorded after the contacts were read."""
    redis = FakeAsyncRedis(server=FakeServer())
    store = ConsentStore(redis)
    await store.record(between)
    for _ in range(2):  # redis-py repeats a call whose reply was lost
        await (store.record(first) if by_script else store.record_first(first))
    found: list[Consents] = await store.consents(contacts(PEOPLE))
    history = [await store.history(one) for one in contacts(PEOPLE)]
    await redis.aclose()
    return [dict(one.records) for one in found], history, [one.revision for one in found]


@given(st.lists(st.tuples(whose, records), max_size=4), st.lists(st.tuples(whose, agreements), max_size=5))
def test_the_first_records_are_what_the_script_would_have_made_of_them(between, first) -> None:
    kept, history, revisions = asyncio.run(lived(between, first, by_script=False))
    plain, plain_history, plain_revisions = asyncio.run(lived(between, first, by_script=True))

    assert kept == plain
    assert [sorted(one, key=repr) for one in history] == [sorted(one, key=repr) for one in plain_history]
    assert all(int(one) >= int(other) for one, other in zip(revisions, plain_revisions, strict=True))
