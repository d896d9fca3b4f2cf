"""Contacts: whole or not at all, whatever the size; every row has a verdict; the sums add up."""

import asyncio
import csv
import io
import json
import resource
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from shared.ground.keys import PAGE_ROWS
from shared.providers.registry import DIALECTS
from tests.integration.web.client import CAMPAIGN, CSV, HEADER, JSON, NDJSON, OTHER_KEY, Caller, base, number
from tests.integration.web.conftest import id_of
from tests.stores import dump

USER_ID = "US.13491208655302741918"
ROWS = [{"phone": number(100 + index), "1": "dental", "2": f"May {index}"} for index in range(3)]


@pytest.mark.parametrize(
    ("media_type", "data"),
    [
        (CSV, base(3)),
        ("text/csv; charset=utf-8", "\ufeff" + base(3)),
        (NDJSON, "".join(json.dumps(row) + "\n" for row in ROWS)),
        (JSON, json.dumps(ROWS)),
    ],
    ids=["csv", "csv with a byte order mark", "ndjson", "json"],
)
async def test_every_format_comes_in(api, campaign, media_type, data):
    answer = await api.upload(f"{campaign}/contacts", data.encode(), media_type)

    assert answer.status == 200
    body = answer.body
    assert (body["received"], body["admitted"], body["rejected"], body["duplicates"]) == (3, 3, 0, 0)
    assert body["rejections_url"] == f"{campaign}/uploads/{body['upload']}/rejections"
    assert (await api.get(campaign)).body["counts"]["pending"] == 3


async def test_every_row_has_a_verdict(api, campaign):
    rows = [f"{number(100)},a,b", "nobody,a,b", f"{number(101)},,b", f"{number(100)},again,b", "", f"{number(102)},a,b"]
    body = (await api.upload(f"{campaign}/contacts", HEADER + "\n".join(rows))).body

    assert (body["received"], body["admitted"], body["rejected"], body["duplicates"]) == (5, 2, 2, 1)
    verdicts = (await api.get(body["rejections_url"])).body
    assert verdicts["next"] is None
    assert {(one["line"], one["reason"]) for one in verdicts["items"]} == {
        (3, "not-a-number"),
        (4, "missing-parameter"),
        (5, "duplicate"),
    }
    assert "4155550100" not in json.dumps(verdicts)


async def test_verdicts_page_and_are_a_file(api, campaign):
    rows = HEADER + "nobody,a,b\n" * 5
    url = (await api.upload(f"{campaign}/contacts", rows)).body["rejections_url"]
    first = (await api.get(url, limit=3)).body
    second = (await api.get(url, limit=3, after=first["next"])).body
    file = await api.get(f"{url}.csv")

    assert [one["line"] for one in first["items"] + second["items"]] == [2, 3, 4, 5, 6]
    assert second["next"] is None
    assert [row["line"] for row in csv.DictReader(io.StringIO(file.text))] == ["2", "3", "4", "5", "6"]
    assert file.headers["Content-Disposition"].startswith("attachment")


async def test_a_file_that_is_sent_again_adds_what_is_missing(api, campaign):
    await api.upload(f"{campaign}/contacts", base(200))
    body = (await api.upload(f"{campaign}/contacts", base(300))).body

    assert (body["received"], body["admitted"], body["rejected"], body["duplicates"]) == (300, 100, 0, 200)
    assert (await api.get(campaign)).body["counts"]["total"] == 300


async def test_a_corrected_row_that_is_sent_again_in_a_draft_is_the_one_that_counts(api, campaign):
    await api.upload(f"{campaign}/contacts", f"{HEADER}{number(100)},wrong,b\n")
    body = (await api.upload(f"{campaign}/contacts", f"{HEADER}{number(100)},right,b\n")).body

    assert (body["received"], body["admitted"], body["duplicates"], body["replaced"]) == (1, 0, 1, 1)
    (warning,) = [one for one in body["warnings"] if one["code"] == "replaced"]
    assert "replace the earlier ones" in warning["message"]
    (verdict,) = (await api.get(body["rejections_url"])).body["items"]
    assert (verdict["line"], verdict["reason"]) == (2, "replaced")
    (job,) = (await api.get(f"{campaign}/jobs")).body["items"]
    assert job["contact"] == number(100)
    assert (await api.get(campaign)).body["counts"]["total"] == 1


