"""Splitting: each contact once, whatever crashes, however often the file comes, and with the right verdict."""

import asyncio
from datetime import timedelta

import pytest

from shared.campaigns.model import Campaign
from shared.ground.errors import Conflict
from shared.ground.ids import CampaignId, UploadId
from shared.ledger.states import Move
from shared.ledger.uploads import RowVerdict, UploadState
from shared.outbound.repeating import DUPLICATE, FIRST_OF_THE_CAMPAIGN, FIRST_OF_THE_FILE, REPLACED
from shared.outbound.warnings import Forecast
from shared.reports.reporting import Wanted
from shared.templates.pins import Pins, pin_of
from shared.templates.registry import TemplateRegistry
from tests.factories import CAMPAIGN, SENDER, UPLOAD, address, campaign, contact, opt_in, opt_out, row, rows, template
from tests.stores import START, Clock, Crash, FakeStore, crash_at, dump
from tests.wired import Wired

SECOND = UploadId("usecond")


def duplicate(line: int) -> RowVerdict:
    return RowVerdict(line, "duplicate", DUPLICATE)


async def test_an_upload_joins_and_is_planned_once_started(wired: Wired) -> None:
    made = await wired.create()
    await wired.upload(made, rows(300), UPLOAD)
    assert not await wired.outbound.splitting.split(made.id), "nothing is planned before the start"
    standing = await wired.stores.ledger.standing(made.id)
    assert (standing.total, standing.pages, standing.planned) == (300, 3, 0)
    await wired.start(made)
    assert await wired.outbound.splitting.split(made.id)
    now = await wired.check(made)
    assert now.ready == set(range(300))
    report = await wired.stores.uploads.report(made.id, UPLOAD)
    assert (report.state, report.received, report.admitted, report.duplicates) == (UploadState.JOINED, 300, 300, 0)


async def test_the_same_file_again_adds_only_what_is_missing(wired: Wired) -> None:
    made = await wired.create()
    await wired.upload(made, rows(5), UPLOAD)
    await wired.outbound.splitting.split(made.id)
    await wired.upload(made, rows(8), SECOND)
    await wired.outbound.splitting.split(made.id)
    report = await wired.stores.uploads.report(made.id, SECOND)
    assert (report.received, report.admitted, report.duplicates) == (8, 3, 5)
    assert await wired.stores.uploads.verdicts(made.id, SECOND, 0, 10) == [duplicate(line) for line in range(2, 7)]
    assert (await wired.stores.ledger.standing(made.id)).total == 8


async def test_national_variants_are_one_contact(wired: Wired) -> None:
    made = await wired.create()
    mexican = [row(0, address="+5215512345678"), row(0, address="+525512345678")]
    await wired.upload(made, mexican, UPLOAD)
    await wired.outbound.splitting.split(made.id)
    assert await wired.stores.uploads.verdicts(made.id, UPLOAD, 0, 10) == [duplicate(3)]


# ── a row that is sent again with other values ──────────────────────────────────────────────────────────────────────


async def told(wired: Wired, of: Campaign, upload: UploadId) -> list[tuple[int, str, str]]:
    verdicts = await wired.stores.uploads.verdicts(of.id, upload, 0, 10)
    return [(one.line, one.reason, one.detail) for one in verdicts]


async def texts(wired: Wired, of: Campaign) -> list[str]:
    return [one.row.parameters["1"] async for one in wired.reports.reporting.jobs(of, Wanted())]


async def test_in_a_draft_a_corrected_row_replaces_the_earlier_one_and_says_so(wired: Wired) -> None:
    made = await wired.create()
    await wired.upload(made, rows(3), UPLOAD)
    await wired.outbound.splitting.split(made.id)
    corrected = [row(0), row(1, parameters={"1": "surgeon", "2": "Friday"}), row(3)]
    await wired.upload(made, corrected, SECOND)
    await wired.outbound.splitting.split(made.id)
    report = await wired.stores.uploads.report(made.id, SECOND)
    assert (report.received, report.admitted, report.duplicates, report.replaced) == (3, 1, 2, 1)
    assert report.warnings["replaced"] == 1
    assert await told(wired, made, SECOND) == [(2, "duplicate", DUPLICATE), (3, "replaced", REPLACED)]
    assert await texts(wired, made) == ["dentist", "dentist", "surgeon", "dentist"]
    assert (await wired.stores.ledger.standing(made.id)).total == 4

    await wired.start(made)
    assert await wired.outbound.splitting.split(made.id)
    await wired.check(made)
    await wired.send(made)
    assert sorted(wired.transport.addresses()) == [address(number) for number in range(4)]


