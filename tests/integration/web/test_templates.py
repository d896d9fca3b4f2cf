"""Templates that change under campaigns and messages: rewritten, doubled, not listed, with parts that cannot be filled."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.ground import keys
from shared.ground.clock import utc_now
from shared.ground.errors import TemplateUnusable
from shared.ground.ids import BY_ORIEL, SenderId
from shared.ledger.states import Move
from shared.providers.client import ProviderClient
from shared.providers.events import TemplateReported
from shared.providers.templates import ListedButton, ListedTemplate, TemplatePage
from shared.templates.current import WantedTemplate, current_message
from tests.integration.web.client import CAMPAIGN, base
from tests.integration.web.conftest import id_of

CLINIC = SenderId("clinic")
HX1, HX2 = "HX00000000000000000000000000000001", "HX0000000000000000000000000000000a"
REMINDER = ListedTemplate("reminder", "en", HX1, "approved", "utility", "Your {{1}} is on {{2}}.")
PAY = replace(REMINDER, body="Pay for {{1}} by {{2}}.")
OTHER = replace(PAY, provider_id=HX2)
NEW_WORDS = {"fixed", "unfillable", "location"}  # of a stored record: the release before wrote none of them


@pytest.fixture
def lists(monkeypatch, opened):
    """The provider lists these templates, and is asked for them."""

    async def lists(*templates: ListedTemplate, is_last: bool = True) -> None:
        async def list_templates(_client: ProviderClient, _after: str | None) -> TemplatePage:
            return TemplatePage(templates, None if is_last else "more")

        monkeypatch.setattr(ProviderClient, "list_templates", list_templates)
        await opened.inbound.syncing.sync(CLINIC)

    return lists


@pytest.fixture
async def started(api, opened, lists):
    """A campaign that was started with the template as it is listed: its path."""
    await lists(REMINDER)
    path = (await api.post("/v1/campaigns", {**CAMPAIGN, "require_opt_in": False})).headers["Location"]
    assert (await api.upload(f"{path}/contacts", base(3))).body["admitted"] == 3
    assert (await api.post(f"{path}/start")).status == 202
    await opened.outbound.splitting.split(id_of(path))
    return path


async def standing(api, path: str) -> tuple[str, str | None]:
    campaign = (await api.get(path)).body
    return campaign["state"], campaign["reason"]


# ── rewritten ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "changed",
    [
        PAY,
        replace(REMINDER, fixed="0123456789abcdef"),
        replace(REMINDER, buttons=(ListedButton("quick_reply", "Stop"),)),
    ],
    ids=["text", "footer", "button"],
)
async def test_a_template_rewritten_with_the_same_placeholders_pauses_its_campaign_and_says_so(
    api, started, lists, changed
):
    await lists(changed)
    assert await standing(api, started) == ("paused", "template-changed")
    await lists(REMINDER)
    assert (await standing(api, started))[0] == "running", "it reads as it did"


async def test_a_person_who_resumes_goes_on_with_the_new_text(api, started, lists):
    await lists(PAY)
    assert (await api.post(f"{started}/resume")).status == 202
    await lists(PAY)
    assert (await standing(api, started))[0] == "running"
    await lists(REMINDER)
    assert await standing(api, started) == ("paused", "template-changed")


async def test_what_reads_the_same_goes_on(api, started, lists):
    await lists(replace(REMINDER, quality="yellow", reason="x"))
    assert (await standing(api, started))[0] == "running"


async def test_a_webhook_that_tells_of_another_text_pauses_at_once(api, opened, started):
    told = TemplateReported(utc_now() + timedelta(seconds=1), "reminder", "en", HX1, body="Pay for {{1}} by {{2}}.")
    assert await opened.inbound.syncing.apply(CLINIC, told)
    assert await standing(api, started) == ("paused", "template-changed")


async def test_a_campaign_that_the_release_before_has_started_is_pinned_at_the_next_sync(api, opened, started, lists):
    await opened.ground.redis.delete(f"{{c:{id_of(started)}}}:templates")
    await lists(PAY)
    assert (await standing(api, started))[0] == "running", "nothing is known of the text that it was started with"
    await lists(REMINDER)
    assert await standing(api, started) == ("paused", "template-changed")


async def test_the_first_list_after_an_upgrade_changes_no_text_that_the_release_before_had_stored_in_part(
    api, opened, lists
):
    """Its records have no footers and no addresses behind buttons: nothing was rewritten when the list brings them."""
    footed = replace(REMINDER, fixed="0123456789abcdef")
    await lists(footed)
    redis, key = opened.ground.redis, keys.templates(CLINIC)
    for name, packed in (await redis.hgetall(key)).items():
        record = {word: value for word, value in json.loads(packed).items() if word not in NEW_WORDS}
        await redis.hdel(key, name)
        await redis.hset(key, f"{record['name']}|{record['language']}", json.dumps(record))
    await redis.incr(keys.templates_changed())
    path = (await api.post("/v1/campaigns", {**CAMPAIGN, "require_opt_in": False})).headers["Location"]
    await api.upload(f"{path}/contacts", base(3))
    assert (await api.post(f"{path}/start")).status == 202
    await lists(footed)
    assert (await standing(api, path))[0] == "running"
    await lists(REMINDER)
    assert await standing(api, path) == ("paused", "template-changed"), "what was listed since counts"


async def test_the_first_list_after_a_webhook_changes_no_text_that_the_webhook_did_not_tell(api, opened, lists):
    told = TemplateReported(utc_now(), "reminder", "en", status="approved")
    assert await opened.inbound.syncing.apply(CLINIC, told)
    path = (await api.post("/v1/campaigns", {**CAMPAIGN, "require_opt_in": False})).headers["Location"]
    await api.upload(f"{path}/contacts", base(3))
    assert (await api.post(f"{path}/start")).status == 202
    await lists(replace(REMINDER, fixed="0123456789abcdef"))
    assert (await standing(api, path))[0] == "running"


async def test_what_the_release_before_has_paused_for_another_text_waits_for_a_person(api, opened, started, lists):
    """Its rows cannot fill the placeholders of now: resumed by itself, it would pause again with every list."""
    await opened.ground.redis.delete(f"{{c:{id_of(started)}}}:templates")
    await opened.stores.ledger.control(id_of(started), Move.PAUSE, BY_ORIEL, "template-unusable:template-changed")
    for _ in range(2):
        await lists(replace(REMINDER, body="Your {{1}} is on {{2}} at {{3}}."))
        assert (await standing(api, started))[0] == "paused"


async def test_a_campaign_that_was_resumed_with_other_placeholders_does_not_resume_by_itself_again_and_again(
    api, opened, started, lists
):
    other = replace(REMINDER, body="Your {{1}} is on {{2}} at {{3}}.")
    await lists(other)
    assert (await api.post(f"{started}/resume")).status == 202
    await opened.outbound.releasing.release(CLINIC)
    campaign = await opened.stores.campaigns.get(id_of(started))
    pins = await opened.stores.pins.of(campaign.id)
    wanted = WantedTemplate(CLINIC, "reminder", "en", {"1": "a", "2": "b"}, pins=pins)
    with pytest.raises(TemplateUnusable) as refused:
        await current_message(opened.templates.registry, wanted, "+14155550100")
    await opened.outbound.sending.braking.consider(campaign, "+14155550100", refused.value)
    for _ in range(2):
        await lists(other)
        assert await standing(api, started) == ("paused", "template-unusable:template-placeholders")


async def test_a_template_that_becomes_one_for_marketing_or_gets_an_unfillable_part_pauses_its_campaign(
    api, started, lists
):
    await lists(replace(REMINDER, category="marketing"))
    assert await standing(api, started) == ("paused", "template-marketing")
    await lists(REMINDER)
    await lists(replace(REMINDER, unfillable=("a carousel",)))
    assert await standing(api, started) == ("paused", "template-unfillable")


# ── two of one name ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", ["approved", "pending", "rejected", "unsubmitted"])
@pytest.mark.parametrize("is_first", [True, False])
async def test_a_running_campaign_keeps_the_content_it_started_with(api, opened, started, lists, status, is_first):
    """It switched to the other's text, or paused for a draft of that name."""
    other = replace(OTHER, status=status)
    await lists(*((other, REMINDER) if is_first else (REMINDER, other)))
    assert (await standing(api, started))[0] == "running"
    pins = await opened.stores.pins.of(id_of(started))
    assert {pin.provider_id for pin in pins.values()} == {HX1}
    assert opened.templates.registry.get(CLINIC, "reminder", "en", pins).body == REMINDER.body