async def test_once_it_runs_the_verdict_says_that_the_first_text_counts(api, running):
    body = (await api.upload(f"{running}/contacts", f"{HEADER}{number(100)},other,b\n")).body

    assert (body["duplicates"], body["replaced"]) == (1, 0)
    assert [one["code"] for one in body["warnings"]] == ["first-row-counts"]
    (verdict,) = (await api.get(body["rejections_url"])).body["items"]
    assert verdict["reason"] == "duplicate"
    assert "the first row counts" in verdict["detail"]


async def test_national_variants_are_one_contact(api, campaign):
    body = (await api.upload(f"{campaign}/contacts", HEADER + "+5491123456789,a,b\n+541123456789,a,b\n")).body

    assert (body["admitted"], body["duplicates"]) == (1, 1)


@pytest.mark.parametrize(
    ("rules", "text", "contact"),
    [({}, "4155550123", "+14155550123"), ({"region": "UY"}, "099123456", "+59899123456")],
    ids=["the tenant's region", "the campaign's region"],
)
async def test_numbers_without_a_country(api, rules, text, contact):
    path = (await api.post("/v1/campaigns", {**CAMPAIGN, **rules})).headers["Location"]
    await api.upload(f"{path}/contacts", f"{HEADER}{text},a,b\n")

    (job,) = (await api.get(f"{path}/jobs")).body["items"]
    assert job["contact"] == contact


async def test_the_senders_region_comes_before_the_tenants(client):
    other = Caller(client, OTHER_KEY)
    order = {"name": "Mayo", "sender": "shop", "template": {"name": "hello", "language": "es"}}
    path = (await other.post("/v1/campaigns", order)).headers["Location"]

    assert (await other.upload(f"{path}/contacts", "phone\n099123456\n")).body["admitted"] == 1


# ── consent comes with it ───────────────────────────────────────────────────────────────────────────────────────────


async def test_opt_ins_come_with_the_base(api, campaign, opened):
    header = "phone,1,2,opt_in_source,opt_in_at,opt_in_evidence,opt_in_scope\n"
    rows = [
        f"{number(1)},a,b,web_form,2026-05-01T10:00:00Z,form 7,utility",
        f"{number(2)},a,b,sms_link,,,",
        f"{number(3)},a,b,,,,",
        f"{number(4)},a,b,agent,2999-01-01,,",
        f"{number(5)},a,b,agent,,,everything",
    ]
    body = (await api.upload(f"{campaign}/contacts", header + "\n".join(rows))).body

    assert body["admitted"] == 5
    warnings = {one["code"]: one for one in body["warnings"]}
    assert {code: one["count"] for code, one in warnings.items()} == {
        "no-opt-in": 3,
        "opt-in-in-future": 1,
        "unknown-scope": 1,
    }
    assert warnings["no-opt-in"]["message"] == (
        "3 of 5 have no opt-in: they will be suppressed. Record it with POST /v1/opt-ins or with the columns "
        "opt_in_source, opt_in_at."
    )
    tenant = (await opened.stores.campaigns.get(id_of(campaign))).tenant
    (records,) = await opened.stores.consent.of([opened.people.merging.id_of(tenant, number(1))])
    record = records["opt_in:utility"]
    assert (record.source, record.evidence, record.at.isoformat()) == (
        "web_form",
        "form 7",
        "2026-05-01T10:00:00+00:00",
    )


async def test_whoever_needs_no_opt_in_is_not_warned(api):
    path = (await api.post("/v1/campaigns", {**CAMPAIGN, "require_opt_in": False})).headers["Location"]

    assert (await api.upload(f"{path}/contacts", base(3))).body["warnings"] == []


# ── the state of the campaign ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("verb", [None, "pause"])
async def test_contacts_join_a_started_campaign(api, running, hints, verb):
    if verb:
        await api.post(f"{running}/{verb}")
    hints.said.clear()
    body = (await api.upload(f"{running}/contacts", base(2, first=800))).body

    assert body["admitted"] == 2
    assert hints.said == [("split", id_of(running))]
    assert (await api.get(running)).body["counts"]["total"] == 7


async def test_a_draft_is_not_split(api, campaign, hints):
    await api.upload(f"{campaign}/contacts", base(2))

    assert hints.said == []


async def test_an_ended_campaign_takes_nobody(api, running, opened):
    await api.post(f"{running}/cancel")
    before = await dump(opened.ground.redis)
    answer = await api.upload(f"{running}/contacts", base(2, first=800))

    assert (answer.status, answer.code) == (409, "campaign-state")
    assert await dump(opened.ground.redis) == before