async def test_once_it_was_started_the_first_row_counts_and_the_verdict_says_so(wired: Wired) -> None:
    made = await wired.running(3)
    await wired.upload(made, [row(0), row(1, parameters={"1": "surgeon", "2": "Friday"})], SECOND)
    await wired.outbound.splitting.split(made.id)
    report = await wired.stores.uploads.report(made.id, SECOND)
    assert (report.admitted, report.duplicates, report.replaced) == (0, 2, 0)
    assert report.warnings["first-row-counts"] == 1
    assert await told(wired, made, SECOND) == [(2, "duplicate", DUPLICATE), (3, "duplicate", FIRST_OF_THE_CAMPAIGN)]
    assert await texts(wired, made) == ["dentist"] * 3


@pytest.mark.parametrize("page_rows", [128, 1], ids=["one page", "two pages"])
async def test_of_two_rows_in_one_file_the_first_counts_and_the_verdict_says_so(wired: Wired, page_rows: int) -> None:
    made = await wired.create()
    await wired.upload(made, [row(0), row(0, send_at=START)], UPLOAD, page_rows)
    await wired.outbound.splitting.split(made.id)
    assert await told(wired, made, UPLOAD) == [(3, "duplicate", FIRST_OF_THE_FILE)]
    assert (await wired.stores.uploads.report(made.id, UPLOAD)).replaced == 0


SURGEON, LATER = {"1": "surgeon", "2": "Friday"}, {"1": "nurse", "2": "Sunday"}


@pytest.mark.parametrize("page_rows", [128, 1], ids=["one page", "three pages"])
async def test_of_a_contact_that_a_file_repeats_the_first_row_counts_though_the_campaign_held_it_already(
    wired: Wired, page_rows: int
) -> None:
    made = await wired.create()
    await wired.upload(made, rows(1), UPLOAD)
    await wired.outbound.splitting.split(made.id)
    await wired.upload(made, [row(0), row(0, parameters=SURGEON), row(0, parameters=LATER)], SECOND, page_rows)
    await wired.outbound.splitting.split(made.id)
    report = await wired.stores.uploads.report(made.id, SECOND)
    assert (report.duplicates, report.replaced, report.warnings["first-row-counts"]) == (3, 0, 2)
    first = [(line, "duplicate", FIRST_OF_THE_FILE) for line in (3, 4)]
    assert await told(wired, made, SECOND) == [(2, "duplicate", DUPLICATE), *first]
    assert await texts(wired, made) == ["dentist"]


@pytest.mark.parametrize("page_rows", [128, 1], ids=["one page", "three pages"])
async def test_of_a_contact_that_a_file_corrects_twice_the_first_correction_counts(
    wired: Wired, page_rows: int
) -> None:
    made = await wired.create()
    await wired.upload(made, rows(1), UPLOAD)
    await wired.outbound.splitting.split(made.id)
    await wired.upload(made, [row(0, parameters=SURGEON), row(0, parameters=LATER), row(0)], SECOND, page_rows)
    await wired.outbound.splitting.split(made.id)
    first = [(line, "duplicate", FIRST_OF_THE_FILE) for line in (3, 4)]
    assert await told(wired, made, SECOND) == [(2, "replaced", REPLACED), *first]
    assert await texts(wired, made) == ["surgeon"]


@pytest.mark.parametrize("page_rows", [128, 1], ids=["one page", "two pages"])
async def test_once_it_was_started_the_campaigns_row_counts_for_every_row_of_a_file_that_repeats_a_contact(
    wired: Wired, page_rows: int
) -> None:
    made = await wired.running(1)
    await wired.upload(made, [row(0, parameters=SURGEON), row(0, parameters=LATER)], SECOND, page_rows)
    await wired.outbound.splitting.split(made.id)
    assert await told(wired, made, SECOND) == [(line, "duplicate", FIRST_OF_THE_CAMPAIGN) for line in (2, 3)]
    assert await texts(wired, made) == ["dentist"]


async def test_the_corrected_file_sent_again_replaces_nothing(wired: Wired) -> None:
    made = await wired.create()
    for upload, base in (
        (UPLOAD, rows(2)),
        (SECOND, [row(0, priority=9), row(1)]),
        (UploadId("uthird"), [row(0, priority=9)]),
    ):
        await wired.upload(made, base, upload)
        await wired.outbound.splitting.split(made.id)
    assert (await wired.stores.uploads.report(made.id, UploadId("uthird"))).replaced == 0
    assert (await wired.stores.ledger.standing(made.id)).total == 2


