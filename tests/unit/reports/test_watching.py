"""Campaigns as they are now: measured, compared with the rate that they may have, and listed."""

from datetime import timedelta

import pytest

from shared.campaigns.model import Campaign
from shared.ground.errors import InputError
from shared.ground.ids import CampaignId, SenderId, TenantId
from shared.reports.rates import RateMeter
from shared.reports.watching import Watching
from shared.upkeep.liveness import Liveness
from tests.factories import SENDER, TENANT, campaign
from tests.wired import Wired


class Seconds:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def watching(wired: Wired, seconds: Seconds) -> Watching:
    return Watching(wired.stores.campaigns, wired.stores.ledger, {SENDER: 90.0}, RateMeter(seconds))


async def test_a_campaign_is_measured_between_two_looks(wired: Wired, watching: Watching, seconds: Seconds) -> None:
    made = await wired.running(6)
    assert (await watching.look(made)).rate is None
    await wired.send(made, 4)
    seconds.now = 2.0
    found = await watching.look(made)
    assert (found.rate, found.eta_s, found.limited_by) == (2.0, 1.0, None)


async def test_before_the_start_nothing_is_measured(wired: Wired, watching: Watching, seconds: Seconds) -> None:
    made = await wired.create()
    await watching.look(made)
    seconds.now = 2.0
    assert (await watching.look(made)).rate is None


@pytest.mark.parametrize(
    ("own", "sender", "eta_s"),
    [(None, SENDER, 0.1), (3.0, SENDER, 2.0), (200.0, SENDER, 0.1), (3.0, SenderId("desk"), None)],
    ids=["the sender's", "its own", "its own is higher", "no such sender"],
)
async def test_the_lower_rate_counts(
    wired: Wired, watching: Watching, own: float | None, sender: SenderId, eta_s: float | None
) -> None:
    made = await wired.running(6, campaign({"rate_per_second": own}, sender=sender))
    assert (await watching.look(made)).eta_s == eta_s


# ── lists ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def created(wired: Wired, name: str, tenant: TenantId = TENANT, age: int = 0) -> Campaign:
    at = wired.now() + timedelta(minutes=age)
    return await wired.create(campaign(id=CampaignId(name), tenant=tenant, created_at=at))


async def test_a_list_goes_on_where_it_ended(wired: Wired, watching: Watching) -> None:
    names = [(await created(wired, f"c{age}", age=age)).id for age in range(3)]
    first, following = await watching.browse(TENANT, None, 2)
    second, end = await watching.browse(TENANT, following, 2)
    assert [one.campaign.id for one in (*first, *second)] == names[::-1]
    assert (following, end) == (names[1], None)
    assert await watching.browse(TenantId("other"), None, 2) == ([], None)


async def test_a_cursor_of_no_list_is_refused(wired: Wired, watching: Watching) -> None:
    theirs = await created(wired, "ctheirs", TenantId("other"))
    for cursor in ("nonsense", theirs.id):
        with pytest.raises(InputError) as raised:
            await watching.browse(TENANT, cursor, 2)
        assert raised.value.code == "bad-cursor"


async def test_a_campaign_that_waits_for_the_broker_names_the_queue_that_nobody_reads(wired: Wired) -> None:
    liveness = Liveness(wired.redis)
    await liveness.note_readers(["dialer"])
    meter, needed = RateMeter(Seconds()), ("dialer", "send.bulk")
    watching = Watching(wired.stores.campaigns, wired.stores.ledger, {SENDER: 90.0}, meter, liveness.unread, needed)
    made = await wired.running(6)

    found = await watching.look(made)
    listed, _ = await watching.browse(TENANT, None, 10)

    assert found.limited_by == listed[0].limited_by == "broker"
    assert "send.bulk" in (found.hint or "")
    assert "dialer" not in (found.hint or "")

    await liveness.note_readers(["send.bulk"])
    assert (await watching.look(made)).limited_by is None
