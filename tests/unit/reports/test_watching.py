"""Campaigns as they are now: measured, compared with the rate that they may have, and listed."""

from datetime import timedelta

import pytest

from shared.campaigns.model import Campaign
from shared.ground.errors import Again, Disposition, InputError, NotAccepted
from shared.ground.http import HttpResponse
from shared.ground.ids import CampaignId, SenderId, TenantId
from shared.ground.presence import DIALER, JANITOR, LASTS, NEEDED
from shared.ground.presence import SENDER as SENDERS
from shared.reports.rates import RateMeter
from shared.reports.watching import Watching
from tests.factories import SENDER, TENANT, address, campaign
from tests.stores import Clock
from tests.wired import Wired, refuses


class Seconds:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def watching(wired: Wired, seconds: Seconds) -> Watching:
    wired.restart(sending={"slot_tolerance_ms": 20})  # a larger one would cost rate
    surveying = wired.reports.watching.surveying
    return Watching(wired.stores.campaigns, wired.stores.ledger, surveying, RateMeter(seconds))


@pytest.fixture
async def attended(wired: Wired) -> Wired:
    """Every process that a campaign needs is there."""
    await wired.upkeep.presence.beat(NEEDED)
    return wired


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
    attended: Wired, watching: Watching, own: float | None, sender: SenderId, eta_s: float | None
) -> None:
    made = await attended.running(6, campaign({"rate_per_second": own}, sender=sender))
    assert (await watching.look(made)).eta_s == eta_s


# ── what holds it up ────────────────────────────────────────────────────────────────────────────────────────────────


async def met(wired: Wired, answer: HttpResponse | Exception) -> Campaign:
    """A running campaign whose first message met this."""
    made = await wired.running(6)
    wired.transport.answers[address(0)] = answer
    await wired.send(made, 1)
    return made


async def test_a_retry_after_of_a_day_shows_with_its_end_and_promises_no_time(
    attended: Wired, watching: Watching
) -> None:
    made = await met(attended, refuses(Disposition.NOT_ACCEPTED, "429", throttles=True, retry_after_s=86_400.0))
    found = await watching.look(made)
    assert (found.limited_by, found.eta_s) == ("throttled", None)
    assert "nothing is sent until 12:02:00 UTC, then one message asks again" in str(found.hint)


async def test_a_provider_that_cannot_be_reached_shows(attended: Wired, watching: Watching) -> None:
    made = await met(attended, NotAccepted("connect", "no connection", Again.BACK_OFF))
    found = await watching.look(made)
    assert found.limited_by == "provider"
    assert "could not be reached" in str(found.hint)


async def test_a_daily_limit_shows_in_a_sentence(attended: Wired, watching: Watching) -> None:
    made = await met(attended, refuses(Disposition.NOT_ACCEPTED, "63038", Again.NEXT_DAY, throttles=True))
    found = await watching.look(made)
    assert (found.limited_by, found.standing.reason) == ("brake", "daily-limit:63038")
    assert "limit of the day is reached (63038)" in str(found.hint)


async def test_a_campaign_that_nobody_works_on_says_which_process_is_missing(
    wired: Wired, watching: Watching, clock: Clock
) -> None:
    made = await wired.running(6)
    assert "No dialer reads the broker" in str((await watching.look(made)).hint)
    await wired.upkeep.presence.beat([DIALER, JANITOR])
    assert (await watching.look(made)).limited_by == "broker"
    await wired.upkeep.presence.beat([SENDERS])
    assert (await watching.look(made)).limited_by is None
    clock.travel(LASTS + timedelta(seconds=1))
    assert (await watching.look(made)).limited_by == "broker"


async def test_a_retry_that_is_due_later_shows_its_time(attended: Wired, watching: Watching) -> None:
    made = await attended.running(1)
    attended.transport.answers[address(0)] = refuses(Disposition.REFUSED, "9", Again.BACK_OFF)
    await attended.send(made)
    found = await watching.look(made)
    assert (found.limited_by, found.eta_s) == ("due", None)
    assert "the next is due 12:05:00 UTC" in str(found.hint)


async def test_a_campaign_is_compared_with_the_rate_that_its_provider_allows(
    attended: Wired, watching: Watching, seconds: Seconds
) -> None:
    """Not with the configured one, which may be higher: it would promise too early an end, and see no limit."""
    attended.senders.pacers.adopt_rates({SENDER: 2})
    made = await attended.running(6)
    assert (await watching.look(made)).eta_s == 3.1
    await attended.send(made, 4)
    seconds.now = 2.0
    found = await watching.look(made)
    assert found.limited_by == "rate"
    assert "allows this number 1.94 messages a second" in str(found.hint)


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