async def test_contacts_that_come_while_it_runs_are_planned_too(wired: Wired) -> None:
    made = await wired.running(3)
    await wired.upload(made, rows(3, first=10), SECOND)
    assert await wired.outbound.splitting.split(made.id)
    assert len((await wired.check(made)).ready) == 6


async def test_a_paused_campaign_goes_on_planning(wired: Wired) -> None:
    made = await wired.running(3)
    await wired.stores.ledger.control(made.id, Move.PAUSE, "somebody")
    await wired.upload(made, rows(3, first=10), SECOND)
    assert await wired.outbound.splitting.split(made.id)


async def test_a_campaign_that_was_cancelled_takes_no_upload(wired: Wired) -> None:
    made = await wired.create()
    await wired.upload(made, rows(3), UPLOAD)
    await wired.stores.ledger.control(made.id, Move.CANCEL, "somebody")
    with pytest.raises(Conflict):
        await wired.outbound.splitting.split(made.id)
    assert (await wired.stores.ledger.standing(made.id)).total == 0


# ── the judgement ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_is_written_to(wired: Wired, clock: Clock) -> None:
    later = clock() + timedelta(hours=2)
    base = [row(0), row(1), row(2), row(3, send_at=later), row(4, priority=9), row(5, send_at=later)]
    records = [(contact(n), opt_in(clock())) for n in (0, 2, 3, 4)]
    await wired.stores.consent.record([*records, (contact(2), opt_out(clock() + timedelta(seconds=1)))])
    made = await wired.running(made=campaign({"require_opt_in": True}), base=base)
    assert await wired.letters(made) == "pxxdpx"
    reasons = [job.reason for job in await wired.stores.ledger.page_of_jobs(made.id, 0)]
    assert reasons == ["", "no-opt-in", "opted-out", "", "", "no-opt-in"]
    assert (await wired.leased(made, 1)).ordinals == (4,), "the most urgent goes first"
    clock.travel(timedelta(hours=2, seconds=1))
    assert (await wired.leased(made, 1)).ordinals == (3,)


async def test_whoever_s_time_is_behind_the_deadline_has_expired(wired: Wired, clock: Clock) -> None:
    deadline_at = clock() + timedelta(hours=2)
    base = [row(0), row(1, send_at=deadline_at), row(2, send_at=deadline_at - timedelta(seconds=1))]
    made = await wired.running(made=campaign({"deadline_at": deadline_at}), base=base)
    assert await wired.letters(made) == "ped"
    assert [job.reason for job in await wired.stores.ledger.page_of_jobs(made.id, 0)] == ["", "deadline", ""]


async def test_whoever_comes_after_the_deadline_has_expired(wired: Wired, clock: Clock) -> None:
    made = await wired.running(1, campaign({"deadline_at": clock() + timedelta(hours=2), "open": True}))
    clock.travel(timedelta(hours=2))
    await wired.upload(made, rows(3), SECOND)
    await wired.outbound.splitting.split(made.id)
    assert await wired.letters(made) == "pee", "the first is the sweep's"


async def test_a_time_that_has_passed_is_now(wired: Wired, clock: Clock) -> None:
    made = await wired.running(base=[row(0, send_at=clock() - timedelta(days=1))])
    assert await wired.letters(made) == "p"


async def test_how_many_a_start_would_not_write_to(wired: Wired) -> None:
    made = await wired.create(campaign({"require_opt_in": True}))
    await wired.stores.consent.record([(contact(0), opt_in()), (contact(1), opt_out())])
    await wired.upload(made, rows(200), UPLOAD)
    await wired.outbound.splitting.split(made.id)
    assert await wired.outbound.splitting.forecast(made, 2) == Forecast(200, 200, {"opted-out": 1, "no-opt-in": 198})


async def test_a_forecast_of_a_large_base_looks_at_pages_from_all_over_it_and_says_that_it_estimates(
    wired: Wired,
) -> None:
    made = await wired.create(campaign({"require_opt_in": True}))
    await wired.stores.consent.record([(contact(n), opt_in()) for n in range(128)])
    await wired.upload(made, rows(640), UPLOAD)
    await wired.outbound.splitting.split(made.id)
    forecast = await wired.outbound.splitting.forecast(made, 2)
    assert forecast == Forecast(640, 256, {"no-opt-in": 128})
    (warning,) = forecast.warnings
    assert warning.count == 320
    assert warning.message.startswith("About 320 of 640 have no opt-in")
    assert warning.message.endswith("(128 of the 256 that were looked at.)")


