"""Start, pause, resume, cancel: what must be true, who did it, and that asking twice is asking once."""

import pytest

from shared.ground.ids import CampaignId, UploadId
from shared.ground.presence import NEEDED
from shared.ledger.model import Kind
from shared.ledger.pages import pack
from shared.ledger.states import Move
from tests.factories import rows
from tests.integration.web.client import CAMPAIGN, DIALER_KEY, Caller, base, number
from tests.integration.web.conftest import id_of


async def test_a_campaign_starts(api, client, campaign, hints, opened):
    await api.upload(f"{campaign}/contacts", base(3))
    answer = await Caller(client, DIALER_KEY).post(f"{campaign}/start", {"confirm": True})

    assert answer.status == 202
    assert (answer.body["state"], answer.body["by"]) == ("running", "dialer")
    assert answer.body["started_at"] is not None
    assert id_of(campaign) in await opened.stores.campaigns.active()
    assert hints.said == [("split", id_of(campaign))]


async def test_a_start_tells_who_will_not_be_written_to(api, campaign):
    await api.upload(f"{campaign}/contacts", base(3))
    for index in (100, 101):
        await api.post("/v1/opt-ins", {"contact": number(index), "source": "web_form"})
    answer = await api.post(f"{campaign}/start")

    (warning,) = answer.body["warnings"]
    assert (warning["code"], warning["count"]) == ("no-opt-in", 1)
    assert warning["message"].startswith("1 of 3 have no opt-in: they will be suppressed.")
    assert "POST /v1/opt-ins" in warning["message"]


async def test_a_base_without_opt_ins_starts_only_when_a_person_confirms(api, campaign):
    await api.upload(f"{campaign}/contacts", base(3) + f"{number(900)},a,b\n")
    await api.post("/v1/opt-ins", {"contact": number(900), "source": "web_form"})
    refused = await api.post(f"{campaign}/start")

    assert (refused.status, refused.code) == (409, "confirmation-needed")
    assert refused.body["detail"].startswith("3 of 4 have no opt-in: they will be suppressed.")
    assert "confirm: true" in refused.body["detail"]
    assert (await api.get(campaign)).body["state"] == "draft"

    started = await api.post(f"{campaign}/start", {"confirm": True})
    assert (started.status, started.body["state"]) == (202, "running")
    assert [warning["count"] for warning in started.body["warnings"]] == [3]
    assert (await api.post(f"{campaign}/start")).status == 202, "running already: there is nothing to confirm"


async def test_a_start_while_the_base_is_being_joined_comes_again_in_seconds(api, campaign, opened):
    uploads, upload = opened.stores.uploads, UploadId("ustaged")
    await uploads.begin(id_of(campaign), upload)
    await uploads.stage(id_of(campaign), upload, pack(rows(3)), range(2, 5))
    await uploads.complete(id_of(campaign), upload, {})
    early = await api.post(f"{campaign}/start", key="same")

    assert (early.status, early.code, early.headers["Retry-After"]) == (409, "upload-joining", "2")
    assert early.body["detail"].startswith("3 rows of an upload are being joined to the campaign")
    assert (await api.get(campaign)).body["state"] == "draft"

    await opened.outbound.splitting.split(id_of(campaign))
    later = await api.post(f"{campaign}/start", key="same")
    assert (later.status, later.code) == (409, "confirmation-needed")


async def test_a_start_that_is_asked_for_twice(api, running, hints):
    before = list(hints.said)
    again = await api.post(f"{running}/start")

    assert (again.status, again.body["state"], again.body["warnings"]) == (202, "running", [])
    assert hints.said == before


async def test_nobody_to_write_to(api, campaign):
    answer = await api.post(f"{campaign}/start")

    assert (answer.status, answer.code) == (409, "no-contacts")
    assert "contacts" in answer.body["detail"]
    assert (await api.get(campaign)).body["state"] == "draft"


async def test_an_open_campaign_may_start_empty(api):
    campaign = (await api.post("/v1/campaigns", {**CAMPAIGN, "open": True})).headers["Location"]

    assert (await api.post(f"{campaign}/start")).body["state"] == "running"


@pytest.mark.parametrize("verb", ["start", "resume"])
async def test_a_template_that_was_withdrawn_starts_nothing(api, running, opened, web_api, verb):
    campaign = await fresh(api, base(1)) if verb == "start" else running
    if verb == "resume":
        await api.post(f"{campaign}/pause")
    withdraw(opened)
    answer = await api.post(f"{campaign}/{verb}")

    assert (answer.status, answer.code) == (404, "template-not-found")
    assert (await api.get(campaign)).body["state"] == ("draft" if verb == "start" else "paused")


async def test_a_pause_tells_why_and_who(api, running):
    answer = await api.post(f"{running}/pause", {"reason": "lunch"})
    again = await api.post(f"{running}/pause")

    assert (answer.status, answer.body["state"], answer.body["reason"], answer.body["by"]) == (
        202,
        "paused",
        "lunch",
        "all",
    )
    assert answer.body["limited_by"] == "paused"
    assert again.status == 202
    assert again.body["reason"] == "lunch"


async def test_a_resume_goes_on(api, running, hints):
    await api.post(f"{running}/pause")
    hints.said.clear()
    answer = await api.post(f"{running}/resume")

    assert (answer.status, answer.body["state"], answer.body["reason"]) == (202, "running", None)
    assert hints.said == [("split", id_of(running)), ("release", "clinic")]
    assert (await api.post(f"{running}/resume")).status == 202
    assert len(hints.said) == 2


