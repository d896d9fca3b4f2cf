"""Whatever goes wrong: one form, the right status, nothing private in it, one line in the log."""

import asyncio
import gzip
import io
import json
import logging
import resource

import pytest
from aiohttp.test_utils import TestClient, TestServer

from shared.ground.errors import BackendUnavailable
from tests.integration.web.client import ACME_KEY, CAMPAIGN, Caller, base, number
from workers.web import streams
from workers.web.api import Api
from workers.web.app import make_app


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/conversations", "/v1/campaigns/", "/v1/campaigns/x/close", "/v2/campaigns", "/console"]
)
@pytest.mark.parametrize("key", [None, ACME_KEY])
async def test_an_unknown_route(client, path, key):
    answer = await Caller(client, key).get(path)

    assert (answer.status, answer.code) == (404, "unknown-route")
    assert path in answer.body["detail"]
    assert "/openapi.json" in answer.body["detail"]


@pytest.mark.parametrize("path", [f"/v1/contacts/{number(123)}", "/v1/contacts/%2B14155550123/x", f"/{'9' * 300}"])
async def test_a_path_that_holds_a_number_is_not_repeated(api, path, caplog):
    answer = await api.get(path)

    assert "4155550123" not in answer.text
    assert len(answer.text) < 600
    assert "4155550123" not in "".join(str(vars(r)) for r in caplog.records if r.name.startswith("workers"))


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/campaigns", "GET, POST"),
        ("GET", "/v1/opt-ins", "POST"),
        ("HEAD", "/v1/campaigns", None),
        ("PUT", "/openapi.json", "GET"),
        ("PURGE", "/v1/campaigns", "GET, POST"),
    ],
)
async def test_a_method_that_is_not_known(client, method, path, allowed):
    response = await client.request(method, path, headers={"Authorization": f"Bearer {ACME_KEY}"})

    assert response.status == 405
    if allowed:
        assert response.headers["Allow"] == allowed
        assert (await response.json(content_type=None))["code"] == "method-not-allowed"


@pytest.mark.parametrize(
    ("body", "media_type", "status", "code"),
    [
        (b"{", "application/json", 400, "malformed-json"),
        (b'{"name": "\xff"}', "application/json", 400, "malformed-json"),
        (b"[" * 10_000, "application/json", 400, "malformed-json"),
        (b"[]", "application/json", 400, "invalid-body"),
        (b"null", "application/json", 400, "invalid-body"),
        (b"", "application/json", 400, "invalid-body"),
        (b"name=May", "application/x-www-form-urlencoded", 415, "unsupported-media-type"),
        (b'{"name":"x"}', "text/csv", 415, "unsupported-media-type"),
        (b" " * (2 << 20), "application/json", 413, "body-too-large"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_body_that_is_none(api, body, media_type, status, code):
    answer = await api.upload("/v1/campaigns", io.BytesIO(body), media_type)

    assert (answer.status, answer.code) == (status, code)


async def test_a_body_that_grows_when_it_is_unpacked(api, campaign):
    bomb = gzip.compress(b" " * (200 << 20), compresslevel=1)
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answers = [
        await api.ask("POST", "/v1/campaigns", headers, data=io.BytesIO(bomb)),
        await api.ask("POST", f"{campaign}/contacts", {**headers, "Content-Type": "text/csv"}, data=io.BytesIO(bomb)),
    ]

    assert [answer.code for answer in answers] == ["body-too-large", "row-too-long"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 50 << 10


async def test_a_body_without_a_length_is_bounded_too(api):
    async def endless():
        while True:
            yield b" " * 65_536

    answer = await api.upload("/v1/campaigns", endless(), "application/json")

    assert (answer.status, answer.code) == (413, "body-too-large")


async def test_a_body_that_stalls(api, campaign, monkeypatch):
    monkeypatch.setattr(streams.chunks, "__defaults__", (0.05,))
    never = asyncio.Event()

    async def stalling():
        yield base(1).encode()
        await never.wait()

    answer = await api.upload(f"{campaign}/contacts", stalling())

    assert (answer.status, answer.code) == (408, "upload-stalled")


async def test_a_store_that_is_away(api, opened, campaign, monkeypatch):
    async def away(*_args, **_options):
        raise BackendUnavailable("redis://user:password@10.0.0.1 did not answer")

    monkeypatch.setattr(opened.stores.ledger, "standings", away)
    answer = await api.get(campaign)

    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (503, "state-store-unavailable", "2")
    assert "10.0.0.1" not in answer.text


async def test_before_the_store_has_answered(settings):
    async with TestClient(TestServer(make_app(Api(settings)))) as client:
        api = Caller(client)
        for answer in (
            await api.get("/v1/campaigns"),
            await api.post("/v1/campaigns", CAMPAIGN),
            await api.post("/v1/campaigns", CAMPAIGN, key="k"),
            await api.upload("/v1/campaigns/x/contacts", base(1), key="k"),
            await api.post("/v1/opt-ins", {"contact": number(1), "source": "x"}),
        ):
            assert (answer.status, answer.code) == (503, "state-store-unavailable")
        assert (await api.get("/v1/senders")).status == 200


async def test_what_nobody_foresaw(api, opened, campaign, monkeypatch, caplog):
    async def broken(*_args, **_options):
        raise KeyError("what is nobody's business")

    monkeypatch.setattr(opened.stores.ledger, "standings", broken)
    answer = await api.get(campaign)

    assert (answer.status, answer.code) == (500, "internal-error")
    assert "nobody's business" not in answer.text
    assert "KeyError" not in answer.text
    (failed,) = [record for record in caplog.records if record.message == "request_failed"]
    assert failed.request == answer.headers["X-Request-Id"]


async def test_every_request_is_one_line(api, client, campaign, caplog):
    caplog.clear()
    await api.get(f"{campaign}/jobs/%2B14155550123")
    await Caller(client, None).get("/v1/nothing/%2B14155550123")

    lines = [record for record in caplog.records if record.message == "request_served"]
    assert [(one.method, one.route, one.status, one.tenant) for one in lines] == [
        ("GET", "/v1/campaigns/{campaign}/jobs/{contact}", 404, "acme"),
        ("GET", "unknown", 404, None),
    ]
    assert all(one.seconds >= 0 and one.levelno == logging.INFO for one in lines)


@pytest.mark.parametrize(("path", "status"), [("/livez", 200), ("/readyz", 200), ("/openapi.json", 200)])
async def test_probes_need_no_key(client, path, status):
    response = await client.get(path)

    assert response.status == status
    json.loads(await response.text())
