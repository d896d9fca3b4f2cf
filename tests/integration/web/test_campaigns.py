"""Campaigns: made once, told whole, listed in order."""

import asyncio
from datetime import timedelta

import pytest

from shared.ground.clock import utc_now
from shared.ledger.model import Kind
from shared.ledger.states import JobState
from tests.integration.web.client import CAMPAIGN, OTHER_KEY, Caller, base
from tests.integration.web.conftest import id_of


async def test_a_campaign_is_made(api):
    answer = await api.post("/v1/campaigns", {**CAMPAIGN, "external_id": "may-1", "region": "UY", "weight": 2})

    assert answer.status == 201
    body = answer.body
    assert answer.headers["Location"] == body["links"]["self"] == f"/v1/campaigns/{body['id']}"
    assert body["state"] == "draft"
    assert body["external_id"] == "may-1"
    assert body["template"] == {"name": "reminder", "language": "en"}
    assert body["rules"] == {
        "require_opt_in": True,
        "region": "UY",
        "rate_per_second": None,
        "weight": 2.0,
        "unconfirmed": "hold",
        "open": False,
        "languages": [],
        "opt_out_words": None,
        "answers": {},
        "deadline_at": None,
    }
    assert body["counts"] == {"total": 0, **dict.fromkeys([state.value for state in JobState], 0)}
    assert (body["replied"], body["opted_out"], body["answers"]) == (0, 0, {})
    assert (body["rate"], body["eta"], body["limited_by"]) == (None, None, None)
    assert (await api.get(body["links"]["self"])).body == body


async def test_a_deadline_is_told_as_the_instant_that_it_is(api):
    answer = await api.post("/v1/campaigns", {**CAMPAIGN, "deadline_at": "2126-05-04T12:00:00-03:00"})

    assert answer.status == 201
    assert answer.body["rules"]["deadline_at"] == "2126-05-04T15:00:00Z"


async def test_the_same_external_id_is_the_same_campaign(api):
    order = {**CAMPAIGN, "external_id": "may-1"}
    first, second = await api.post("/v1/campaigns", order), await api.post("/v1/campaigns", order)
    other = await api.post("/v1/campaigns", {**order, "name": "June"})

    assert (first.status, second.status) == (201, 200)
    assert first.body == second.body
    assert (other.status, other.code) == (409, "external-id-taken")


async def test_a_double_click_makes_one(api):
    order = {**CAMPAIGN, "external_id": "may-1"}
    answers = await asyncio.gather(*(api.post("/v1/campaigns", order) for _ in range(5)))

    assert sorted(answer.status for answer in answers) == [200, 200, 200, 200, 201]
    assert len({answer.body["id"] for answer in answers}) == 1


async def test_two_tenants_may_have_the_same_external_id(api, client):
    mine = await api.post("/v1/campaigns", {**CAMPAIGN, "external_id": "may-1"})
    theirs = await Caller(client, OTHER_KEY).post(
        "/v1/campaigns",
        {"name": "Mayo", "external_id": "may-1", "sender": "shop", "template": {"name": "hello", "language": "es"}},
    )

    assert theirs.status == 201
    assert theirs.body["id"] != mine.body["id"]


@pytest.mark.parametrize(
    ("change", "status", "code", "said"),
    [
        ({"sender": "nobody"}, 404, "sender-not-found", "there is: clinic"),
        ({"sender": "shop"}, 404, "sender-not-found", "there is: clinic"),
        ({"template": {"name": "reminders", "language": "en"}}, 404, "template-not-found", "reminder (en)"),
        ({"template": {"name": "reminder", "language": "es"}}, 404, "template-not-found", "reminder (en)"),
        ({"template": {"name": "waiting", "language": "en"}}, 400, "template-not-enabled", "approval"),
        ({"template": {"name": "offer", "language": "en"}}, 400, "template-not-enabled", "marketing"),
        ({"hours": "9-17"}, 400, "rule-not-supported", "hours"),
        ({"start_at": "2026-05-04T12:00:00Z"}, 400, "rule-not-supported", "start_at"),
        ({"deadline_at": "2026-05-04T12:00:00Z"}, 400, "deadline-passed", "has passed"),
        ({"deadline_at": "2126-05-04T12:00:00"}, 400, "invalid-body", "zone"),
        ({"frequency_cap": 1}, 400, "rule-not-supported", "frequency_cap"),
        ({"colour": "blue"}, 400, "invalid-body", "known are answers, deadline_at, external_id"),
        ({"name": ""}, 400, "invalid-body", "name"),
        ({"name": "two\nlines"}, 400, "invalid-body", "line breaks"),
        ({"open": "yes"}, 400, "invalid-body", "boolean"),
        ({"rate_per_second": 0}, 400, "invalid-body", "greater than 0"),
        ({"weight": 1e9}, 400, "invalid-body", "less than or equal to 100"),
        ({"unconfirmed": "maybe"}, 400, "invalid-body", "'hold' or 'resend'"),
        ({"region": "Uruguay"}, 400, "invalid-body", "ISO 3166"),
        ({"template": "reminder"}, 400, "invalid-body", "template"),
        ({"opt_out_words": "CANCEL"}, 400, "invalid-body", "opt_out_words"),
        ({"opt_out_words": ["👍"]}, 400, "invalid-body", "a letter or a digit"),
        ({"opt_out_words": ["x" * 65]}, 400, "invalid-body", "64 characters"),
        ({"opt_out_words": ["x"] * 21}, 400, "invalid-body", "at most 20"),
        ({"answers": {"yes": []}}, 400, "invalid-body", "at least 1"),
        ({"answers": {"yes": ["x"] * 21}}, 400, "invalid-body", "at most 20"),
        ({"answers": {"": ["x"]}}, 400, "invalid-body", "answers"),
        ({"answers": {"y" * 41: ["x"]}}, 400, "invalid-body", "40 characters"),
        ({"answers": {str(label): [f"w{label}"] for label in range(51)}}, 400, "invalid-body", "at most 50"),
        ({"answers": {"yes": ["Sí"], "no": ["si!"]}}, 400, "invalid-body", "under one label"),
    ],
    ids=str,
)
async def test_what_cannot_be_is_refused_at_once(api, change, status, code, said):
    answer = await api.post("/v1/campaigns", {**CAMPAIGN, **change})

    assert (answer.status, answer.code) == (status, code)
    assert said in answer.body["detail"]
    assert (await api.get("/v1/campaigns")).body == {"items": [], "next": None}