async def test_a_cancel_ends_what_waits(api, running, send):
    await send(running, Kind.ACCEPTED, Kind.DELIVERED)
    answer = await api.post(f"{running}/cancel", {"reason": "wrong list"})

    assert answer.status == 202
    assert answer.body["state"] == "cancelled"
    assert answer.body["finished_at"] is not None
    counts = answer.body["counts"]
    assert (counts["cancelled"], counts["accepted"], counts["delivered"]) == (3, 1, 1)
    assert sum(counts.values()) == 2 * counts["total"] == 10
    assert (await api.post(f"{running}/cancel")).status == 202


@pytest.mark.parametrize(
    ("state", "verb"),
    [
        ("draft", "pause"),
        ("draft", "resume"),
        ("paused", "start"),
        ("cancelled", "start"),
        ("cancelled", "pause"),
        ("cancelled", "resume"),
        ("finished", "start"),
        ("finished", "pause"),
        ("finished", "resume"),
        ("finished", "cancel"),
    ],
)
async def test_a_state_forbids(api, opened, running, state, verb):
    campaign = await in_state(api, opened, running, state)
    answer = await api.post(f"{campaign}/{verb}")

    assert (answer.status, answer.code) == (409, "campaign-state")
    assert state in answer.body["detail"]
    assert (await api.get(campaign)).body["state"] == state


async def test_a_refused_start_activates_nothing(api, opened, running):
    campaign = await in_state(api, opened, running, "cancelled")
    await opened.stores.campaigns.deactivate(id_of(campaign))
    await api.post(f"{campaign}/start")

    assert await opened.stores.campaigns.active() == {}


async def test_an_order_says_nothing_else(api, running):
    answer = await api.post(f"{running}/start", {"force": True})

    assert (answer.status, answer.code) == (400, "invalid-body")
    assert (await api.post(f"{running}/start", {})).status == 202


async def test_progress_is_measured_and_told(api, opened, running, send, monkeypatch):
    class Clock:
        now = 0.0

    opened.reports.watching.meter._readings.clear()
    monkeypatch.setattr(opened.reports.watching.meter, "_monotonic", lambda: Clock.now)
    first = (await api.get(running)).body
    assert (first["rate"], first["limited_by"]) == (None, "broker")  # no worker runs beside this test
    await opened.upkeep.presence.beat(NEEDED)
    await send(running, Kind.ACCEPTED, Kind.READ, Kind.UNKNOWN)
    Clock.now = 2.0
    body = (await api.get(running)).body

    assert body["rate"] == 1.0
    assert body["eta"] == 2.0
    assert body["limited_by"] is None
    assert body["hint"] == "1 unconfirmed: outcome unknown; kept, not resent."
    counts = body["counts"]
    assert (counts["accepted"], counts["read"], counts["unconfirmed"], counts["pending"]) == (1, 1, 1, 2)


# ── ways to get there ───────────────────────────────────────────────────────────────────────────────────────────────


async def fresh(api: Caller, rows: str) -> str:
    path: str = (await api.post("/v1/campaigns", CAMPAIGN)).headers["Location"]
    await api.upload(f"{path}/contacts", rows)
    return path


async def in_state(api: Caller, opened, running: str, state: str) -> str:
    match state:
        case "draft":
            return await fresh(api, base(1))
        case "paused":
            await api.post(f"{running}/pause")
        case "cancelled":
            await api.post(f"{running}/cancel")
        case "finished":
            return await finished(api, opened)
        case _:
            assert state == "running"
    return running


async def finished(api: Caller, opened) -> str:
    path: str = (await api.post("/v1/campaigns", {**CAMPAIGN, "open": True})).headers["Location"]
    await api.post(f"{path}/start")
    assert await opened.stores.ledger.control(CampaignId(id_of(path)), Move.FINISH, "oriel")
    return path


def withdraw(opened) -> None:
    opened.templates.registry._templates.clear()


async def test_who_failed_is_tried_again_and_the_order_is_kept_with_its_author(
    api, client, running, opened, hints, send
):
    ledger, campaign = opened.stores.ledger, CampaignId(id_of(running))
    await send(running, Kind.FAILED, code="7")
    answer = await Caller(client, DIALER_KEY).post(f"{running}/redrive", {"codes": ["7"]})

    assert (answer.status, answer.body["state"]) == (202, "running")
    assert hints.said[-1] == ("split", campaign)
    (order,) = (await api.get(f"{running}/redrives")).body["items"]
    assert (order["by"], order["states"], order["codes"], order["done"]) == ("dialer", ["failed"], ["7"], False)
    again = await api.post(f"{running}/redrive")
    assert (again.status, again.code) == (409, "redrive-running")
    await opened.outbound.splitting.split(campaign)
    (order,) = (await api.get(f"{running}/redrives")).body["items"]
    assert (order["redriven"], order["left_out"], order["done"]) == (1, 0, True)
    assert (await ledger.page_of_jobs(campaign, 0))[0].state == "deferred"


async def test_codes_that_nobody_has_are_told_with_those_that_there_are(api, running, send):
    await send(running, Kind.FAILED, Kind.FAILED)
    nobody = await api.post(f"{running}/redrive", {"codes": ["63024"]})

    assert (nobody.status, nobody.code) == (409, "nothing-to-redrive")
    assert nobody.body["detail"].startswith("No contact of the campaign that is failed has the code 63024. There are: ")
    assert "(2)" in nobody.body["detail"]
    assert (await api.get(f"{running}/redrives")).body["items"] == []


async def test_what_may_not_be_tried_again_says_why(api, running):
    nobody = await api.post(f"{running}/redrive")
    assert (nobody.status, nobody.code) == (409, "nothing-to-redrive")
    wrong = await api.post(f"{running}/redrive", {"states": ["delivered"]})
    assert wrong.status == 400
    await api.post(f"{running}/cancel")
    cancelled = await api.post(f"{running}/redrive")
    assert (cancelled.status, cancelled.code) == (409, "campaign-state")