async def test_a_campaign_whose_content_is_gone_does_not_take_another_of_that_name(api, started, lists):
    await lists(OTHER)
    assert await standing(api, started) == ("paused", "template-gone")
    refused = await api.post(f"{started}/resume")
    assert (refused.status, refused.code) == (400, "template-not-enabled")


async def test_two_approved_contents_of_one_name_are_refused_as_ambiguous_and_named_by_their_ids(api, lists):
    one, other = replace(REMINDER, name="visit", provider_id="HXa"), replace(PAY, name="visit", provider_id="HXb")
    await lists(REMINDER, one, other)
    wanted = {**CAMPAIGN, "template": {"name": "visit", "language": "en"}}
    refused = await api.post("/v1/campaigns", wanted)
    assert (refused.status, refused.code) == (400, "template-ambiguous")
    assert "HXa and HXb" in refused.body["detail"]
    shown = await api.post(
        "/v1/templates/preview", {"sender": "clinic", "name": "HXb", "language": "en", "params": ["a", "b"]}
    )
    assert shown.body["text"] == "Pay for a by b."
    created = await api.post("/v1/campaigns", {**CAMPAIGN, "template": {"name": "HXb", "language": "en"}})
    assert created.status == 201
    listed = (await api.get("/v1/templates")).body["items"]
    assert [item["provider_id"] for item in listed if item["name"] == "visit"] == ["HXa", "HXb"]


