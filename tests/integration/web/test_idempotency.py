"""The same POST is done once and answered once, however often it comes, and whatever dies in between."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from shared.ground import keys
from shared.ground.errors import BackendUnavailable
from shared.ground.ids import TenantId
from tests.integration.web.client import CAMPAIGN, OTHER_KEY, Caller, base, number
from tests.integration.web.conftest import id_of
from workers.web.idempotency import KEPT_FOR, MARKED_FOR

MARK_KEY = keys.idempotency(TenantId("acme"), "k")
OPT_IN = {"contact": number(1), "source": "agent"}


async def test_a_repeated_post_is_answered_as_before(api, opened):
    first, second = [await api.post("/v1/campaigns", CAMPAIGN, key="k") for _ in range(2)]

    assert (first.status, second.status) == (201, 201)
    assert second.body == first.body
    assert second.headers["Location"] == first.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len((await api.get("/v1/campaigns")).body["items"]) == 1
    assert 0 < await opened.ground.redis.pttl(MARK_KEY) <= KEPT_FOR.total_seconds() * 1000


async def test_mistakes_are_answered_as_before(api):
    first, second = [await api.post("/v1/campaigns", {**CAMPAIGN, "sender": "nobody"}, key="k") for _ in range(2)]

    assert (second.status, second.body["code"]) == (first.status, "sender-not-found")
    assert second.headers["Idempotency-Replayed"] == "true"


async def test_what_stood_in_the_way_is_looked_at_anew(api, campaign):
    """409 says "not now": the same request, repeated when nothing stands in its way any more, is done."""
    first = await api.post(f"{campaign}/start", {"confirm": True}, key="k")
    await api.upload(f"{campaign}/contacts", base(1))
    second, third = [await api.post(f"{campaign}/start", {"confirm": True}, key="k") for _ in range(2)]

    assert (first.status, first.code) == (409, "no-contacts")
    assert (second.status, third.status) == (202, 202)
    assert third.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("other", ["body", "path", "query"])
async def test_a_key_is_one_requests(api, campaign, other):
    await api.post("/v1/campaigns", CAMPAIGN, key="k")
    match other:
        case "body":
            answer = await api.post("/v1/campaigns", {**CAMPAIGN, "name": "June"}, key="k")
        case "path":
            answer = await api.post(f"{campaign}/cancel", key="k")
        case _:
            answer = await api.post("/v1/campaigns?x=1", CAMPAIGN, key="k")

    assert (answer.status, answer.code) == (422, "idempotency-key-reused")


async def test_keys_are_one_tenants(api, client):
    await api.post("/v1/campaigns", CAMPAIGN, key="k")
    order = {"name": "Mayo", "sender": "shop", "template": {"name": "hello", "language": "es"}}

    assert (await Caller(client, OTHER_KEY).post("/v1/campaigns", order, key="k")).status == 201


@pytest.mark.parametrize("key", ["", "x" * 201, "two words", "\u00e9"])
async def test_a_key_is_printable_and_short(api, key):
    answer = await api.post("/v1/campaigns", CAMPAIGN, key=key)

    assert (answer.status, answer.code) == (400, "idempotency-key-invalid")


async def test_while_the_first_is_served_the_second_waits_its_turn(api, opened, monkeypatch):
    inside, go_on = asyncio.Event(), asyncio.Event()
    create = opened.stores.campaigns.create

    async def slow(campaign):
        inside.set()
        await go_on.wait()
        return await create(campaign)

    monkeypatch.setattr(opened.stores.campaigns, "create", slow)
    first = asyncio.create_task(api.post("/v1/campaigns", CAMPAIGN, key="k"))
    await inside.wait()
    second = await api.post("/v1/campaigns", CAMPAIGN, key="k")
    go_on.set()

    assert (second.status, second.code, second.headers["Retry-After"]) == (409, "idempotency-in-progress", "2")
    assert (await first).status == 201


async def test_an_error_of_ours_is_not_kept(api, opened, monkeypatch):
    with monkeypatch.context() as patch:

        async def away(*_args):
            raise BackendUnavailable("away")

        patch.setattr(opened.stores.campaigns, "create", away)
        assert (await api.post("/v1/campaigns", CAMPAIGN, key="k")).status == 503

    assert await opened.ground.redis.get(MARK_KEY) is None
    assert (await api.post("/v1/campaigns", CAMPAIGN, key="k")).status == 201


async def test_a_crash_between_deed_and_answer_makes_nothing_twice(api, opened):
    first = await api.post("/v1/campaigns", CAMPAIGN, key="k")
    await opened.ground.redis.delete(MARK_KEY)  # what a crash before the answer was kept leaves, a minute later
    second = await api.post("/v1/campaigns", CAMPAIGN, key="k")

    assert (second.status, second.body["id"]) == (200, first.body["id"])


async def test_a_crash_frees_the_key_in_a_minute(api, opened):
    await opened.ground.redis.set(MARK_KEY, json.dumps({"by": "somebody who died"}), px=MARKED_FOR)

    assert (await api.post("/v1/opt-ins", OPT_IN, key="k")).status == 409
    await opened.ground.redis.pexpire(MARK_KEY, 1)
    async with asyncio.timeout(10):
        while await opened.ground.redis.exists(MARK_KEY):
            await asyncio.sleep(0)
    assert (await api.post("/v1/opt-ins", OPT_IN, key="k")).status == 200


async def test_the_mark_is_renewed_while_a_request_lasts(api, opened, campaign, monkeypatch):
    monkeypatch.setattr("workers.web.idempotency.RENEWED_EVERY_S", 0.02)
    go_on, left = asyncio.Event(), 0

    async def rows() -> AsyncIterator[bytes]:
        yield base(1).encode()
        await go_on.wait()

    upload = asyncio.create_task(api.upload(f"{campaign}/contacts", rows(), key="k"))
    async with asyncio.timeout(10):
        while not await opened.ground.redis.exists(MARK_KEY):
            await asyncio.sleep(0)
    await opened.ground.redis.pexpire(MARK_KEY, 5_000)
    async with asyncio.timeout(10):
        while left <= 5_000:
            left = await opened.ground.redis.pttl(MARK_KEY)
    go_on.set()

    assert (await upload).status == 200


# ── uploads ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_repeated_upload_is_answered_as_before(api, campaign):
    first, second = [await api.upload(f"{campaign}/contacts", base(300), key="k") for _ in range(2)]
    without = await api.upload(f"{campaign}/contacts", base(300))

    assert first.body == second.body
    assert second.headers["Idempotency-Replayed"] == "true"
    assert (without.body["admitted"], without.body["duplicates"]) == (0, 300)
    assert (await api.get(campaign)).body["counts"]["total"] == 300


async def test_another_file_under_the_same_key(api, campaign):
    await api.upload(f"{campaign}/contacts", base(3), key="k")
    answer = await api.upload(f"{campaign}/contacts", base(4), key="k")

    assert (answer.status, answer.code) == (422, "idempotency-key-reused")
    assert (await api.get(campaign)).body["counts"]["total"] == 3


@pytest.mark.parametrize("rows", [3, 4])
async def test_an_upload_whose_answer_was_lost(api, opened, campaign, rows):
    """The upload is known by its key: the same file is answered as before, another one is not passed over."""
    first = await api.upload(f"{campaign}/contacts", base(3), key="k")
    await opened.ground.redis.delete(MARK_KEY)
    second = await api.upload(f"{campaign}/contacts", base(rows), key="k")

    if rows == 3:
        assert second.body == first.body
    else:
        assert (second.status, second.code) == (422, "idempotency-key-reused")


async def test_an_upload_that_was_complete_and_had_not_joined_goes_on(api, opened, campaign, monkeypatch):
    with monkeypatch.context() as patch:

        async def away(*_args):
            raise BackendUnavailable("away")

        for way in ("admit", "admit_new"):
            patch.setattr(opened.stores.ledger, way, away)
        assert (await api.upload(f"{campaign}/contacts", base(3), key="k")).status == 503
    assert await opened.stores.uploads.list_complete(id_of(campaign)) != []
    body = (await api.upload(f"{campaign}/contacts", base(3), key="k")).body

    assert (body["received"], body["admitted"], body["duplicates"]) == (3, 3, 0)


async def test_a_file_that_was_wrong_may_be_corrected_under_its_key(api, campaign):
    """Its end was never read, so it cannot be compared with what comes again."""
    wrong = await api.upload(f"{campaign}/contacts", "name\n", key="k")
    right = await api.upload(f"{campaign}/contacts", base(1), key="k")

    assert (wrong.code, right.status) == ("no-phone-column", 200)