async def test_every_wrong_field_is_told(api):
    answer = await api.post("/v1/campaigns", {"name": 5, "sender": "clinic", "template": {"name": "reminder"}})

    assert {one["field"] for one in answer.body["errors"]} == {"name", "template.language"}


async def test_a_list_is_newest_first_and_pages(api):
    made = [(await api.post("/v1/campaigns", {**CAMPAIGN, "name": f"No. {index}"})).body["id"] for index in range(5)]

    first = (await api.get("/v1/campaigns", limit=2)).body
    second = (await api.get("/v1/campaigns", limit=2, after=first["next"])).body
    third = (await api.get("/v1/campaigns", limit=2, after=second["next"])).body

    assert len(first["items"]) == len(second["items"]) == 2
    assert third["next"] is None
    listed = [one["id"] for page in (first, second, third) for one in page["items"]]
    assert sorted(listed) == sorted(made)
    assert (await api.get("/v1/campaigns", limit=5)).body["next"] is None


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"limit": 0}, "invalid-query"),
        ({"limit": 1001}, "invalid-query"),
        ({"limit": "many"}, "invalid-query"),
        ({"page": 2}, "invalid-query"),
        ({"after": "caaaaaaaaaaaaaaaa"}, "bad-cursor"),
    ],
    ids=str,
)
async def test_a_list_is_asked_for_properly(api, query, code):
    answer = await api.get("/v1/campaigns", **query)

    assert (answer.status, answer.code) == (400, code)


async def test_a_parameter_is_given_once(api):
    assert (await api.get("/v1/campaigns?limit=1&limit=2")).code == "invalid-query"


async def test_another_tenants_campaign_is_not_there(api, client, campaign):
    other = Caller(client, OTHER_KEY)
    identifier = campaign.rpartition("/")[2]

    for path in (campaign, f"{campaign}/jobs", f"{campaign}/results.csv", f"{campaign}/jobs/x"):
        answer = await other.get(path)
        assert (answer.status, answer.code) == (404, "campaign-not-found")
    for verb in ("start", "pause", "resume", "cancel"):
        assert (await other.post(f"{campaign}/{verb}")).code == "campaign-not-found"
    assert (await other.upload(f"{campaign}/contacts", base(1))).code == "campaign-not-found"
    assert (await other.get("/v1/campaigns")).body["items"] == []
    assert (await other.get("/v1/campaigns", after=identifier)).code == "bad-cursor"
    assert (await api.get(campaign)).body["counts"]["total"] == 0


@pytest.mark.parametrize("name", ["nobody", "c" * 17, "%7Bx%7D", "..", "+14155550123"])
async def test_a_campaign_that_is_not_there(api, name):
    answer = await api.get(f"/v1/campaigns/{name}/jobs")

    assert answer.status == 404
    assert "4155550123" not in answer.text


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────

RULES = {"opt_out_words": ["BASTA"], "answers": {"yes": ["yes", "Yes!", "sí", "claro"], "no": ["no", "cancel"]}}


async def test_words_are_kept_and_shown(api):
    order = {**CAMPAIGN, "external_id": "may-1", **RULES}
    first, again = [await api.post("/v1/campaigns", order) for _ in range(2)]
    other = await api.post("/v1/campaigns", {**order, "opt_out_words": []})

    assert {name: first.body["rules"][name] for name in RULES} == RULES
    assert (again.status, again.body) == (200, first.body)
    assert other.code == "external-id-taken"
    assert (await api.get(first.body["links"]["self"])).body["rules"] == first.body["rules"]


@pytest.fixture
async def answered(api, opened, send, writes):
    """Five were written to; two said yes, one cancelled, one asked, and one wanted no more."""
    path = (await api.post("/v1/campaigns", {**CAMPAIGN, "require_opt_in": False, **RULES})).headers["Location"]
    await api.upload(f"{path}/contacts", base(5))
    await api.post(f"{path}/start")
    await opened.outbound.splitting.split(id_of(path))
    await send(path, *[Kind.DELIVERED] * 5)
    for index, text in enumerate(("¡Sí!", "claro", "Cancel", "at what time?", "basta")):
        await writes(100 + index, text)
    return path


async def test_answers_are_counted(api, opened, answered, monkeypatch):
    monkeypatch.setattr(
        opened.reports.watching.meter, "_monotonic", lambda: 0.0
    )  # no rate is measured, however slow the machine
    opened.reports.watching.meter._readings.clear()
    body = (await api.get(answered)).body

    assert (body["replied"], body["opted_out"], body["answers"]) == (5, 1, {"yes": 2, "no": 1})
    assert (await api.get("/v1/campaigns")).body["items"] == [body | {"rate": None}]


async def test_a_changed_mind_counts_once(api, answered, writes):
    await writes(100, "no", at=utc_now() + timedelta(seconds=1))
    body = (await api.get(answered)).body

    assert (body["replied"], body["answers"]) == (5, {"no": 2, "yes": 1})
