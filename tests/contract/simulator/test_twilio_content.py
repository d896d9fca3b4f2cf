"""The Content API over real HTTP: what a client makes, and the templates it finds."""

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.contract.simulator.client import ACCOUNT, TEMPLATE, TOKEN, Answered, Client, Clock, simulated

PUBLISHED = Path(__file__).parents[3].parent / "shared/corpora/twilio/oai"
TEXT = {"twilio/text": {"body": "See you at {{1}}"}}
REPLIES = {
    "twilio/quick-reply": {
        "body": "Will you come?",
        "actions": [{"title": "Yes", "id": "yes"}, {"title": "No", "id": "no", "type": "QUICK_REPLY"}],
    }
}
LIST = {
    "twilio/list-picker": {
        "body": "Which day?",
        "button": "Days",
        "items": [{"item": "Monday", "id": "1", "description": "at ten"}, {"item": "Tuesday", "id": "2"}],
    }
}


async def make(client: Client, types: object, **changes: object) -> Answered:
    order = {"friendly_name": "mine", "language": "en", "variables": {"1": "ten"}, "types": types, **changes}
    return await client.call("POST", "/v1/Content", json=order)


@pytest.mark.parametrize("types", [TEXT, REPLIES, LIST, {**TEXT, **REPLIES}], ids=" and ".join)
async def test_a_content_is_made_and_found_again(tmp_path: Path, types: dict[str, Any]) -> None:
    async with simulated(tmp_path, now_us=Clock()) as client:
        made = await make(client, types)
        shown = await client.call("GET", f"/v1/Content/{made.json['sid']}")
        missing = await client.call("GET", f"/v1/Content/HX{'0' * 32}")
    url = f"{client.url}/v1/Content/{made.json['sid']}"
    assert made.status == 201
    assert len(made.json["sid"]) == 34
    assert made.json == {
        "sid": made.json["sid"],
        "account_sid": ACCOUNT,
        "friendly_name": "mine",
        "language": "en",
        "variables": {"1": "ten"},
        "types": types,
        "url": url,
        "date_created": "2023-11-14T22:13:20Z",
        "date_updated": "2023-11-14T22:13:20Z",
        "links": {
            "approval_create": f"{url}/ApprovalRequests/whatsapp",
            "approval_fetch": f"{url}/ApprovalRequests",
        },
    }
    assert (shown.status, shown.json) == (200, made.json)
    assert (missing.status, missing.json["code"]) == (404, 20404)


@pytest.mark.parametrize(
    "order",
    [
        b"",
        b"[]",
        b"\xff",
        {"language": "en"},
        {"types": TEXT},
        {"language": "english please", "types": TEXT},
        {"language": "en", "types": {}},
        {"language": "en", "types": {"twilio/poem": {"body": "Roses"}}},
        {"language": "en", "types": {"twilio/text": {"body": ""}}},
        {"language": "en", "types": {"twilio/quick-reply": {"body": "?", "actions": []}}},
        {"language": "en", "types": {"twilio/quick-reply": {"body": "?", "actions": [{"title": "x" * 21, "id": "1"}]}}},
        {"language": "en", "types": {"twilio/quick-reply": {"body": "?", "actions": [{"title": "x", "id": "1"}] * 4}}},
        {"language": "en", "types": {"twilio/list-picker": {"body": "?", "button": "x", "items": []}}},
    ],
    ids=lambda order: str(order)[:40],
)
async def test_what_is_no_content_is_refused(tmp_path: Path, order: Any) -> None:
    body = order if isinstance(order, bytes) else json.dumps(order).encode()
    async with simulated(tmp_path) as client:
        answered = await client.call("POST", "/v1/Content", data=body)
    assert (answered.status, answered.json["code"]) == (400, 20001)


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_templates_and_contents_are_listed_with_their_approval(tmp_path: Path, version: str) -> None:
    reminder = {
        "name": "reminder",
        "language": "es",
        "category": "marketing",
        "status": "rejected",
        "body": "Hola {{name}}, {{ 2 }}; {{name}}",
    }
    async with simulated(tmp_path, templates={TEMPLATE: reminder, "HX1": 2}) as client:
        made = (await make(client, REPLIES)).json["sid"]
        listed = (await client.call("GET", f"/{version}/ContentAndApprovals")).json
        shown = (await client.call("GET", f"/v1/Content/{TEMPLATE}")).json
    first, second, own = listed["contents"]
    assert (first["sid"], first["friendly_name"], first["language"]) == (TEMPLATE, "reminder", "es")
    assert first["variables"].keys() == {"name", "2"}
    assert first["types"] == {"twilio/text": {"body": reminder["body"]}} == shown["types"]
    assert first["approval_requests"] == {
        "name": "reminder",
        "category": "MARKETING",
        "content_type": "twilio/text",
        "status": "rejected",
        "rejection_reason": "INVALID_FORMAT",
        "allow_category_change": True,
    }
    assert (second["sid"], second["approval_requests"]["status"]) == ("HX1", "approved")
    assert second["types"] == {"twilio/text": {"body": "{{1}} {{2}}"}}
    assert (own["sid"], own["approval_requests"]["status"], own["approval_requests"]["name"]) == (
        made,
        "unsubmitted",
        "",
    )
    assert listed["meta"]["url"] == f"{client.url}/{version}/ContentAndApprovals?PageSize=50&Page=0"


