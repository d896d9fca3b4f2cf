"""Which agreements count: the later one stays, and one without a date undoes no refusal."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.campaigns.store import CampaignStore
from shared.ground.ids import ContactId
from shared.ledger.store import Ledger
from shared.people.consent.model import ConsentKind, ConsentRecord
from shared.people.consent.store import ConsentStore
from shared.people.consenting import Consenting, OptIn, Unrecorded, packed, unpacked
from shared.people.contacts.store import ContactStore
from shared.rules.consent import judge_consent
from shared.rules.question import TemplateQuestion
from shared.rules.verdict import ALLOWED, Never, Reason
from shared.templates.registry import TemplateRegistry
from shared.templates.store import PinStore
from tests.factories import TENANT

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
BEFORE, EARLIER = NOW - timedelta(days=1), NOW - timedelta(days=2)
C = ContactId("aaaaaaaaaaaaaaaa")


@pytest.fixture
def store(redis):
    return ConsentStore(redis)


@pytest.fixture
def consenting(store, redis):
    campaigns, ledger, pins, contacts = CampaignStore(redis), Ledger(redis), PinStore(redis), ContactStore(redis)
    return Consenting(store, campaigns, ledger, TemplateRegistry([]), pins, contacts, lambda: NOW)


def opt_out(at: datetime, scope: str = "all") -> ConsentRecord:
    return ConsentRecord(ConsentKind.OPT_OUT, scope, "word", at)


@pytest.mark.parametrize(
    ("present", "opt_in", "verdict", "reason"),
    [
        ([], OptIn(C, "web"), None, None),
        ([], OptIn(C, "web", at=EARLIER), None, None),
        ([], OptIn(C, "web", scope="some"), Unrecorded.UNKNOWN_SCOPE, "no-opt-in"),
        ([], OptIn(C, "web", at=NOW + timedelta(hours=1)), Unrecorded.IN_FUTURE, "no-opt-in"),
        ([], OptIn(C, "web", at=NOW + timedelta(minutes=1)), None, None),
        ([], OptIn(C, "web", scope="marketing"), None, "no-opt-in"),
        ([opt_out(BEFORE)], OptIn(C, "web"), Unrecorded.REFUSED_SINCE, "opted-out"),
        ([opt_out(BEFORE, "utility")], OptIn(C, "web"), Unrecorded.REFUSED_SINCE, "opted-out"),
        ([opt_out(BEFORE, "marketing")], OptIn(C, "web", scope="utility"), None, None),
        ([opt_out(BEFORE)], OptIn(C, "web", at=EARLIER), None, "opted-out"),
        ([opt_out(BEFORE)], OptIn(C, "web", at=NOW), None, None),
    ],
    ids=str,
)
async def test_an_agreement(store, consenting, present, opt_in, verdict, reason):
    await store.record([(C, record) for record in present])

    assert await consenting.agree(TENANT, [opt_in]) == [verdict]
    (records,) = await store.of([C])
    assert judge_consent(TemplateQuestion(records, "utility", require_opt_in=True, now=NOW)) == (
        ALLOWED if reason is None else Never(Reason(reason))
    )


@pytest.mark.parametrize("together", [True, False])
async def test_of_two_agreements_the_later_stays(store, consenting, together):
    later, earlier = OptIn(C, "later", at=BEFORE), OptIn(C, "earlier", at=EARLIER)
    undated = OptIn(C, "undated")
    for group in [[later, earlier, undated]] if together else [[later], [earlier], [undated]]:
        assert await consenting.agree(TENANT, group) == [None] * len(group)

    (records,) = await store.of([C])
    assert records["opt_in:all"].source == "later"


async def test_nothing_is_asked_for_nothing(consenting):
    assert await consenting.agree(TENANT, []) == []


def test_opt_ins_travel_with_their_page():
    opt_ins = [OptIn(C, "web", "utility", BEFORE, "form 7"), OptIn(ContactId("b" * 16), "agent")]

    assert unpacked(packed(opt_ins)) == opt_ins
    assert packed([]) == ""
    assert unpacked("") == []
