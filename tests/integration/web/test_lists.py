"""Templates and senders: what a tenant has, and nothing that opens anything."""

import pytest

from tests.integration.web.client import OTHER_KEY, Caller


async def test_templates_say_whether_they_can_be_used(api):
    items = {one["name"]: one for one in (await api.get("/v1/templates")).body["items"]}

    assert set(items) == {"reminder", "waiting", "offer"}
    assert items["reminder"] == {
        "sender": "clinic",
        "name": "reminder",
        "language": "en",
        "category": "utility",
        "status": "approved",
        "quality": "unknown",
        "placeholders": ["1", "2"],
        "body": "Your {{1}} appointment is coming up on {{2}}.",
        "header": None,
        "buttons": [],
        "provider_id": "HX00000000000000000000000000000001",
        "reason": "",
        "seen_at": None,
        "enabled": True,
        "remedy": None,
    }
    assert (items["waiting"]["enabled"], items["waiting"]["status"]) == (False, "pending")
    assert "approval" in items["waiting"]["remedy"]
    assert items["offer"]["enabled"] is False


@pytest.mark.parametrize("query", [{}, {"sender": "shop"}])
async def test_templates_are_one_tenants(client, query):
    items = (await Caller(client, OTHER_KEY).get("/v1/templates", **query)).body["items"]

    assert [one["name"] for one in items] == ["hello"]


@pytest.mark.parametrize("sender", ["shop", "nobody", "+14155550123"])
async def test_templates_of_a_sender_that_is_not_there(api, sender):
    answer = await api.get("/v1/templates", sender=sender)

    assert (answer.status, answer.code) == (404, "sender-not-found")
    assert "4155550123" not in answer.text


async def test_templates_page(api):
    first = (await api.get("/v1/templates", limit=2)).body
    second = (await api.get("/v1/templates", limit=2, after=first["next"])).body

    assert [one["name"] for one in first["items"] + second["items"]] == ["offer", "reminder", "waiting"]
    assert second["next"] is None


async def test_senders_are_told_without_what_opens_them(api):
    answer = await api.get("/v1/senders")

    assert answer.body == {
        "items": [
            {"id": "clinic", "provider": "twilio", "address": "+14155238886", "rate_per_second": 80.0, "region": "US"}
        ],
        "next": None,
    }
    assert "token" not in answer.text