# ── a broken upload leaves nothing ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("media_type", "data", "status", "code"),
    [
        (CSV, "", 400, "empty-file"),
        (CSV, "name,1,2\nJoe,a,b\n", 400, "no-phone-column"),
        (CSV, f"{number(100)},a,b\n", 400, "no-header"),
        (CSV, "phone,1\n", 400, "no-placeholder-column"),
        (CSV, base(500) + '+14155550123,"a,b\n', 400, "unbalanced-quote"),
        (CSV, base(500).encode() + b"\xff\xfe,a,b\n", 400, "not-utf-8"),
        (CSV, base(500) + "x" * 70_000, 413, "row-too-long"),
        (NDJSON, '{"phone":', 400, "malformed-json"),
        (JSON, "[" + ",".join(json.dumps(row) for row in ROWS), 400, "malformed-json"),
        ("text/csv; charset=latin1", base(1), 400, "not-utf-8"),
        ("text/plain", base(1), 415, "unsupported-media-type"),
    ],
    ids=str,
)
async def test_a_file_that_cannot_be_read_leaves_nothing(api, campaign, opened, media_type, data, status, code):
    before = await dump(opened.ground.redis)
    answer = await api.upload(f"{campaign}/contacts", data, media_type)

    assert (answer.status, answer.code) == (status, code)
    assert await dump(opened.ground.redis) == before


async def test_a_line_of_200_megabytes_is_refused_early(api, campaign, opened):
    sent = 0

    async def line() -> AsyncIterator[bytes]:
        nonlocal sent
        yield HEADER.encode() + base(200).encode()[len(HEADER) :]
        while sent < 200 << 20:
            sent += 1 << 16
            yield b"x" * (1 << 16)

    before = await dump(opened.ground.redis)
    began = time.monotonic()
    try:
        answer = await api.upload(f"{campaign}/contacts", line())
        assert (answer.status, answer.code) == (413, "row-too-long")
    except ConnectionError:
        pass  # the server hung up while the client was still busy sending
    assert time.monotonic() - began < 30
    assert await dump(opened.ground.redis) == before


async def test_a_large_base_is_not_held(api, campaign):
    count = 20_000

    async def rows() -> AsyncIterator[bytes]:
        yield b"phone,1,2,note\n"
        for index in range(count):
            yield f"+1415{5_550_000 + index:07d},dental,{index},{'n' * 2_000}\n".encode()

    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    body = (await api.upload(f"{campaign}/contacts", rows())).body
    grown_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib) / 1024

    assert body["received"] == body["admitted"] == count
    assert grown_mib < 30  # of 40 MiB that came in


async def test_a_client_that_goes_away_leaves_nothing(client, api, campaign, opened):
    before = await dump(opened.ground.redis)
    server = client.server
    body = base(5 * PAGE_ROWS).encode()
    _, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(
        f"POST {campaign}/contacts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer acme-key-0123456789\r\n"
        f"Content-Type: text/csv\r\nIdempotency-Key: k1\r\nContent-Length: {len(body) + 1000}\r\n\r\n".encode()
    )
    writer.write(body)
    await writer.drain()
    await until(lambda: _staged(opened, campaign))
    writer.close()
    await writer.wait_closed()

    await until(lambda: _is_as_before(opened, before))
    assert await dump(opened.ground.redis) == before
    assert (await api.get(campaign)).body["counts"]["total"] == 0
    again = await api.upload(f"{campaign}/contacts", body, key="k1")
    assert again.body["admitted"] == 5 * PAGE_ROWS


async def _staged(opened, campaign) -> bool:
    return any([b":staged:" in key async for key in opened.ground.redis.scan_iter()])


async def _is_as_before(opened, before) -> bool:
    return {key async for key in opened.ground.redis.scan_iter()} == set(before)


async def until(condition, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("path", ["rejections", "rejections.csv"])
async def test_an_upload_that_is_not_there(api, campaign, path):
    answer = await api.get(f"{campaign}/uploads/unobody/{path}")

    assert (answer.status, answer.code) == (404, "upload-not-found")


@pytest.mark.parametrize("knows_them", [True, False])
async def test_a_user_id_is_a_contact_where_the_provider_can_write_to_it(api, campaign, monkeypatch, knows_them):
    capabilities = replace(DIALECTS["twilio"].capabilities, takes_user_ids=knows_them)
    monkeypatch.setattr(type(DIALECTS["twilio"]), "capabilities", capabilities)
    body = (await api.upload(f"{campaign}/contacts", f"{HEADER}{USER_ID},dental,May 5\n")).body

    assert (body["admitted"], body["rejected"]) == ((1, 0) if knows_them else (0, 1))
