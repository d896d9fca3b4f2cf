"""Senders and templates as their providers tell of them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.ground.clock import utc_now
from shared.ground.errors import Again, NotAccepted
from shared.ground.ids import SenderId
from shared.ledger.states import Move
from shared.providers.checks import Finding
from shared.providers.client import ProviderClient
from shared.providers.events import SenderReported, TemplateReported
from shared.providers.templates import ListedButton, ListedTemplate, TemplatePage
from tests.integration.web.client import CAMPAIGN
from tests.integration.web.conftest import id_of

CLINIC = SenderId("clinic")
REMINDER = ListedTemplate(
    "reminder", "en", "HX00000000000000000000000000000001", "approved", "utility", "Your {{1}} is on {{2}}.",
    quality="green", header="image", buttons=(ListedButton("quick_reply", "Yes"), ListedButton("url", "Track", takes=True)),
)  # fmt: skip


@pytest.fixture
def lists(monkeypatch):
    """What the provider answers to whoever asks for its templates, page after page; or what it raises."""

    def lists(*pages: list[ListedTemplate] | Exception) -> None:
        async def list_templates(_client: ProviderClient, after: str | None) -> TemplatePage:
            number = int(after or 0)
            page = pages[number]
            if isinstance(page, Exception):
                raise page
            return TemplatePage(page, str(number + 1) if number + 1 < len(pages) else None)

        monkeypatch.setattr(ProviderClient, "list_templates", list_templates)

    return lists


async def test_what_the_provider_lists_is_known_at_once(api, lists):
    lists([REMINDER], [ListedTemplate("survey", "es", "HX2", "rejected", "utility", "¿{{1}}?", reason="too short")])
    answer = await api.post("/v1/templates/sync", {})

    assert answer.body["items"] == [
        {"sender": "clinic", "listed": True, "templates": 2, "enabled": 1, "gone": 2, "problem": None}
    ], "two that are declared are not listed"
    found = {one["name"]: one for one in (await api.get("/v1/templates")).body["items"]}
    assert found["reminder"]["placeholders"] == ["1", "2", "header", "button2"]
    assert found["reminder"]["header"] == {"kind": "image", "text": ""}
    assert [one["placeholder"] for one in found["reminder"]["buttons"]] == [None, "button2"]
    assert (found["reminder"]["quality"], found["reminder"]["enabled"]) == ("green", False)
    assert "Twilio cannot carry" in found["reminder"]["remedy"]
    assert (found["survey"]["status"], found["survey"]["reason"], found["survey"]["enabled"]) == (
        "rejected", "too short", False,
    )  # fmt: skip
    assert found["survey"]["seen_at"] is not None


async def test_a_template_that_is_not_listed_any_more_is_disabled(api, lists):
    lists([REMINDER])
    await api.post("/v1/templates/sync", {"sender": "clinic"})
    lists([])
    answer = await api.post("/v1/templates/sync", {"sender": "clinic"})

    assert answer.body["items"][0]["gone"] == 1
    refused = await api.post("/v1/campaigns", CAMPAIGN)
    assert (refused.status, refused.code) == (400, "template-not-enabled")


async def test_a_provider_that_does_not_answer_changes_nothing(api, lists):
    lists(NotAccepted("503", "the service is not available", Again.BACK_OFF, throttles=False))
    answer = await api.post("/v1/templates/sync", {})

    assert answer.status == 200
    assert "(503)" in answer.body["items"][0]["problem"]
    assert (await api.get("/v1/templates")).body["items"][1]["enabled"] is True


async def test_a_template_that_is_paused_pauses_its_campaigns_and_they_go_on_by_themselves(api, opened, running, lists):
    told = TemplateReported(utc_now(), "reminder", "en", status="paused", reason="LOW_QUALITY")
    assert await opened.inbound.syncing.apply(CLINIC, told)
    campaign = (await api.get(running)).body
    assert (campaign["state"], campaign["reason"]) == ("paused", "template-paused")

    refused = await api.post(f"{running}/resume")
    assert (refused.status, refused.code) == (400, "template-not-enabled")

    again = TemplateReported(utc_now() + timedelta(seconds=1), "reminder", "en", status="approved")
    await opened.inbound.syncing.apply(CLINIC, again)
    assert (await api.get(running)).body["state"] == "running"


async def test_what_a_person_paused_stays_so(api, opened, running):
    await api.post(f"{running}/pause", {"reason": "lunch"})
    for seconds, status in enumerate(("paused", "approved")):
        at = utc_now() + timedelta(seconds=seconds)
        await opened.inbound.syncing.apply(CLINIC, TemplateReported(at, "reminder", "en", status=status))
    assert (await api.get(running)).body["state"] == "paused"


async def test_what_the_provider_refused_goes_on_only_once_the_template_has_been_something_else(api, opened, running):
    """It called the template enabled, and refused it: it would refuse it again."""
    name = id_of(running)
    await opened.stores.ledger.control(name, Move.PAUSE, "oriel", "template-unusable:132000")
    for seconds, status, state in ((0, "approved", "paused"), (1, "paused", "paused"), (2, "approved", "running")):
        at = utc_now() + timedelta(seconds=seconds)
        await opened.inbound.syncing.apply(CLINIC, TemplateReported(at, "reminder", "en", status=status))
        assert (await api.get(running)).body["state"] == state


async def test_a_webhook_of_the_second_in_which_the_provider_was_asked_counts(api, opened, running, lists):
    lists([replace(REMINDER, header=None, buttons=())])
    await api.post("/v1/templates/sync", {})
    at = utc_now().replace(microsecond=0)
    await opened.inbound.syncing.apply(CLINIC, TemplateReported(at, "reminder", "en", status="paused"))
    assert (await api.get(running)).body["reason"] == "template-paused"


async def test_a_template_that_the_wire_cannot_carry_starts_nothing(api, lists):
    lists([REMINDER])
    await api.post("/v1/templates/sync", {})
    answer = await api.post("/v1/campaigns", CAMPAIGN)

    assert (answer.status, answer.code) == (400, "unsupported-template")
    assert "Twilio cannot carry" in answer.body["detail"]


@pytest.mark.parametrize("params", [["dental", "May 5"], {"1": "dental", "2": "May 5"}])
async def test_preview_is_what_the_contact_will_read(api, params):
    body = {"sender": "clinic", "name": "reminder", "language": "en", "params": params}
    answer = await api.post("/v1/templates/preview", body)

    assert answer.body["text"] == "Your dental appointment is coming up on May 5."
    assert answer.body["enabled"] is True


@pytest.mark.parametrize(
    ("params", "code"),
    [
        (["dental"], "missing-parameter"),
        (["a", "b", "c"], "surplus-parameter"),
        ({"1": "a", "2": "b", "x": "c"}, "surplus-parameter"),
        (["a\nb", "c"], "malformed-parameter"),
    ],
)
async def test_preview_of_values_that_do_not_fill_it(api, params, code):
    body = {"sender": "clinic", "name": "reminder", "language": "en", "params": params}
    answer = await api.post("/v1/templates/preview", body)

    assert (answer.status, answer.code) == (400, code)


async def test_a_check_tells_every_finding(api, monkeypatch):
    async def check_account(_client: ProviderClient) -> list[Finding]:
        return [Finding("credentials", True, "They are valid."), Finding("number", False, "It is not there: …")]

    monkeypatch.setattr(ProviderClient, "check_account", check_account)
    answer = await api.post("/v1/senders/clinic/check")

    assert (answer.body["provider"], answer.body["good"]) == ("twilio", False)
    assert [one["good"] for one in answer.body["findings"]] == [True, False]
    assert answer.body["webhook_url"].endswith("/webhooks/twilio/clinic")


async def test_where_the_provider_should_call_is_told_without_its_secret(api, opened, monkeypatch):
    client = opened.senders.clients[CLINIC]
    secret = {**client.account.secrets, "webhook_secret": ("made-up-path", "an-older-path")}
    proven = replace(
        client, account=replace(client.account, secrets=secret), webhook_url="https://h/s/made-up-path/status"
    )
    monkeypatch.setitem(opened.senders.clients, CLINIC, proven)
    answer = await api.post("/v1/senders/clinic/check")

    assert answer.body["webhook_url"] == "https://h/s/<webhook_secret>"
    assert "made-up-path" not in answer.text


async def test_nobody_answers_a_check(api):
    answer = await api.post("/v1/senders/clinic/check")

    assert (answer.status, answer.body["good"]) == (200, False)
    assert "clinic-token" not in answer.text


async def test_a_number_that_may_not_be_used_pauses_its_campaigns(api, opened, running):
    await opened.inbound.rating.apply(CLINIC, SenderReported(utc_now(), usable=False, reason="restricted"))

    campaign = (await api.get(running)).body
    assert (campaign["state"], campaign["reason"]) == ("paused", "sender-unusable:restricted")
    standing = (await api.get("/v1/senders/clinic")).body["standing"]
    assert (standing["usable"], standing["reason"]) == (False, "restricted")


async def test_who_resumes_in_spite_of_it_is_not_paused_for_the_same_word(api, opened, running):
    red = SenderReported(utc_now(), quality="red")
    await opened.inbound.rating.apply(CLINIC, red)
    assert (await api.get(running)).body["reason"] == "quality-red"
    await api.post(f"{running}/resume")
    for again in (red, SenderReported(utc_now(), quality="red"), SenderReported(utc_now(), rate_per_second=80)):
        await opened.inbound.rating.apply(CLINIC, again)
    assert (await api.get(running)).body["state"] == "running"

    await opened.inbound.rating.apply(CLINIC, SenderReported(utc_now(), usable=False, reason="restricted"))
    assert (await api.get(running)).body["state"] == "paused"


async def test_another_tenants_sender_is_not_there(api):
    for answer in (await api.get("/v1/senders/shop"), await api.post("/v1/senders/shop/check")):
        assert (answer.status, answer.code) == (404, "sender-not-found")