# ── not listed ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("listed", [(), (OTHER,)], ids=["nothing", "another of that name, for its id is declared"])
async def test_a_declared_template_that_the_provider_does_not_list_does_not_start(api, lists, listed):
    await lists(*listed)
    found = [one for one in (await api.get("/v1/templates")).body["items"] if one["provider_id"] == HX1]
    assert [(one["status"], one["enabled"]) for one in found] == [("gone", False)]
    assert "quality" not in found[0]["remedy"]
    if not listed:
        refused = await api.post("/v1/campaigns", CAMPAIGN)
        assert (refused.status, refused.code) == (400, "template-not-enabled")


async def test_a_declared_template_is_approved_again_once_it_is_listed(api, lists):
    await lists()
    await lists(REMINDER)
    assert (await api.post("/v1/campaigns", CAMPAIGN)).status == 201


async def test_a_list_that_was_not_read_to_its_end_makes_nothing_gone(api, started, lists):
    await lists(replace(REMINDER, name="another", provider_id="HXz"), is_last=False)
    assert (await standing(api, started))[0] == "running"


# ── parts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("part", ["a carousel", "a button for a flow", "a request for permission to call"])
async def test_a_template_with_an_unfillable_part_is_listed_with_the_reason_and_starts_nothing(api, lists, part):
    await lists(replace(REMINDER, unfillable=(part,)))
    (found,) = [one for one in (await api.get("/v1/templates")).body["items"] if one["name"] == "reminder"]
    assert (found["status"], found["enabled"]) == ("approved", False)
    assert part in found["remedy"]
    refused = await api.post("/v1/campaigns", CAMPAIGN)
    assert (refused.status, refused.code) == (400, "template-not-enabled")
    assert part in refused.body["detail"]


async def test_a_template_that_the_provider_s_wire_cannot_carry_is_not_listed_as_enabled(api, lists):
    await lists(replace(REMINDER, header="image"))
    (found,) = [one for one in (await api.get("/v1/templates")).body["items"] if one["name"] == "reminder"]
    assert found["enabled"] is False
    assert "Twilio cannot carry" in found["remedy"]