async def test_a_start_asks_the_store_no_more_for_a_base_however_large_it_is(clock: Clock) -> None:
    asked = []
    for size in (4_000, 8_000):
        async with FakeStore(clock) as store:
            wired = Wired(store.redis, store.now)
            made = await wired.create(campaign({"require_opt_in": True}))
            await wired.upload(made, rows(size), UPLOAD)
            await wired.outbound.splitting.split(made.id)
            with crash_at(10_000) as counted:
                await wired.outbound.controlling.start(made, "somebody", is_confirmed=True)
            asked.append(counted.calls)
    assert asked[0] == asked[1] < 100


async def test_the_pins_of_a_campaign_are_read_once_however_many_pages_are_planned(
    wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await wired.create(campaign({"require_opt_in": True}))
    await wired.upload(made, rows(40), UPLOAD, page_rows=10)
    await wired.outbound.splitting.split(made.id)
    await wired.start(made)
    reads, pins_of = [], wired.stores.pins.of

    async def read(of: CampaignId) -> Pins:
        reads.append(of)
        return await pins_of(of)

    monkeypatch.setattr(wired.stores.pins, "of", read)
    assert await wired.outbound.splitting.split(made.id)
    await wired.outbound.splitting.forecast(made, 4)
    assert reads == [made.id] * 2


async def test_pins_that_come_while_it_is_split_count_before_the_campaign_would_pause(wired: Wired) -> None:
    made = await wired.create()
    await wired.upload(made, rows(20), UPLOAD, page_rows=10)
    await wired.start(made)
    namesakes = template(provider_id="HX1"), template(provider_id="HX2")

    async def planned() -> None:
        """After the first page another template of that name is there, and the campaign is pinned to one of them."""
        await wired.stores.pins.put(made.id, {"en": pin_of(namesakes[0], by_id=True)})
        wired.templates._templates = TemplateRegistry(namesakes, by_id=[SENDER])._templates

    assert await wired.outbound.splitting.split(made.id, planned)
    assert (await wired.stores.ledger.standing(made.id)).planned == 2


# ── crashes ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def prepared(store: FakeStore) -> Wired:
    """Two uploads of two small pages, with doubles within and between them."""
    wired = Wired(store.redis, store.now)
    made = await wired.create(campaign({"require_opt_in": True}))
    await wired.stores.consent.record([(contact(n), opt_in()) for n in range(6)])
    await wired.upload(made, [row(n) for n in (0, 1, 0, 2)], UPLOAD, page_rows=2)
    await wired.start(made)
    await wired.upload(made, [row(n) for n in (2, 4, 4, 9)], SECOND, page_rows=3)
    return wired


async def outcome(wired: Wired) -> object:
    """All that splitting leaves, but for the tokens that make staging safe to repeat."""
    await wired.check(campaign())
    contents = await dump(wired.redis)
    for value in contents.values():
        if isinstance(value, dict):
            for name in [name for name in value if name.startswith((b"staged:", b"rejected:"))]:
                del value[name]
    return contents


async def test_a_crash_at_any_step_loses_and_doubles_nobody(clock: Clock) -> None:
    """Killed before every single round trip, and after the last, and run again: all is as if nothing had happened."""
    async with FakeStore(clock) as store:
        wired = await prepared(store)
        with crash_at(10_000) as counted:
            await wired.outbound.splitting.split(CAMPAIGN)
        expected = await outcome(wired)
        assert (await wired.stores.ledger.standing(CAMPAIGN)).total == 5
        assert await wired.stores.uploads.verdicts(CAMPAIGN, UPLOAD, 0, 10) == [duplicate(4)]
        assert await wired.stores.uploads.verdicts(CAMPAIGN, SECOND, 0, 10) == [duplicate(2), duplicate(4)]
    assert counted.calls > 20
    for step in range(1, counted.calls + 1):
        async with FakeStore(clock) as store:
            wired = await prepared(store)
            with crash_at(step, done=step == counted.calls), pytest.raises(Crash):
                await wired.outbound.splitting.split(CAMPAIGN)
            await wired.outbound.splitting.split(CAMPAIGN)
            assert await outcome(wired) == expected, step


async def test_two_that_split_at_once_are_one_too_many_and_no_harm(clock: Clock) -> None:
    async with FakeStore(clock) as store:
        wired = await prepared(store)
        await asyncio.gather(*(wired.outbound.splitting.split(CAMPAIGN) for _ in range(3)))
        both = await outcome(wired)
    async with FakeStore(clock) as store:
        wired = await prepared(store)
        await wired.outbound.splitting.split(CAMPAIGN)
        assert both == await outcome(wired)