async def test_pages_follow_each_other(tmp_path: Path) -> None:
    templates = {f"HX{number:032x}": 1 for number in range(5)}
    async with simulated(tmp_path, templates=templates) as client:
        url, pages = f"{client.url}/v1/ContentAndApprovals?PageSize=2", []
        while url:
            page = (await client.call("GET", url.removeprefix(client.url))).json
            pages.append([content["sid"] for content in page["contents"]])
            url, last = page["meta"]["next_page_url"], page["meta"]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [sid for page in pages for sid in page] == list(templates)
    assert (last["page"], last["page_size"], last["key"]) == (2, 2, "contents")
    assert last["previous_page_url"] == f"{client.url}/v1/ContentAndApprovals?PageSize=2&Page=1"


@pytest.mark.parametrize("query", ["PageSize=0", "Page=x", "ContentName=reminder"])
async def test_a_question_that_is_not_understood_is_refused(tmp_path: Path, query: str) -> None:
    async with simulated(tmp_path) as client:
        answered = await client.call("GET", f"/v2/ContentAndApprovals?{query}")
    assert (answered.status, answered.json["code"]) == (400, 20001)


@pytest.mark.parametrize("auth", [None, (ACCOUNT, "another"), ("AC" + "9" * 32, TOKEN)])
async def test_contents_are_the_accounts_own(tmp_path: Path, auth: tuple[str, str] | None) -> None:
    async with simulated(tmp_path, accounts={ACCOUNT: TOKEN}) as client:
        made = (await make(client, TEXT)).json["sid"]
        client.authorization = aiohttp.encode_basic_auth(*auth) if auth else None
        answers = [
            await make(client, TEXT),
            *[await client.call("GET", path) for path in (f"/v1/Content/{made}", "/v1/ContentAndApprovals")],
        ]
    assert [(answered.status, answered.json["code"]) for answered in answers] == [(401, 20003)] * 3


async def test_nobody_sees_what_another_has_made(tmp_path: Path) -> None:
    async with simulated(tmp_path, templates={}) as client:
        made = (await make(client, TEXT)).json["sid"]
        client.authorization = aiohttp.encode_basic_auth("AC" + "9" * 32, "any")
        shown = await client.call("GET", f"/v1/Content/{made}")
        listed = await client.call("GET", "/v1/ContentAndApprovals")
    assert shown.status == 404
    assert listed.json["contents"] == []


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published examples are not beside the project")
async def test_answers_have_the_published_shapes(tmp_path: Path) -> None:
    create, listing, plain, approval = (
        json.loads((PUBLISHED / f"content_v1_v1_{name}.json").read_text())
        for name in (
            "Content_post_201_create",
            "ContentAndApprovals_get_200_readResults",
            "Content_get_200_readResults",
            "Content_Sid_ApprovalRequests_get_200_getApproval",
        )
    )
    async with simulated(tmp_path, templates={TEMPLATE: 1}) as client:
        made = (await make(client, TEXT)).json
        listed = (await client.call("GET", "/v1/ContentAndApprovals")).json
        alone = (await client.call("GET", "/v1/Content")).json
        judged = (await client.call("GET", f"/v1/Content/{TEMPLATE}/ApprovalRequests")).json
    assert made.keys() == create.keys()
    assert made["links"].keys() == create["links"].keys()
    assert listed["meta"].keys() == alone["meta"].keys() == listing["meta"].keys()
    for content in listed["contents"]:
        assert content.keys() == listing["contents"][0].keys()
        assert content["approval_requests"].keys() == listing["contents"][0]["approval_requests"].keys()
    for content in alone["contents"]:
        assert content.keys() == plain["contents"][0].keys()
    assert judged.keys() == approval.keys()
    assert judged["whatsapp"].keys() == approval["whatsapp"].keys()
