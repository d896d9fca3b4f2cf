"""A base of contacts on its way in: how its numbers and times are read, and what is told of its rows."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.campaigns.model import Campaign
from shared.ground.errors import Conflict, InputError, NotFound
from shared.ledger.pages import JobRow
from shared.ledger.states import CampaignState
from shared.ledger.uploads import UploadReport
from shared.outbound import importing as importing_module
from shared.outbound.importing import Importing, OtherFile, upload_id
from shared.outbound.staging import Base, HashedFile
from shared.people.consent.claims import Claim
from shared.people.locales import Locale, Locales
from shared.reports.reporting import Wanted
from shared.templates.model import Template
from shared.templates.pins import pin_of
from shared.templates.registry import TemplateRegistry
from tests.factories import CAMPAIGN, SENDER, TENANT, UPLOAD, address, campaign, rows, template
from tests.wired import Wired

HEADER = "phone,1,2\n"
BASE = HEADER + "".join(f"{address(number)},dentist,May {number}\n" for number in range(3)) + "Joe,dentist,May\n"


def base(text: str) -> Base:
    async def chunks() -> AsyncIterator[bytes]:
        yield text.encode()

    return Base(HashedFile(chunks()), "text/csv")


def abroad(wired: Wired) -> Importing:
    """For a tenant of Uruguay, whose sender is in the United States."""
    locales = Locales({TENANT: Locale("UY", "America/Montevideo")}, {SENDER: "US"})
    importing = wired.outbound.importing
    return replace(importing, staging=replace(importing.staging, locales=locales))


async def rows_of(wired: Wired, of: Campaign) -> list[JobRow]:
    return [one.row async for one in wired.reports.reporting.jobs(of, Wanted())]


async def take(wired: Wired, text: str, of: Campaign | None = None) -> tuple[Campaign, UploadReport]:
    made = await wired.create(of)
    return made, await abroad(wired).take(made, UPLOAD, base(text))


@pytest.mark.parametrize(
    ("region", "number", "read"),
    [(None, "(415) 555-0001", address(1)), ("UY", "099 123 456", "+59899123456")],
    ids=["the sender's", "the campaign's"],
)
async def test_a_national_number_is_read_in_the_nearest_region(
    wired: Wired, region: str | None, number: str, read: str
) -> None:
    made, report = await take(wired, f"{HEADER}{number},a,b\n", campaign({"region": region}))
    assert report.admitted == 1
    assert [row.address for row in await rows_of(wired, made)] == [read]


async def test_a_time_without_an_offset_is_in_the_tenants_zone(wired: Wired) -> None:
    made, _ = await take(wired, f"phone,1,2,send_at\n{address(1)},a,b,2026-06-01T10:30\n")
    assert [row.send_at for row in await rows_of(wired, made)] == [datetime(2026, 6, 1, 13, 30, tzinfo=UTC)]


@pytest.mark.parametrize("can", [True, False])
async def test_a_user_id_is_taken_where_the_provider_can_write_to_it(wired: Wired, can: bool) -> None:
    client = wired.clients[SENDER]
    capabilities = replace(client.dialect.capabilities, takes_user_ids=can)
    wired.clients[SENDER] = replace(client, dialect=replace(client.dialect, capabilities=capabilities))
    _, report = await take(wired, f"{HEADER}US.13491208655302741918,a,b\n")
    assert (report.admitted, report.rejected) == ((1, 0) if can else (0, 1))


async def test_the_same_upload_is_the_same_file(wired: Wired) -> None:
    made, report = await take(wired, BASE)
    assert await abroad(wired).take(made, UPLOAD, base(BASE)) == report
    with pytest.raises(OtherFile):
        await abroad(wired).take(made, UPLOAD, base(HEADER))


def test_the_same_key_is_the_same_upload() -> None:
    assert upload_id(CAMPAIGN, "k") == upload_id(CAMPAIGN, "k") != upload_id(CAMPAIGN, "l")
    assert upload_id(CAMPAIGN, None) != upload_id(CAMPAIGN, None)


# ── what is told of its rows ────────────────────────────────────────────────────────────────────────────────────────


async def test_rejections_are_told_in_parts_and_as_a_file(wired: Wired, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing_module, "VERDICTS_A_READ", 1)
    made, report = await take(wired, f"{BASE}=1+1,dentist,May\n")
    importing = abroad(wired)
    assert await importing.report(made, UPLOAD) == report
    assert [one.line for one in await importing.rejections(made, UPLOAD, 0, 1)] == [5]
    assert [one.line for one in await importing.rejections(made, UPLOAD, 1, 9)] == [6]
    lines = "".join([line async for line in importing.rejection_lines(made, UPLOAD)]).splitlines()
    assert [line.split(",")[:2] for line in lines] == [["line", "reason"], ["5", "not-a-number"], ["6", "not-a-number"]]


async def test_an_upload_that_is_not_there_or_still_comes_in_is_not_told_of(wired: Wired) -> None:
    made = await wired.create()
    with pytest.raises(NotFound):
        await abroad(wired).report(made, UPLOAD)
    await wired.stores.uploads.begin(made.id, UPLOAD)
    with pytest.raises(NotFound):
        await abroad(wired).rejections(made, UPLOAD, 0, 9)
    with pytest.raises(NotFound):
        await anext(abroad(wired).rejection_lines(made, UPLOAD))


async def test_a_file_that_cannot_be_read_leaves_nothing(wired: Wired) -> None:
    with pytest.raises(InputError):
        await take(wired, "name,1,2\nJoe,a,b\n")
    with pytest.raises(NotFound):
        await abroad(wired).report(campaign(), UPLOAD)


async def test_a_base_for_a_sender_that_is_not_configured_any_more_is_refused_in_words(wired: Wired) -> None:
    made = await wired.create()
    wired.clients.clear()
    wired.restart()
    with pytest.raises(Conflict) as raised:
        await wired.outbound.importing.take(made, UPLOAD, base(BASE))
    assert raised.value.code == "sender-not-configured"
    assert made.sender in raised.value.detail
    assert await wired.stores.uploads.list_complete(made.id) == []


async def test_an_upload_whose_template_vanished_joins_and_its_campaign_pauses_instead_of_failing_for_ever(
    wired: Wired,
) -> None:
    made = await wired.create()
    await wired.upload(made, rows(3), UPLOAD)
    await wired.start(made)
    wired.templates = TemplateRegistry([], senders=[SENDER])
    wired.restart()
    assert not await wired.outbound.splitting.split(made.id)
    standing = await wired.stores.ledger.standing(made.id)
    assert (standing.total, standing.planned) == (3, 0)
    assert (standing.state, standing.reason) == (CampaignState.PAUSED, "template-gone")


TWO = [template(provider_id="HX1"), template(provider_id="HX2", body="Pay for {{1}} by {{2}}.")]


class Ambiguous(TemplateRegistry):
    """Two approved templates of one name, as if a provider had reported them."""

    def __init__(self) -> None:
        super().__init__(TWO, senders=[SENDER], by_id=[SENDER])


async def test_a_campaign_without_pins_whose_template_became_ambiguous_pauses_instead_of_failing_for_ever(
    wired: Wired,
) -> None:
    made = await wired.create()
    await wired.upload(made, rows(3), UPLOAD)
    await wired.start(made)
    wired.templates = Ambiguous()
    wired.restart()
    assert not await wired.outbound.splitting.split(made.id)
    standing = await wired.stores.ledger.standing(made.id)
    assert (standing.total, standing.state, standing.reason) == (3, CampaignState.PAUSED, "template-ambiguous")


async def test_a_campaign_keeps_planning_with_its_own_template_when_another_of_that_name_appears(wired: Wired) -> None:
    made = await wired.create()
    await wired.upload(made, rows(3), UPLOAD)
    await wired.start(made)
    await wired.stores.pins.put(made.id, {"en": pin_of(TWO[0], by_id=True)})
    wired.templates = Ambiguous()
    wired.restart()
    assert await wired.outbound.splitting.split(made.id)


SWAPPED = [
    template(provider_id="HX1", body="Hola {{nombre}}, el {{fecha}}"),
    template(provider_id="HX2", body="El {{fecha}}: hola {{nombre}}"),
]


class Swapped(TemplateRegistry):
    def __init__(self) -> None:
        super().__init__(SWAPPED, senders=[SENDER], by_id=[SENDER])


@pytest.mark.parametrize("own", SWAPPED, ids=["first", "second"])
async def test_rows_in_one_cell_are_read_by_the_campaigns_template_and_not_by_its_namesake(
    wired: Wired, own: Template
) -> None:
    made = await wired.create()
    wired.templates = Swapped()
    wired.restart()
    await wired.stores.pins.put(made.id, {"en": pin_of(own, by_id=True)})
    values = "|".join({"nombre": "Ana", "fecha": "lunes 5"}[name] for name in own.placeholders)
    await abroad(wired).take(made, UPLOAD, base(f"phone,hsm\n{address(0)},hsm|{own.name}|en|{values}\n"))
    (row,) = await rows_of(wired, made)
    assert row.parameters == {"nombre": "Ana", "fecha": "lunes 5"}


async def test_whoever_agrees_while_the_template_is_gone_waits_until_it_is_back(wired: Wired) -> None:
    made = await wired.running(made=campaign({"require_opt_in": True}), base=rows(2))
    known = wired.templates
    assert await wired.people.recording.agree(TENANT, [Claim(1, address(1), "web_form")]) == []
    wired.templates = TemplateRegistry([], senders=[SENDER])
    wired.restart()
    assert await wired.outbound.splitting.split(made.id)
    standing = await wired.stores.ledger.standing(made.id)
    assert (standing.state, standing.reason) == (CampaignState.PAUSED, "template-gone")
    wired.templates = known
    wired.restart()
    await wired.outbound.splitting.split(made.id)
    assert await wired.letters(made) == "xp"
